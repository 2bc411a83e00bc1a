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
    let mut entries = take_from_lots(state, &draws);
    entries.extend(give_to_spent(amount));
    let attribution = attribution.clone();
    Ok(Draft { kind: TransactionKind::Charge, attribution, corrects: None, entries })
}

/// When lots are looked at, and the instant whose budget windows the credits count in.
pub(super) struct Counted {
    pub(super) now: Timestamp,
    pub(super) counted_at: Timestamp,
}

/// What pays: lots, and beyond them what is owed.
pub(super) struct Payment {
    pub(super) draws: Vec<Draw>,
    pub(super) owed: Credits,
}

/// The one gate: the lots that pay `amount`, or the first limit that it passes.
pub(super) fn gate(
    state: &LedgerState,
    amount: Credits,
    attribution: &Attribution,
    at: Counted,
) -> Result<Vec<Draw>, Refusal> {
    let (draws, missing) = state.draw_up_to(amount, attribution.operation.as_ref(), at.now);
    if missing.is_positive() {
        let available = difference(amount, missing);
        return Err(Refusal::InsufficientCredits { asked: amount, available, shortfall: missing });
    }
    respect_earmarks(state, amount, attribution, at.now)?;
    within_budgets(state, amount, attribution, at.counted_at)?;
    Ok(draws)
}

/// The gate of a settle that draws beyond its hold: what the lots lack is owed, up to the limit.
pub(super) fn gate_with_debt(
    state: &LedgerState,
    amount: Credits,
    attribution: &Attribution,
    at: Counted,
) -> Result<Payment, Refusal> {
    let (debt, debt_limit) = (state.head.debt, state.terms.debt_limit);
    if debt_limit.is_zero() {
        let draws = gate(state, amount, attribution, at)?;
        return Ok(Payment { draws, owed: Credits::ZERO });
    }
    let (draws, owed) = state.draw_up_to(amount, attribution.operation.as_ref(), at.now);
    let may_owe = difference(debt_limit, debt).max(Credits::ZERO);
    if owed > may_owe {
        let available = difference(amount, owed);
        let shortfall = difference(owed, may_owe);
        let asked = amount;
        return Err(Refusal::DebtLimitReached { asked, available, debt, debt_limit, shortfall });
    }
    respect_earmarks(state, difference(amount, owed), attribution, at.now)?;
    within_budgets(state, amount, attribution, at.counted_at)?;
    Ok(Payment { draws, owed })
}

/// What others' earmarks keep must stay.
fn respect_earmarks(
    state: &LedgerState,
    asked: Credits,
    attribution: &Attribution,
    now: Timestamp,
) -> Result<(), Refusal> {
    let earmarked = state.earmarked(Some(attribution), now);
    if earmarked.is_zero() || asked.is_zero() {
        return Ok(());
    }
    let available = state.available_for(attribution.operation.as_ref(), now);
    let left = difference(available, earmarked.min(available));
    if asked <= left {
        return Ok(());
    }
    let shortfall = difference(asked, left);
    Err(Refusal::Earmarked { asked, available, earmarked, shortfall })
}

fn within_budgets(
    state: &LedgerState,
    amount: Credits,
    attribution: &Attribution,
    counted_at: Timestamp,
) -> Result<(), Refusal> {
    let mut budgets = state.budgets_for(attribution, counted_at);
    match budgets.find(|budget| amount > budget.left()) {
        Some(budget) => Err(exceeded(&budget, amount)),
        None => Ok(()),
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
