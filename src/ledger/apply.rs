//! The one way to change a ledger: book what fell due, decide, record.
//!
//! The steps of [`apply`]:
//! 1. `now` is read as no earlier than the last transaction.
//! 2. What fell due by then is booked, soonest first, each at the instant it fell due.
//! 3. The command is decided on the unchanged state; every refusal comes from here.
//! 4. Its transaction is recorded. From the decision on, nothing can fail.
//! 5. What it gave back to a lot that has expired expires at once, as a transaction of its own.

use super::actor::Actor;
use super::balance::Balance;
use super::chain;
use super::command::Order;
use super::credits::Credits;
use super::decide::{Decision, Draft, deadline_passed, decide, lot_expired, period_begun};
use super::hash::Hash;
use super::index::Due;
use super::key::IdempotencyKey;
use super::record;
use super::refusal::Refusal;
use super::state::LedgerState;
use super::time::Timestamp;
use super::transaction::Transaction;

/// What [`apply`] did.
#[must_use = "what was booked is in the state already and has to reach the journal"]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// Everything that was booked, in sequence: what fell due before, the command's own transaction
    /// where it was accepted, and what that let expire.
    pub booked: Vec<Transaction>,
    /// The command's answer.
    pub answer: Result<Receipt, Refusal>,
}

impl Applied {
    /// The transaction that the answer points at, where it was booked just now.
    pub fn transaction(&self) -> Option<&Transaction> {
        let receipt = self.answer.as_ref().ok()?;
        self.booked.iter().find(|transaction| transaction.sequence == receipt.sequence)
    }
}

/// A command that was accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The transaction that answers it.
    pub sequence: u64,
    /// The command itself booked nothing, since that transaction was there before it was decided: a
    /// second settle or release of the same hold, or what had fallen due by then.
    pub already_booked: bool,
    /// What the organisation has now.
    pub balance: Balance,
}

/// Applies `order` at `now`. A refusal leaves nothing but what fell due.
pub fn apply(state: &mut LedgerState, order: &Order, now: Timestamp) -> Applied {
    let now = state.no_earlier(now);
    let mut booked = book_due(state, now);
    let (sequence, already_booked) = match decide(state, &order.command, now) {
        Err(refusal) => return Applied { booked, answer: Err(refusal) },
        Ok(Decision::Answered(sequence)) => (sequence, true),
        Ok(Decision::Book(draft)) => {
            let moment = Moment { occurred_at: order.occurred_at, recorded_at: now };
            booked.push(book(state, draft, order.key.clone(), order.actor.clone(), moment));
            (state.head.sequence, false)
        }
    };
    booked.extend(book_due(state, now));
    let balance = state.standing(now);
    Applied { booked, answer: Ok(Receipt { sequence, already_booked, balance }) }
}

/// Books what fell due by `now`: deadlines of holds, expiries of lots and periods of the plan, soonest
/// first.
#[must_use = "what was booked is in the state already and has to reach the journal"]
pub fn book_due(state: &mut LedgerState, now: Timestamp) -> Vec<Transaction> {
    let mut booked = Vec::new();
    while let Some((due_at, due)) = state.first_due(now) {
        let at = state.no_earlier(due_at);
        let (draft, key) = match &due {
            Due::Deadline(hold) => (deadline_passed(state, hold), format!("deadline:{hold}")),
            Due::Expiry(lot) => lot_expired(state, lot, at),
            Due::Period => period_begun(state, at),
        };
        let key = IdempotencyKey::parse(&key).expect("an id and a word make a short, plain key");
        let moment = Moment { occurred_at: at, recorded_at: at };
        booked.push(book(state, draft, key, Actor::System, moment));
    }
    booked
}

/// When it happened, and when it takes effect.
struct Moment {
    occurred_at: Timestamp,
    recorded_at: Timestamp,
}

/// Turns a draft into the journal's next transaction and records it.
fn book(
    state: &mut LedgerState,
    draft: Draft,
    key: IdempotencyKey,
    actor: Actor,
    moment: Moment,
) -> Transaction {
    let mut transaction = Transaction {
        sequence: state.head.sequence + 1,
        kind: draft.kind,
        key,
        actor,
        attribution: draft.attribution,
        occurred_at: moment.occurred_at,
        recorded_at: moment.recorded_at,
        corrects: draft.corrects,
        entries: draft.entries,
        available_after: Credits::ZERO,
        hash: Hash([0; 32]),
    };
    record::take_effect(state, &transaction)
        .expect("what was decided on a state can be recorded on that state");
    transaction.available_after = state.standing(moment.recorded_at).available;
    transaction.hash = chain::link(state.head.hash, &transaction);
    record::advance(state, &transaction);
    transaction
}
