//! Recording: the only code that changes a state. The live ledger and the replay of a journal both
//! come through here, so they cannot differ.
//!
//! A transaction that was decided on a state can always be recorded on it. A journal that was read
//! from somewhere is believed nothing: what does not fit the state is an error that says what.

use std::borrow::Cow;

use thiserror::Error;

use super::attribution::Attribution;
use super::budget::{Budget, BudgetKind, Subject};
use super::calendar::Span;
use super::command::SetTerms;
use super::credits::Credits;
use super::entry::{Account, Entry};
use super::hold::{Draw, Hold, HoldState, ReleaseCause};
use super::id::{HoldId, LotId};
use super::index::{difference, sum};
use super::lot::{Lot, Origin};
use super::outflow::{Cause, Outflow};
use super::plan::StandingPlan;
use super::state::LedgerState;
use super::time::Timestamp;
use super::transaction::{Repayment, Transaction, TransactionKind};

/// Why a transaction does not fit the state before it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Misfit {
    /// The entries do not sum to zero.
    #[error("its entries do not sum to zero")]
    Unbalanced,
    /// It took effect before the one before it.
    #[error("it took effect before the one before it")]
    BackInTime,
    /// An account would have less than nothing, or more than it can have.
    #[error("it leaves {account} with an amount that cannot be")]
    Impossible {
        /// The account.
        account: Account,
    },
    /// It makes what is there already.
    #[error("{account} is there already")]
    AlreadyThere {
        /// The account.
        account: Account,
    },
    /// It moves credits of something that is not there.
    #[error("{account} is not there")]
    NotThere {
        /// The account.
        account: Account,
    },
    /// Its terms and its entries tell different stories.
    #[error("its terms and its entries do not agree")]
    Contradiction,
}

/// Does to the state what the transaction says, except moving the head on.
pub(super) fn take_effect(state: &mut LedgerState, done: &Transaction) -> Result<(), Misfit> {
    if Credits::checked_sum(done.entries.iter().map(|entry| entry.amount)) != Some(Credits::ZERO) {
        return Err(Misfit::Unbalanced);
    }
    if done.recorded_at < state.head.recorded_at {
        return Err(Misfit::BackInTime);
    }
    agree(moves_its_own_hold_once(done))?;
    agree(done.entries.iter().all(|entry| belongs(&done.kind, entry)))?;
    if let TransactionKind::Grant { lot, .. } = &done.kind {
        make_lot(state, lot, done)?;
    }
    if let TransactionKind::Adjust { lot, .. } = &done.kind {
        adjust(state, lot, done)?;
    }
    done.entries.iter().try_for_each(|entry| move_credits(state, entry))?;
    match &done.kind {
        TransactionKind::Grant { lot, repaid } => grant(state, lot, repaid, done),
        TransactionKind::Hold { hold, .. } => make_hold(state, hold, done),
        TransactionKind::ExtendHold { hold, deadline } => extend_hold(state, hold, *deadline, done),
        TransactionKind::Settle { hold, .. } => settle(state, hold, done),
        TransactionKind::Release { hold, cause } => release(state, hold, *cause, done),
        TransactionKind::Charge => charge(state, done),
        TransactionKind::Expire { lot, early } => expire(state, lot, *early, done),
        TransactionKind::Reverse { of, counted_at } => reverse(state, *of, *counted_at, done),
        TransactionKind::Revoke { lot } => revoke(state, lot, done),
        TransactionKind::Freeze { lot, wanted } => {
            agree(!wanted.is_negative())?;
            want_frozen(state, lot, *wanted)
        }
        TransactionKind::Unfreeze { lot, unwanted } => {
            agree(!unwanted.is_negative())?;
            want_frozen(state, lot, difference(Credits::ZERO, *unwanted))
        }
        TransactionKind::Adjust { .. } => Ok(()),
        TransactionKind::SetBudget { .. } => set_budget(state, done),
        TransactionKind::MoveBudget { from, to, amount } => {
            move_budget(state, from, to, *amount, done.recorded_at)
        }
        TransactionKind::SetTerms { terms } => set_terms(state, terms),
        TransactionKind::SetPlan { plan } => set_plan(state, plan.as_deref()),
    }
}

