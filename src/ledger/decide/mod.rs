//! Decisions: what a command would book, or why it is refused. Nothing here changes a state.
//!
//! One function a command. Every refusal that needs credits comes from [`gate`]; what is accepted
//! is a [`Draft`], which the caller books.

mod budgets;
mod gate;
mod holds;
mod lots;

pub(in crate::ledger) use holds::deadline_passed;
pub(in crate::ledger) use lots::lot_expired;

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
    match command {
        Command::Grant(terms) => lots::grant(state, terms, now).map(Decision::Book),
        Command::Hold(terms) => holds::hold(state, terms, now).map(Decision::Book),
        Command::Settle { hold, amount } => holds::settle(state, hold, *amount, now),
        Command::Release { hold } => holds::release(state, hold),
        Command::Charge { amount, attribution } => {
            gate::charge(state, *amount, attribution, now).map(Decision::Book)
        }
        Command::Expire { lot } => lots::expire(state, lot, now),
        Command::SetBudget(terms) => budgets::set_budget(state, terms, now).map(Decision::Book),
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

fn take_from_lots(draws: &[Draw]) -> Vec<Entry> {
    draws.iter().map(|draw| take(Account::Lot(draw.lot.clone()), draw.amount)).collect()
}
