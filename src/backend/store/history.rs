//! The journal as pages list it, together with the names that people know things by: newest first, a
//! page at a time, by sequence number.
//!
//! Keyset pagination: the next page begins below the last row's sequence, so no page costs more than
//! another, however long the history is. Names are today's: a person or a department that was renamed
//! appears under its new name.

use super::journal::{self, attribution, stored};
use super::{Db, StoreError, StoreRow};
use crate::ledger::{
    Actor, Attribution, Credits, DepartmentId, Operation, OrganisationId, Timestamp,
    TransactionKind, UserId,
};
use crate::on;
use std::str::FromStr;

/// A transaction as pages list it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryRow {
    /// Its place in the journal; the cursor of the next page.
    pub sequence: u64,
    /// What it did, with its terms.
    pub kind: TransactionKind,
    /// Who did it.
    pub actor: Actor,
    /// What it was for.
    pub attribution: Attribution,
    /// When it took effect here.
    pub recorded_at: Timestamp,
    /// Negative for usage, positive for additions, 0 for what moves credits only inside.
    pub amount: Credits,
    /// Who it was done for or by, when that is a person.
    pub person: Option<String>,
    /// The name of the department that it was charged to.
    pub department: Option<String>,
    /// The title of the piece of work.
    pub report: Option<String>,
    /// Whether a program named that piece of work: it has no page here.
    pub is_of_a_program: bool,
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
}

/// One page: `$1` organisation, `$2` the sequence to stay below, `$3` the number of rows.
macro_rules! page {
    ($condition:literal) => {
        concat!(
            "select t.sequence, t.actor, t.department, t.member, t.api_key, t.operation, t.report, ",
            "t.quote, t.recorded_at, t.amount, t.detail, u.name as person_name, ",
            "d.name as department_name, coalesce(r.title, a.title) as report_title, ",
            "cast(case when a.id is null then 0 else 1 end as bigint) as of_a_program ",
            "from ledger_transaction t ",
            "left join user_account u on u.id = coalesce(t.member, ",
            "case when substr(t.actor, 1, 7) = 'member:' then substr(t.actor, 8) ",
            "when substr(t.actor, 1, 6) = 'staff:' then substr(t.actor, 7) end) ",
            "left join department d on d.organisation = t.organisation and d.id = t.department ",
            "left join report r on r.organisation = t.organisation and r.id = t.report ",
            "left join api_report a on a.organisation = t.organisation and a.id = t.report ",
            "where t.organisation = $1 and t.sequence < $2 ",
            $condition,
            " order by t.sequence desc limit $3"
        )
    };
}

const ONE: &str = page!("and t.sequence >= $2 - 1");
const ADDITIONS: &str = page!("and t.direction = 'addition'");
const EXPIRIES: &str = page!("and t.kind = 'expire'");
const BUDGETS: &str = page!("and t.kind = 'set_budget'");
// One text for each filter that an index serves; the others only narrow what it finds.
const USAGE: &str = page!("and t.direction = 'usage'");
const USAGE_OF_OPERATION: &str = page!(
    "and t.direction = 'usage' and t.operation = $4 \
     and (cast($5 as text) is null or t.department = $5) \
     and (cast($6 as text) is null or t.member = $6)"
);
const USAGE_OF_DEPARTMENT: &str = page!(
    "and t.direction = 'usage' and t.department = $5 \
     and (cast($4 as text) is null or t.operation = $4) \
     and (cast($6 as text) is null or t.member = $6)"
);
const USAGE_OF_MEMBER: &str = page!(
    "and t.direction = 'usage' and t.member = $6 \
     and (cast($4 as text) is null or t.operation = $4) \
     and (cast($5 as text) is null or t.department = $5)"
);
const FILTERED_TOTAL: &str = "select cast(coalesce(sum(credits), 0) as bigint) as credits, \
     cast(coalesce(sum(transactions), 0) as bigint) as transactions \
     from usage_rollup where organisation = $1 and report = '*' \
     and (cast($2 as text) is null or operation = $2) \
     and (cast($3 as text) is null or department = $3) \
     and (cast($4 as text) is null or member = $4)";
