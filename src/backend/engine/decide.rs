//! Deciding a group: the ledger's own `apply` for each order, in order of arrival. No await in here.

use super::fetch::Fetched;
use super::request::{Condition, What};
use crate::backend::store::head;
use crate::backend::zone::Zone;
use crate::ledger::{
    Actor, Command, Credits, Hash, IdempotencyKey, LedgerState, Order, Refusal, SetTerms, Span,
    Timestamp, Transaction, Window, apply, book_due,
};
use crate::model::balance::BalanceView;
use std::collections::HashMap;

/// The fingerprint of keys that the system makes: no order has it.
const SYSTEM_FINGERPRINT: Hash = Hash([0; 32]);

/// What a group came to.
#[derive(Debug, Default)]
pub struct Decided {
    /// All transactions to be written, in sequence.
    pub booked: Vec<Transaction>,
    /// The key of each of them with its fingerprint.
    pub keys: Vec<(IdempotencyKey, Hash, u64)>,
    /// One for each request, in their order.
    pub outcomes: Vec<Outcome>,
}

/// What one request came to.
#[derive(Debug)]
pub enum Outcome {
    /// Answered by this transaction; it was booked before where `replayed`.
    Answered {
        /// The transaction.
        sequence: u64,
        /// Nothing changed now.
        replayed: bool,
        /// The balance behind it.
        balance: BalanceView,
    },
    /// The key was used for another order.
    Conflict,
    /// The caller's condition is not true.
    Unmet,
    /// The ledger says no.
    Refused(Refusal),
    /// It cannot be decided in this group.
    NotNow,
    /// To be looked at when everything is durable.
    Look,
    /// This many transactions had fallen due.
    Due(usize),
}

/// Applies the requests to the fetched state, which is changed by it.
pub fn decide(fetched: &mut Fetched, requests: &[What], now: Timestamp) -> Decided {
    let mut decided = Decided::default();
    let mut keys = std::mem::take(&mut fetched.known.keys);
    for request in requests {
        let outcome = match request {
            What::Order { order, condition, .. } => {
                book(fetched, &mut decided, &mut keys, order, condition.as_ref(), now)
            }
            What::Read(_) => Outcome::Look,
            What::Due { now, .. } => {
                let booked = book_due(&mut fetched.cached.state, *now);
                let count = booked.len();
                booked.into_iter().for_each(|due| decided.keep(due, SYSTEM_FINGERPRINT));
                Outcome::Due(count)
            }
        };
        decided.outcomes.push(outcome);
    }
    decided
}

fn book(
    fetched: &mut Fetched,
    decided: &mut Decided,
    keys: &mut HashMap<IdempotencyKey, (Hash, u64)>,
    order: &Order,
    condition: Option<&Condition>,
    now: Timestamp,
) -> Outcome {
    let fingerprint = order.fingerprint();
    let state = &mut fetched.cached.state;
    match keys.get(&order.key) {
        Some((known, _)) if *known != fingerprint => return Outcome::Conflict,
        Some((_, sequence)) => {
            let balance = head::balance_view(state, now);
            return Outcome::Answered { sequence: *sequence, replayed: true, balance };
        }
        None if condition.is_some_and(|is_met| !is_met(state)) => return Outcome::Unmet,
        None => {}
    }
    set_calendar(state, decided, order, fetched.cached.zone, now);
    let before = fetched.used.get(&order.key).into_iter().flatten();
    let completed = match usage_wanted(state, order, now) {
        None => None,
        Some(wanted) => match before.copied().find(|(span, _)| *span == wanted) {
            Some((span, used)) => with_usage(order, span, used, &decided.booked),
            // An earlier order of this group changed what a month is: the next group knows.
            None => return Outcome::NotNow,
        },
    };
    let applied = apply(state, completed.as_ref().unwrap_or(order), now);
    for transaction in applied.booked {
        let own = transaction.key == order.key;
        if own {
            keys.insert(order.key.clone(), (fingerprint, transaction.sequence));
        }
        decided.keep(transaction, if own { fingerprint } else { SYSTEM_FINGERPRINT });
    }
    match applied.answer {
        Err(refusal) => Outcome::Refused(refusal),
        Ok(receipt) => Outcome::Answered {
            sequence: receipt.sequence,
            replayed: receipt.already_booked,
            balance: view(state, receipt.balance, now),
        },
    }
}

fn view(state: &LedgerState, balance: crate::ledger::Balance, now: Timestamp) -> BalanceView {
    BalanceView {
        version: state.head().sequence,
        available: balance.available,
        held: balance.held,
        balance: balance.balance,
        as_of: now,
    }
}

/// Days and months are counted in the organisation's zone: its offsets are set in the journal before the
/// first order that counts by them, and again when the time-zone database knows better.
fn set_calendar(
    state: &mut LedgerState,
    decided: &mut Decided,
    order: &Order,
    zone: Zone,
    now: Timestamp,
) {
    let counts = match &order.command {
        Command::SetBudget(set) => matches!(set.window, Window::Every(_)) && set.limit.is_some(),
        Command::SetPlan { plan } => plan.is_some(),
        _ => false,
    };
    if !counts {
        return;
    }
    let calendar = zone.calendar();
    if state.terms().calendar == calendar {
        return;
    }
    let key = IdempotencyKey::parse(&format!("calendar:{}", state.head().sequence + 1))
        .expect("a word and a number make a key");
    let terms = SetTerms { calendar: Some(calendar), ..SetTerms::default() };
    let command = Command::SetTerms(terms);
    let order = Order { key, actor: Actor::System, occurred_at: now, command };
    let booked = apply(state, &order, now).booked;
    booked.into_iter().for_each(|transaction| decided.keep(transaction, SYSTEM_FINGERPRINT));
}

fn usage_wanted(state: &LedgerState, order: &Order, now: Timestamp) -> Option<Span> {
    let Command::SetBudget(set) = &order.command else { return None };
    state.usage_wanted(set, now).map(|(_, span)| span)
}

/// A `SetBudget` with what its subject used before: in the journal, and earlier in this group.
fn with_usage(
    order: &Order,
    span: Span,
    journal: Credits,
    booked: &[Transaction],
) -> Option<Order> {
    let Command::SetBudget(set) = &order.command else { return None };
    let in_group = booked
        .iter()
        .filter_map(Transaction::usage)
        .filter(|usage| set.subject.covers(usage.attribution) && span.contains(usage.counted_at));
    let used = Credits::checked_sum(in_group.map(|usage| usage.amount))?.checked_add(journal)?;
    let mut set = set.clone();
    set.used_so_far = used;
    Some(Order { command: Command::SetBudget(set), ..order.clone() })
}

impl Decided {
    fn keep(&mut self, transaction: Transaction, fingerprint: Hash) {
        self.keys.push((transaction.key.clone(), fingerprint, transaction.sequence));
        self.booked.push(transaction);
    }
}
