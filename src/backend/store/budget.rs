//! Budgets as they stand. Rebuilt from the journal.

use super::journal::json;
use super::table::{Cells, Kind, OnConflict, Table};
use super::{Db, StoreError, StoreRow};
use crate::ledger::{Budget, OrganisationId, Subject};
use crate::on;

/// One row a subject that has or had a budget.
pub static BUDGET: Table = Table {
    name: "ledger_budget",
    columns: &[
        ("organisation", Kind::Text),
        ("subject", Kind::Text),
        ("state", Kind::Text),
        ("amount", Kind::Integer),
        ("used", Kind::Integer),
        ("held", Kind::Integer),
        ("terms", Kind::Text),
    ],
    key: 2,
    on_conflict: OnConflict::Replace,
};

const SET: &str =
    "select terms from ledger_budget where organisation = $1 and state = 'set' order by subject";

/// The row of a subject's budget, or that it has none any more.
pub fn budget_cells(
    organisation: &OrganisationId,
    subject: &Subject,
    budget: Option<&Budget>,
) -> Cells {
    let micro = |amount: fn(&Budget) -> i64| budget.map_or(0, amount);
    vec![
        organisation.as_str().into(),
        subject.to_string().into(),
        if budget.is_some() { "set" } else { "removed" }.into(),
        micro(|budget| budget.limit.micro()).into(),
        micro(|budget| budget.used.micro()).into(),
        micro(|budget| budget.held.micro()).into(),
        json(&budget).into(),
    ]
}

/// Every budget that is set, by subject.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn all(db: &Db, organisation: &OrganisationId) -> Result<Vec<Budget>, StoreError> {
    on!(db, read pool => sqlx::query(SET).bind(organisation.as_str())
        .fetch_all(pool).await?.iter().map(budget).collect())
}

fn budget(row: &impl StoreRow) -> Result<Budget, StoreError> {
    row.json("ledger_budget", "terms")
}
