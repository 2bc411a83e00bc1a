//! The gate that everything passes which needs credits: lots and budgets in one step.

use super::{Draft, give_to_spent, positive, take_from_lots};
use crate::ledger::attribution::Attribution;
use crate::ledger::budget::Budget;
use crate::ledger::credits::Credits;
use crate::ledger::hold::Draw;
use crate::ledger::index::difference;
use crate::ledger::refusal::Refusal;
use crate::ledger::state::LedgerState;
use crate::ledger::time::Timestamp;
use crate::ledger::transaction::TransactionKind;

pub(super) fn charge(
    state: &LedgerState,
    amount: Credits,
    attribution: &Attribution,
    now: Timestamp,
) -> Result<Draft, Refusal> {
    let amount = positive(amount)?;
    let draws = gate(state, amount, attribution, Counted { now, counted_at: now })?;
    let mut entries = take_from_lots(&draws);
    entries.extend(give_to_spent(amount));
    let attribution = attribution.clone();
    Ok(Draft { kind: TransactionKind::Charge, attribution, corrects: None, entries })
}

/// When lots are looked at, and the instant whose budget windows the credits count in.
pub(super) struct Counted {
    pub(super) now: Timestamp,
    pub(super) counted_at: Timestamp,
}

/// The one gate: the lots that pay `amount`, or the first limit that it passes.
pub(super) fn gate(
    state: &LedgerState,
    amount: Credits,
    attribution: &Attribution,
    at: Counted,
) -> Result<Vec<Draw>, Refusal> {
    let draws = state.draw(amount, attribution.operation.as_ref(), at.now).map_err(|short| {
        Refusal::InsufficientCredits {
            asked: amount,
            available: short.available,
            shortfall: difference(amount, short.available),
        }
    })?;
    let mut budgets = state.budgets_for(attribution, at.counted_at);
    match budgets.find(|budget| amount > budget.left()) {
        Some(budget) => Err(exceeded(budget, amount)),
        None => Ok(draws),
    }
}

fn exceeded(budget: &Budget, asked: Credits) -> Refusal {
    Refusal::BudgetExceeded {
        subject: budget.subject.clone(),
        window: budget.window,
        limit: budget.limit,
        used: budget.used,
        held: budget.held,
        asked,
        left: budget.left(),
    }
}
