//! Lots as they stand. What a lot is, is in its journal line; this row is rebuilt from the journal.

use super::journal::json;
use super::table::{Cells, Kind, OnConflict, Table};
use super::{Db, StoreError, StoreRow};
use crate::ledger::{Lot, LotId, OrganisationId, Timestamp};
use crate::on;

/// One row a lot.
pub static LOT: Table = Table {
    name: "ledger_lot",
    columns: &[
        ("organisation", Kind::Text),
        ("id", Kind::Text),
        ("state", Kind::Text),
        ("source", Kind::Text),
        ("granted", Kind::Integer),
        ("remaining", Kind::Integer),
        ("expires_at", Kind::Integer),
        ("terms", Kind::Text),
    ],
    key: 2,
    on_conflict: OnConflict::Replace,
};

/// The same rows where they are known to be new: one that is there already is an error.
pub static NEW_LOT: Table = Table { on_conflict: OnConflict::Fail, ..LOT };

const OPEN: &str =
    "select terms from ledger_lot where organisation = $1 and state = 'open' order by id";
const ALL: &str = "select terms from ledger_lot where organisation = $1 order by id";
const ONE: &str = "select terms from ledger_lot where organisation = $1 and id = $2";
const SOME_ON_SQLITE: &str = "select terms from ledger_lot where organisation = $1 \
     and id in (select value from json_each($2))";
const SOME_ON_POSTGRES: &str =
    "select terms from ledger_lot where organisation = $1 and id = any($2::text[])";

/// The row of a lot.
pub fn lot_cells(organisation: &OrganisationId, lot: &Lot) -> Cells {
    let state = if lot.gives() || lot.frozen.is_positive() { "open" } else { "empty" };
    vec![
        organisation.as_str().into(),
        lot.id.as_str().into(),
        state.into(),
        lot.source.code().into(),
        lot.amount.micro().into(),
        lot.remaining.micro().into(),
        lot.expires_at.map(Timestamp::micros).into(),
        json(lot).into(),
    ]
}

/// The lots that give or have something frozen. The order in which they are spent is `LedgerState`'s to say.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn open(db: &Db, organisation: &OrganisationId) -> Result<Vec<Lot>, StoreError> {
    on!(db, read pool => sqlx::query(OPEN).bind(organisation.as_str())
        .fetch_all(pool).await?.iter().map(lot).collect())
}

/// Every lot there ever was, the oldest id first.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn all(db: &Db, organisation: &OrganisationId) -> Result<Vec<Lot>, StoreError> {
    on!(db, read pool => sqlx::query(ALL).bind(organisation.as_str())
        .fetch_all(pool).await?.iter().map(lot).collect())
}

/// The lot with this id, empty or not.
///
/// # Errors
/// The database failed, or the row does not parse.
pub async fn find(
    db: &Db,
    organisation: &OrganisationId,
    id: &LotId,
) -> Result<Option<Lot>, StoreError> {
    on!(db, read pool => sqlx::query(ONE).bind(organisation.as_str()).bind(id.as_str())
        .fetch_optional(pool).await?.map(|row| lot(&row)).transpose())
}

/// Those lots of these ids that there are, in no order.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn some(
    db: &Db,
    organisation: &OrganisationId,
    ids: Vec<String>,
) -> Result<Vec<Lot>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    match db {
        Db::Sqlite { reader, .. } => {
            let query = sqlx::query(SOME_ON_SQLITE).bind(organisation.as_str()).bind(json(&ids));
            query.fetch_all(reader).await?.iter().map(lot).collect()
        }
        Db::Postgres(pool) => {
            let query = sqlx::query(SOME_ON_POSTGRES).bind(organisation.as_str()).bind(ids);
            query.fetch_all(pool).await?.iter().map(lot).collect()
        }
    }
}

fn lot(row: &impl StoreRow) -> Result<Lot, StoreError> {
    row.json("ledger_lot", "terms")
}
