//! Checkpoints: the ledger at certain places of its journal. Rebuilt from the journal at any time.

use super::journal::{self, json, stored};
use super::table::{Cells, Kind, OnConflict, Table};
use super::{Db, StoreError, StoreRow};
use crate::ledger::{OrganisationId, Parts};
use crate::on;

/// One row a place.
pub static CHECKPOINT: Table = Table {
    name: "ledger_checkpoint",
    columns: &[
        ("organisation", Kind::Text),
        ("sequence", Kind::Integer),
        ("spent", Kind::Integer),
        ("state", Kind::Text),
    ],
    key: 2,
    on_conflict: OnConflict::Fail,
};

const INSERT: &str = "insert into ledger_checkpoint (organisation, sequence, spent, state) \
     values ($1, $2, $3, $4) on conflict (organisation, sequence) do nothing";
const BEFORE: &str = "select state from ledger_checkpoint where organisation = $1 \
     and sequence <= $2 order by sequence desc limit 1";
const WANTED: &str = "select organisation from ledger_head h where sequence >= $1 + coalesce( \
     (select max(sequence) from ledger_checkpoint c where c.organisation = h.organisation), 0) \
     limit 1";
const DELETE: &str = "delete from ledger_checkpoint where organisation = $1";

/// The row of a checkpoint.
pub fn checkpoint_cells(parts: &Parts) -> Cells {
    let head = &parts.head;
    vec![
        head.organisation.as_str().into(),
        stored(head.sequence).into(),
        head.spent.micro().into(),
        json(parts).into(),
    ]
}

/// Keeps a checkpoint. One that is there already is the same and stays.
///
/// # Errors
/// The database failed.
pub async fn insert(db: &Db, parts: &Parts) -> Result<(), StoreError> {
    let head = &parts.head;
    on!(db, write pool => sqlx::query(INSERT).bind(head.organisation.as_str())
        .bind(stored(head.sequence)).bind(head.spent.micro()).bind(json(parts)).execute(pool).await.map(|_| ()))?;
    Ok(())
}

/// The last checkpoint at or before this place of the journal.
///
/// # Errors
/// The database failed, or the row does not parse.
pub async fn before(
    db: &Db,
    organisation: &OrganisationId,
    sequence: u64,
) -> Result<Option<Parts>, StoreError> {
    on!(db, read pool => sqlx::query(BEFORE).bind(organisation.as_str()).bind(stored(sequence))
        .fetch_optional(pool).await?.map(|row| row.json("ledger_checkpoint", "state")).transpose())
}

/// An organisation whose journal has grown by `every` transactions since its last checkpoint.
///
/// # Errors
/// The database failed, or the row does not parse.
pub async fn wanted(db: &Db, every: u64) -> Result<Option<OrganisationId>, StoreError> {
    on!(db, read pool => sqlx::query(WANTED).bind(journal::stored(every))
        .fetch_optional(pool).await?
        .map(|row| row.parsed("ledger_head", "organisation", OrganisationId::parse)).transpose())
}

/// Throws away an organisation's checkpoints: they are made again.
///
/// # Errors
/// The database failed.
pub async fn forget(db: &Db, organisation: &OrganisationId) -> Result<(), StoreError> {
    on!(db, write pool => sqlx::query(DELETE).bind(organisation.as_str())
        .execute(pool).await.map(|_| ()))?;
    Ok(())
}