/// Which accounts a kind of transaction moves, and which way. What comes back to a lot, or is frozen
/// on the way, is part of what ends or undoes something.
fn belongs(kind: &TransactionKind, entry: &Entry) -> bool {
    use TransactionKind as Kind;
    let (more, less) = (entry.amount.is_positive(), entry.amount.is_negative());
    match (kind, &entry.account) {
        (Kind::Grant { lot, .. }, Account::Lot(own)) => more && *own == lot.id,
        (Kind::Grant { lot, .. }, Account::Funding(source)) => less && *source == lot.source,
        (Kind::Grant { .. }, Account::Debt) => more,
        (Kind::Adjust { lot, .. }, Account::Lot(own)) => own == lot,
        (Kind::Adjust { .. }, Account::Funding(_)) => true,
        (Kind::Expire { lot, .. }, Account::Lot(own)) => less && own == lot,
        (Kind::Expire { .. }, Account::Expired) => more,
        (Kind::Revoke { lot }, Account::Lot(own) | Account::Frozen(own)) => less && own == lot,
        (Kind::Revoke { .. }, Account::Debt) => less,
        (Kind::Revoke { .. }, Account::Revoked) => more,
        (Kind::Freeze { lot, .. }, Account::Lot(own)) => less && own == lot,
        (Kind::Freeze { lot, .. }, Account::Frozen(own)) => more && own == lot,
        (Kind::Unfreeze { lot, .. }, Account::Lot(own)) => more && own == lot,
        (Kind::Unfreeze { lot, .. }, Account::Frozen(own)) => less && own == lot,
        (Kind::Hold { .. } | Kind::ExtendHold { .. }, Account::Held(_)) => more,
        (Kind::Settle { .. } | Kind::Release { .. }, Account::Held(_)) => less,
        (Kind::Settle { .. } | Kind::Charge, Account::Spent) => more,
        (Kind::Settle { .. }, Account::Debt) => less,
        (Kind::Reverse { .. }, Account::Spent | Account::Revoked) => less,
        (Kind::Reverse { .. }, Account::Debt) => more,
        (Kind::Settle { .. } | Kind::Release { .. } | Kind::Reverse { .. }, Account::Frozen(_)) => {
            more
        }
        (
            Kind::Hold { .. }
            | Kind::ExtendHold { .. }
            | Kind::Settle { .. }
            | Kind::Release { .. }
            | Kind::Charge
            | Kind::Reverse { .. },
            Account::Lot(_) | Account::Funding(_),
        ) => more || less,
        _ => false,
    }
}

/// Moves the head on to a transaction that took effect.
pub(super) fn advance(state: &mut LedgerState, done: &Transaction) {
    state.head.sequence = done.sequence;
    state.head.hash = done.hash;
    state.head.recorded_at = done.recorded_at;
}

fn agree(agrees: bool) -> Result<(), Misfit> {
    if agrees { Ok(()) } else { Err(Misfit::Contradiction) }
}

/// Only the hold that a transaction makes or ends may be among its accounts, and once at most.
fn moves_its_own_hold_once(done: &Transaction) -> bool {
    let mut held = done.entries.iter().filter_map(|entry| match &entry.account {
        Account::Held(hold) => Some(hold),
        _ => None,
    });
    held.next().is_none_or(|hold| done.hold() == Some(hold)) && held.next().is_none()
}

/// Takes in a lot with nothing in it yet: its entry fills it.
fn make_lot(state: &mut LedgerState, terms: &Lot, done: &Transaction) -> Result<(), Misfit> {
    let account = Account::Lot(terms.id.clone());
    if state.lots.contains_key(&terms.id) {
        return Err(Misfit::AlreadyThere { account });
    }
    let impossible =
        if terms.unlimited { !terms.amount.is_zero() } else { !terms.amount.is_positive() };
    let untouched = *terms == terms.untouched();
    agree(!impossible && untouched && terms.granted_by == done.sequence)?;
    let lot = Lot { remaining: Credits::ZERO, ..terms.untouched() };
    state.index.insert_lot(&lot, state.terms.order);
    state.lots.insert(lot.id.clone(), lot);
    Ok(())
}

