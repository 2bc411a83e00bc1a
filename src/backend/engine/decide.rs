//! Deciding a group: the ledger's own `apply` for each order, in order of arrival. No await in here.

use super::cache::Cached;
use super::request::{Condition, What};
use crate::backend::store::head;
use crate::ledger::{
    Actor, Command, Credits, Hash, IdempotencyKey, LedgerState, Order, Refusal, SetTerms, Span,
    Timestamp, Transaction, Window, apply, book_due,
};
use crate::model::balance::BalanceView;
use std::collections::HashMap;

/// The fingerprint of keys that the system makes: no order has it.
const SYSTEM_FINGERPRINT: Hash = Hash([0; 32]);

/// Keys that were used: the fingerprint of the order and the sequence of the transaction of each.
pub type Keys = HashMap<IdempotencyKey, (Hash, u64)>;

/// What a group came to.
#[derive(Debug, Default)]
pub struct Decided {
    /// All transactions to be written, in sequence.
    pub booked: Vec<Transaction>,
    /// The fingerprint of each of them.
    pub fingerprints: Vec<Hash>,
    /// The keys of all of them.
    pub keys: Keys,
    /// Keys of orders that booked nothing: if one was used before, its order has another answer.
    pub unbooked: Vec<IdempotencyKey>,
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
    /// Has looked.
    Looked,
    /// This many transactions had fallen due.
    Due(usize),
}

/// What is known beside the state when a request is decided.
pub struct Before<'a> {
    /// Keys that were used before the group.
    pub keys: &'a Keys,
    /// For each `SetBudget` of the group that wants it, by key: what its subject used before, in the
    /// stretches of time that may be the one.
    pub used: &'a HashMap<IdempotencyKey, Vec<(Span, Credits)>>,
    /// The instant it is.
    pub now: Timestamp,
}

impl Decided {
    /// Applies a request to the state, which is changed by it.
    pub fn decide(&mut self, cached: &mut Cached, what: &mut What, before: &Before) {
        let outcome = match what {
            What::Order { order, condition, .. } => {
                self.order(cached, order, condition.as_ref(), before)
            }
            What::Read(look) => {
                look.look(&cached.state);
                Outcome::Looked
            }
            What::Due { now, .. } => {
                let booked = book_due(&mut cached.state, *now);
                let count = booked.len();
                booked.into_iter().for_each(|due| self.keep(due, SYSTEM_FINGERPRINT));
                Outcome::Due(count)
            }
        };
        self.outcomes.push(outcome);
    }

    fn order(
        &mut self,
        cached: &mut Cached,
        order: &Order,
        condition: Option<&Condition>,
        before: &Before,
    ) -> Outcome {
        let fingerprint = order.fingerprint();
        match self.keys.get(&order.key).or_else(|| before.keys.get(&order.key)) {
            Some((known, _)) if *known != fingerprint => return Outcome::Conflict,
            Some((_, sequence)) => {
                let balance = head::balance_view(&cached.state, before.now);
                return Outcome::Answered { sequence: *sequence, replayed: true, balance };
            }
            None => {}
        }
        let outcome = match condition {
            Some(is_met) if !is_met(&cached.state) => Outcome::Unmet,
            _ => self.book(cached, order, fingerprint, before),
        };
        if !self.keys.contains_key(&order.key) {
            self.unbooked.push(order.key.clone());
        }
        outcome
    }

    fn book(
        &mut self,
        cached: &mut Cached,
        order: &Order,
        fingerprint: Hash,
        before: &Before,
    ) -> Outcome {
        self.set_calendar(cached, order, before.now);
        let state = &mut cached.state;
        let mut read = before.used.get(&order.key).into_iter().flatten();
        let completed = match usage_wanted(state, order, before.now) {
            None => None,
            Some(wanted) => match read.find(|(span, _)| *span == wanted) {
                Some((span, used)) => with_usage(order, *span, *used, &self.booked),
                // An earlier order of this group changed what a month is: the next group knows.
                None => return Outcome::NotNow,
            },
        };
        let applied = apply(state, completed.as_ref().unwrap_or(order), before.now);
        for transaction in applied.booked {
            let own = transaction.key == order.key;
            self.keep(transaction, if own { fingerprint } else { SYSTEM_FINGERPRINT });
        }
        if !self.keys.contains_key(&order.key) {
            self.unbooked.push(order.key.clone());
        }
        match applied.answer {
            Err(refusal) => Outcome::Refused(refusal),
            Ok(receipt) => Outcome::Answered {
                sequence: receipt.sequence,
                replayed: receipt.already_booked,
                balance: view(state, receipt.balance, before.now),
            },
        }
    }

    /// Days and months are counted in the organisation's zone: its offsets are set in the journal before
    /// the first order that counts by them, and again when the time-zone database knows better.
    fn set_calendar(&mut self, cached: &mut Cached, order: &Order, now: Timestamp) {
        let counts = match &order.command {
            Command::SetBudget(set) => {
                matches!(set.window, Window::Every(_)) && set.limit.is_some()
            }
            Command::SetPlan { plan } => plan.is_some(),
            _ => false,
        };
        if !counts {
            return;
        }
        let (calendar, state) = (cached.zone.calendar(), &mut cached.state);
        if state.terms().calendar == calendar {
            return;
        }
        let key = IdempotencyKey::parse(&format!("calendar:{}", state.head().sequence + 1))
            .expect("a word and a number make a key");
        let terms = SetTerms { calendar: Some(calendar), ..SetTerms::default() };
        let command = Command::SetTerms(terms);
        let order = Order { key, actor: Actor::System, occurred_at: now, command };
        let booked = apply(state, &order, now).booked;
        booked.into_iter().for_each(|transaction| self.keep(transaction, SYSTEM_FINGERPRINT));
    }

    fn keep(&mut self, transaction: Transaction, fingerprint: Hash) {
        self.keys.insert(transaction.key.clone(), (fingerprint, transaction.sequence));
        self.fingerprints.push(fingerprint);
        self.booked.push(transaction);
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
