//! Purchases of all organisations, for those who run the installation; and how the inbox fares.

use super::correction::Standing;
use super::purchase::{Purchase, purchase};
use super::{Db, StoreError, StoreRow};
use crate::ledger::credits::Credits;
use crate::ledger::id::{PurchaseId, UserId};
use crate::ledger::time::Timestamp;
use crate::on;

/// A purchase with whose it is and how it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overseen {
    /// The purchase.
    pub purchase: Purchase,
    /// The organisation's name.
    pub organisation_name: String,
    /// What of it went back.
    pub standing: Standing,
}

/// An event of the provider as the inbox has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InboxLine {
    /// The provider's id of it.
    pub id: String,
    /// What it is about.
    pub kind: String,
    /// When it came.
    pub received_at: Timestamp,
    /// How often work on it began.
    pub attempts: i64,
    /// Why that failed.
    pub problem: Option<String>,
}

// A name is searched as it was typed and in small letters: SQLite folds only ASCII by itself.
const ALL: &str = "select p.*, o.name as organisation_name from purchase p \
     join organisation o on o.id = p.organisation \
     where (p.created_at < $1 or (p.created_at = $1 and p.id < $2)) \
     and ($3 = '' or p.id = $3 or p.payment_ref = $3 or p.session_ref = $3 or p.invoice_ref = $3 \
     or p.organisation = $3 or replace(o.name, $3, '') <> o.name \
     or replace(lower(o.name), $4, '') <> lower(o.name)) \
     order by p.created_at desc, p.id desc limit $5";
const REVIEWS: &str = "select p.*, o.name as organisation_name from purchase p \
     join organisation o on o.id = p.organisation where p.status = 'review' \
     order by p.updated_at desc limit $1";
const CLOSE: &str = "update purchase set status = 'closed', note = $3, closed_by = $4, updated_at = $5 \
     where organisation = $1 and id = $2 and status = 'review'";
const CLOSED_BY: &str = "select u.name, p.closed_by from purchase p \
     left join user_account u on u.id = p.closed_by where p.organisation = $1 and p.id = $2";
const LAST_EVENT: &str = "select event_id, type, received_at, attempts, problem from payment_event \
     where provider = $1 and livemode = $2 order by received_at desc limit 1";
const FAILED_EVENTS: &str = "select event_id, type, received_at, attempts, problem from payment_event \
     where processed_at is null and problem is not null order by received_at desc limit $1";

/// Purchases of all organisations, the newest first, from before `before`; `search` is a reference, an
/// organisation's id or a part of its name, or empty.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn all(
    db: &Db,
    search: &str,
    before: Option<(Timestamp, &PurchaseId)>,
    limit: i64,
) -> Result<Vec<Overseen>, StoreError> {
    let (time, id) = before.map_or((i64::MAX, ""), |(time, id)| (time.0, id.as_str()));
    on!(db, read pool => sqlx::query(ALL)
        .bind(time).bind(id).bind(search).bind(search.to_lowercase()).bind(limit)
        .fetch_all(pool).await?.iter().map(overseen).collect())
}

/// Purchases that someone must look into, the newest first.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn reviews(db: &Db, limit: i64) -> Result<Vec<Overseen>, StoreError> {
    on!(db, read pool => sqlx::query(REVIEWS).bind(limit)
        .fetch_all(pool).await?.iter().map(overseen).collect())
}

/// Closes a purchase that is under review, by this member of staff and for this reason; `false` where it
/// is not under review.
///
/// # Errors
/// The database failed.
pub async fn close(
    db: &Db,
    purchase: &Purchase,
    staff: &UserId,
    reason: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    Ok(on!(db, write pool => sqlx::query(CLOSE)
        .bind(purchase.organisation.as_str()).bind(purchase.id.as_str())
        .bind(reason).bind(staff.as_str()).bind(now.0)
        .execute(pool).await.map(|done| done.rows_affected() > 0))?)
}

/// Who of the staff closed a purchase, by name; none where nobody did, or before it was noted.
///
/// # Errors
/// The database failed.
pub async fn closed_by(db: &Db, purchase: &Purchase) -> Result<Option<String>, StoreError> {
    on!(db, write pool => {
        let row = sqlx::query(CLOSED_BY).bind(purchase.organisation.as_str())
            .bind(purchase.id.as_str()).fetch_optional(pool).await?;
        let Some(row) = row else { return Ok(None) };
        Ok(row.text_or_none("name")?.or(row.text_or_none("closed_by")?))
    })
}

/// The event that came last from this provider.
///
/// # Errors
/// The database failed, or the row does not parse.
pub async fn last_event(
    db: &Db,
    provider: &str,
    livemode: bool,
) -> Result<Option<InboxLine>, StoreError> {
    on!(db, read pool => sqlx::query(LAST_EVENT).bind(provider).bind(i64::from(livemode))
        .fetch_optional(pool).await?.map(|row| inbox_line(&row)).transpose())
}

/// Events that could not be acted on, the newest first.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn failed_events(db: &Db, limit: i64) -> Result<Vec<InboxLine>, StoreError> {
    on!(db, read pool => sqlx::query(FAILED_EVENTS).bind(limit)
        .fetch_all(pool).await?.iter().map(inbox_line).collect())
}

fn overseen(row: &impl StoreRow) -> Result<Overseen, StoreError> {
    Ok(Overseen {
        purchase: purchase(row)?,
        organisation_name: row.text("organisation_name")?,
        standing: Standing {
            refunded_minor: row.integer("refunded_minor")?,
            credits_taken: Credits::from_micro(row.integer("credits_taken")?),
            dispute: row.text_or_none("dispute")?,
        },
    })
}

fn inbox_line(row: &impl StoreRow) -> Result<InboxLine, StoreError> {
    Ok(InboxLine {
        id: row.text("event_id")?,
        kind: row.text("type")?,
        received_at: row.time("received_at")?,
        attempts: row.integer("attempts")?,
        problem: row.text_or_none("problem")?,
    })
}
