//! Usage by day: roll-ups that a job makes behind the journal, and what the journal has beyond them.
//!
//! As in [`usage`](super::usage), every usage adds to two rows: that of its report, and that of all reports
//! together. Days are `YYYY-MM-DD` in the zone that the ledger's head names, so their order as text is their
//! order in time.

use std::collections::BTreeMap;

use super::journal::{self, stored};
use super::usage::ALL_REPORTS;
use super::{Db, StoreError, StoreRow};
use crate::ledger::{Credits, OrganisationId, Timestamp};
use crate::on;

/// What a row is about: its key without the organisation. Empty texts stand for what names none.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct DayKey {
    /// `2026-11-28`.
    pub day: String,
    /// What it was spent on.
    pub operation: String,
    /// Who paid.
    pub department: String,
    /// Whom it was for.
    pub member: String,
    /// The API key that spent it.
    pub key: String,
    /// The piece of work.
    pub report: String,
}

impl DayKey {
    /// The row that sums over all reports.
    pub fn of_all_reports(&self) -> DayKey {
        DayKey { report: ALL_REPORTS.to_owned(), ..self.clone() }
    }
}

/// Credits, and in how many transactions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sum {
    /// What was charged and not given back.
    pub credits: Credits,
    /// In how many transactions; what gave back counts as none.
    pub transactions: i64,
}

impl Sum {
    /// Both together.
    pub fn plus(self, other: Sum) -> Sum {
        Sum {
            credits: self.credits.checked_add(other.credits).unwrap_or(Credits::MAX),
            transactions: self.transactions + other.transactions,
        }
    }
}

/// A usage of the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsageEntry {
    /// Its place.
    pub sequence: u64,
    /// When it took effect.
    pub recorded_at: Timestamp,
    /// What it was for; its day is not filled in.
    pub key: DayKey,
    /// What it adds.
    pub sum: Sum,
}

/// Which days, and what of them; empty texts narrow nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DayFilter {
    /// The first day.
    pub from: String,
    /// The last one.
    pub to: String,
    /// Only this operation.
    pub operation: String,
    /// Only this department.
    pub department: String,
    /// Only this person.
    pub member: String,
    /// Only this API key.
    pub key: String,
}

impl DayFilter {
    /// Whether a row of all its parts is let through.
    pub fn lets_through(&self, row: &DayKey) -> bool {
        let narrows = |wanted: &str, found: &str| wanted.is_empty() || wanted == found;
        (self.from.as_str()..=self.to.as_str()).contains(&row.day.as_str())
            && narrows(&self.operation, &row.operation)
            && narrows(&self.department, &row.department)
            && narrows(&self.member, &row.member)
            && narrows(&self.key, &row.key)
    }
}

/// By what days are summed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DayBy {
    /// The day itself.
    Day,
    /// What it was spent on.
    Operation,
    /// Who paid.
    Department,
    /// Whom it was for.
    Member,
    /// The API key that spent it.
    Key,
    /// The piece of work.
    Report,
}

impl DayBy {
    /// That part of a row.
    pub fn part(self, row: &DayKey) -> &str {
        match self {
            DayBy::Day => &row.day,
            DayBy::Operation => &row.operation,
            DayBy::Department => &row.department,
            DayBy::Member => &row.member,
            DayBy::Key => &row.key,
            DayBy::Report => &row.report,
        }
    }
}

/// Sums of the days from `$2` to `$3` by one column, narrowed.
macro_rules! days_by {
    ($column:literal, $reports:literal) => {
        concat!(
            "select ",
            $column,
            " as label, cast(sum(credits) as bigint) as credits, ",
            "cast(sum(transactions) as bigint) as transactions from usage_day ",
            "where organisation = $1 and day >= $2 and day <= $3 and ",
            $reports,
            " and ($4 = '' or operation = $4) and ($5 = '' or department = $5) ",
            "and ($6 = '' or member = $6) and ($7 = '' or api_key = $7) group by ",
            $column
        )
    };
}

const BY_DAY: &str = days_by!("day", "report = '*'");
const BY_OPERATION: &str = days_by!("operation", "report = '*'");
const BY_DEPARTMENT: &str = days_by!("department", "report = '*'");
const BY_MEMBER: &str = days_by!("member", "report = '*'");
const BY_KEY: &str = days_by!("api_key", "report = '*'");
const BY_REPORT: &str = days_by!("report", "report <> '*'");
/// The rows of all reports together behind a key, in the order of keys.
const ROWS: &str = "select day, operation, department, member, api_key, '*' as report, credits, \
     transactions from usage_day where organisation = $1 and day >= $2 and day <= $3 and report = '*' \
     and ($4 = '' or operation = $4) and ($5 = '' or department = $5) \
     and ($6 = '' or member = $6) and ($7 = '' or api_key = $7) \
     order by day, operation, department, member, api_key";
