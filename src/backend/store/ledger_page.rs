//! Places of the journal, newest first, a page at a time, narrowed to what was asked for.
//!
//! Keyset pagination: the next page begins below the last row. One text for each filter that an index
//! serves; the others only narrow what it finds.

use super::journal::{self, stored};
use super::{Db, StoreError};
use crate::ledger::{ApiKeyId, DepartmentId, Operation, OrganisationId, ReportId, UserId};
use crate::on;

/// Which transactions; what is `None` is not filtered by. Filters by what it was for find usage only.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Only {
    /// Only usage.
    pub usage: bool,
    /// Only credits that came in.
    pub additions: bool,
    /// Only this operation.
    pub operation: Option<Operation>,
    /// Only this department.
    pub department: Option<DepartmentId>,
    /// Only on behalf of this person.
    pub member: Option<UserId>,
    /// Only this piece of work.
    pub report: Option<ReportId>,
    /// Only by this API key.
    pub key: Option<ApiKeyId>,
}

/// One page: `$1` organisation, `$2` the sequence to stay below, `$3` the number of rows.
macro_rules! page {
    ($condition:literal) => {
        concat!(
            "select sequence from ledger_transaction where organisation = $1 and sequence < $2 ",
            $condition,
            " order by sequence desc limit $3"
        )
    };
}

/// Usage that one column's index finds, narrowed by the other columns.
macro_rules! usage_of {
    ($leading:literal) => {
        concat!(
            "select sequence from ledger_transaction where organisation = $1 and sequence < $2 ",
            "and direction = 'usage' and ",
            $leading,
            " and (cast($4 as text) is null or operation = $4) ",
            "and (cast($5 as text) is null or department = $5) ",
            "and (cast($6 as text) is null or member = $6) ",
            "and (cast($7 as text) is null or report = $7) ",
            "and (cast($8 as text) is null or api_key = $8) ",
            "order by sequence desc limit $3"
        )
    };
}

const ALL: &str = page!("");
const USAGE: &str = page!("and direction = 'usage'");
const ADDITIONS: &str = page!("and direction = 'addition'");
const OF_OPERATION: &str = usage_of!("operation = $4");
const OF_DEPARTMENT: &str = usage_of!("department = $5");
const OF_MEMBER: &str = usage_of!("member = $6");
const OF_REPORT: &str = usage_of!("report = $7");
const OF_KEY: &str = usage_of!("api_key is not null and api_key = $8");

/// The places of a page, newest first.
///
/// # Errors
/// The database failed.
pub async fn places(
    db: &Db,
    organisation: &OrganisationId,
    only: &Only,
    before: Option<u64>,
    rows: usize,
) -> Result<Vec<u64>, StoreError> {
    let rows = i64::try_from(rows).unwrap_or(i64::MAX);
    let before = before.map_or(i64::MAX, stored);
    let statement = match only {
        // Additions are for nobody and nothing.
        Only { additions: true, .. } if narrowed(only).is_some() => return Ok(Vec::new()),
        Only { additions: true, .. } => ADDITIONS,
        _ => match narrowed(only) {
            Some(statement) => statement,
            None if only.usage => USAGE,
            None => ALL,
        },
    };
    if narrowed(only).is_none() {
        return on!(db, read pool => sqlx::query(statement).bind(organisation.as_str())
            .bind(before).bind(rows).fetch_all(pool).await?.iter()
            .map(|row| journal::sequence(row, "sequence")).collect());
    }
    on!(db, read pool => sqlx::query(statement)
        .bind(organisation.as_str())
        .bind(before)
        .bind(rows)
        .bind(only.operation.as_ref().map(Operation::as_str))
        .bind(only.department.as_ref().map(DepartmentId::as_str))
        .bind(only.member.as_ref().map(UserId::as_str))
        .bind(only.report.as_ref().map(ReportId::as_str))
        .bind(only.key.as_ref().map(ApiKeyId::as_str))
        .fetch_all(pool).await?.iter()
        .map(|row| journal::sequence(row, "sequence")).collect())
}

/// The text that finds what is filtered by, the most particular first.
fn narrowed(only: &Only) -> Option<&'static str> {
    match only {
        Only { report: Some(_), .. } => Some(OF_REPORT),
        Only { member: Some(_), .. } => Some(OF_MEMBER),
        Only { key: Some(_), .. } => Some(OF_KEY),
        Only { department: Some(_), .. } => Some(OF_DEPARTMENT),
        Only { operation: Some(_), .. } => Some(OF_OPERATION),
        _ => None,
    }
}
