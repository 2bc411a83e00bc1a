//! Outflows that differ from what their transaction says: owed, repaid or given back. Rebuilt from the
//! journal; of every other outflow the journal itself is the record.

use super::journal::{self, json, stored};
use super::table::{Cells, Kind, OnConflict, Table};
use super::{Db, StoreError, StoreRow};
use crate::ledger::{OrganisationId, Outflow};
use crate::on;

/// One row an outflow that is not plain.
pub static OUTFLOW: Table = Table {
    name: "ledger_outflow",
    columns: &[
        ("organisation", Kind::Text),
        ("sequence", Kind::Integer),
        ("state", Kind::Text),
        ("owed", Kind::Integer),
        ("reversed", Kind::Integer),
        ("terms", Kind::Text),
    ],
    key: 2,
    on_conflict: OnConflict::Replace,
};

const OWING: &str = "select terms from ledger_outflow where organisation = $1 \
     and state = 'owing' order by sequence";
const ONE: &str = "select terms from ledger_outflow where organisation = $1 and sequence = $2";

/// The row of an outflow.
pub fn outflow_cells(organisation: &OrganisationId, outflow: &Outflow) -> Cells {
    vec![
        organisation.as_str().into(),
        stored(outflow.transaction).into(),
        if outflow.owed.is_positive() { "owing" } else { "settled" }.into(),
        outflow.owed.micro().into(),
        outflow.reversed.micro().into(),
        json(outflow).into(),
    ]
}

/// The outflows of which something is owed, the oldest first.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn owing(db: &Db, organisation: &OrganisationId) -> Result<Vec<Outflow>, StoreError> {
    on!(db, read pool => sqlx::query(OWING).bind(organisation.as_str())
        .fetch_all(pool).await?.iter().map(outflow).collect())
}

/// The outflow that a transaction made, as it stands; none where it made none.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn find(
    db: &Db,
    organisation: &OrganisationId,
    sequence: u64,
) -> Result<Option<Outflow>, StoreError> {
    let found = on!(db, read pool => sqlx::query(ONE).bind(organisation.as_str())
        .bind(stored(sequence)).fetch_optional(pool).await?.map(|row| outflow(&row)).transpose())?;
    match found {
        Some(found) => Ok(Some(found)),
        None => {
            let transaction = journal::find(db, organisation, sequence).await?;
            Ok(transaction.as_ref().and_then(Outflow::of))
        }
    }
}

fn outflow(row: &impl StoreRow) -> Result<Outflow, StoreError> {
    row.json("ledger_outflow", "terms")
}
