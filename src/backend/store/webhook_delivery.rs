//! What endpoints are told: the outbox and the log in one. A row is written once for each endpoint and
//! thing, keeps the body to the letter, and is sent from [`webhook_sending`](super::webhook_sending).

use super::{Db, StoreError, StoreRow};
use crate::ledger::id::OrganisationId;
use crate::ledger::time::Timestamp;
use crate::model::webhook_pages::DeliveryState;
use crate::model::webhooks::EventKind;
use crate::on;

/// Something that an endpoint is to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDelivery {
    /// What receivers know it by.
    pub id: String,
    /// What kind of event it is.
    pub kind: EventKind,
    /// What it tells of: once for each endpoint.
    pub about: String,
    /// What is sent.
    pub body: String,
}

/// How far an endpoint was told when news for it was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reached<'a> {
    /// Whose.
    pub organisation: &'a OrganisationId,
    /// Which endpoint is told.
    pub endpoint: &'a str,
    /// The last number that was given to one of its deliveries.
    pub place: i64,
    /// How far the journal was among its deliveries.
    pub told_through: u64,
}

/// A delivery as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// What receivers know it by.
    pub id: String,
    /// In the order in which things happened.
    pub place: i64,
    /// What kind of event it is.
    pub kind: EventKind,
    /// What it tells of.
    pub about: String,
    /// What is sent.
    pub body: String,
    /// How far it is.
    pub state: DeliveryState,
    /// When it was written down.
    pub created_at: Timestamp,
    /// How often it was sent since it was put into the queue last.
    pub tries: i64,
    /// How often it was sent in all.
    pub attempts: i64,
    /// When it is sent next, while it waits.
    pub next_try_at: Option<Timestamp>,
    /// What became of it last.
    pub result: Option<String>,
}

/// One time that a delivery was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// 1, 2, 3.
    pub number: i64,
    /// When it began.
    pub began_at: Timestamp,
    /// How long it took; none while it is under way, or where the program that sent it died.
    pub milliseconds: Option<i64>,
    /// The status of the answer.
    pub status: Option<i64>,
    /// How the answer began.
    pub answer: Option<String>,
    /// Why there was none.
    pub problem: Option<String>,
}

/// What of a log is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Only those in this state.
    pub state: Option<DeliveryState>,
    /// Only those below this place.
    pub before: Option<i64>,
}

const ADVANCE: &str = "update webhook_endpoint set told_through = $3, place = $4 \
     where organisation = $1 and id = $2 and told_through = $5 and place = $6";
const INSERT_ONCE: &str = "insert into webhook_delivery (organisation, endpoint, id, place, kind, about, \
     body, state, created_at, tries, attempts, next_try_at) \
     values ($1, $2, $3, $4, $5, $6, $7, 'waiting', $8, 0, 0, $8) on conflict do nothing";
const FIND: &str =
    "select * from webhook_delivery where organisation = $1 and endpoint = $2 and id = $3";
const LOG: &str = "select * from webhook_delivery where organisation = $1 and endpoint = $2 \
     and place < $3 order by place desc limit $4";
const LOG_OF_STATE: &str = "select * from webhook_delivery where organisation = $1 and endpoint = $2 \
     and place < $3 and state = $5 order by place desc limit $4";
const ATTEMPTS: &str = "select number, began_at, milliseconds, status, answer, problem \
     from webhook_attempt where organisation = $1 and endpoint = $2 and delivery = $3 \
     order by number desc limit $4";
const REPLAY: &str = "update webhook_delivery set state = 'waiting', tries = 0, next_try_at = $5, \
     ended_at = null where organisation = $1 and endpoint = $2 and id = $3 and attempts = $4 \
     and state <> 'waiting'";
const REPLAY_FAILED: &str = "update webhook_delivery set state = 'waiting', tries = 0, \
     next_try_at = $4, ended_at = null where organisation = $1 and endpoint = $2 and created_at >= $3 \
     and state = 'failed'";
const OLD: &str = "select organisation, endpoint, id from webhook_delivery \
     where created_at < $1 and state <> 'waiting' order by created_at limit $2";
const FORGET_ATTEMPTS: &str =
    "delete from webhook_attempt where organisation = $1 and endpoint = $2 and delivery = $3";
const FORGET: &str = "delete from webhook_delivery where organisation = $1 and endpoint = $2 \
     and id = $3 and state <> 'waiting'";