const PLACE: &str = "select sequence from usage_day_place where organisation = $1";
const ENTRIES: &str = "select sequence, recorded_at, amount, coalesce(operation, '') as operation, \
     coalesce(department, '') as department, coalesce(member, '') as member, \
     coalesce(api_key, '') as api_key, coalesce(report, '') as report from ledger_transaction \
     where organisation = $1 and direction = 'usage' and sequence > $2 and sequence <= $3 \
     order by sequence";
/// Up to which place of the journal the days are summed; 0 where they are not begun.
///
/// # Errors
/// The database failed.
pub async fn place(db: &Db, organisation: &OrganisationId) -> Result<u64, StoreError> {
    let found = on!(db, read pool => sqlx::query(PLACE).bind(organisation.as_str())
        .fetch_optional(pool).await?.map(|row| journal::sequence(&row, "sequence")).transpose())?;
    Ok(found.unwrap_or_default())
}

/// The usage behind one place of the journal, up to and with another.
///
/// # Errors
/// The database failed.
pub async fn entries(
    db: &Db,
    organisation: &OrganisationId,
    (after, through): (u64, u64),
) -> Result<Vec<UsageEntry>, StoreError> {
    on!(db, read pool => sqlx::query(ENTRIES).bind(organisation.as_str())
        .bind(stored(after)).bind(stored(through))
        .fetch_all(pool).await?.iter().map(entry).collect())
}

/// The days that a filter lets through, by one part.
///
/// # Errors
/// The database failed.
pub async fn sums(
    db: &Db,
    organisation: &OrganisationId,
    by: DayBy,
    filter: &DayFilter,
) -> Result<BTreeMap<String, Sum>, StoreError> {
    let statement = match by {
        DayBy::Day => BY_DAY,
        DayBy::Operation => BY_OPERATION,
        DayBy::Department => BY_DEPARTMENT,
        DayBy::Member => BY_MEMBER,
        DayBy::Key => BY_KEY,
        DayBy::Report => BY_REPORT,
    };
    on!(db, read pool => sqlx::query(statement).bind(organisation.as_str())
        .bind(&filter.from).bind(&filter.to).bind(&filter.operation).bind(&filter.department)
        .bind(&filter.member).bind(&filter.key)
        .fetch_all(pool).await?.iter()
        .map(|row| Ok((row.text("label")?, sum(row)?))).collect())
}

/// The days that a filter lets through, by everything but the report.
///
/// # Errors
/// The database failed.
pub async fn rows(
    db: &Db,
    organisation: &OrganisationId,
    filter: &DayFilter,
) -> Result<BTreeMap<DayKey, Sum>, StoreError> {
    on!(db, read pool => sqlx::query(ROWS).bind(organisation.as_str())
        .bind(&filter.from).bind(&filter.to).bind(&filter.operation).bind(&filter.department)
        .bind(&filter.member).bind(&filter.key)
        .fetch_all(pool).await?.iter()
        .map(|row| Ok((DayKey { day: row.text("day")?, ..key(row)? }, sum(row)?))).collect())
}

fn sum(row: &impl StoreRow) -> Result<Sum, StoreError> {
    let credits = Credits::from_micro(row.integer("credits")?);
    Ok(Sum { credits, transactions: row.integer("transactions")? })
}

fn key(row: &impl StoreRow) -> Result<DayKey, StoreError> {
    Ok(DayKey {
        day: String::new(),
        operation: row.text("operation")?,
        department: row.text("department")?,
        member: row.text("member")?,
        key: row.text("api_key")?,
        report: row.text("report")?,
    })
}

fn entry(row: &impl StoreRow) -> Result<UsageEntry, StoreError> {
    let credits = Credits::from_micro(-row.integer("amount")?);
    Ok(UsageEntry {
        sequence: journal::sequence(row, "sequence")?,
        recorded_at: row.time("recorded_at")?,
        key: key(row)?,
        sum: Sum { credits, transactions: i64::from(!credits.is_negative()) },
    })
}