/// What a grant did beside filling its lot: it paid what was owed, and began a plan's period.
fn grant(
    state: &mut LedgerState,
    lot: &Lot,
    repaid: &[Repayment],
    done: &Transaction,
) -> Result<(), Misfit> {
    let owed = Credits::checked_sum(repaid.iter().map(|repayment| repayment.amount));
    let (moved, debt) = (done.moved(&Account::Lot(lot.id.clone())), done.moved(&Account::Debt));
    agree(owed == Some(debt) && moved.checked_add(debt) == Some(lot.amount))?;
    for repayment in repaid {
        let outflow = state.outflows.get_mut(&repayment.of);
        let outflow = outflow.ok_or(Misfit::NotThere { account: Account::Debt })?;
        agree(repayment.amount.is_positive() && repayment.amount <= outflow.owed)?;
        outflow.repay(Draw { lot: lot.id.clone(), amount: repayment.amount });
    }
    if let Origin::PlanPeriod { plan, period_start } = &lot.origin {
        begin_period(state, plan, *period_start);
    }
    Ok(())
}

/// Remembers the period, so that it is not granted again.
fn begin_period(state: &mut LedgerState, code: &str, start: Timestamp) {
    let before = state.next_period();
    let last = state.terms.granted_periods.entry(code.to_owned()).or_insert(start);
    *last = start.max(*last);
    let calendar = &state.terms.calendar;
    if let Some(standing) = state.terms.plan.as_mut().filter(|standing| standing.plan.code == code)
    {
        let (anchor, period) = (standing.plan.anchor, standing.plan.period);
        standing.next = standing.next.max(calendar.period_after(anchor, period, start));
    }
    let after = state.next_period();
    state.index.change_period(before, after);
}

fn move_credits(state: &mut LedgerState, entry: &Entry) -> Result<(), Misfit> {
    let added = entry.amount;
    let (total, added) = match &entry.account {
        Account::Lot(id) => return move_in_lot(state, id, added),
        Account::Frozen(id) => return move_frozen(state, id, added),
        Account::Held(_) => return Ok(()),
        Account::Funding(_) => (&mut state.head.granted, added.checked_neg()),
        Account::Debt => (&mut state.head.debt, added.checked_neg()),
        Account::Spent => (&mut state.head.spent, Some(added)),
        Account::Expired => (&mut state.head.expired, Some(added)),
        Account::Revoked => (&mut state.head.revoked, Some(added)),
    };
    let moved = added.and_then(|added| total.checked_add(added));
    let possible = moved.filter(|total| !total.is_negative());
    *total = possible.ok_or_else(|| Misfit::Impossible { account: entry.account.clone() })?;
    Ok(())
}

fn move_in_lot(state: &mut LedgerState, id: &LotId, added: Credits) -> Result<(), Misfit> {
    let account = || Account::Lot(id.clone());
    let lot = state.lots.get_mut(id).ok_or_else(|| Misfit::NotThere { account: account() })?;
    let most = if lot.unlimited { Credits::MAX } else { lot.amount };
    let possible = Credits::ZERO..=most;
    if !lot.remaining.checked_add(added).is_some_and(|remaining| possible.contains(&remaining)) {
        return Err(Misfit::Impossible { account: account() });
    }
    state.index.change_lot(lot, added, state.terms.order);
    Ok(())
}

/// Moves what is frozen. What is frozen on its way back to the lot is wanted no more.
fn move_frozen(state: &mut LedgerState, id: &LotId, added: Credits) -> Result<(), Misfit> {
    let account = || Account::Frozen(id.clone());
    let lot = state.lots.get_mut(id).ok_or_else(|| Misfit::NotThere { account: account() })?;
    let possible = Credits::ZERO..=lot.amount;
    if !lot.frozen.checked_add(added).is_some_and(|frozen| possible.contains(&frozen)) {
        return Err(Misfit::Impossible { account: account() });
    }
    state.index.change_frozen(lot, added);
    Ok(())
}

