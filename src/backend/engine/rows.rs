//! What was booked as rows: the journal's, and those of every figure that moved.

use super::cache::Cached;
use super::decide::Decided;
use crate::backend::store::budget::budget_cells;
use crate::backend::store::commit::GroupWrite;
use crate::backend::store::head::head_cells;
use crate::backend::store::hold::hold_cells;
use crate::backend::store::journal::{entry_cells, key_cells, transaction_cells};
use crate::backend::store::lot::lot_cells;
use crate::backend::store::outflow::outflow_cells;
use crate::backend::store::table::Cells;
use crate::backend::store::terms::terms_cells;
use crate::backend::store::usage::{RollupKey, rollup_cells};
use crate::backend::zone::Zone;
use crate::ledger::{
    Cause, HoldId, LedgerState, LotId, OrganisationId, Subject, Transaction, TransactionKind,
};
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// The figures that a group moved, which was decided on version `expected`; `cached` is the state after
/// it. What the transactions alone say is added by [`with_journal`].
pub fn figures(
    organisation: &OrganisationId,
    expected: u64,
    cached: &Cached,
    decided: &Decided,
) -> GroupWrite {
    let (booked, state) = (&decided.booked, &cached.state);
    let mut rollups = Rollups::new(cached.zone);
    booked.iter().for_each(|transaction| rollups.add(transaction));
    let (new_lots, lots) = lot_rows(organisation, state, booked);
    let (new_holds, holds) = hold_rows(organisation, state, booked);
    let (keys, transactions, entries) = (Vec::new(), Vec::new(), Vec::new());
    let budgets = budget_rows(organisation, state, booked);
    let rollups = rollups.rows(organisation);
    let head = head_cells(state, cached.zone.name());
    let outflows = outflow_rows(organisation, state, booked);
    let terms = terms_rows(organisation, state, booked);
    let rows = [
        keys,
        new_holds,
        new_lots,
        transactions,
        entries,
        holds,
        lots,
        budgets,
        outflows,
        terms,
        rollups,
    ];
    GroupWrite { expected, head, rows }
}

/// A group's figures with its lines of the journal.
pub fn with_journal(
    mut figures: GroupWrite,
    organisation: &OrganisationId,
    decided: &Decided,
) -> GroupWrite {
    let [keys, _, _, transactions, entries, ..] = &mut figures.rows;
    for (transaction, fingerprint) in decided.booked.iter().zip(&decided.fingerprints) {
        keys.push(key_cells(organisation, &transaction.key, *fingerprint, transaction.sequence));
        transactions.push(transaction_cells(organisation, transaction));
        entries.extend(entry_cells(organisation, transaction));
    }
    figures
}

/// New rows, and rows that change.
type NewAndChanged = (Vec<Cells>, Vec<Cells>);

fn lot_rows(
    organisation: &OrganisationId,
    state: &LedgerState,
    booked: &[Transaction],
) -> NewAndChanged {
    let granted = booked.iter().filter_map(|transaction| match &transaction.kind {
        TransactionKind::Grant { lot, .. } => Some(&lot.id),
        _ => None,
    });
    let new: HashSet<&LotId> = granted.collect();
    // What is given back lowers what was revoked of a lot, also where no credits return to it.
    let unrevoked = booked.iter().filter_map(|transaction| match &transaction.kind {
        TransactionKind::Reverse { of, .. } => match &state.outflow(*of)?.cause {
            Cause::Revocation { lot } => Some(lot),
            Cause::Usage => None,
        },
        _ => None,
    });
    let moved = booked.iter().flat_map(Transaction::lots).chain(unrevoked);
    let moved: BTreeSet<&LotId> = moved.collect();
    let (new, changed): (Vec<_>, Vec<_>) = moved.into_iter().partition(|id| new.contains(id));
    let rows = |ids: Vec<&LotId>| {
        let lots = ids.into_iter().filter_map(|id| state.lot(id));
        lots.map(|lot| lot_cells(organisation, lot)).collect()
    };
    (rows(new), rows(changed))
}

fn hold_rows(
    organisation: &OrganisationId,
    state: &LedgerState,
    booked: &[Transaction],
) -> NewAndChanged {
    let made = booked.iter().filter_map(|transaction| match &transaction.kind {
        TransactionKind::Hold { hold, .. } => Some(hold),
        _ => None,
    });
    let new: HashSet<&HoldId> = made.collect();
    let moved: BTreeSet<&HoldId> = booked.iter().filter_map(Transaction::hold).collect();
    let (new, changed): (Vec<_>, Vec<_>) = moved.into_iter().partition(|id| new.contains(id));
    let rows = |ids: Vec<&HoldId>| {
        let holds = ids.into_iter().filter_map(|id| state.hold(id));
        holds.map(|hold| hold_cells(organisation, hold)).collect()
    };
    (rows(new), rows(changed))
}

fn budget_rows(
    organisation: &OrganisationId,
    state: &LedgerState,
    booked: &[Transaction],
) -> Vec<Cells> {
    let mut moved: BTreeSet<Subject> = BTreeSet::new();
    for transaction in booked {
        match &transaction.kind {
            TransactionKind::SetBudget { subject, .. } => _ = moved.insert(subject.clone()),
            TransactionKind::MoveBudget { from, to, .. } => {
                moved.extend([from.clone(), to.clone()]);
            }
            _ => {
                let subjects = Subject::all_of(&transaction.attribution);
                moved.extend(subjects.filter(|subject| state.budget(subject).is_some()));
            }
        }
    }
    let subjects = moved.iter();
    subjects.map(|subject| budget_cells(organisation, subject, state.budget(subject))).collect()
}

fn outflow_rows(
    organisation: &OrganisationId,
    state: &LedgerState,
    booked: &[Transaction],
) -> Vec<Cells> {
    let moved: BTreeSet<u64> = booked.iter().flat_map(Transaction::outflows).collect();
    let outflows = moved.into_iter().filter_map(|sequence| state.outflow(sequence));
    let marked = outflows.filter(|outflow| !outflow.is_plain());
    marked.map(|outflow| outflow_cells(organisation, outflow)).collect()
}

fn terms_rows(
    organisation: &OrganisationId,
    state: &LedgerState,
    booked: &[Transaction],
) -> Vec<Cells> {
    let changed = booked.iter().any(Transaction::changes_terms);
    changed.then(|| terms_cells(organisation, state.terms())).into_iter().collect()
}

/// Usage by roll-up row.
#[derive(Debug)]
pub struct Rollups {
    zone: Zone,
    sums: BTreeMap<RollupKey, (i64, i64)>,
}

impl Rollups {
    /// None yet; months are counted in `zone`.
    pub fn new(zone: Zone) -> Self {
        Rollups { zone, sums: BTreeMap::new() }
    }

    /// Counts a transaction if it is usage.
    pub fn add(&mut self, transaction: &Transaction) {
        if let Some(usage) = transaction.usage() {
            let month = self.zone.month(transaction.recorded_at).to_string();
            let key = RollupKey::new(month, usage.attribution);
            for key in [key.of_all_reports(), key] {
                let (micro, transactions) = self.sums.entry(key).or_default();
                *micro += usage.amount.micro();
                *transactions += i64::from(usage.amount.is_positive() || usage.amount.is_zero());
            }
        }
    }

    /// One row a month and attribution, and one over all its reports.
    pub fn rows(&self, organisation: &OrganisationId) -> Vec<Cells> {
        let sums = self.sums.iter();
        sums.map(|(key, (micro, count))| rollup_cells(organisation, key, *micro, *count)).collect()
    }
}
