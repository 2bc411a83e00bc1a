//! What is given back, revoked, frozen and owed.

use super::desk::*;
use crate::ledger::command::{Grant, MakeHold, SetTerms};
use crate::ledger::*;

fn drawing(name: &str, amount: &str) -> MakeHold {
    MakeHold { over_settle: OverSettle::Draw, ..holding(name, amount) }
}

fn owing_up_to(desk: &mut Desk, limit: &str) {
    let debt_limit = Some(credits(limit));
    desk.ask(Command::SetTerms(SetTerms { debt_limit, ..SetTerms::default() })).unwrap();
}

fn reverse(desk: &mut Desk, transaction: u64, amount: &str) -> Result<Receipt, Refusal> {
    desk.ask(Command::Reverse { transaction, amount: Some(credits(amount)) })
}

fn revoke(desk: &mut Desk, name: &str, amount: &str) -> Result<Receipt, Refusal> {
    desk.ask(Command::Revoke { lot: lot(name), amount: credits(amount) })
}

fn freeze(desk: &mut Desk, name: &str, amount: &str) -> Result<Receipt, Refusal> {
    desk.ask(Command::Freeze { lot: lot(name), amount: credits(amount) })
}

#[test]
fn a_reversal_gives_back_to_the_very_lots_that_paid_the_last_first_with_their_own_expiry() {
    let mut desk = Desk::open();
    desk.grant(expiring("a", "2", second(100)));
    desk.grant(purchased("b", "5"));
    let used = desk.charge("4", Attribution::default()).unwrap().sequence;
    reverse(&mut desk, used, "3").unwrap();
    assert_eq!((desk.remaining("a"), desk.remaining("b")), ("1".into(), "5".into()));
    assert_eq!(reverse(&mut desk, used, "1.5").unwrap_err().code(), "reversal_too_large");
    assert_eq!(desk.journal.last().unwrap().corrects, Some(used));
    desk.at(100);
    reverse(&mut desk, used, "1").unwrap();
    assert_eq!(
        desk.last_kinds(2),
        ["reverse", "expire"],
        "its lot has expired, so it lapses at once"
    );
    assert_eq!(desk.state.head().spent, Credits::ZERO);
}

#[test]
fn a_reversal_counts_in_the_window_of_the_usage_that_it_gives_back() {
    let mut desk = Desk::open();
    desk.grant(purchased("a", "10"));
    desk.set_budget(capped(department("x"), "4")).unwrap();
    let used = desk.charge("4", work_of("x")).unwrap().sequence;
    assert_eq!(desk.charge("1", work_of("x")).unwrap_err().code(), "budget_exceeded");
    desk.ask(Command::Reverse { transaction: used, amount: None }).unwrap();
    desk.charge("4", work_of("x")).unwrap();
}

#[test]
fn what_a_settle_draws_beyond_everything_is_owed_and_the_next_grant_pays_it_first() {
    let mut desk = Desk::open();
    desk.grant(purchased("a", "5"));
    owing_up_to(&mut desk, "3");
    desk.hold(drawing("h", "4")).unwrap();
    let refusal = desk.settle("h", "8.5").unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "4.5 credits needed beyond the hold, 1 available; 0 owed of at most 3: 0.5 short."
    );
    let settled = desk.settle("h", "8").unwrap();
    assert_eq!(settled.balance.debt, credits("3"));
    desk.grant(purchased("b", "10"));
    assert_eq!((desk.available(), desk.state.head().debt), ("7".into(), Credits::ZERO));
    desk.ask(Command::Reverse { transaction: settled.sequence, amount: Some(credits("4")) })
        .unwrap();
    assert_eq!((desk.remaining("b"), desk.remaining("a")), ("10".into(), "1".into()));
}