/// Corrects what a lot was granted, before its entry moves what it has.
fn adjust(state: &mut LedgerState, id: &LotId, done: &Transaction) -> Result<(), Misfit> {
    let account = Account::Lot(id.clone());
    let change = done.moved(&account);
    let lot = state.lots.get_mut(id).ok_or(Misfit::NotThere { account: account.clone() })?;
    agree(!change.is_zero() && !lot.unlimited)?;
    let amount = lot.amount.checked_add(change).filter(|amount| !amount.is_negative());
    lot.amount = amount.ok_or(Misfit::Impossible { account })?;
    Ok(())
}

fn want_frozen(state: &mut LedgerState, id: &LotId, more: Credits) -> Result<(), Misfit> {
    let account = Account::Frozen(id.clone());
    let lot = state.lots.get_mut(id).ok_or(Misfit::NotThere { account: account.clone() })?;
    let wanted = lot.freeze_wanted.checked_add(more).filter(|wanted| !wanted.is_negative());
    lot.freeze_wanted = wanted.ok_or(Misfit::Impossible { account })?;
    Ok(())
}

/// What came back frozen is no longer to be frozen as it comes back.
fn want_less_frozen(state: &mut LedgerState, done: &Transaction) -> Result<(), Misfit> {
    for entry in &done.entries {
        if let Account::Frozen(lot) = &entry.account {
            want_frozen(state, lot, difference(Credits::ZERO, entry.amount))?;
        }
    }
    Ok(())
}

fn make_hold(state: &mut LedgerState, id: &HoldId, done: &Transaction) -> Result<(), Misfit> {
    let TransactionKind::Hold { deadline, over_settle, .. } = done.kind else {
        return Err(Misfit::Contradiction);
    };
    let account = Account::Held(id.clone());
    if state.holds.contains_key(id) {
        return Err(Misfit::AlreadyThere { account });
    }
    let amount = done.moved(&account);
    let draws = done.draws();
    agree(Credits::checked_sum(draws.iter().map(|draw| draw.amount)) == Some(amount))?;
    let hold = Hold {
        id: id.clone(),
        amount,
        draws,
        made_at: done.recorded_at,
        deadline,
        attribution: done.attribution.clone(),
        over_settle,
        made_by: done.sequence,
        state: HoldState::Open,
    };
    count(state, &hold.attribution, hold.made_at, |budget| budget.held = sum(budget.held, amount));
    state.index.insert_hold(&hold);
    state.holds.insert(id.clone(), hold);
    Ok(())
}

fn extend_hold(
    state: &mut LedgerState,
    id: &HoldId,
    deadline: Timestamp,
    done: &Transaction,
) -> Result<(), Misfit> {
    let account = Account::Held(id.clone());
    let hold = state.holds.get_mut(id).ok_or(Misfit::NotThere { account: account.clone() })?;
    agree(hold.is_open() && deadline >= hold.deadline && done.attribution == hold.attribution)?;
    let (amount, draws) = (done.moved(&account), done.draws());
    agree(Credits::checked_sum(draws.iter().map(|draw| draw.amount)) == Some(amount))?;
    state.index.remove_hold(hold);
    hold.amount = sum(hold.amount, amount);
    hold.deadline = deadline;
    draws.into_iter().for_each(|draw| add_draw(&mut hold.draws, draw));
    state.index.insert_hold(hold);
    let made_at = hold.made_at;
    count(state, &done.attribution, made_at, |budget| budget.held = sum(budget.held, amount));
    Ok(())
}

fn settle(state: &mut LedgerState, id: &HoldId, done: &Transaction) -> Result<(), Misfit> {
    let TransactionKind::Settle { paid, absorbed, counted_at, .. } = &done.kind else {
        return Err(Misfit::Contradiction);
    };
    let amount = done.moved(&Account::Spent);
    let owed = difference(Credits::ZERO, done.moved(&Account::Debt));
    let paid_by_lots = Credits::checked_sum(paid.iter().map(|draw| draw.amount));
    agree(paid_by_lots.and_then(|paid| paid.checked_add(owed)) == Some(amount))?;
    let outcome = HoldState::Settled {
        amount,
        absorbed: *absorbed,
        paid: paid.clone(),
        at: done.recorded_at,
        transaction: done.sequence,
    };
    close_hold(state, id, outcome, done)?;
    count(state, &done.attribution, *counted_at, |budget| budget.used = sum(budget.used, amount));
    flow_out(state, done);
    Ok(())
}

