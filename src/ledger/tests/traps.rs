//! Traps that other systems fell into, by the numbers of the ledger's specification.

use super::desk::*;
use crate::ledger::command::{Grant, MakeHold};
use crate::ledger::*;

#[test]
fn trap_3_a_deadline_and_a_failure_report_that_race_give_the_credits_back_once() {
    for report_at in [9, 10, 11] {
        let mut desk = Desk::open();
        desk.grant(purchased("a", "5"));
        desk.hold(MakeHold { deadline: second(10), ..holding("h", "4") }).unwrap();
        desk.at(report_at).release("h").unwrap();
        let _ = book_due(&mut desk.state, second(20));
        assert_eq!(desk.state.balance(second(20)).available, credits("5"));
    }
}

#[test]
fn trap_5_what_the_gate_counts_is_what_a_draw_can_spend() {
    let mut desk = Desk::open();
    desk.grant(Grant { source: Source::Subscription, ..expiring("month", "100", second(10)) });
    desk.grant(purchased("bought", "3"));
    for at in [9, 10, 11] {
        desk.at(at);
        let available = desk.state.available_for(None, desk.now);
        let mut trial = desk.state.caught_up(desk.now).into_owned();
        assert!(trial.draw(available, None, desk.now).is_ok());
        let more = available.checked_add(Credits::from_micro(1)).unwrap();
        assert_eq!(trial.draw(more, None, desk.now).unwrap_err().available, available);
        let _ = book_due(&mut trial, desk.now);
        assert_eq!(trial.balance(desk.now).available, available);
    }
    assert_eq!(
        desk.charge("4", Attribution::default()).unwrap_err().code(),
        "insufficient_credits"
    );
    desk.charge("3", Attribution::default()).unwrap();
    assert_eq!(desk.state.head().expired, credits("100"));
}

#[test]
fn trap_7_a_request_that_exactly_fits_passes_every_gate() {
    let mut desk = Desk::open();
    desk.grant(purchased("a", "3.000001"));
    for subject in [Subject::Organisation, department("x")] {
        desk.set_budget(capped(subject, "3.000001")).unwrap();
    }
    let exactly = MakeHold { attribution: work_of("x"), ..holding("h", "3.000001") };
    desk.hold(exactly).unwrap();
    assert_eq!(desk.available(), "0");
    desk.settle("h", "3.000001").unwrap();
}

#[test]
fn trap_8_the_end_of_one_source_leaves_the_others() {
    let mut desk = Desk::open();
    desk.grant(Grant { source: Source::Subscription, ..expiring("march", "100", second(10)) });
    desk.grant(purchased("bought", "40"));
    desk.grant(Grant { source: Source::Referral, ..purchased("friend", "7") });
    let april = Grant { effective_at: Some(second(10)), ..expiring("april", "100", second(20)) };
    desk.grant(Grant { source: Source::Subscription, ..april });
    desk.charge("30", Attribution::default()).unwrap();
    assert_eq!(desk.at(10).available(), "147");
    let by_source = desk.state.available_by_source(desk.now);
    let amounts: Vec<String> = by_source.values().map(Credits::to_string).collect();
    assert_eq!(amounts, ["100", "40", "7"]);
}

#[test]
fn trap_9_terms_are_frozen_when_they_are_written() {
    let mut desk = Desk::open();
    let mut pack = Grant { priority: Some(5), ..expiring("a", "5", second(100)) };
    desk.grant(pack.clone());
    desk.charge("1", Attribution::default()).unwrap();
    let booked = desk.journal.clone();
    pack.lot = lot("b");
    pack.priority = Some(1);
    pack.expires_at = Some(second(5));
    desk.grant(pack);
    let first = desk.state.lot(&lot("a")).unwrap();
    assert_eq!((first.priority, first.expires_at), (5, Some(second(100))));
    assert_eq!(desk.journal[..booked.len()], booked);
}

#[test]
fn trap_10_a_success_without_a_price_cannot_be_said() {
    let unpriced = r#"{"command":"settle","hold":"hold_h"}"#;
    assert!(serde_json::from_str::<Command>(unpriced).is_err());
    let null = r#"{"command":"settle","hold":"hold_h","amount":null}"#;
    assert!(serde_json::from_str::<Command>(null).is_err());
    let free = r#"{"command":"settle","hold":"hold_h","amount":"0"}"#;
    assert!(serde_json::from_str::<Command>(free).is_ok());
}

#[test]
fn trap_12_credits_lapse_on_time_although_a_hold_stands() {
    let mut desk = Desk::open();
    desk.grant(expiring("a", "10", second(10)));
    desk.hold(holding("h", "4")).unwrap();
    desk.at(10);
    let booked = book_due(&mut desk.state, desk.now);
    assert_eq!(booked.len(), 1);
    assert_eq!(booked[0].moved(&Account::Expired), credits("6"));
    let balance = desk.state.balance(desk.now);
    assert_eq!((balance.available, balance.held), (Credits::ZERO, credits("4")));
}
