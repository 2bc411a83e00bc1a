//! One person's inbox: what they were told, what they have read and what they do not want to see as a
//! banner any more.

use super::alert::{Alert, alert};
use super::{Db, StoreError, StoreRow};
use crate::ledger::id::{OrganisationId, UserId};
use crate::ledger::time::Timestamp;
use crate::on;

/// Whose inbox.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    /// In which organisation.
    pub organisation: &'a OrganisationId,
    /// Who reads.
    pub user: &'a UserId,
}

/// Where a page of the inbox begins: below this alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Below {
    /// When it was told.
    pub at: Timestamp,
    /// Its id.
    pub id: String,
}

const BANNER: &str = "select a.id, a.kind, a.title, a.detail, a.address, a.link, a.created_at, \
     a.shown_until, a.closed_at, i.read_at from alert a join inbox i on i.organisation = a.organisation \
     and i.user_id = $2 and i.alert = a.id where a.organisation = $1 and a.closed_at is null \
     and (a.shown_until is null or a.shown_until > $3) and i.dismissed_at is null \
     order by a.place, a.created_at desc, a.id desc limit 1";
const UNREAD: &str = "select count(*) as count from (select 1 from inbox where organisation = $1 \
     and user_id = $2 and is_quiet = 0 and read_at is null limit $3) as unread";
const PAGE: &str = "select a.id, a.kind, a.title, a.detail, a.address, a.link, a.created_at, \
     a.shown_until, a.closed_at, i.read_at from inbox i join alert a on a.organisation = i.organisation \
     and a.id = i.alert where i.organisation = $1 and i.user_id = $2 and i.is_quiet = 0 \
     and (i.created_at < $3 or (i.created_at = $3 and i.alert < $4)) \
     order by i.created_at desc, i.alert desc limit $5";
const READ: &str = "update inbox set read_at = coalesce(read_at, $4) \
     where organisation = $1 and user_id = $2 and alert = $3";
const READ_ALL: &str = "update inbox set read_at = $3 \
     where organisation = $1 and user_id = $2 and read_at is null and created_at <= $4";
const DISMISS: &str = "update inbox set dismissed_at = coalesce(dismissed_at, $4), \
     read_at = coalesce(read_at, $4) where organisation = $1 and user_id = $2 and alert in \
     (select id from alert where organisation = $1 and closed_at is null and topic = \
     (select topic from alert where organisation = $1 and id = $3))";
const HOLDS: &str = "select count(*) as count from inbox \
     where organisation = $1 and user_id = $2 and alert = $3";

/// The alert that stands on every page for this reader.
///
/// # Errors
/// The database failed, or the row does not parse.
pub async fn banner(
    db: &Db,
    reader: Reader<'_>,
    now: Timestamp,
) -> Result<Option<Alert>, StoreError> {
    on!(db, read pool => sqlx::query(BANNER).bind(reader.organisation.as_str())
        .bind(reader.user.as_str()).bind(now.0)
        .fetch_optional(pool).await?.map(|row| alert(&row)).transpose())
}

/// How many alerts are unread; `most` where there are more.
///
/// # Errors
/// The database failed.
pub async fn unread(db: &Db, reader: Reader<'_>, most: u32) -> Result<u32, StoreError> {
    let count = on!(db, read pool => sqlx::query(UNREAD).bind(reader.organisation.as_str())
        .bind(reader.user.as_str()).bind(i64::from(most)).fetch_one(pool).await?.integer("count"))?;
    Ok(u32::try_from(count).unwrap_or(most))
}

/// The newest alerts, or those below one.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn page(
    db: &Db,
    reader: Reader<'_>,
    below: Option<&Below>,
    rows: i64,
) -> Result<Vec<Alert>, StoreError> {
    let (at, id) = below.map_or((i64::MAX, ""), |below| (below.at.0, below.id.as_str()));
    on!(db, read pool => sqlx::query(PAGE).bind(reader.organisation.as_str())
        .bind(reader.user.as_str()).bind(at).bind(id).bind(rows)
        .fetch_all(pool).await?.iter().map(alert).collect())
}

/// Marks one as read; `false` where it is not in this inbox.
///
/// # Errors
/// The database failed.
pub async fn mark_read(
    db: &Db,
    reader: Reader<'_>,
    id: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    Ok(on!(db, write pool => sqlx::query(READ).bind(reader.organisation.as_str())
        .bind(reader.user.as_str()).bind(id).bind(now.0)
        .execute(pool).await.map(|done| done.rows_affected() > 0))?)
}

/// Marks as read what was told until `shown`: nothing that came after the page was shown.
///
/// # Errors
/// The database failed.
pub async fn mark_all_read(
    db: &Db,
    reader: Reader<'_>,
    shown: Timestamp,
    now: Timestamp,
) -> Result<(), StoreError> {
    on!(db, write pool => sqlx::query(READ_ALL).bind(reader.organisation.as_str())
        .bind(reader.user.as_str()).bind(now.0).bind(shown.0)
        .execute(pool).await.map(|_| ()))?;
    Ok(())
}

/// Takes a banner, and all that stands about the same, away from this reader's pages; `false` where it is
/// not in this inbox.
///
/// # Errors
/// The database failed.
pub async fn dismiss(
    db: &Db,
    reader: Reader<'_>,
    id: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let (organisation, user) = (reader.organisation.as_str(), reader.user.as_str());
    let holds = on!(db, write pool => sqlx::query(HOLDS).bind(organisation).bind(user).bind(id)
        .fetch_one(pool).await?.integer("count"))?;
    if holds == 0 {
        return Ok(false);
    }
    on!(db, write pool => sqlx::query(DISMISS).bind(organisation).bind(user).bind(id).bind(now.0)
        .execute(pool).await.map(|_| ()))?;
    Ok(true)
}