/// Usage that a filter lets through, newest first.
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
    let statement = match filter {
        UsageFilter { member: Some(_), .. } => USAGE_OF_MEMBER,
        UsageFilter { department: Some(_), .. } => USAGE_OF_DEPARTMENT,
        UsageFilter { operation: Some(_), .. } => USAGE_OF_OPERATION,
        _ => return plain(db, USAGE, organisation, before, rows).await,
    };
    on!(db, read pool => sqlx::query(statement)
        .bind(organisation.as_str())
        .bind(before.map_or(i64::MAX, stored))
        .bind(rows)
        .bind(filter.operation.as_ref().map(Operation::as_str))
        .bind(filter.department.as_ref().map(DepartmentId::as_str))
        .bind(filter.member.as_ref().map(UserId::as_str))
        .fetch_all(pool).await?.iter().map(history_row).collect())
}

/// The transaction at one place of the journal, of whatever kind.
///
/// # Errors
/// The database failed, or the row does not parse.
pub async fn one(
    db: &Db,
    organisation: &OrganisationId,
    sequence: u64,
) -> Result<Option<HistoryRow>, StoreError> {
    let next = sequence.saturating_add(1);
    Ok(plain(db, ONE, organisation, Some(next), 1).await?.pop())
}

/// What all usage that a filter lets through comes to, and in how many transactions.
///
/// # Errors
/// The database failed.
pub async fn usage_total(
    db: &Db,
    organisation: &OrganisationId,
    filter: &UsageFilter,
) -> Result<(Credits, u64), StoreError> {
    on!(db, read pool => total(&sqlx::query(FILTERED_TOTAL)
        .bind(organisation.as_str())
        .bind(filter.operation.as_ref().map(Operation::as_str))
        .bind(filter.department.as_ref().map(DepartmentId::as_str))
        .bind(filter.member.as_ref().map(UserId::as_str))
        .fetch_one(pool).await?))
}

/// Credits that came in, newest first.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn additions(
    db: &Db,
    organisation: &OrganisationId,
    before: Option<u64>,
    rows: i64,
) -> Result<Vec<HistoryRow>, StoreError> {
    plain(db, ADDITIONS, organisation, before, rows).await
}

/// Limits that were set, changed or removed, newest first.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn budgets(
    db: &Db,
    organisation: &OrganisationId,
    rows: i64,
) -> Result<Vec<HistoryRow>, StoreError> {
    plain(db, BUDGETS, organisation, None, rows).await
}

/// Lots whose time was over, newest first.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn expiries(
    db: &Db,
    organisation: &OrganisationId,
    rows: i64,
) -> Result<Vec<HistoryRow>, StoreError> {
    plain(db, EXPIRIES, organisation, None, rows).await
}

async fn plain(
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

fn history_row(row: &impl StoreRow) -> Result<HistoryRow, StoreError> {
    const TABLE: &str = "ledger_transaction";
    Ok(HistoryRow {
        sequence: journal::sequence(row, "sequence")?,
        kind: row.json(TABLE, "detail")?,
        actor: row.parsed(TABLE, "actor", Actor::from_str)?,
        attribution: attribution(row)?,
        recorded_at: row.time("recorded_at")?,
        amount: Credits::from_micro(row.integer("amount")?),
        person: row.text_or_none("person_name")?,
        department: row.text_or_none("department_name")?,
        report: row.text_or_none("report_title")?,
        is_of_a_program: row.integer("of_a_program")? != 0,
    })
}

fn total(row: &impl StoreRow) -> Result<(Credits, u64), StoreError> {
    let transactions = u64::try_from(row.integer("transactions")?).unwrap_or_default();
    Ok((Credits::from_micro(row.integer("credits")?), transactions))
}
