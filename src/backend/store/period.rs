//! The journal between two instants: what was used, and by whom.
//!
//! Sequence and time rise together, so an instant becomes a place in the journal by halving
//! ([`position`]). What was ever charged by a place is what the last checkpoint before it says and the
//! few rows behind that ([`spent`]), so usage between two instants costs the same after ten thousand
//! transactions and after ten million. Shares of whole months come from the roll-ups; only the broken
//! month at the beginning of a period is read from the journal.

use super::journal::{self, stored};
use super::{Db, StoreError, StoreRow};
use crate::ledger::{Credits, OrganisationId, Timestamp};
use crate::on;

/// A period as the sums below read it: journal rows up to the first full month, roll-ups after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// The last sequence before the period.
    pub after: u64,
    /// The last sequence before the first full month.
    pub through: u64,
    /// The first full month (`YYYY-MM`).
    pub first_month: String,
    /// The last month.
    pub last_month: String,
}

/// What one part of the organisation used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    /// The part's id; none for usage that names no such part.
    pub id: Option<String>,
    /// What was charged.
    pub credits: Credits,
}

/// By what usage is split.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SplitBy {
    /// The department it was charged to.
    Department,
    /// The person it was done for.
    Member,
    /// The piece of work.
    Report,
}

/// Halves the journal until the last row before `$2` is found; `$3` is past its end.
const POSITION: &str = "with recursive search(low, high) as ( \
     select cast(0 as bigint), cast($3 as bigint) \
     union all \
     select case when t.recorded_at < $2 then t.sequence else s.low end, \
     case when t.recorded_at < $2 then s.high else t.sequence end \
     from search s join ledger_transaction t \
     on t.organisation = $1 and t.sequence = (s.low + s.high) / 2 where s.high - s.low > 1) \
     select cast(max(low) as bigint) as place from search";
const LAST: &str = "select cast(coalesce(max(sequence), 0) as bigint) as place \
     from ledger_head where organisation = $1";
const SPENT: &str = "with base as (select coalesce((select sequence from ledger_checkpoint \
     where organisation = $1 and sequence <= $2 order by sequence desc limit 1), 0) as place, \
     coalesce((select spent from ledger_checkpoint where organisation = $1 and sequence <= $2 \
     order by sequence desc limit 1), 0) as spent) \
     select base.spent - cast(coalesce((select sum(t.amount) from ledger_transaction t \
     where t.organisation = $1 and t.direction = 'usage' and t.sequence > base.place \
     and t.sequence <= $2), 0) as bigint) as amount from base";

/// Usage of a stretch by one column, the largest first: `$6` rows at most.
macro_rules! split_by {
    ($column:literal, $reports:literal) => {
        concat!(
            "select label, cast(sum(micro) as bigint) as micro from (select ",
            $column,
            " as label, credits as micro from usage_rollup where organisation = $1 ",
            "and month >= $2 and month <= $3 and ",
            $reports,
            " union all select coalesce(",
            $column,
            ", '') as label, -amount as micro from ledger_transaction where organisation = $1 ",
            "and direction = 'usage' and sequence > $4 and sequence <= $5) parts ",
            "group by label having sum(micro) > 0 order by micro desc, label limit $6"
        )
    };
}

const BY_DEPARTMENT: &str = split_by!("department", "report = '*'");
const BY_MEMBER: &str = split_by!("member", "report = '*'");
const BY_REPORT: &str = split_by!("report", "report <> '*'");

/// The sequence of the last transaction that took effect before `instant`; 0 where there is none.
///
/// # Errors
/// The database failed.
pub async fn position(
    db: &Db,
    organisation: &OrganisationId,
    instant: Timestamp,
) -> Result<u64, StoreError> {
    let end = stored(last(db, organisation).await?) + 1;
    on!(db, read pool => journal::sequence(&sqlx::query(POSITION).bind(organisation.as_str())
        .bind(instant.micros()).bind(end).fetch_one(pool).await?, "place"))
}

/// The sequence of the last transaction; 0 before the first.
///
/// # Errors
/// The database failed.
pub async fn last(db: &Db, organisation: &OrganisationId) -> Result<u64, StoreError> {
    on!(db, read pool => journal::sequence(&sqlx::query(LAST).bind(organisation.as_str())
        .fetch_one(pool).await?, "place"))
}

/// What was used after one place of the journal, up to and with another.
///
/// # Errors
/// The database failed.
pub async fn used(
    db: &Db,
    organisation: &OrganisationId,
    after: u64,
    through: u64,
) -> Result<Credits, StoreError> {
    let (before, then) =
        (spent(db, organisation, after).await?, spent(db, organisation, through).await?);
    then.checked_sub(before)
        .ok_or_else(|| StoreError::corrupt("ledger_transaction", through, "its sums do not fit"))
}

/// All that was ever charged up to and with one place of the journal.
async fn spent(
    db: &Db,
    organisation: &OrganisationId,
    through: u64,
) -> Result<Credits, StoreError> {
    let amount = on!(db, read pool => sqlx::query(SPENT).bind(organisation.as_str())
        .bind(stored(through)).fetch_one(pool).await?.integer("amount"))?;
    Ok(Credits::from_micro(amount))
}

/// Usage of a period by its parts, the largest first, `most` of them.
///
/// # Errors
/// The database failed.
pub async fn split(
    db: &Db,
    organisation: &OrganisationId,
    by: SplitBy,
    stretch: &Stretch,
    most: i64,
) -> Result<Vec<Share>, StoreError> {
    let statement = match by {
        SplitBy::Department => BY_DEPARTMENT,
        SplitBy::Member => BY_MEMBER,
        SplitBy::Report => BY_REPORT,
    };
    on!(db, read pool => sqlx::query(statement).bind(organisation.as_str())
        .bind(&stretch.first_month).bind(&stretch.last_month)
        .bind(stored(stretch.after)).bind(stored(stretch.through)).bind(most)
        .fetch_all(pool).await?.iter().map(share).collect())
}

fn share(row: &impl StoreRow) -> Result<Share, StoreError> {
    let label = row.text("label")?;
    Ok(Share {
        id: (!label.is_empty()).then_some(label),
        credits: Credits::from_micro(row.integer("micro")?),
    })
}