fn release(
    state: &mut LedgerState,
    id: &HoldId,
    cause: ReleaseCause,
    done: &Transaction,
) -> Result<(), Misfit> {
    let outcome = HoldState::Released { cause, at: done.recorded_at, transaction: done.sequence };
    close_hold(state, id, outcome, done)
}

/// Ends a hold. One that its deadline released may still be settled; it holds nothing any more.
fn close_hold(
    state: &mut LedgerState,
    id: &HoldId,
    outcome: HoldState,
    done: &Transaction,
) -> Result<(), Misfit> {
    let account = Account::Held(id.clone());
    let hold = state.holds.get_mut(id).ok_or(Misfit::NotThere { account: account.clone() })?;
    let held = if hold.is_open() { hold.amount } else { Credits::ZERO };
    agree(done.moved(&account) == difference(Credits::ZERO, held))?;
    agree(done.attribution == hold.attribution)?;
    state.index.remove_hold(hold);
    let made_at = hold.made_at;
    hold.state = outcome;
    count(state, &done.attribution, made_at, |budget| budget.held = difference(budget.held, held));
    want_less_frozen(state, done)
}

fn charge(state: &mut LedgerState, done: &Transaction) -> Result<(), Misfit> {
    let amount = done.moved(&Account::Spent);
    let draws = Credits::checked_sum(done.draws().iter().map(|draw| draw.amount));
    agree(draws == Some(amount))?;
    count(state, &done.attribution, done.recorded_at, |budget| {
        budget.used = sum(budget.used, amount)
    });
    flow_out(state, done);
    Ok(())
}

fn expire(
    state: &mut LedgerState,
    id: &LotId,
    early: bool,
    done: &Transaction,
) -> Result<(), Misfit> {
    let account = Account::Lot(id.clone());
    let lot = state.lots.get_mut(id).ok_or(Misfit::NotThere { account })?;
    if early {
        agree(lot.is_effective(done.recorded_at) && !lot.is_expired(done.recorded_at))?;
        state.index.remove_lot(lot, state.terms.order);
        lot.expires_at = Some(done.recorded_at);
        state.index.insert_lot(lot, state.terms.order);
    }
    lot.expired_by.get_or_insert(done.sequence);
    lot.expired = sum(lot.expired, done.moved(&Account::Expired));
    let kept = lot.may_keep(done.recorded_at);
    agree(lot.remaining == kept || (kept.is_zero() && lot.remaining.is_zero()))
}

/// Remembers what left for good, so that it can be given back.
fn flow_out(state: &mut LedgerState, done: &Transaction) {
    let outflow = Outflow::of(done);
    outflow.into_iter().for_each(|outflow| state.with_outflow(outflow));
}

fn reverse(
    state: &mut LedgerState,
    of: u64,
    counted_at: Timestamp,
    done: &Transaction,
) -> Result<(), Misfit> {
    let outflow =
        state.outflows.get_mut(&of).ok_or(Misfit::NotThere { account: Account::Spent })?;
    let amount = difference(Credits::ZERO, done.moved(&outflow.cause.account()));
    agree(amount.is_positive() && amount <= outflow.left())?;
    agree(done.attribution == outflow.attribution && counted_at == outflow.counted_at)?;
    agree(done.moved(&Account::Debt) == outflow.owed.min(amount))?;
    outflow.give_back(amount);
    match outflow.cause.clone() {
        Cause::Usage => count(state, &done.attribution, counted_at, |budget| {
            budget.used = difference(budget.used, amount)
        }),
        Cause::Revocation { lot: id } => {
            let account = Account::Lot(id.clone());
            let lot = state.lots.get_mut(&id).ok_or(Misfit::NotThere { account })?;
            lot.revoked = difference(lot.revoked, amount);
        }
    }
    want_less_frozen(state, done)
}

fn revoke(state: &mut LedgerState, id: &LotId, done: &Transaction) -> Result<(), Misfit> {
    let account = Account::Lot(id.clone());
    let lot = state.lots.get_mut(id).ok_or(Misfit::NotThere { account: account.clone() })?;
    let amount = done.moved(&Account::Revoked);
    let owed = difference(Credits::ZERO, done.moved(&Account::Debt));
    lot.revoked = sum(lot.revoked, amount);
    agree(lot.revoked <= lot.amount)?;
    lot.freeze_wanted = difference(lot.freeze_wanted, lot.freeze_wanted.min(owed));
    flow_out(state, done);
    Ok(())
}