#[test]
fn usage_that_is_still_owed_is_forgiven_before_any_lot_gets_something_back() {
    let mut desk = Desk::open();
    desk.grant(purchased("a", "1"));
    owing_up_to(&mut desk, "5");
    desk.hold(drawing("h", "1")).unwrap();
    let settled = desk.settle("h", "4").unwrap().sequence;
    reverse(&mut desk, settled, "3.5").unwrap();
    assert_eq!((desk.state.head().debt, desk.remaining("a")), (Credits::ZERO, "0.5".into()));
}

#[test]
fn a_refund_takes_what_is_unspent_of_its_own_lot_and_the_rest_becomes_debt() {
    let mut desk = Desk::open();
    desk.grant(purchased("a", "10"));
    desk.grant(purchased("b", "10"));
    desk.charge("7", Attribution::default()).unwrap();
    revoke(&mut desk, "a", "10").unwrap();
    assert_eq!((desk.remaining("a"), desk.remaining("b")), ("0".into(), "10".into()));
    assert_eq!(desk.state.head().debt, credits("7"));
    assert_eq!(revoke(&mut desk, "a", "0.000001").unwrap_err().code(), "revocation_too_large");
    desk.grant(purchased("c", "5"));
    assert_eq!((desk.remaining("c"), desk.state.head().debt), ("0".into(), credits("2")));
}

#[test]
fn a_refund_that_failed_gives_back_exactly_what_it_took() {
    let mut desk = Desk::open();
    desk.grant(purchased("a", "10"));
    desk.charge("6", Attribution::default()).unwrap();
    let revoked = revoke(&mut desk, "a", "10").unwrap().sequence;
    desk.grant(purchased("b", "8"));
    desk.ask(Command::Reverse { transaction: revoked, amount: None }).unwrap();
    assert_eq!((desk.remaining("a"), desk.remaining("b")), ("4".into(), "8".into()));
    assert_eq!(desk.state.lot(&lot("a")).unwrap().revoked, Credits::ZERO);
}

#[test]
fn a_dispute_freezes_what_is_left_and_what_comes_back_from_holds_until_it_ends() {
    let mut desk = Desk::open();
    desk.grant(purchased("a", "10"));
    desk.hold(holding("h", "4")).unwrap();
    desk.hold(holding("i", "3")).unwrap();
    freeze(&mut desk, "a", "6").unwrap();
    assert_eq!(desk.available(), "0");
    desk.release("h").unwrap();
    assert_eq!(
        (desk.available(), desk.state.lot(&lot("a")).unwrap().frozen),
        ("1".into(), credits("6"))
    );
    desk.release("i").unwrap();
    assert_eq!(desk.available(), "4");
    desk.ask(Command::Unfreeze { lot: lot("a"), amount: None }).unwrap();
    assert_eq!(desk.available(), "10");
}

#[test]
fn trap_4_a_won_dispute_after_a_partial_refund_gives_back_what_was_frozen_and_no_more() {
    let mut desk = Desk::open();
    desk.grant(purchased("a", "90"));
    revoke(&mut desk, "a", "30").unwrap();
    assert_eq!(freeze(&mut desk, "a", "90").unwrap_err().code(), "freeze_too_large");
    freeze(&mut desk, "a", "60").unwrap();
    let withdrawn = revoke(&mut desk, "a", "60").unwrap();
    assert_eq!((desk.available(), withdrawn.balance.frozen), ("0".into(), Credits::ZERO));
    desk.ask(Command::Reverse { transaction: withdrawn.sequence, amount: None }).unwrap();
    assert_eq!(desk.available(), "60");
    assert_eq!(desk.state.lot(&lot("a")).unwrap().revoked, credits("30"));
}

#[test]
fn frozen_credits_lapse_when_they_are_free_again_after_their_time() {
    let mut desk = Desk::open();
    desk.grant(expiring("a", "5", second(10)));
    freeze(&mut desk, "a", "5").unwrap();
    desk.at(20).ask(Command::Unfreeze { lot: lot("a"), amount: None }).unwrap();
    assert_eq!(desk.last_kinds(2), ["unfreeze", "expire"]);
}

