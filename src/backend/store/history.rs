//! The journal as pages list it: newest first, a page at a time, by sequence number.
//!
//! Keyset pagination: the next page begins below the last row's sequence, so no page costs more than
//! another, however long the history is.

use super::journal::{self, Direction, attribution, stored};
use super::{Db, StoreError, StoreRow};
use crate::ledger::{
    Actor, Attribution, Credits, DepartmentId, HoldId, LotId, Operation, OrganisationId, ReportId,
    Timestamp, UserId,
};
use crate::on;
use std::str::FromStr;

/// One row of a history page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryRow {
    /// Its place in the journal; the cursor of the next page.
    pub sequence: u64,
    /// The code of its kind: `settle`, `grant` …
    pub kind: String,
    /// Usage, addition or neither.
    pub direction: Direction,
    /// Who did it.
    pub actor: Actor,
    /// What it was for.
    pub attribution: Attribution,
    /// The hold it made or ended.
    pub hold: Option<HoldId>,
    /// The lot it made or ended.
    pub lot: Option<LotId>,
    /// When it happened, as the caller said.
    pub occurred_at: Timestamp,
    /// When it took effect here.
    pub recorded_at: Timestamp,
    /// Negative for usage, positive for additions, 0 for what moves credits only inside.
    pub amount: Credits,
    /// What was available after it.
    pub available_after: Credits,
}

/// Which usage a page shows; what is `None` is not filtered by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UsageFilter {
    /// Only this operation.
    pub operation: Option<Operation>,
    /// Only this department.
    pub department: Option<DepartmentId>,
    /// Only on behalf of this person.
    pub member: Option<UserId>,
    /// Only this piece of work.
    pub report: Option<ReportId>,
}

/// One page: `$1` organisation, `$2` the sequence to stay below, `$3` the number of rows.
macro_rules! page {
    ($condition:literal) => {
        concat!(
            "select sequence, kind, direction, actor, department, member, api_key, operation, ",
            "report, quote, hold, lot, occurred_at, recorded_at, amount, available_after ",
            "from ledger_transaction where organisation = $1 and sequence < $2 ",
            $condition,
            " order by sequence desc limit $3"
        )
    };
}

const EVERYTHING: &str = page!("");
const ADDITIONS: &str = page!("and direction = 'addition'");
// One text for each filter that an index serves; the others only narrow what it finds.
const USAGE: &str = page!(
    "and direction = 'usage' and (cast($4 as text) is null or operation = $4) \
     and (cast($5 as text) is null or department = $5) \
     and (cast($6 as text) is null or member = $6) and (cast($7 as text) is null or report = $7)"
);
const USAGE_OF_OPERATION: &str = page!(
    "and direction = 'usage' and operation = $4 \
     and (cast($5 as text) is null or department = $5) \
     and (cast($6 as text) is null or member = $6) and (cast($7 as text) is null or report = $7)"
);
const USAGE_OF_DEPARTMENT: &str = page!(
    "and direction = 'usage' and department = $5 \
     and (cast($4 as text) is null or operation = $4) \
     and (cast($6 as text) is null or member = $6) and (cast($7 as text) is null or report = $7)"
);
const USAGE_OF_MEMBER: &str = page!(
    "and direction = 'usage' and member = $6 \
     and (cast($4 as text) is null or operation = $4) \
     and (cast($5 as text) is null or department = $5) and (cast($7 as text) is null or report = $7)"
);
const USAGE_OF_REPORT: &str = page!(
    "and direction = 'usage' and report = $7 \
     and (cast($4 as text) is null or operation = $4) \
     and (cast($5 as text) is null or department = $5) and (cast($6 as text) is null or member = $6)"
);

/// Every kind of transaction, newest first. `before` is the last sequence of the page before.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn everything(
    db: &Db,
    organisation: &OrganisationId,
    before: Option<u64>,
    rows: i64,
) -> Result<Vec<HistoryRow>, StoreError> {
    plain_page(db, EVERYTHING, organisation, before, rows).await
}

/// Credits that came in, newest first. `before` is the last sequence of the page before.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn additions(
    db: &Db,
    organisation: &OrganisationId,
    before: Option<u64>,
    rows: i64,
) -> Result<Vec<HistoryRow>, StoreError> {
    plain_page(db, ADDITIONS, organisation, before, rows).await
}

/// The last transaction of any kind.
///
/// # Errors
/// The database failed, or the row does not parse.
pub async fn last(
    db: &Db,
    organisation: &OrganisationId,
) -> Result<Option<HistoryRow>, StoreError> {
    Ok(everything(db, organisation, None, 1).await?.into_iter().next())
}

/// Settled and charged work, newest first. `before` is the last sequence of the page before.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn usage(
    db: &Db,
    organisation: &OrganisationId,
    filter: &UsageFilter,
    before: Option<u64>,
    rows: i64,
) -> Result<Vec<HistoryRow>, StoreError> {
    on!(db, read pool => sqlx::query(filter.statement())
        .bind(organisation.as_str())
        .bind(before.map_or(i64::MAX, stored))
        .bind(rows)
        .bind(filter.operation.as_ref().map(Operation::as_str))
        .bind(filter.department.as_ref().map(DepartmentId::as_str))
        .bind(filter.member.as_ref().map(UserId::as_str))
        .bind(filter.report.as_ref().map(ReportId::as_str))
        .fetch_all(pool).await?.iter().map(history_row).collect())
}

impl UsageFilter {
    /// The text whose index leaves the fewest rows to look at.
    fn statement(&self) -> &'static str {
        match self {
            UsageFilter { report: Some(_), .. } => USAGE_OF_REPORT,
            UsageFilter { member: Some(_), .. } => USAGE_OF_MEMBER,
            UsageFilter { department: Some(_), .. } => USAGE_OF_DEPARTMENT,
            UsageFilter { operation: Some(_), .. } => USAGE_OF_OPERATION,
            _ => USAGE,
        }
    }
}

async fn plain_page(
    db: &Db,
    statement: &'static str,
    organisation: &OrganisationId,
    before: Option<u64>,
    rows: i64,
) -> Result<Vec<HistoryRow>, StoreError> {
    on!(db, read pool => sqlx::query(statement)
        .bind(organisation.as_str())
        .bind(before.map_or(i64::MAX, stored))
        .bind(rows)
        .fetch_all(pool).await?.iter().map(history_row).collect())
}

pub(super) fn history_row(row: &impl StoreRow) -> Result<HistoryRow, StoreError> {
    const TABLE: &str = "ledger_transaction";
    let direction = |text: &str| Direction::from_code(text).ok_or("usage, addition or other");
    Ok(HistoryRow {
        sequence: journal::sequence(row, "sequence")?,
        kind: row.text("kind")?,
        direction: row.parsed(TABLE, "direction", direction)?,
        actor: row.parsed(TABLE, "actor", Actor::from_str)?,
        attribution: attribution(row)?,
        hold: row.parsed_or_none(TABLE, "hold", HoldId::parse)?,
        lot: row.parsed_or_none(TABLE, "lot", LotId::parse)?,
        occurred_at: row.time("occurred_at")?,
        recorded_at: row.time("recorded_at")?,
        amount: Credits::from_micro(row.integer("amount")?),
        available_after: Credits::from_micro(row.integer("available_after")?),
    })
}
