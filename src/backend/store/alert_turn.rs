//! Whose turn it is to be looked at for alerts, and what a look reads of the journal: only what is new in
//! it.

use super::head;
use super::journal::stored;
use super::{Db, StoreError, StoreRow};
use crate::ledger::Credits;
use crate::ledger::id::OrganisationId;
use crate::ledger::time::Timestamp;
use crate::on;
use std::collections::HashMap;
use std::str::FromStr;

/// An organisation whose turn has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// Which.
    pub organisation: OrganisationId,
    /// How far its journal was read; 0 where nobody ever looked.
    pub sequence: u64,
    /// When time alone may bring something.
    pub look_at: Timestamp,
    /// Compared and set when the look is written; 0 where nobody ever looked.
    pub version: i64,
}

/// How a limit stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WatchState {
    /// The figure was never above it since it applies.
    Waiting,
    /// The figure is above it, or just below what arms it again.
    Armed,
    /// It was crossed and told of.
    Crossed,
}

impl WatchState {
    /// The word as stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            WatchState::Waiting => "waiting",
            WatchState::Armed => "armed",
            WatchState::Crossed => "crossed",
        }
    }
}

impl FromStr for WatchState {
    type Err = &'static str;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        let all = [WatchState::Waiting, WatchState::Armed, WatchState::Crossed];
        all.into_iter().find(|state| state.as_str() == word).ok_or("no state of a limit")
    }
}

/// A point of the balance's past.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    /// When.
    pub at: Timestamp,
    /// What was available from then on.
    pub available: Credits,
}

const DUE: &str = "select h.organisation, coalesce(t.sequence, 0) as sequence, \
     coalesce(t.look_at, 0) as look_at, coalesce(t.version, 0) as version from ledger_head h \
     left join alert_turn t on t.organisation = h.organisation \
     where t.organisation is null or h.sequence > t.sequence or t.look_at <= $1 \
     order by coalesce(t.look_at, 0), h.organisation limit 1";
const POSTPONE: &str = "update alert_turn set look_at = $3, version = version + 1 \
     where organisation = $1 and version = $2";
const WATCHES: &str = "select watch, state from alert_watch where organisation = $1";
const HIGHEST: &str = "select max(available_after) as highest from ledger_transaction \
     where organisation = $1 and sequence > $2 and sequence <= $3";
const USED_BY_DAY: &str = "select (cast($4 as bigint) - recorded_at) / 86400000000 as ago, \
     cast(sum(-amount) as bigint) as micro from ledger_transaction \
     where organisation = $1 and direction = 'usage' and sequence > $2 and sequence <= $3 \
     group by 1";
/// Every `$4`th transaction between two places.
const POINTS: &str = "with recursive place(number) as (select cast($2 as bigint) union all \
     select number + cast($4 as bigint) from place where number + cast($4 as bigint) <= $3) \
     select t.recorded_at, t.available_after from place p join ledger_transaction t \
     on t.organisation = $1 and t.sequence = p.number order by t.sequence";

/// The organisation that has waited longest of those with news in their journal or a look that is due.
///
/// # Errors
/// The database failed, or the row does not parse.
pub async fn due(db: &Db, now: Timestamp) -> Result<Option<Due>, StoreError> {
    on!(db, write pool => sqlx::query(DUE).bind(now.0)
        .fetch_optional(pool).await?.map(|row| one(&row)).transpose())
}

/// Lets the others go first, after a look that failed.
///
/// # Errors
/// The database failed.
pub async fn postpone(db: &Db, due: &Due, until: Timestamp) -> Result<(), StoreError> {
    on!(db, write pool => sqlx::query(POSTPONE).bind(due.organisation.as_str())
        .bind(due.version).bind(until.0).execute(pool).await.map(|_| ()))?;
    Ok(())
}

/// Every limit that was looked at, and how it stands.
///
/// # Errors
/// The database failed.
pub async fn watches(
    db: &Db,
    organisation: &OrganisationId,
) -> Result<HashMap<String, WatchState>, StoreError> {
    on!(db, write pool => sqlx::query(WATCHES).bind(organisation.as_str())
        .fetch_all(pool).await?.iter()
        .map(|row| {
            let state = row.parsed("alert_watch", "state", str::parse::<WatchState>)?;
            Ok((row.text("watch")?, state))
        })
        .collect())
}

/// The highest that was available after any transaction behind one place, up to and with another.
///
/// # Errors
/// The database failed.
pub async fn highest(
    db: &Db,
    organisation: &OrganisationId,
    after: u64,
    through: u64,
) -> Result<Option<Credits>, StoreError> {
    let highest = on!(db, write pool => sqlx::query(HIGHEST).bind(organisation.as_str())
        .bind(stored(after)).bind(stored(through))
        .fetch_one(pool).await?.integer_or_none("highest"))?;
    Ok(highest.map(Credits::from_micro))
}

/// What was available between two places of the journal, at `most` places of it and at its end.
///
/// # Errors
/// The database failed.
pub async fn points(
    db: &Db,
    organisation: &OrganisationId,
    (from, through): (u64, u64),
    most: u64,
) -> Result<Vec<Point>, StoreError> {
    let step = (through.saturating_sub(from) / most.max(1)).max(1);
    let last = head::find(db, organisation).await?;
    let mut points: Vec<Point> = on!(db, read pool => sqlx::query(POINTS).bind(organisation.as_str())
        .bind(stored(from)).bind(stored(through)).bind(stored(step))
        .fetch_all(pool).await?.iter()
        .map(|row| Ok(Point {
            at: row.time("recorded_at")?,
            available: Credits::from_micro(row.integer("available_after")?),
        })).collect::<Result<_, StoreError>>())?;
    points.extend(last.map(|last| Point { at: last.head.recorded_at, available: last.available }));
    Ok(points)
}

/// What was used between two places of the journal, by how many times 24 hours ago it was.
///
/// # Errors
/// The database failed.
pub async fn used_by_day(
    db: &Db,
    organisation: &OrganisationId,
    (after, through): (u64, u64),
    now: Timestamp,
) -> Result<HashMap<i64, Credits>, StoreError> {
    on!(db, read pool => sqlx::query(USED_BY_DAY).bind(organisation.as_str())
        .bind(stored(after)).bind(stored(through)).bind(now.0)
        .fetch_all(pool).await?.iter()
        .map(|row| Ok((row.integer("ago")?, Credits::from_micro(row.integer("micro")?)))).collect())
}

fn one(row: &impl StoreRow) -> Result<Due, StoreError> {
    Ok(Due {
        organisation: row.parsed("ledger_head", "organisation", OrganisationId::parse)?,
        sequence: u64::try_from(row.integer("sequence")?).unwrap_or_default(),
        look_at: row.time("look_at")?,
        version: row.integer("version")?,
    })
}