fn set_budget(state: &mut LedgerState, done: &Transaction) -> Result<(), Misfit> {
    let TransactionKind::SetBudget { subject, budget, window, limit, used } = &done.kind else {
        return Err(Misfit::Contradiction);
    };
    agree(!used.is_negative() && *used <= state.head.spent)?;
    state.index.change_earmark(subject, limit.is_some() && *budget == BudgetKind::Earmark);
    match limit {
        None => state.budgets.remove(subject),
        Some(limit) => {
            let span = window.span(&state.terms, done.recorded_at);
            let budget = Budget {
                subject: subject.clone(),
                kind: *budget,
                window: *window,
                span,
                limit: *limit,
                used: *used,
                held: held_in(state, subject, &span),
            };
            state.budgets.insert(subject.clone(), budget)
        }
    };
    Ok(())
}

fn move_budget(
    state: &mut LedgerState,
    from: &Subject,
    to: &Subject,
    amount: Credits,
    at: Timestamp,
) -> Result<(), Misfit> {
    let mut change = |subject: &Subject, more: Option<Credits>| {
        let terms = &state.terms;
        let budget = state.budgets.get_mut(subject).ok_or(Misfit::Contradiction)?;
        *budget = budget.at(terms, at).into_owned();
        let limit = more.and_then(|more| budget.limit.checked_add(more));
        budget.limit = limit.filter(|limit| !limit.is_negative()).ok_or(Misfit::Contradiction)?;
        Ok(())
    };
    change(from, amount.checked_neg())?;
    change(to, Some(amount))
}

fn set_terms(state: &mut LedgerState, changed: &SetTerms) -> Result<(), Misfit> {
    let before = state.next_period();
    if let Some(order) = changed.order {
        let old = std::mem::replace(&mut state.terms.order, order);
        for lot in state.lots.values() {
            state.index.remove_lot(lot, old);
            state.index.insert_lot(lot, order);
        }
    }
    if let Some(limit) = changed.debt_limit {
        agree(!limit.is_negative())?;
        state.terms.debt_limit = limit;
    }
    if let Some(calendar) = &changed.calendar {
        agree(calendar.is_sound())?;
        state.terms.calendar = calendar.clone();
    }
    let after = state.next_period();
    state.index.change_period(before, after);
    Ok(())
}

fn set_plan(state: &mut LedgerState, plan: Option<&StandingPlan>) -> Result<(), Misfit> {
    let before = state.next_period();
    agree(plan.is_none_or(|standing| standing.plan.has_sound_code()))?;
    state.terms.plan = plan.cloned();
    let after = state.next_period();
    state.index.change_period(before, after);
    Ok(())
}

/// Adds to the lot's draw where it has one already.
pub(super) fn add_draw(draws: &mut Vec<Draw>, added: Draw) {
    match draws.iter_mut().find(|draw| draw.lot == added.lot) {
        Some(draw) => draw.amount = sum(draw.amount, added.amount),
        None => draws.push(added),
    }
}

/// What open holds made in that stretch have set aside for the subject.
pub(super) fn held_in(state: &LedgerState, subject: &Subject, span: &Span) -> Credits {
    let counts = |hold: &&Hold| {
        hold.is_open() && span.contains(hold.made_at) && subject.covers(&hold.attribution)
    };
    state.holds.values().filter(counts).map(|hold| hold.amount).fold(Credits::ZERO, sum)
}

/// Changes every budget that credits of `attribution` counted at `counted_at` fall under, and begins
/// those whose window has ended.
fn count(
    state: &mut LedgerState,
    attribution: &Attribution,
    counted_at: Timestamp,
    change: impl Fn(&mut Budget),
) {
    for subject in Subject::all_of(attribution) {
        let Some(budget) = state.budgets.get_mut(&subject) else { continue };
        if let Cow::Owned(begun) = budget.at(&state.terms, counted_at) {
            *budget = begun;
        }
        if budget.span.contains(counted_at) {
            change(budget);
        }
    }
}
