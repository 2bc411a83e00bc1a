//! What an organisation agreed on: order, debt limit, calendar, plan. Rebuilt from the journal.
//!
//! A row of its own beside the head, which every group writes: a calendar is long and rarely changes.

use super::journal::json;
use super::table::{Cells, Kind, OnConflict, Table};
use super::{Db, StoreError, StoreRow};
use crate::ledger::{OrganisationId, Terms};
use crate::on;

/// One row an organisation that ever set any.
pub static TERMS: Table = Table {
    name: "ledger_terms",
    columns: &[("organisation", Kind::Text), ("terms", Kind::Text)],
    key: 1,
    on_conflict: OnConflict::Replace,
};

const ONE: &str = "select terms from ledger_terms where organisation = $1";

/// The row of an organisation's terms.
pub fn terms_cells(organisation: &OrganisationId, terms: &Terms) -> Cells {
    vec![organisation.as_str().into(), json(terms).into()]
}

/// The terms in force; those of a new ledger where none were set.
///
/// # Errors
/// The database failed, or the row does not parse.
pub async fn find(db: &Db, organisation: &OrganisationId) -> Result<Terms, StoreError> {
    let found: Option<Terms> = on!(db, read pool => sqlx::query(ONE).bind(organisation.as_str())
        .fetch_optional(pool).await?.map(|row| row.json("ledger_terms", "terms")).transpose())?;
    Ok(found.unwrap_or_default())
}
