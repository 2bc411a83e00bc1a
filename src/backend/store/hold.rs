//! Holds as they stand. Rebuilt from the journal.

use super::journal::{json, stored};
use super::table::{Cells, Kind, OnConflict, Table};
use super::{Db, StoreError, StoreRow};
use crate::ledger::{Credits, Hold, HoldId, HoldState, OrganisationId};
use crate::on;

/// One row a hold.
pub static HOLD: Table = Table {
    name: "ledger_hold",
    columns: &[
        ("organisation", Kind::Text),
        ("id", Kind::Text),
        ("state", Kind::Text),
        ("amount", Kind::Integer),
        ("settled", Kind::Integer),
        ("deadline", Kind::Integer),
        ("made_by", Kind::Integer),
        ("closed_by", Kind::Integer),
        ("terms", Kind::Text),
    ],
    key: 2,
    on_conflict: OnConflict::Replace,
};

const OPEN: &str =
    "select terms from ledger_hold where organisation = $1 and state = 'open' order by id";
const ONE: &str = "select terms from ledger_hold where organisation = $1 and id = $2";

/// The row of a hold.
pub fn hold_cells(organisation: &OrganisationId, hold: &Hold) -> Cells {
    let (state, settled, closed_by) = match &hold.state {
        HoldState::Open => ("open", Credits::ZERO, None),
        HoldState::Settled { amount, transaction, .. } => ("settled", *amount, Some(*transaction)),
        HoldState::Released { transaction, .. } => ("released", Credits::ZERO, Some(*transaction)),
    };
    vec![
        organisation.as_str().into(),
        hold.id.as_str().into(),
        state.into(),
        hold.amount.micro().into(),
        settled.micro().into(),
        hold.deadline.micros().into(),
        stored(hold.made_by).into(),
        closed_by.map(stored).into(),
        json(hold).into(),
    ]
}

/// The holds that still stand, the oldest id first.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn open(db: &Db, organisation: &OrganisationId) -> Result<Vec<Hold>, StoreError> {
    on!(db, read pool => sqlx::query(OPEN).bind(organisation.as_str())
        .fetch_all(pool).await?.iter().map(hold).collect())
}

/// The hold with this id, open or closed.
///
/// # Errors
/// The database failed, or the row does not parse.
pub async fn find(
    db: &Db,
    organisation: &OrganisationId,
    id: &HoldId,
) -> Result<Option<Hold>, StoreError> {
    on!(db, read pool => sqlx::query(ONE).bind(organisation.as_str()).bind(id.as_str())
        .fetch_optional(pool).await?.map(|row| hold(&row)).transpose())
}

fn hold(row: &impl StoreRow) -> Result<Hold, StoreError> {
    row.json("ledger_hold", "terms")
}