/// Writes what an endpoint is to be told, in this order, and how far the journal is among it; `false`
/// where somebody else did so meanwhile, and nothing was written.
///
/// # Errors
/// The database failed; nothing was written.
pub async fn write(
    db: &Db,
    reached: Reached<'_>,
    told_through: u64,
    new: &[NewDelivery],
    now: Timestamp,
) -> Result<bool, StoreError> {
    let (organisation, stored) = (reached.organisation.as_str(), super::journal::stored);
    let last = reached.place + i64::try_from(new.len()).unwrap_or_default();
    on!(db, write pool => {
        let mut transaction = pool.begin().await?;
        let advanced = sqlx::query(ADVANCE).bind(organisation).bind(reached.endpoint)
            .bind(stored(told_through)).bind(last)
            .bind(stored(reached.told_through)).bind(reached.place)
            .execute(&mut *transaction).await?.rows_affected() > 0;
        if !advanced {
            return Ok(false);
        }
        for (delivery, place) in new.iter().zip(reached.place + 1..) {
            sqlx::query(INSERT_ONCE).bind(organisation).bind(reached.endpoint).bind(&delivery.id)
                .bind(place).bind(delivery.kind.as_str()).bind(&delivery.about)
                .bind(&delivery.body).bind(now.0)
                .execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
        Ok(true)
    })
}

/// One delivery of an endpoint.
///
/// # Errors
/// The database failed, or the row does not parse.
pub async fn find(
    db: &Db,
    organisation: &OrganisationId,
    endpoint: &str,
    id: &str,
) -> Result<Option<Delivery>, StoreError> {
    on!(db, write pool => sqlx::query(FIND).bind(organisation.as_str()).bind(endpoint).bind(id)
        .fetch_optional(pool).await?.map(|row| delivery(&row)).transpose())
}

/// An endpoint's log, the newest first; `rows` at most.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn log(
    db: &Db,
    organisation: &OrganisationId,
    endpoint: &str,
    wanted: Wanted,
    rows: i64,
) -> Result<Vec<Delivery>, StoreError> {
    let before = wanted.before.unwrap_or(i64::MAX);
    let Some(state) = wanted.state else {
        return on!(db, read pool => sqlx::query(LOG).bind(organisation.as_str()).bind(endpoint)
            .bind(before).bind(rows).fetch_all(pool).await?.iter().map(delivery).collect());
    };
    on!(db, read pool => sqlx::query(LOG_OF_STATE).bind(organisation.as_str()).bind(endpoint)
        .bind(before).bind(rows).bind(state.as_str())
        .fetch_all(pool).await?.iter().map(delivery).collect())
}

/// How a delivery was sent, the newest first; `rows` at most.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn attempts(
    db: &Db,
    organisation: &OrganisationId,
    endpoint: &str,
    id: &str,
    rows: i64,
) -> Result<Vec<Attempt>, StoreError> {
    on!(db, read pool => sqlx::query(ATTEMPTS).bind(organisation.as_str()).bind(endpoint).bind(id)
        .bind(rows).fetch_all(pool).await?.iter().map(attempt).collect())
}

/// Puts one that is over into the queue again, as from the beginning; `false` where it was sent since
/// `attempts`, or waits anyway.
///
/// # Errors
/// The database failed.
pub async fn replay(
    db: &Db,
    organisation: &OrganisationId,
    (endpoint, id): (&str, &str),
    attempts: i64,
    now: Timestamp,
) -> Result<bool, StoreError> {
    Ok(on!(db, write pool => sqlx::query(REPLAY)
        .bind(organisation.as_str()).bind(endpoint).bind(id).bind(attempts).bind(now.0)
        .execute(pool).await.map(|done| done.rows_affected() > 0))?)
}

/// Puts everything into the queue again that was given up and was written down since an instant; how much.
///
/// # Errors
/// The database failed.
pub async fn replay_failed(
    db: &Db,
    organisation: &OrganisationId,
    endpoint: &str,
    since: Timestamp,
    now: Timestamp,
) -> Result<u64, StoreError> {
    Ok(on!(db, write pool => sqlx::query(REPLAY_FAILED)
        .bind(organisation.as_str()).bind(endpoint).bind(since.0).bind(now.0)
        .execute(pool).await.map(|done| done.rows_affected()))?)
}

/// Forgets what was written down before an instant and is over, `rows` at most; how many there were.
///
/// # Errors
/// The database failed.
pub async fn forget_before(db: &Db, before: Timestamp, rows: i64) -> Result<usize, StoreError> {
    on!(db, write pool => {
        let mut transaction = pool.begin().await?;
        let old = sqlx::query(OLD).bind(before.0).bind(rows).fetch_all(&mut *transaction).await?;
        for row in &old {
            let (organisation, endpoint) = (row.text("organisation")?, row.text("endpoint")?);
            let id = row.text("id")?;
            for statement in [FORGET_ATTEMPTS, FORGET] {
                sqlx::query(statement).bind(&organisation).bind(&endpoint).bind(&id)
                    .execute(&mut *transaction).await?;
            }
        }
        transaction.commit().await?;
        Ok(old.len())
    })
}

/// A delivery from its row.
pub(super) fn delivery(row: &impl StoreRow) -> Result<Delivery, StoreError> {
    const TABLE: &str = "webhook_delivery";
    Ok(Delivery {
        id: row.text("id")?,
        place: row.integer("place")?,
        kind: row.parsed(TABLE, "kind", str::parse::<EventKind>)?,
        about: row.text("about")?,
        body: row.text("body")?,
        state: row.parsed(TABLE, "state", str::parse::<DeliveryState>)?,
        created_at: row.time("created_at")?,
        tries: row.integer("tries")?,
        attempts: row.integer("attempts")?,
        next_try_at: row.time_or_none("next_try_at")?,
        result: row.text_or_none("result")?,
    })
}

fn attempt(row: &impl StoreRow) -> Result<Attempt, StoreError> {
    Ok(Attempt {
        number: row.integer("number")?,
        began_at: row.time("began_at")?,
        milliseconds: row.integer_or_none("milliseconds")?,
        status: row.integer_or_none("status")?,
        answer: row.text_or_none("answer")?,
        problem: row.text_or_none("problem")?,
    })
}
