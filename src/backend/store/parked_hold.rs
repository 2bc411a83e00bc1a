//! Holds that wait for credits: each a row that only goes forward, from waiting to one of its ends.

use super::journal::json;
use super::{Db, StoreError, StoreRow, or_conflict};
use crate::ledger::{HoldId, Order, OrganisationId, Timestamp};
use crate::on;
use std::str::FromStr;

/// How far a parked hold is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParkedState {
    /// It waits for credits.
    Waiting,
    /// Its order is on the way to the ledger.
    Admitting,
    /// Its hold was made.
    Admitted,
    /// Somebody called it off.
    Cancelled,
    /// Its time to wait is over.
    Expired,
}

impl ParkedState {
    const ALL: [ParkedState; 5] = [
        ParkedState::Waiting,
        ParkedState::Admitting,
        ParkedState::Admitted,
        ParkedState::Cancelled,
        ParkedState::Expired,
    ];

    /// The name in the table.
    pub const fn code(self) -> &'static str {
        match self {
            ParkedState::Waiting => "waiting",
            ParkedState::Admitting => "admitting",
            ParkedState::Admitted => "admitted",
            ParkedState::Cancelled => "cancelled",
            ParkedState::Expired => "expired",
        }
    }
}

impl FromStr for ParkedState {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = ParkedState::ALL.into_iter().find(|state| state.code() == text);
        found.ok_or("no state of a parked hold")
    }
}

/// A hold that waits, or waited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParkedHold {
    /// The organisation that pays.
    pub organisation: OrganisationId,
    /// The id that the hold will have.
    pub id: HoldId,
    /// How far it is.
    pub state: ParkedState,
    /// The highest comes first, then the oldest.
    pub priority: i64,
    /// Since when it waits.
    pub created_at: Timestamp,
    /// Until when.
    pub ends_at: Timestamp,
    /// Hash of what was asked.
    pub fingerprint: [u8; 32],
    /// What is booked when there are credits; only its deadline is made anew.
    pub order: Order,
    /// How long the hold will stand, in seconds.
    pub hold_seconds: i64,
    /// The code of the refusal that it waits out.
    pub waits_for: String,
}

const INSERT: &str = "insert into parked_hold (organisation, id, state, priority, created_at, ends_at, \
     request_key, fingerprint, order_text, hold_seconds, waits_for) \
     values ($1, $2, 'waiting', $3, $4, $5, $6, $7, $8, $9, $10)";
const FIND: &str = "select * from parked_hold where organisation = $1 and id = $2";
const FIND_BY_REQUEST: &str =
    "select * from parked_hold where organisation = $1 and request_key = $2";
const WAITING: &str = "select * from parked_hold where organisation = $1 \
     and state in ('waiting', 'admitting') order by priority desc, created_at, id limit $2";
const ORGANISATIONS: &str = "select distinct organisation from parked_hold \
     where state in ('waiting', 'admitting') and organisation > $1 order by organisation limit $2";
const ADVANCE: &str = "update parked_hold set state = $3, closed_at = $4 \
     where organisation = $1 and id = $2 and state = $5";
const EXPIRE: &str = "update parked_hold set state = 'expired', closed_at = $1 \
     where state = 'waiting' and ends_at <= $1";

/// Writes a hold that waits.
///
/// # Errors
/// [`StoreError::Conflict`] when this request is parked already.
pub async fn insert(db: &Db, parked: &ParkedHold) -> Result<(), StoreError> {
    let written = on!(db, write pool => sqlx::query(INSERT)
        .bind(parked.organisation.as_str())
        .bind(parked.id.as_str())
        .bind(parked.priority)
        .bind(parked.created_at.micros())
        .bind(parked.ends_at.micros())
        .bind(parked.order.key.as_str())
        .bind(parked.fingerprint.as_slice())
        .bind(json(&parked.order))
        .bind(parked.hold_seconds)
        .bind(&parked.waits_for)
        .execute(pool).await.map(drop));
    or_conflict(written, "the request's key")
}

