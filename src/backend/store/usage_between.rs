//! Usage between two places of the journal, summed by one of the things that it was for.

use super::journal::stored;
use super::{Db, StoreError, StoreRow};
use crate::ledger::{Credits, OrganisationId};
use crate::on;

/// By what usage is summed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SumBy {
    /// What it was spent on.
    Operation,
    /// Who paid.
    Department,
    /// Whom it was for.
    Member,
    /// The piece of work.
    Report,
    /// The API key that spent it.
    Key,
    /// Everything in one sum.
    Nothing,
}

/// One sum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sum {
    /// What it is the sum of; none for usage that names no such thing.
    pub of: Option<String>,
    /// What was charged and not given back.
    pub credits: Credits,
    /// In how many transactions.
    pub transactions: i64,
}

/// Sums over the usage behind place `$2` up to `$3`, by one column, the largest first: `$4` rows.
macro_rules! sums_by {
    ($column:literal) => {
        concat!(
            "select ",
            $column,
            " as label, cast(coalesce(sum(-amount), 0) as bigint) as credits, ",
            "cast(count(*) as bigint) as transactions from ledger_transaction ",
            "where organisation = $1 and direction = 'usage' and sequence > $2 and sequence <= $3 ",
            "group by ",
            $column,
            " order by 2 desc, 1 limit $4"
        )
    };
}

const BY_OPERATION: &str = sums_by!("operation");
const BY_DEPARTMENT: &str = sums_by!("department");
const BY_MEMBER: &str = sums_by!("member");
const BY_REPORT: &str = sums_by!("report");
const BY_KEY: &str = sums_by!("api_key");
const TOGETHER: &str = "select cast(null as text) as label, \
     cast(coalesce(sum(-amount), 0) as bigint) as credits, \
     cast(count(*) as bigint) as transactions from ledger_transaction \
     where organisation = $1 and direction = 'usage' and sequence > $2 and sequence <= $3 limit $4";

/// The sums over what lies after one place of the journal, up to and with another; `rows` at most.
///
/// # Errors
/// The database failed.
pub async fn sums(
    db: &Db,
    organisation: &OrganisationId,
    by: SumBy,
    (after, through): (u64, u64),
    rows: i64,
) -> Result<Vec<Sum>, StoreError> {
    let statement = match by {
        SumBy::Operation => BY_OPERATION,
        SumBy::Department => BY_DEPARTMENT,
        SumBy::Member => BY_MEMBER,
        SumBy::Report => BY_REPORT,
        SumBy::Key => BY_KEY,
        SumBy::Nothing => TOGETHER,
    };
    on!(db, read pool => sqlx::query(statement).bind(organisation.as_str())
        .bind(stored(after)).bind(stored(through)).bind(rows)
        .fetch_all(pool).await?.iter().map(sum).collect())
}

fn sum(row: &impl StoreRow) -> Result<Sum, StoreError> {
    Ok(Sum {
        of: row.text_or_none("label")?,
        credits: Credits::from_micro(row.integer("credits")?),
        transactions: row.integer("transactions")?,
    })
}
