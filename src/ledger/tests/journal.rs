//! The journal: chain, replay, fingerprints and what travels.

use super::desk::*;
use crate::ledger::chain::BrokenLink;
use crate::ledger::command::{Grant, MakeHold, SetBudget};
use crate::ledger::replay::ReplayError;
use crate::ledger::*;

/// A journal with every kind of transaction in it.
fn busy() -> Desk {
    let mut desk = Desk::open();
    desk.grant(Grant {
        cost: Some(Money { minor: 1000, currency: "USD".parse().unwrap() }),
        operations: Some(vec![Operation::parse("chat").unwrap()]),
        origin: Origin::Payment { purchase: PurchaseId::parse("pur_1").unwrap() },
        ..expiring("a", "5", second(100))
    });
    desk.grant(purchased("b", "20"));
    desk.set_budget(capped(department("x"), "15")).unwrap();
    desk.hold(MakeHold { attribution: work_of("x"), ..holding("h", "4") }).unwrap();
    desk.settle("h", "3").unwrap();
    desk.hold(holding("i", "2")).unwrap();
    desk.release("i").unwrap();
    desk.hold(MakeHold { deadline: second(50), ..holding("j", "2") }).unwrap();
    desk.at(60).settle("j", "1").unwrap();
    desk.at(120).charge("2", work_of("x")).unwrap();
    desk
}

fn begun() -> LedgerState {
    LedgerState::new(organisation())
}

#[test]
fn the_sequence_has_no_gaps_and_the_chain_holds() {
    let desk = busy();
    let sequences: Vec<u64> = desk.journal.iter().map(|booked| booked.sequence).collect();
    assert_eq!(sequences, (1..=desk.journal.len() as u64).collect::<Vec<_>>());
    assert_eq!(chain::verify(&organisation(), &desk.journal), Ok(desk.state.head().hash));
    let other = OrganisationId::parse("org_other").unwrap();
    assert!(chain::verify(&other, &desk.journal).is_err());
}

#[test]
fn a_silent_edit_of_any_field_breaks_the_chain_at_its_line() {
    type Edit = fn(&mut Transaction);
    let edits: [(&str, Edit); 9] = [
        ("kind", |booked| booked.kind = TransactionKind::Charge),
        ("key", |booked| booked.key = IdempotencyKey::parse("other").unwrap()),
        ("actor", |booked| booked.actor = "staff:usr_1".parse().unwrap()),
        ("attribution", |booked| booked.attribution = work_of("other")),
        ("occurred_at", |booked| booked.occurred_at = second(7)),
        ("recorded_at", |booked| booked.recorded_at = second(7)),
        ("corrects", |booked| booked.corrects = None),
        ("entries", |booked| booked.entries[0].amount = credits("-0.5")),
        ("available_after", |booked| booked.available_after = credits("1000")),
    ];
    for (field, edit) in edits {
        let mut journal = busy().journal;
        edit(&mut journal[4]);
        let found = chain::verify(&organisation(), &journal);
        assert!(matches!(found, Err(BrokenLink::WrongHash { sequence: 5, .. })), "{field}");
    }
}

#[test]
fn a_missing_line_is_noticed() {
    let mut journal = busy().journal;
    journal.remove(3);
    let missing = BrokenLink::OutOfSequence { expected: 4, found: 5 };
    assert_eq!(chain::verify(&organisation(), &journal), Err(missing.clone()));
    assert_eq!(replay(begun(), &journal), Err(ReplayError::Chain(missing)));
}

/// An edit with hashes that were made to fit is still seen by what it does to the accounts.
#[test]
fn a_forged_journal_with_a_fitting_chain_does_not_replay() {
    type Edit = fn(&mut [Transaction]);
    let edits: [(&str, Edit); 6] = [
        ("more is given than taken", |journal| journal[0].entries[1].amount = credits("6")),
        ("a lot gives twice", |journal| {
            let entries = journal[3].entries.clone();
            journal[3].entries.extend(entries);
        }),
        ("a balance is overstated", |journal| journal[1].available_after = credits("26")),
        ("another pays for the hold", |journal| journal[4].attribution = work_of("y")),
        ("a hold that is not its own is emptied", |journal| {
            journal[0]
                .entries
                .push(Entry { account: Account::Held(hold_id("h")), amount: Credits::ZERO });
        }),
        ("a budget starts from more than was spent", |journal| {
            journal[2].kind = TransactionKind::SetBudget {
                subject: department("x"),
                budget: BudgetKind::Cap,
                window: Window::Forever,
                limit: Some(credits("15")),
                used: credits("1"),
            };
        }),
    ];
    for (story, edit) in edits {
        let mut journal = busy().journal;
        edit(&mut journal);
        let mut previous = chain::genesis(&organisation());
        for booked in &mut journal {
            booked.hash = chain::link(previous, booked);
            previous = booked.hash;
        }
        let found = replay(begun(), &journal);
        assert!(!matches!(found, Ok(_) | Err(ReplayError::Chain(_))), "{story}: {found:?}");
    }
}

