//! Terms and plans: changed; and the periods that the passing of time grants.

use super::{Draft, fits, lots};
use crate::ledger::command::SetTerms;
use crate::ledger::credits::Credits;
use crate::ledger::plan::{Allowance, Plan, Rollover, StandingPlan};
use crate::ledger::refusal::Refusal;
use crate::ledger::state::LedgerState;
use crate::ledger::time::Timestamp;
use crate::ledger::transaction::TransactionKind;

pub(super) fn set_terms(terms: &SetTerms) -> Result<Draft, Refusal> {
    if let Some(amount) = terms.debt_limit.filter(|limit| limit.is_negative()) {
        return Err(Refusal::AmountNegative { amount });
    }
    if terms.calendar.as_ref().is_some_and(|calendar| !calendar.is_sound()) {
        return Err(Refusal::CalendarUnsound);
    }
    if *terms == SetTerms::default() {
        return Err(Refusal::NothingToChange);
    }
    let kind = TransactionKind::SetTerms { terms: Box::new(terms.clone()) };
    Ok(Draft::plain(kind, Vec::new()))
}

/// The next period is the one that is running, unless that was granted before: a plan that is set
/// again, or comes back, gives no period twice.
pub(super) fn set_plan(
    state: &LedgerState,
    plan: Option<&Plan>,
    now: Timestamp,
) -> Result<Draft, Refusal> {
    let standing = plan.map(|plan| standing(state, plan, now)).transpose()?;
    let kind = TransactionKind::SetPlan { plan: standing.map(Box::new) };
    Ok(Draft::plain(kind, Vec::new()))
}

fn standing(state: &LedgerState, plan: &Plan, now: Timestamp) -> Result<StandingPlan, Refusal> {
    let carried = match plan.rollover {
        Rollover::UpTo { amount, .. } => amount,
        Rollover::None | Rollover::All { .. } => Credits::ZERO,
    };
    if !plan.has_sound_code() || carried.is_negative() {
        return Err(Refusal::PlanUnsound { plan: plan.code.clone() });
    }
    if let Allowance::Credits(amount) = plan.allowance
        && !amount.is_positive()
    {
        return Err(Refusal::AmountNotPositive { amount });
    }
    let calendar = &state.terms.calendar;
    let running = calendar.period_number(plan.anchor, plan.period, now);
    let granted = state.terms.granted_periods.get(&plan.code);
    let ungranted = granted.map(|last| calendar.period_after(plan.anchor, plan.period, *last));
    let next = running.max(ungranted.unwrap_or(0));
    Ok(StandingPlan { plan: plan.clone(), next })
}

/// The lot of the plan's next period, and its key. The passing of time grants it. Where it can no
/// longer be counted, the period passes without a lot.
pub(in crate::ledger) fn period_begun(state: &LedgerState, now: Timestamp) -> (Draft, String) {
    let calendar = &state.terms.calendar;
    let standing = state.terms.plan.as_ref().expect("what falls due is the period of a plan");
    let plan = &standing.plan;
    let span = calendar.period(plan.anchor, plan.period, standing.next);
    let (grant, key) = plan.period_grant(calendar, span);
    let granted = lots::grant(state, &grant, now);
    let fitting = granted.ok().filter(|draft| fits(state, draft).is_ok());
    let draft = fitting.unwrap_or_else(|| {
        let passed = StandingPlan { next: standing.next.saturating_add(1), ..standing.clone() };
        Draft::plain(TransactionKind::SetPlan { plan: Some(Box::new(passed)) }, Vec::new())
    });
    (draft, key)
}
