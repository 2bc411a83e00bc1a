//! Every promise is broken once, and the oracle notices.

use super::*;
use crate::backend::simulation::script::{BEGINNING, Place, Script};
use crate::ledger::{Applied, Command, Credits, LedgerState, Receipt as Booked, apply};

const SCRIPT: Script = Script { seed: 3, clients: 4, organisations: 1 };

/// A ledger that answers as an engine does, and a journal to plant faults in.
struct Desk {
    oracle: Oracle,
    state: LedgerState,
    journal: Vec<Transaction>,
    keys: Keys,
}

impl Desk {
    /// Some orders, all heard with their answers.
    fn open() -> Desk {
        let id = SCRIPT.organisations().next().unwrap();
        let state = LedgerState::new(id);
        let mut desk =
            Desk { oracle: Oracle::default(), state, journal: Vec::new(), keys: Keys::new() };
        for step in 0..30 {
            for client in 0..SCRIPT.clients {
                let order = SCRIPT.order(Place { client, step }, BEGINNING).1;
                let sent = desk.oracle.sends(&desk.id(), &order);
                let answer = desk.answer(&order);
                desk.oracle.hears(&sent, &answer).unwrap();
            }
        }
        desk
    }

    fn id(&self) -> OrganisationId {
        self.state.head().organisation.clone()
    }

    fn answer(&mut self, order: &Order) -> Result<Receipt, SubmitError> {
        let Applied { booked, answer } = apply(&mut self.state, order, BEGINNING);
        for transaction in booked {
            let fingerprint = order.fingerprint();
            self.keys.insert(transaction.key.clone(), (fingerprint, transaction.sequence));
            self.journal.push(transaction);
        }
        let Booked { sequence, already_booked, balance } = answer.map_err(SubmitError::Refused)?;
        Ok(Receipt {
            transaction: self.journal[sequence as usize - 1].clone(),
            replayed: already_booked,
            balance: BalanceView {
                version: self.state.head().sequence,
                available: balance.available,
                held: balance.held,
                balance: balance.balance,
                as_of: BEGINNING,
            },
        })
    }

    fn judge(&mut self) -> Result<(), Violation> {
        let (id, journal, keys) = (self.id(), self.journal.clone(), self.keys.clone());
        self.oracle.judge(&id, &journal, &keys)
    }

    /// The first order that was booked, with a receipt of it.
    fn first(&self) -> (Order, Receipt) {
        let order = SCRIPT.order(Place { client: 0, step: 0 }, BEGINNING).1;
        let transaction = self.journal[0].clone();
        assert_eq!(transaction.key, order.key);
        let version = self.state.head().sequence;
        let balance = BalanceView {
            version,
            available: Credits::ZERO,
            held: Credits::ZERO,
            balance: Credits::ZERO,
            as_of: BEGINNING,
        };
        (order, Receipt { transaction, replayed: true, balance })
    }

    fn hears(&mut self, order: &Order, answer: Result<Receipt, SubmitError>) -> String {
        let sent = self.oracle.sends(&self.id(), order);
        self.oracle
            .hears(&sent, &answer)
            .map_or_else(|broken| broken.to_string(), |()| String::new())
    }
}

fn found(judged: Result<(), Violation>) -> String {
    judged.unwrap_err().to_string()
}

#[test]
fn an_honest_ledger_is_believed() {
    let mut desk = Desk::open();
    assert!(desk.journal.len() > 40);
    desk.judge().unwrap();
}

#[test]
fn an_acknowledged_transaction_that_is_lost_is_missed() {
    let mut desk = Desk::open();
    desk.journal.pop();
    assert!(found(desk.judge()).contains("told of"));
}

#[test]
fn a_transaction_that_is_there_twice_is_found() {
    let mut desk = Desk::open();
    let mut twice = desk.journal.last().unwrap().clone();
    twice.sequence += 1;
    desk.journal.push(twice);
    let found = found(desk.judge());
    assert!(found.contains("its key names") || found.contains("twice"), "{found}");
}

#[test]
fn a_transaction_with_other_content_than_was_told_is_found() {
    let mut desk = Desk::open();
    desk.journal[5].available_after = Credits::ZERO;
    assert!(found(desk.judge()).contains("told of"));
}

#[test]
fn a_transaction_that_nobody_asked_for_is_found() {
    let mut desk = Desk::open();
    let mut order = desk.first().0;
    order.key = IdempotencyKey::parse("nobody").unwrap();
    order.command =
        Command::Charge { amount: Credits::from_micro(1), attribution: Default::default() };
    desk.answer(&order).unwrap();
    assert!(found(desk.judge()).contains("nobody asked"));
}

#[test]
fn an_account_with_less_than_nothing_is_found() {
    let mut desk = Desk::open();
    let spent = desk.journal.iter_mut().find(|it| it.kind.code() == "charge").unwrap();
    for entry in &mut spent.entries {
        entry.amount = entry.amount.checked_mul(1_000_000).unwrap();
    }
    let told = desk.journal.clone();
    let broken = accounts(&told).unwrap_err();
    assert!(broken.1.contains("after it"), "{broken:?}");
}

#[test]
fn another_answer_to_the_same_key_is_noticed() {
    let mut desk = Desk::open();
    let (order, mut receipt) = desk.first();
    assert_eq!(desk.hears(&order, Ok(receipt.clone())), "");
    receipt.transaction.available_after = Credits::from_micro(1);
    assert!(desk.hears(&order, Ok(receipt)).contains("before with"));
}

#[test]
fn a_second_booking_a_refusal_and_a_conflict_after_the_answer_are_noticed() {
    let mut desk = Desk::open();
    let (order, mut receipt) = desk.first();
    receipt.replayed = false;
    assert!(desk.hears(&order, Ok(receipt)).contains("second time"));
    let refusal = Refusal::AmountNegative { amount: Credits::ZERO };
    let refused = Err(SubmitError::Refused(refusal));
    assert!(desk.hears(&order, refused).contains("after it was booked"));
    assert!(desk.hears(&order, Err(SubmitError::KeyConflict)).contains("conflict with itself"));
}

#[test]
fn a_balance_of_less_than_nothing_or_from_the_past_is_noticed() {
    let mut desk = Desk::open();
    let mut view = desk.first().1.balance;
    let (id, known) = (desk.id(), desk.oracle.version(&desk.id()));
    view.version -= 1;
    assert!(found(desk.oracle.sees(&id, known, &view)).contains("after version"));
    view.version += 1;
    view.available = Credits::from_micro(-1);
    assert!(found(desk.oracle.sees(&id, known, &view)).contains("available"));
}

#[test]
fn a_conflict_that_is_none_is_found_in_the_end() {
    let mut desk = Desk::open();
    let mut order = desk.first().0;
    order.key = IdempotencyKey::parse("never booked").unwrap();
    assert_eq!(desk.hears(&order, Err(SubmitError::KeyConflict)), "");
    assert!(found(desk.judge()).contains("conflict that is none"));
}