#[test]
fn a_correction_names_the_grant_that_it_corrects_and_takes_no_more_than_is_free() {
    let mut desk = Desk::open();
    let granted = desk.grant(purchased("a", "10")).sequence;
    desk.charge("8", Attribution::default()).unwrap();
    let adjust = |change: &str| Command::Adjust {
        lot: lot("a"),
        change: credits(change),
        reason: "typed a nought too many".to_owned(),
    };
    assert_eq!(desk.ask(adjust("-2.5")).unwrap_err().code(), "adjustment_too_large");
    desk.ask(adjust("-2")).unwrap();
    assert_eq!(desk.journal.last().unwrap().corrects, Some(granted));
    assert_eq!(desk.state.head().granted, credits("8"));
}

#[test]
fn an_extension_holds_more_and_longer_and_pays_from_the_lots_of_the_hold() {
    let mut desk = Desk::open();
    desk.grant(purchased("a", "5"));
    desk.grant(purchased("b", "5"));
    desk.hold(MakeHold { deadline: second(10), ..holding("h", "4") }).unwrap();
    let extend =
        |by: &str, deadline| Command::ExtendHold { hold: hold_id("h"), by: credits(by), deadline };
    assert_eq!(desk.ask(extend("0", Some(second(10)))).unwrap_err().code(), "deadline_not_later");
    desk.ask(extend("3", Some(second(30)))).unwrap();
    assert_eq!(desk.drawn("h"), "a 5, b 2");
    desk.at(29).settle("h", "6.5").unwrap();
    assert_eq!((desk.paid("h"), desk.remaining("b")), ("a 5, b 1.5".into(), "3.5".into()));
}

#[test]
fn an_earmark_keeps_its_unused_part_from_all_others() {
    let mut desk = Desk::open();
    desk.grant(purchased("a", "10"));
    let earmark =
        |limit: &str| SetBudget { kind: BudgetKind::Earmark, ..capped(department("x"), limit) };
    assert_eq!(desk.set_budget(earmark("10.5")).unwrap_err().code(), "earmark_too_large");
    desk.set_budget(earmark("6")).unwrap();
    let refusal = desk.charge("5", work_of("y")).unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "5 credits needed, 10 available, of which 6 are set aside for others: 1 short."
    );
    desk.charge("4", work_of("y")).unwrap();
    desk.charge("6", work_of("x")).unwrap();
}

#[test]
fn a_part_of_a_limit_moves_to_another_of_the_same_kind_and_window() {
    let mut desk = Desk::open();
    desk.grant(purchased("a", "100"));
    desk.set_budget(capped(department("x"), "10")).unwrap();
    desk.set_budget(capped(department("y"), "5")).unwrap();
    desk.charge("8", work_of("x")).unwrap();
    let move_on = |amount: &str| Command::MoveBudget {
        from: department("x"),
        to: department("y"),
        amount: credits(amount),
    };
    assert_eq!(desk.ask(move_on("3")).unwrap_err().code(), "budget_left_too_small");
    desk.ask(move_on("2")).unwrap();
    desk.charge("7", work_of("y")).unwrap();
    assert!(desk.charge("0.1", work_of("x")).is_err());
}

#[test]
fn credits_restricted_to_an_operation_stay_so_after_they_come_back() {
    let mut desk = Desk::open();
    let chat = Operation::parse("chat").unwrap();
    desk.grant(Grant { operations: Some(vec![chat.clone()]), ..purchased("a", "5") });
    let of_chat = Attribution { operation: Some(chat), ..Attribution::default() };
    let used = desk.charge("5", of_chat).unwrap().sequence;
    desk.ask(Command::Reverse { transaction: used, amount: None }).unwrap();
    assert_eq!(
        desk.charge("1", Attribution::default()).unwrap_err().code(),
        "insufficient_credits"
    );
}
