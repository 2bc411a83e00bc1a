//! Budgets: set, changed, removed.

use super::Draft;
use crate::ledger::budget::Window;
use crate::ledger::command::SetBudget;
use crate::ledger::credits::Credits;
use crate::ledger::refusal::Refusal;
use crate::ledger::state::LedgerState;
use crate::ledger::time::Timestamp;
use crate::ledger::transaction::TransactionKind;

pub(super) fn set_budget(
    state: &LedgerState,
    terms: &SetBudget,
    now: Timestamp,
) -> Result<Draft, Refusal> {
    if let Window::Between { from, until } = terms.window
        && until <= from
    {
        return Err(Refusal::WindowEmpty { from, until });
    }
    if let Some(amount) = terms.limit.filter(|limit| limit.is_negative()) {
        return Err(Refusal::AmountNegative { amount });
    }
    let kind = TransactionKind::SetBudget {
        subject: terms.subject.clone(),
        budget: terms.kind,
        window: terms.window,
        limit: terms.limit,
        used: used_before(state, terms, now),
    };
    Ok(Draft::plain(kind, Vec::new()))
}

/// The state's own figure for the same window; else the journal's, which can be no more than all
/// that was ever spent.
fn used_before(state: &LedgerState, terms: &SetBudget, now: Timestamp) -> Credits {
    let present = state.budget(&terms.subject).filter(|budget| budget.window == terms.window);
    match present {
        Some(budget) => budget.used,
        None if state.usage_wanted(terms, now).is_none() => Credits::ZERO,
        None => terms.used_so_far.max(Credits::ZERO).min(state.head.spent),
    }
}
