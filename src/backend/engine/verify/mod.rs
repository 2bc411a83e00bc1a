//! `scrip verify`: replays the journal of one organisation, read-only on live data, and compares every
//! figure.
//!
//! What is compared: the chain of hashes and the rules (the ledger's own replay), every column of the
//! journal that follows from the transaction, the figure that every limit started from, the keys, and
//! every row of the head, the lots, the holds, the budgets, the outflows, the terms, the roll-ups and
//! the checkpoints, in both
//! directions. Everything is read as of one moment. A key's fingerprint is of the order, which the
//! journal does not keep: it cannot be rebuilt.
//!
//! [`pass`] goes through the journal once and compares on the way what the rest of the journal cannot
//! change any more (ended holds, finished months), so that memory holds no more than a state and a
//! month. To compare another table: its rows in [`figures`], or in the pass where there are many.

mod figures;
mod pass;

use crate::backend::store::snapshot::Snapshot;
use crate::backend::store::table::{Cells, Table};
use crate::backend::store::{Db, StoreError};
use crate::ledger::OrganisationId;
use std::collections::BTreeMap;
use std::fmt;

/// What verifying an organisation came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The organisation.
    pub organisation: OrganisationId,
    /// Transactions that were replayed.
    pub transactions: u64,
    /// The first figure that does not follow from the journal, if there is one.
    pub difference: Option<Difference>,
}

/// A figure that does not follow from the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The table it is in.
    pub table: &'static str,
    /// The row's key.
    pub row: String,
    /// What is there and what should be.
    pub problem: String,
}

impl Report {
    /// The first figure that does not follow from the journal.
    pub fn first_difference(&self) -> Option<&Difference> {
        self.difference.as_ref()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} transactions replayed, ", self.transactions)?;
        match &self.difference {
            None => formatter.write_str("every figure agrees"),
            Some(difference) => write!(formatter, "first difference: {difference}"),
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}: {}", self.table, self.row, self.problem)
    }
}

/// Why verifying stopped.
enum Stop {
    Found(Difference),
    Failed(StoreError),
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Corrupt { table, row, problem } => {
                Stop::Found(Difference { table, row, problem })
            }
            other => Stop::Failed(other),
        }
    }
}

/// Replays the journal of an organisation and compares; changes nothing.
///
/// # Errors
/// The database failed. A figure that does not agree is no error, but in the report.
pub async fn verify(db: &Db, organisation: &OrganisationId) -> Result<Report, StoreError> {
    verify_showing(db, organisation, |_| {}).await
}

/// [`verify`], telling on the way how many transactions it has replayed.
///
/// # Errors
/// As [`verify`].
pub async fn verify_showing(
    db: &Db,
    organisation: &OrganisationId,
    mut progress: impl FnMut(u64),
) -> Result<Report, StoreError> {
    let mut transactions = 0;
    let counted = |done: u64| {
        transactions = done;
        progress(done);
    };
    let difference = match compare(db, organisation, counted).await {
        Ok(()) => None,
        Err(Stop::Found(difference)) => Some(difference),
        Err(Stop::Failed(error)) => return Err(error),
    };
    Ok(Report { organisation: organisation.clone(), transactions, difference })
}

async fn compare(db: &Db, of: &OrganisationId, mut progress: impl FnMut(u64)) -> Result<(), Stop> {
    let mut snapshot = Snapshot::open(db).await?;
    let Some(mut pass) = pass::Pass::begin(&mut snapshot, of).await? else {
        return figures::nothing_at_all(&mut snapshot, of).await;
    };
    while pass.next_stretch(&mut snapshot).await? {
        progress(pass.transactions());
    }
    pass.finish(&mut snapshot).await
}

/// Compares rows by their key, both ways.
fn same(table: &'static Table, expected: &[Cells], there: &[Cells]) -> Result<(), Stop> {
    let by_key = |rows: &[Cells]| -> BTreeMap<Cells, Cells> {
        rows.iter().map(|cells| (cells[..table.key].to_vec(), cells.clone())).collect()
    };
    let (expected, there) = (by_key(expected), by_key(there));
    for (key, cells) in &expected {
        let Some(row) = there.get(key) else {
            return Err(found(table, name(key), "the row is missing".into()));
        };
        let columns = table.columns.iter().zip(cells.iter().zip(row));
        let mut unequal = columns.filter(|(_, (expected, there))| expected != there);
        if let Some(((column, _), (expected, there))) = unequal.next() {
            let problem = format!("{column} is {there}, and the journal gives {expected}");
            return Err(found(table, name(key), problem));
        }
    }
    match there.keys().find(|key| !expected.contains_key(*key)) {
        Some(key) => Err(unmade(table, name(key))),
        None => Ok(()),
    }
}

/// A row's key for people: without the organisation where there is more.
fn name(key: &Cells) -> String {
    let own = if key.len() > 1 { &key[1..] } else { &key[..] };
    own.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

fn unmade(table: &'static Table, row: impl Into<String>) -> Stop {
    found(table, row, "nothing in the journal makes this row".into())
}

fn found(table: &'static Table, row: impl Into<String>, problem: String) -> Stop {
    Stop::Found(Difference { table: table.name, row: row.into(), problem })
}
