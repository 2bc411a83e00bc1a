//! What is compared behind the end of the journal: the figures of which there are few.

use super::{Stop, found, same, unmade};
use crate::backend::store::budget::{BUDGET, budget_cells};
use crate::backend::store::checkpoint::CHECKPOINT;
use crate::backend::store::commit::TABLES;
use crate::backend::store::hold::HOLD;
use crate::backend::store::journal::{ENTRY, KEY};
use crate::backend::store::lot::{LOT, lot_cells};
use crate::backend::store::outflow::{OUTFLOW, outflow_cells};
use crate::backend::store::snapshot::Snapshot;
use crate::backend::store::table::{Cells, Value};
use crate::backend::store::terms::{TERMS, terms_cells};
use crate::ledger::{LedgerState, OrganisationId, Terms};

/// An organisation without a head has no row of the ledger at all.
pub async fn nothing_at_all(snapshot: &mut Snapshot, of: &OrganisationId) -> Result<(), Stop> {
    for table in TABLES.into_iter().chain([&CHECKPOINT]) {
        same(table, &[], &snapshot.rows(table, of).await?)?;
    }
    Ok(())
}

/// Keys, entries and holds that belong to no transaction, and transactions without a key.
pub async fn strays(snapshot: &mut Snapshot, of: &OrganisationId) -> Result<(), Stop> {
    if let Some(sequence) = snapshot.without_key(of).await? {
        let problem = "its idempotency key is missing or names another transaction".into();
        return Err(found(&KEY, sequence.to_string(), problem));
    }
    if let Some(sequence) = snapshot.stray_key(of).await? {
        let problem = "a key names this transaction, and it has another key".into();
        return Err(found(&KEY, sequence.to_string(), problem));
    }
    if let Some(sequence) = snapshot.stray_entry(of).await? {
        let problem = "an entry without its transaction".into();
        return Err(found(&ENTRY, sequence.to_string(), problem));
    }
    match snapshot.stray_hold(of).await? {
        Some(id) => Err(unmade(&HOLD, id)),
        None => Ok(()),
    }
}

/// The rows of lots, budgets, outflows and terms.
pub async fn few(
    snapshot: &mut Snapshot,
    of: &OrganisationId,
    state: &LedgerState,
) -> Result<(), Stop> {
    let lots: Vec<Cells> = state.lots().map(|lot| lot_cells(of, lot)).collect();
    same(&LOT, &lots, &snapshot.rows(&LOT, of).await?)?;
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
    same(&TERMS, &set.into_iter().collect::<Vec<_>>(), &snapshot.rows(&TERMS, of).await?)
}

/// Whether a row says no more than that its subject's budget was removed.
fn removed_budget(of: &OrganisationId, cells: &Cells) -> bool {
    let Some(Value::Text(subject)) = cells.get(1) else { return false };
    subject.parse().is_ok_and(|subject| *cells == budget_cells(of, &subject, None))
}
