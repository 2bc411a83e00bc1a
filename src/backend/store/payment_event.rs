//! The inbox of what the payment provider reports. An event is done when `processed_at` is set, and
//! only then: having seen it is not having acted on it.

use super::{Db, StoreError, StoreRow};
use crate::ledger::time::Timestamp;
use crate::on;

/// An event as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentEvent {
    /// Which provider sent it.
    pub provider: String,
    /// Real money, or a test.
    pub livemode: bool,
    /// The provider's id of it.
    pub id: String,
    /// For example `checkout.session.completed`.
    pub kind: String,
    /// The whole of it as text.
    pub payload: String,
    /// When it came.
    pub received_at: Timestamp,
    /// How often work on it has begun.
    pub attempts: i64,
}

const INSERT_ONCE: &str = "insert into payment_event (provider, livemode, event_id, type, payload, \
     received_at, attempts) values ($1, $2, $3, $4, $5, $6, 0) \
     on conflict (provider, livemode, event_id) do nothing";
const CLAIM: &str = "update payment_event set attempts = attempts + 1, next_attempt_at = $4 \
     where (provider, livemode, event_id) = (select provider, livemode, event_id from payment_event \
     where processed_at is null and provider = $1 and livemode = $2 and next_attempt_at <= $3 \
     order by received_at limit 1) and processed_at is null and next_attempt_at <= $3 \
     returning provider, livemode, event_id, type, payload, received_at, attempts";
const MARK_PROCESSED: &str = "update payment_event set processed_at = $4, problem = null \
     where provider = $1 and livemode = $2 and event_id = $3";
const MARK_FAILED: &str = "update payment_event set problem = $4, next_attempt_at = $5 \
     where provider = $1 and livemode = $2 and event_id = $3 and processed_at is null";
const COUNT_WAITING: &str =
    "select count(*) as count from payment_event where processed_at is null";

/// Writes an event down; `false` when it is there already.
///
/// # Errors
/// The database failed.
pub async fn insert_once(db: &Db, event: &PaymentEvent) -> Result<bool, StoreError> {
    Ok(on!(db, write pool => sqlx::query(INSERT_ONCE)
        .bind(&event.provider)
        .bind(i64::from(event.livemode))
        .bind(&event.id)
        .bind(&event.kind)
        .bind(&event.payload)
        .bind(event.received_at.0)
        .execute(pool).await.map(|done| done.rows_affected() > 0))?)
}

/// Takes the oldest event that is due; until `lease_until` nobody else takes it.
///
/// # Errors
/// The database failed, or the row does not parse.
pub async fn claim(
    db: &Db,
    provider: &str,
    livemode: bool,
    now: Timestamp,
    lease_until: Timestamp,
) -> Result<Option<PaymentEvent>, StoreError> {
    on!(db, write pool => sqlx::query(CLAIM)
        .bind(provider).bind(i64::from(livemode)).bind(now.0).bind(lease_until.0)
        .fetch_optional(pool).await?.map(|row| payment_event(&row)).transpose())
}

/// Marks an event as acted on.
///
/// # Errors
/// The database failed.
pub async fn mark_processed(
    db: &Db,
    event: &PaymentEvent,
    now: Timestamp,
) -> Result<(), StoreError> {
    on!(db, write pool => sqlx::query(MARK_PROCESSED)
        .bind(&event.provider).bind(i64::from(event.livemode)).bind(&event.id).bind(now.0)
        .execute(pool).await.map(|_| ()))?;
    Ok(())
}

/// Writes down why an event could not be acted on, and when to try again.
///
/// # Errors
/// The database failed.
pub async fn mark_failed(
    db: &Db,
    event: &PaymentEvent,
    problem: &str,
    next_attempt_at: Timestamp,
) -> Result<(), StoreError> {
    on!(db, write pool => sqlx::query(MARK_FAILED)
        .bind(&event.provider).bind(i64::from(event.livemode)).bind(&event.id)
        .bind(problem).bind(next_attempt_at.0)
        .execute(pool).await.map(|_| ()))?;
    Ok(())
}

/// How many events wait to be acted on.
///
/// # Errors
/// The database failed.
pub async fn count_waiting(db: &Db) -> Result<i64, StoreError> {
    on!(db, read pool => sqlx::query(COUNT_WAITING).fetch_one(pool).await?.integer("count"))
}

fn payment_event(row: &impl StoreRow) -> Result<PaymentEvent, StoreError> {
    Ok(PaymentEvent {
        provider: row.text("provider")?,
        livemode: row.integer("livemode")? != 0,
        id: row.text("event_id")?,
        kind: row.text("type")?,
        payload: row.text("payload")?,
        received_at: Timestamp(row.integer("received_at")?),
        attempts: row.integer("attempts")?,
    })
}
