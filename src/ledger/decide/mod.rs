//! Decisions: what a command would book, or why it is refused. Nothing here changes a state.
//!
//! One function a command. Every refusal that needs credits comes from [`gate`]; what is accepted
//! is a [`Draft`], which the caller books.

mod budgets;
mod gate;
mod holds;
mod lots;
mod outflows;
mod terms;

pub(in crate::ledger) use holds::deadline_passed;
pub(in crate::ledger) use lots::lot_expired;
pub(in crate::ledger) use terms::period_begun;

use super::attribution::Attribution;
use super::command::Command;
use super::credits::Credits;
use super::entry::{Account, Entry};
use super::hold::Draw;
use super::id::LotId;
use super::index::difference;
use super::refusal::Refusal;
use super::state::LedgerState;
use super::time::Timestamp;
use super::transaction::TransactionKind;

/// What a command comes to.
#[cfg_attr(
    not(target_arch = "wasm32"),
    expect(
        clippy::large_enum_variant,
        reason = "it is taken apart at once, and nearly always a draft"
    )
)]
pub(in crate::ledger) enum Decision {
    /// A transaction to book.
    Book(Draft),
    /// Nothing to book: the transaction of that sequence is the answer already.
    Answered(u64),
}

/// A transaction without its place in the journal.
pub(in crate::ledger) struct Draft {
    pub(in crate::ledger) kind: TransactionKind,
    pub(in crate::ledger) attribution: Attribution,
    pub(in crate::ledger) corrects: Option<u64>,
    pub(in crate::ledger) entries: Vec<Entry>,
}

impl Draft {
    fn plain(kind: TransactionKind, entries: Vec<Entry>) -> Draft {
        Draft { kind, attribution: Attribution::default(), corrects: None, entries }
    }
}

/// Decides `command` at `now`, with everything due by then already booked.
pub(in crate::ledger) fn decide(
    state: &LedgerState,
    command: &Command,
    now: Timestamp,
) -> Result<Decision, Refusal> {
    let decision = decide_alone(state, command, now)?;
    if let Decision::Book(draft) = &decision {
        fits(state, draft)?;
    }
    Ok(decision)
}

/// Every total is a part of what was granted or is owed: while these fit together, so does each of them.
fn fits(state: &LedgerState, draft: &Draft) -> Result<(), Refusal> {
    let outside = |entry: &&Entry| matches!(entry.account, Account::Funding(_) | Account::Debt);
    let added = draft.entries.iter().filter(outside).filter_map(|entry| entry.amount.checked_neg());
    let added = Credits::checked_sum(added.filter(|amount| amount.is_positive()));
    let total = Credits::checked_sum([state.head.granted, state.head.debt])
        .zip(added)
        .and_then(|(total, added)| total.checked_add(added));
    let amount = added.unwrap_or(Credits::MAX);
    total.map(|_| ()).ok_or(Refusal::AmountOverflow { amount })
}

fn decide_alone(
    state: &LedgerState,
    command: &Command,
    now: Timestamp,
) -> Result<Decision, Refusal> {
    match command {
        Command::Grant(terms) => Decision::of(lots::grant(state, terms, now)),
        Command::Hold(terms) => Decision::of(holds::hold(state, terms, now)),
        Command::Settle { hold, amount } => holds::settle(state, hold, *amount, now),
        Command::Release { hold } => holds::release(state, hold),
        Command::Charge { amount, attribution } => {
            Decision::of(gate::charge(state, *amount, attribution, now))
        }
        Command::Expire { lot } => lots::expire(state, lot, now),
        Command::EndLot { lot } => Decision::of(lots::end(state, lot, now)),
        Command::SetBudget(terms) => Decision::of(budgets::set_budget(state, terms, now)),
        Command::MoveBudget { from, to, amount } => {
            Decision::of(budgets::move_budget(state, from, to, *amount, now))
        }
        Command::ExtendHold { hold, by, deadline } => {
            Decision::of(holds::extend(state, hold, *by, *deadline, now))
        }
        Command::Reverse { transaction, amount } => {
            Decision::of(outflows::reverse(state, *transaction, *amount))
        }
        Command::Revoke { lot, amount } => Decision::of(outflows::revoke(state, lot, *amount)),
        Command::Freeze { lot, amount } => Decision::of(outflows::freeze(state, lot, *amount)),
        Command::Unfreeze { lot, amount } => Decision::of(outflows::unfreeze(state, lot, *amount)),
        Command::Adjust { lot, change, reason } => {
            Decision::of(outflows::adjust(state, lot, *change, reason))
        }
        Command::SetTerms(changed) => Decision::of(terms::set_terms(changed)),
        Command::SetPlan { plan } => Decision::of(terms::set_plan(state, plan.as_deref(), now)),
    }
}

fn positive(amount: Credits) -> Result<Credits, Refusal> {
    if amount.is_positive() { Ok(amount) } else { Err(Refusal::AmountNotPositive { amount }) }
}

fn give(account: Account, amount: Credits) -> Entry {
    Entry { account, amount }
}

fn take(account: Account, amount: Credits) -> Entry {
    Entry { account, amount: difference(Credits::ZERO, amount) }
}

fn give_to_lot(lot: &LotId, amount: Credits) -> Entry {
    give(Account::Lot(lot.clone()), amount)
}

fn give_to_spent(amount: Credits) -> Option<Entry> {
    amount.is_positive().then(|| give(Account::Spent, amount))
}

/// The lines that take the draws from their lots. An unlimited lot is filled as it gives.
fn take_from_lots(state: &LedgerState, draws: &[Draw]) -> Vec<Entry> {
    let mut entries = Vec::with_capacity(draws.len() + 2);
    for draw in draws {
        if let Some(lot) = state.lot(&draw.lot).filter(|lot| lot.unlimited) {
            entries.push(take(Account::Funding(lot.source), draw.amount));
            entries.push(give_to_lot(&draw.lot, draw.amount));
        }
        entries.push(take(Account::Lot(draw.lot.clone()), draw.amount));
    }
    entries
}

/// The lines that give a draw back to its lot: to what is to be frozen first, then to what is free;
/// of an unlimited lot, back to where it came from.
fn give_back(state: &LedgerState, draw: &Draw) -> Vec<Entry> {
    let lot = state.lot(&draw.lot).expect("a lot that credits were drawn from is in memory");
    if lot.unlimited {
        return vec![give(Account::Funding(lot.source), draw.amount)];
    }
    let frozen = lot.freeze_wanted.min(draw.amount);
    let parts = [
        (Account::Frozen(draw.lot.clone()), frozen),
        (Account::Lot(draw.lot.clone()), difference(draw.amount, frozen)),
    ];
    let parts = parts.into_iter().filter(|(_, part)| part.is_positive());
    parts.map(|(account, part)| give(account, part)).collect()
}
