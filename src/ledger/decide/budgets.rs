//! Budgets: set, changed, removed, moved.

use super::{Draft, positive};
use crate::ledger::budget::{BudgetKind, Subject, Window};
use crate::ledger::command::SetBudget;
use crate::ledger::credits::Credits;
use crate::ledger::index::{difference, sum};
use crate::ledger::record::held_in;
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
    if terms.kind == BudgetKind::Earmark && terms.limit.is_some() {
        can_be_set_aside(state, terms, now)?;
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

/// The state's own figure for the same stretch; else the journal's, which can be no more than all
/// that was ever spent.
fn used_before(state: &LedgerState, terms: &SetBudget, now: Timestamp) -> Credits {
    if state.usage_wanted(terms, now).is_some() {
        return terms.used_so_far.max(Credits::ZERO).min(state.head.spent);
    }
    let span = terms.window.span(&state.terms, now);
    let present = state.budget_at(&terms.subject, now);
    present
        .filter(|it| it.window == terms.window && it.span == span)
        .map_or(Credits::ZERO, |it| it.used)
}

/// What an earmark keeps from others must be there, beside what other earmarks keep.
fn can_be_set_aside(state: &LedgerState, terms: &SetBudget, now: Timestamp) -> Result<(), Refusal> {
    let span = terms.window.span(&state.terms, now);
    let standing = state.standing(now);
    let limit = terms.limit.unwrap_or(Credits::ZERO);
    let held = held_in(state, &terms.subject, &span);
    let counted = sum(used_before(state, terms, now), held);
    let asked = difference(limit, counted).max(Credits::ZERO);
    if !span.contains(now) || standing.unlimited || asked.is_zero() {
        return Ok(());
    }
    let own = state.budget_at(&terms.subject, now);
    let own = own.filter(|it| it.kind == BudgetKind::Earmark && it.span.contains(now));
    let own = own.map_or(Credits::ZERO, |it| it.left());
    let earmarked = difference(state.earmarked(None, now), own);
    let available = standing.available;
    if available.checked_sub(earmarked).is_some_and(|free| asked <= free) {
        return Ok(());
    }
    Err(Refusal::EarmarkTooLarge { asked, available, earmarked })
}

pub(super) fn move_budget(
    state: &LedgerState,
    from: &Subject,
    to: &Subject,
    amount: Credits,
    now: Timestamp,
) -> Result<Draft, Refusal> {
    let asked = positive(amount)?;
    let found = |subject: &Subject| {
        let budget = state.budget_at(subject, now);
        budget.ok_or_else(|| Refusal::BudgetNotFound { subject: subject.clone() })
    };
    let (lowered, raised) = (found(from)?, found(to)?);
    if from == to || (lowered.kind, lowered.window) != (raised.kind, raised.window) {
        return Err(Refusal::BudgetsNotAlike);
    }
    let left = lowered.left();
    if asked > left {
        return Err(Refusal::BudgetLeftTooSmall { subject: from.clone(), asked, left });
    }
    raised.limit.checked_add(asked).ok_or(Refusal::AmountOverflow { amount })?;
    let (from, to) = (from.clone(), to.clone());
    Ok(Draft::plain(TransactionKind::MoveBudget { from, to, amount }, Vec::new()))
}
