//! Rows of the credits pages: the journal together with the names that people know things by.
//!
//! One statement a page, newest first, paged by sequence number (see [`history`](super::history)).
//! Names are today's: a person or a department that was renamed appears under its new name.

use super::history::{self, HistoryRow, UsageFilter};
use super::journal::stored;
use super::{Db, StoreError, StoreRow};
use crate::ledger::{
    Credits, DepartmentId, Operation, OrganisationId, ReportId, Timestamp, TransactionKind, UserId,
};
use crate::on;

/// A transaction as the credits pages list it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreditRow {
    /// The transaction.
    pub row: HistoryRow,
    /// What it did, with its terms.
    pub kind: TransactionKind,
    /// Who it was done for or by, when that is a person.
    pub person: Option<String>,
    /// The name of the department that it was charged to.
    pub department: Option<String>,
    /// The title of the piece of work.
    pub report: Option<String>,
}

/// A piece of work that has not ended yet, or that was made lately.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportLine {
    /// Its id.
    pub id: ReportId,
    /// What people call it.
    pub title: String,
    /// Where it stands: `queued`, `running`, `done` …
    pub status: String,
    /// What it was quoted at.
    pub quoted: Credits,
    /// Who started it.
    pub person: String,
    /// When.
    pub created_at: Timestamp,
}

/// One page: `$1` organisation, `$2` the sequence to stay below, `$3` the number of rows.
macro_rules! page {
    ($condition:literal) => {
        concat!(
            "select t.sequence, t.kind, t.direction, t.actor, t.department, t.member, t.api_key, ",
            "t.operation, t.report, t.quote, t.hold, t.lot, t.occurred_at, t.recorded_at, ",
            "t.amount, t.available_after, t.detail, u.name as person_name, ",
            "d.name as department_name, r.title as report_title from ledger_transaction t ",
            "left join user_account u on u.id = coalesce(t.member, ",
            "case when substr(t.actor, 1, 7) = 'member:' then substr(t.actor, 8) ",
            "when substr(t.actor, 1, 6) = 'staff:' then substr(t.actor, 7) end) ",
            "left join department d on d.organisation = t.organisation and d.id = t.department ",
            "left join report r on r.organisation = t.organisation and r.id = t.report ",
            "where t.organisation = $1 and t.sequence < $2 ",
            $condition,
            " order by t.sequence desc limit $3"
        )
    };
}

const ONE: &str = page!("and t.sequence >= $2 - 1");
const ADDITIONS: &str = page!("and t.direction = 'addition'");
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
     from usage_rollup where organisation = $1 \
     and (cast($2 as text) is null or operation = $2) \
     and (cast($3 as text) is null or department = $3) \
     and (cast($4 as text) is null or member = $4)";
const REPORT_TITLE: &str = "select title from report where organisation = $1 and id = $2";
const UNFINISHED: &str = "select r.id, r.title, r.status, r.quoted, r.created_at, u.name as person \
     from report r join user_account u on u.id = r.user_id \
     where r.organisation = $1 and r.status in ('queued', 'running') \
     and (cast($2 as text) is null or r.user_id = $2) order by r.created_at desc, r.id desc limit $3";
const LATEST: &str = "select r.id, r.title, r.status, r.quoted, r.created_at, u.name as person \
     from report r join user_account u on u.id = r.user_id where r.organisation = $1 \
     and (cast($2 as text) is null or r.user_id = $2) order by r.created_at desc, r.id desc limit $3";

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
) -> Result<Vec<CreditRow>, StoreError> {
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
        .fetch_all(pool).await?.iter().map(credit_row).collect())
}

/// The transaction at one place of the journal, of whatever kind.
///
/// # Errors
/// The database failed, or the row does not parse.
pub async fn one(
    db: &Db,
    organisation: &OrganisationId,
    sequence: u64,
) -> Result<Option<CreditRow>, StoreError> {
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
) -> Result<Vec<CreditRow>, StoreError> {
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
) -> Result<Vec<CreditRow>, StoreError> {
    plain(db, BUDGETS, organisation, None, rows).await
}

/// What people call a piece of work; none where it is not there.
///
/// # Errors
/// The database failed.
pub async fn report_title(
    db: &Db,
    organisation: &OrganisationId,
    id: &str,
) -> Result<Option<String>, StoreError> {
    on!(db, read pool => sqlx::query(REPORT_TITLE).bind(organisation.as_str()).bind(id)
        .fetch_optional(pool).await?.map(|row| row.text("title")).transpose())
}

/// Work that waits or runs, newest first; of one person, or of everybody.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn unfinished_reports(
    db: &Db,
    organisation: &OrganisationId,
    of: Option<&UserId>,
    rows: i64,
) -> Result<Vec<ReportLine>, StoreError> {
    reports(db, UNFINISHED, organisation, of, rows).await
}

/// Work of whatever state, newest first; of one person, or of everybody.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn latest_reports(
    db: &Db,
    organisation: &OrganisationId,
    of: Option<&UserId>,
    rows: i64,
) -> Result<Vec<ReportLine>, StoreError> {
    reports(db, LATEST, organisation, of, rows).await
}

async fn plain(
    db: &Db,
    statement: &'static str,
    organisation: &OrganisationId,
    before: Option<u64>,
    rows: i64,
) -> Result<Vec<CreditRow>, StoreError> {
    on!(db, read pool => sqlx::query(statement)
        .bind(organisation.as_str())
        .bind(before.map_or(i64::MAX, stored))
        .bind(rows)
        .fetch_all(pool).await?.iter().map(credit_row).collect())
}

async fn reports(
    db: &Db,
    statement: &'static str,
    organisation: &OrganisationId,
    of: Option<&UserId>,
    rows: i64,
) -> Result<Vec<ReportLine>, StoreError> {
    on!(db, read pool => sqlx::query(statement)
        .bind(organisation.as_str())
        .bind(of.map(UserId::as_str))
        .bind(rows)
        .fetch_all(pool).await?.iter().map(report_line).collect())
}

fn credit_row(row: &impl StoreRow) -> Result<CreditRow, StoreError> {
    Ok(CreditRow {
        row: history::history_row(row)?,
        kind: row.json("ledger_transaction", "detail")?,
        person: row.text_or_none("person_name")?,
        department: row.text_or_none("department_name")?,
        report: row.text_or_none("report_title")?,
    })
}

fn total(row: &impl StoreRow) -> Result<(Credits, u64), StoreError> {
    let transactions = u64::try_from(row.integer("transactions")?).unwrap_or_default();
    Ok((Credits::from_micro(row.integer("credits")?), transactions))
}

fn report_line(row: &impl StoreRow) -> Result<ReportLine, StoreError> {
    Ok(ReportLine {
        id: row.parsed("report", "id", ReportId::parse)?,
        title: row.text("title")?,
        status: row.text("status")?,
        quoted: Credits::from_micro(row.integer("quoted")?),
        person: row.text("person")?,
        created_at: row.time("created_at")?,
    })
}