/// The one with this id, waiting or not.
///
/// # Errors
/// The database failed, or the row does not parse.
pub async fn find(
    db: &Db,
    organisation: &OrganisationId,
    id: &HoldId,
) -> Result<Option<ParkedHold>, StoreError> {
    on!(db, read pool => sqlx::query(FIND).bind(organisation.as_str()).bind(id.as_str())
        .fetch_optional(pool).await?.map(|row| parked(&row)).transpose())
}

/// The one that a request with this key parked.
///
/// # Errors
/// The database failed, or the row does not parse.
pub async fn find_by_request(
    db: &Db,
    organisation: &OrganisationId,
    request_key: &str,
) -> Result<Option<ParkedHold>, StoreError> {
    on!(db, read pool => sqlx::query(FIND_BY_REQUEST).bind(organisation.as_str()).bind(request_key)
        .fetch_optional(pool).await?.map(|row| parked(&row)).transpose())
}

/// Those of an organisation that wait, in the order in which they are admitted; `rows` at most.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn waiting(
    db: &Db,
    organisation: &OrganisationId,
    rows: i64,
) -> Result<Vec<ParkedHold>, StoreError> {
    on!(db, read pool => sqlx::query(WAITING).bind(organisation.as_str()).bind(rows)
        .fetch_all(pool).await?.iter().map(parked).collect())
}

/// The organisations behind `after` in which something waits; `rows` at most.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn organisations(
    db: &Db,
    after: &str,
    rows: i64,
) -> Result<Vec<OrganisationId>, StoreError> {
    on!(db, read pool => sqlx::query(ORGANISATIONS).bind(after).bind(rows)
        .fetch_all(pool).await?.iter()
        .map(|row| row.parsed("parked_hold", "organisation", OrganisationId::parse)).collect())
}

/// From one state to another; `false` when it is no longer in the first.
///
/// # Errors
/// The database failed.
pub async fn advance(
    db: &Db,
    parked: &ParkedHold,
    (from, to): (ParkedState, ParkedState),
    now: Timestamp,
) -> Result<bool, StoreError> {
    let is_over = !matches!(to, ParkedState::Waiting | ParkedState::Admitting);
    let closed_at = is_over.then_some(now.micros());
    Ok(on!(db, write pool => sqlx::query(ADVANCE)
        .bind(parked.organisation.as_str()).bind(parked.id.as_str())
        .bind(to.code()).bind(closed_at).bind(from.code())
        .execute(pool).await.map(|done| done.rows_affected() > 0))?)
}

/// Ends those that have waited long enough; how many.
///
/// # Errors
/// The database failed.
pub async fn expire(db: &Db, now: Timestamp) -> Result<u64, StoreError> {
    Ok(on!(db, write pool => sqlx::query(EXPIRE).bind(now.micros())
        .execute(pool).await.map(|done| done.rows_affected()))?)
}

fn parked(row: &impl StoreRow) -> Result<ParkedHold, StoreError> {
    const TABLE: &str = "parked_hold";
    let fingerprint = row.bytes("fingerprint")?;
    let fingerprint = <[u8; 32]>::try_from(fingerprint.as_slice());
    Ok(ParkedHold {
        organisation: row.parsed(TABLE, "organisation", OrganisationId::parse)?,
        id: row.parsed(TABLE, "id", HoldId::parse)?,
        state: row.parsed(TABLE, "state", ParkedState::from_str)?,
        priority: row.integer("priority")?,
        created_at: row.time("created_at")?,
        ends_at: row.time("ends_at")?,
        fingerprint: fingerprint
            .map_err(|_| StoreError::corrupt(TABLE, "fingerprint", "a hash has 32 bytes"))?,
        order: row.json(TABLE, "order_text")?,
        hold_seconds: row.integer("hold_seconds")?,
        waits_for: row.text("waits_for")?,
    })
}
