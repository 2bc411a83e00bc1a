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
const SOME_ON_SQLITE: &str = "select terms from ledger_hold where organisation = $1 \
     and id in (select value from json_each($2))";
const SOME_ON_POSTGRES: &str =
    "select terms from ledger_hold where organisation = $1 and id = any($2::text[])";

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

/// Those holds of these ids that there are, in no order.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn some(
    db: &Db,
    organisation: &OrganisationId,
    ids: Vec<String>,
) -> Result<Vec<Hold>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    match db {
        Db::Sqlite { reader, .. } => {
            let query = sqlx::query(SOME_ON_SQLITE).bind(organisation.as_str()).bind(json(&ids));
            query.fetch_all(reader).await?.iter().map(hold).collect()
        }
        Db::Postgres(pool) => {
            let query = sqlx::query(SOME_ON_POSTGRES).bind(organisation.as_str()).bind(ids);
            query.fetch_all(pool).await?.iter().map(hold).collect()
        }
    }
}

fn hold(row: &impl StoreRow) -> Result<Hold, StoreError> {
    row.json("ledger_hold", "terms")
}