#[test]
fn transactions_survive_json_bit_for_bit() {
    let desk = busy();
    let json = serde_json::to_string(&desk.journal).unwrap();
    let back: Vec<Transaction> = serde_json::from_str(&json).unwrap();
    assert_eq!(back, desk.journal);
    assert!(chain::verify(&organisation(), &back).is_ok());
}

#[test]
fn a_state_is_restored_from_its_parts() {
    let desk = busy();
    let state = &desk.state;
    let kept = serde_json::to_string(&state.parts()).unwrap();
    assert_eq!(LedgerState::restore(serde_json::from_str(&kept).unwrap()), desk.state);
    let lots: Vec<Lot> =
        serde_json::from_str(&serde_json::to_string(&state.lots().collect::<Vec<_>>()).unwrap())
            .unwrap();
    assert!(state.lots().eq(&lots));
    let holds: Vec<Hold> =
        serde_json::from_str(&serde_json::to_string(&state.holds().collect::<Vec<_>>()).unwrap())
            .unwrap();
    assert!(state.holds().eq(&holds));
}

fn print(command: Command) -> Hash {
    let order = Order {
        key: IdempotencyKey::parse("k").unwrap(),
        actor: Actor::System,
        occurred_at: second(0),
        command,
    };
    let later = Order { occurred_at: second(9), ..order.clone() };
    assert_eq!(order.fingerprint(), later.fingerprint());
    order.fingerprint()
}

#[test]
fn the_same_request_made_anew_has_the_same_fingerprint() {
    let hold = holding("first", "1");
    let again = MakeHold { hold: hold_id("second"), deadline: second(77), ..holding("first", "1") };
    assert_eq!(print(Command::Hold(hold)), print(Command::Hold(again)));
    let grant = |grant: Grant| print(Command::Grant(Box::new(grant)));
    assert_eq!(grant(purchased("a", "1")), grant(expiring("b", "1", second(5))));
    let budget = |used: &str| {
        let terms = capped(department("x"), "5");
        print(Command::SetBudget(SetBudget { used_so_far: credits(used), ..terms }))
    };
    assert_eq!(budget("0"), budget("3"));
}

#[test]
fn another_request_has_another_fingerprint() {
    let hold = |hold: MakeHold| print(Command::Hold(hold));
    let window = Window::Between { from: second(0), until: second(1) };
    let prints = [
        hold(holding("h", "1")),
        hold(holding("h", "2")),
        hold(MakeHold { attribution: work_of("x"), ..holding("h", "1") }),
        hold(MakeHold { over_settle: OverSettle::Absorb, ..holding("h", "1") }),
        print(Command::Settle { hold: hold_id("h"), amount: credits("1") }),
        print(Command::Settle { hold: hold_id("h"), amount: credits("2") }),
        print(Command::Settle { hold: hold_id("i"), amount: credits("1") }),
        print(Command::Release { hold: hold_id("h") }),
        print(Command::Charge { amount: credits("1"), attribution: work_of("x") }),
        print(Command::Charge { amount: credits("1"), attribution: work_of("y") }),
        print(Command::Expire { lot: lot("a") }),
        print(Command::Grant(Box::new(purchased("a", "1")))),
        print(Command::Grant(Box::new(Grant { priority: Some(1), ..purchased("a", "1") }))),
        print(Command::SetBudget(capped(department("x"), "1"))),
        print(Command::SetBudget(SetBudget { window, ..capped(department("x"), "1") })),
        print(Command::SetBudget(SetBudget { limit: None, ..capped(department("x"), "1") })),
    ];
    let different: std::collections::BTreeSet<Hash> = prints.into_iter().collect();
    assert_eq!(different.len(), prints.len());
}

/// The encoding is a promise to every journal that was ever written: this hash never changes.
#[test]
fn the_first_version_of_the_encoding_gives_the_same_hash_for_ever() {
    let last = busy().journal.last().unwrap().hash.to_string();
    assert_eq!(last, "9bd27031d3cd379b50e99ee40ab8f64705430773bb253cb861090380572daa19");
}
