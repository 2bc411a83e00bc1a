//! What must be true of every state, whatever commands led to it.

use std::collections::BTreeMap;
use std::fmt;

use super::credits::Credits;
use super::hold::Hold;
use super::id::LotId;
use super::index::Index;
use super::lot::Lot;
use super::outflow::Outflow;
use super::record::held_in;
use super::state::{LedgerState, earmarks_of};

/// The first promise that a state breaks, in words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Violation(String);

/// Checks every promise that can be seen in a state; gives the first that is broken.
pub fn check(state: &LedgerState) -> Result<(), Violation> {
    state.lots().try_for_each(check_lot)?;
    state.holds().filter(|hold| hold.is_open()).try_for_each(|hold| check_hold(state, hold))?;
    check_draws(state)?;
    state.outflows().try_for_each(check_outflow)?;
    check_totals(state)?;
    check_budgets(state)?;
    ensure(state.index == expected_index(state), || {
        "the order of lots or the list of what falls due differs from the lots and holds".into()
    })
}

fn check_lot(lot: &Lot) -> Result<(), Violation> {
    let parts = [lot.remaining, lot.frozen, lot.freeze_wanted, lot.revoked];
    let kept = lot.remaining.checked_add(lot.frozen).is_some_and(|kept| kept <= lot.amount);
    let never_less = parts.iter().all(|part| !part.is_negative()) && lot.revoked <= lot.amount;
    ensure(kept && never_less, || {
        format!(
            "lot {} has {} left, {} frozen and {} revoked of {}",
            lot.id, lot.remaining, lot.frozen, lot.revoked, lot.amount
        )
    })
}

/// What left is borne by lots, owed, or was given back.
fn check_outflow(outflow: &Outflow) -> Result<(), Violation> {
    let borne = Credits::checked_sum(outflow.paid.iter().map(|draw| draw.amount));
    let parts = [borne.unwrap_or(Credits::MAX), outflow.owed, outflow.reversed];
    ensure(
        parts.iter().all(|part| !part.is_negative())
            && Credits::checked_sum(parts) == Some(outflow.amount),
        || {
            let [borne, owed, reversed] = parts;
            format!(
                "transaction {} took {}, and {borne} paid, {owed} owed and {reversed} given back do \
                 not add up to that",
                outflow.transaction, outflow.amount
            )
        },
    )
}

fn ensure(holds: bool, otherwise: impl FnOnce() -> String) -> Result<(), Violation> {
    if holds { Ok(()) } else { Err(Violation(otherwise())) }
}

fn check_hold(state: &LedgerState, hold: &Hold) -> Result<(), Violation> {
    let drawn = Credits::checked_sum(hold.draws.iter().map(|draw| draw.amount));
    ensure(hold.amount.is_positive() && drawn == Some(hold.amount), || {
        format!("hold {} has set aside {} and drew another amount", hold.id, hold.amount)
    })?;
    hold.draws.iter().try_for_each(|draw| {
        ensure(draw.amount.is_positive() && state.lot(&draw.lot).is_some(), || {
            format!("hold {} drew {} on lot {}, which cannot be", hold.id, draw.amount, draw.lot)
        })
    })
}

/// What open holds drew on a lot and what it has left is no more than it was granted.
fn check_draws(state: &LedgerState) -> Result<(), Violation> {
    let mut drawn: BTreeMap<&LotId, Credits> = BTreeMap::new();
    for draw in state.holds().filter(|hold| hold.is_open()).flat_map(|hold| &hold.draws) {
        let total = drawn.entry(&draw.lot).or_default();
        *total = add(*total, draw.amount, &draw.lot)?;
    }
    drawn.into_iter().try_for_each(|(id, drawn)| {
        let fits = state.lot(id).is_some_and(|lot| {
            let used = Credits::checked_sum([lot.remaining, lot.frozen, drawn]);
            lot.unlimited || used.is_some_and(|used| used <= lot.amount)
        });
        ensure(fits, || format!("open holds drew {drawn} on lot {id}, more than it can give"))
    })
}

/// All that was granted is in a lot, held, frozen, spent, expired or revoked, beside what is owed: the
/// sum over all accounts is zero.
fn check_totals(state: &LedgerState) -> Result<(), Violation> {
    let (head, index) = (state.head(), &state.index);
    let places = [index.in_lots, index.held, index.frozen, head.spent, head.expired, head.revoked];
    let granted_and_owed = head.granted.checked_add(head.debt);
    ensure(Credits::checked_sum(places) == granted_and_owed, || {
        let [in_lots, held, frozen, spent, expired, revoked] = places;
        format!(
            "{} were granted and {} are owed, and {in_lots} in lots, {held} held, {frozen} frozen, \
             {spent} spent, {expired} expired and {revoked} revoked do not add up to that",
            head.granted, head.debt
        )
    })?;
    let owed = Credits::checked_sum(state.outflows().map(|outflow| outflow.owed));
    ensure(owed == Some(head.debt), || {
        format!("{} are owed in all, and the outflows owe another amount", head.debt)
    })
}

fn check_budgets(state: &LedgerState) -> Result<(), Violation> {
    state.budgets().try_for_each(|budget| {
        let held = held_in(state, &budget.subject, &budget.span);
        ensure(budget.held == held && !budget.used.is_negative(), || {
            format!(
                "the budget of {} counts {} held and {} used, and its open holds have {held}",
                budget.subject, budget.held, budget.used
            )
        })
    })
}

fn expected_index(state: &LedgerState) -> Index {
    let mut index = Index::default();
    state.lots().for_each(|lot| index.insert_lot(lot, state.terms.order));
    state.holds().for_each(|hold| index.insert_hold(hold));
    index.earmarks = earmarks_of(state);
    index.change_period(None, state.next_period());
    index
}

fn add(one: Credits, other: Credits, what: &impl fmt::Display) -> Result<Credits, Violation> {
    one.checked_add(other).ok_or_else(|| Violation(format!("the draws on {what} do not fit")))
}
