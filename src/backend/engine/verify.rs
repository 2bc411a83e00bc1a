//! `scrip verify`: replays the journal of one organisation, read-only, and compares every figure.
//!
//! What is compared: the chain of hashes and the rules (the ledger's own replay), every column of the
//! journal that follows from the transaction, the keys, and every row of the head, the lots, the holds,
//! the budgets, the outflows, the terms and the roll-ups, in both directions. Everything is read as of one moment. A key's
//! fingerprint is of the order, which the journal does not keep: it cannot be rebuilt.

use super::rows::Rollups;
use crate::backend::store::budget::{BUDGET, budget_cells};
use crate::backend::store::head::{self, HEAD, head_cells};
use crate::backend::store::hold::{HOLD, hold_cells};
use crate::backend::store::journal::{self, ENTRY, TRANSACTION, entry_cells, transaction_cells};
use crate::backend::store::lot::{LOT, lot_cells};
use crate::backend::store::outflow::{OUTFLOW, outflow_cells};
use crate::backend::store::snapshot::Snapshot;
use crate::backend::store::table::{Cells, Table, Value};
use crate::backend::store::terms::{TERMS, terms_cells};
use crate::backend::store::usage::ROLLUP;
use crate::backend::store::{Db, StoreError};
use crate::backend::zone::Zone;
use crate::ledger::{LedgerState, OrganisationId, Terms, Transaction, invariants, replay};
use std::collections::BTreeMap;
use std::fmt;

/// Transactions that are read at once.
const STRETCH: u64 = 1000;

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
    let mut transactions = 0;
    let difference = match compare(db, organisation, &mut transactions).await {
        Ok(()) => None,
        Err(Stop::Found(difference)) => Some(difference),
        Err(Stop::Failed(error)) => return Err(error),
    };
    Ok(Report { organisation: organisation.clone(), transactions, difference })
}

async fn compare(db: &Db, of: &OrganisationId, transactions: &mut u64) -> Result<(), Stop> {
    let mut snapshot = Snapshot::open(db).await?;
    let head = snapshot.rows(&HEAD, of).await?.pop();
    let Some(head) = head else { return nothing_at_all(&mut snapshot, of).await };
    let stored = head::parse(&head)?;
    let zone = Zone::of(&stored.time_zone)
        .map_err(|error| found(&HEAD, of.as_str(), error.to_string()))?;
    let mut state = LedgerState::new(of.clone());
    let mut rollups = Rollups::new(zone);
    while let Some(next) = stretch(&mut snapshot, of, state.head().sequence + 1).await? {
        next.iter().for_each(|transaction| rollups.add(transaction));
        let sequence = state.head().sequence;
        state = replay(state, &next)
            .map_err(|error| found(&TRANSACTION, format!("after {sequence}"), error.to_string()))?;
        *transactions = state.head().sequence;
    }
    strays(&mut snapshot, of).await?;
    same(&HEAD, &[head_cells(&state, zone.name())], &[head])?;
    invariants::check(&state).map_err(|broken| found(&HEAD, of.as_str(), broken.to_string()))?;
    figures(&mut snapshot, of, &state, &rollups).await
}

/// An organisation without a head has no row of the ledger at all.
async fn nothing_at_all(snapshot: &mut Snapshot, of: &OrganisationId) -> Result<(), Stop> {
    for table in crate::backend::store::commit::TABLES {
        same(table, &[], &snapshot.rows(table, of).await?)?;
    }
    Ok(())
}

/// The next transactions, their rows being compared; none behind the end.
async fn stretch(
    snapshot: &mut Snapshot,
    of: &OrganisationId,
    from: u64,
) -> Result<Option<Vec<Transaction>>, Stop> {
    let rows = snapshot.stretch(&TRANSACTION, of, from, from + STRETCH).await?;
    let entries = snapshot.stretch(&ENTRY, of, from, from + STRETCH).await?;
    let transactions = journal::parse(&rows, &entries)?;
    let expected: Vec<Cells> = transactions.iter().map(|it| transaction_cells(of, it)).collect();
    same(&TRANSACTION, &expected, &rows)?;
    let expected: Vec<Cells> = transactions.iter().flat_map(|it| entry_cells(of, it)).collect();
    same(&ENTRY, &expected, &entries)?;
    Ok(Some(transactions).filter(|transactions| !transactions.is_empty()))
}

/// Keys and entries that belong to no transaction, and transactions without a key.
async fn strays(snapshot: &mut Snapshot, of: &OrganisationId) -> Result<(), Stop> {
    if let Some(sequence) = snapshot.without_key(of).await? {
        let problem = "its idempotency key is missing or names another transaction".into();
        return Err(found(&journal::KEY, sequence.to_string(), problem));
    }
    if let Some(sequence) = snapshot.stray_key(of).await? {
        let problem = "a key names this transaction, and it has another key".into();
        return Err(found(&journal::KEY, sequence.to_string(), problem));
    }
    if let Some(sequence) = snapshot.stray_entry(of).await? {
        let problem = "an entry without its transaction".into();
        return Err(found(&ENTRY, sequence.to_string(), problem));
    }
    Ok(())
}

async fn figures(
    snapshot: &mut Snapshot,
    of: &OrganisationId,
    state: &LedgerState,
    rollups: &Rollups,
) -> Result<(), Stop> {
    let lots: Vec<Cells> = state.lots().map(|lot| lot_cells(of, lot)).collect();
    same(&LOT, &lots, &snapshot.rows(&LOT, of).await?)?;
    let holds: Vec<Cells> = state.holds().map(|hold| hold_cells(of, hold)).collect();
    same(&HOLD, &holds, &snapshot.rows(&HOLD, of).await?)?;
    let there = snapshot.rows(&BUDGET, of).await?;
    let removed = there.iter().filter(|cells| removed_budget(of, cells));
    let mut budgets: Vec<Cells> = removed.cloned().collect();
    let set = state.budgets();
    budgets.extend(set.map(|budget| budget_cells(of, &budget.subject, Some(budget))));
    same(&BUDGET, &budgets, &there)?;
    let marked = state.outflows().filter(|outflow| !outflow.is_plain());
    let outflows: Vec<Cells> = marked.map(|outflow| outflow_cells(of, outflow)).collect();
    same(&OUTFLOW, &outflows, &snapshot.rows(&OUTFLOW, of).await?)?;
    let set = (*state.terms() != Terms::default()).then(|| terms_cells(of, state.terms()));
    let terms: Vec<Cells> = set.into_iter().collect();
    same(&TERMS, &terms, &snapshot.rows(&TERMS, of).await?)?;
    same(&ROLLUP, &rollups.rows(of), &snapshot.rows(&ROLLUP, of).await?)
}

/// Whether a row says no more than that its subject's budget was removed.
fn removed_budget(of: &OrganisationId, cells: &Cells) -> bool {
    let Some(Value::Text(subject)) = cells.get(1) else { return false };
    subject.parse().is_ok_and(|subject| *cells == budget_cells(of, &subject, None))
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
        Some(key) => Err(found(table, name(key), "nothing in the journal makes this row".into())),
        None => Ok(()),
    }
}

/// A row's key for people: without the organisation where there is more.
fn name(key: &Cells) -> String {
    let own = if key.len() > 1 { &key[1..] } else { &key[..] };
    own.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

fn found(table: &'static Table, row: impl Into<String>, problem: String) -> Stop {
    Stop::Found(Difference { table: table.name, row: row.into(), problem })
}
