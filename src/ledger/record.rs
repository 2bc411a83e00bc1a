//! Recording: the only code that changes a state. The live ledger and the replay of a journal both
//! come through here, so they cannot differ.
//!
//! A transaction that was decided on a state can always be recorded on it. A journal that was read
//! from somewhere is believed nothing: what does not fit the state is an error that says what.

use thiserror::Error;

use super::attribution::Attribution;
use super::budget::{Budget, Subject, Window};
use super::credits::Credits;
use super::entry::{Account, Entry};
use super::hold::{Hold, HoldState, ReleaseCause};
use super::id::{HoldId, LotId};
use super::index::{difference, sum};
use super::lot::Lot;
use super::state::LedgerState;
use super::time::Timestamp;
use super::transaction::{Transaction, TransactionKind};

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
    if let TransactionKind::Grant { lot } = &done.kind {
        make_lot(state, lot)?;
    }
    done.entries.iter().try_for_each(|entry| move_credits(state, entry))?;
    match &done.kind {
        TransactionKind::Grant { lot } => {
            agree(done.moved(&Account::Lot(lot.id.clone())) == lot.amount)
        }
        TransactionKind::Hold { hold, .. } => make_hold(state, hold, done),
        TransactionKind::Settle { hold, .. } => settle(state, hold, done),
        TransactionKind::Release { hold, cause } => release(state, hold, *cause, done),
        TransactionKind::Charge => charge(state, done),
        TransactionKind::Expire { lot } => expire(state, lot, done),
        TransactionKind::SetBudget { .. } => set_budget(state, done),
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
fn make_lot(state: &mut LedgerState, terms: &Lot) -> Result<(), Misfit> {
    let account = Account::Lot(terms.id.clone());
    if state.lots.contains_key(&terms.id) {
        return Err(Misfit::AlreadyThere { account });
    }
    let lot = Lot { remaining: Credits::ZERO, expired_by: None, ..terms.clone() };
    state.lots.insert(lot.id.clone(), lot);
    Ok(())
}

fn move_credits(state: &mut LedgerState, entry: &Entry) -> Result<(), Misfit> {
    let added = entry.amount;
    let total = match &entry.account {
        Account::Lot(id) => return move_in_lot(state, id, added),
        Account::Held(_) => return Ok(()),
        Account::Funding(_) => &mut state.head.granted,
        Account::Spent => &mut state.head.spent,
        Account::Expired => &mut state.head.expired,
    };
    let added = match &entry.account {
        Account::Funding(_) => added.checked_neg(),
        _ => Some(added),
    };
    let moved = added.and_then(|added| total.checked_add(added));
    let possible = moved.filter(|_| added.is_some_and(Credits::is_positive));
    *total = possible.ok_or_else(|| Misfit::Impossible { account: entry.account.clone() })?;
    Ok(())
}

fn move_in_lot(state: &mut LedgerState, id: &LotId, added: Credits) -> Result<(), Misfit> {
    let account = || Account::Lot(id.clone());
    let lot = state.lots.get_mut(id).ok_or_else(|| Misfit::NotThere { account: account() })?;
    let possible = Credits::ZERO..=lot.amount;
    if !lot.remaining.checked_add(added).is_some_and(|remaining| possible.contains(&remaining)) {
        return Err(Misfit::Impossible { account: account() });
    }
    state.index.change_lot(lot, added, state.head.order);
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

fn settle(state: &mut LedgerState, id: &HoldId, done: &Transaction) -> Result<(), Misfit> {
    let TransactionKind::Settle { paid, absorbed, counted_at, .. } = &done.kind else {
        return Err(Misfit::Contradiction);
    };
    let amount = done.moved(&Account::Spent);
    agree(Credits::checked_sum(paid.iter().map(|draw| draw.amount)) == Some(amount))?;
    let outcome = HoldState::Settled {
        amount,
        absorbed: *absorbed,
        paid: paid.clone(),
        at: done.recorded_at,
        transaction: done.sequence,
    };
    close_hold(state, id, outcome, done)?;
    count(state, &done.attribution, *counted_at, |budget| budget.used = sum(budget.used, amount));
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
    Ok(())
}

fn charge(state: &mut LedgerState, done: &Transaction) -> Result<(), Misfit> {
    let amount = done.moved(&Account::Spent);
    count(state, &done.attribution, done.recorded_at, |budget| {
        budget.used = sum(budget.used, amount)
    });
    Ok(())
}

fn expire(state: &mut LedgerState, id: &LotId, done: &Transaction) -> Result<(), Misfit> {
    let account = Account::Lot(id.clone());
    let lot = state.lots.get_mut(id).ok_or(Misfit::NotThere { account })?;
    lot.expired_by.get_or_insert(done.sequence);
    agree(lot.remaining.is_zero() && lot.is_expired(done.recorded_at))
}

fn set_budget(state: &mut LedgerState, done: &Transaction) -> Result<(), Misfit> {
    let TransactionKind::SetBudget { subject, budget, window, limit, used } = &done.kind else {
        return Err(Misfit::Contradiction);
    };
    agree(!used.is_negative() && *used <= state.head.spent)?;
    match limit {
        None => state.budgets.remove(subject),
        Some(limit) => {
            let budget = Budget {
                subject: subject.clone(),
                kind: *budget,
                window: *window,
                limit: *limit,
                used: *used,
                held: held_in(state, subject, window),
            };
            state.budgets.insert(subject.clone(), budget)
        }
    };
    Ok(())
}

/// What open holds made in the window have set aside for the subject.
pub(super) fn held_in(state: &LedgerState, subject: &Subject, window: &Window) -> Credits {
    let counts = |hold: &&Hold| {
        hold.is_open() && window.contains(hold.made_at) && subject.covers(&hold.attribution)
    };
    state.holds.values().filter(counts).map(|hold| hold.amount).fold(Credits::ZERO, sum)
}

/// Changes every budget that credits of `attribution` counted at `counted_at` fall under.
fn count(
    state: &mut LedgerState,
    attribution: &Attribution,
    counted_at: Timestamp,
    change: impl Fn(&mut Budget),
) {
    for subject in Subject::all_of(attribution) {
        let budget = state.budgets.get_mut(&subject);
        budget.filter(|budget| budget.window.contains(counted_at)).into_iter().for_each(&change);
    }
}
