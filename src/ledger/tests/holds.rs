//! Holds, settles and releases.

use super::desk::*;
use crate::ledger::command::MakeHold;
use crate::ledger::*;

fn two_lots() -> Desk {
    let mut desk = Desk::open();
    desk.grant(expiring("a", "2", second(100)));
    desk.grant(purchased("b", "3"));
    desk
}

#[test]
fn a_hold_lowers_what_is_available_and_leaves_the_balance() {
    let mut desk = two_lots();
    let balance = desk.hold(holding("h", "3")).unwrap().balance;
    assert_eq!(balance.available, credits("2"));
    assert_eq!(balance.held, credits("3"));
    assert_eq!(balance.frozen, Credits::ZERO);
    assert_eq!(balance.balance, credits("5"));
    assert_eq!(desk.drawn("h"), "a 2, b 1");
}

#[test]
fn a_hold_for_one_more_than_is_left_is_refused_with_the_arithmetic() {
    let mut desk = two_lots();
    let refusal = desk.hold(holding("h", "5.000001")).unwrap_err();
    assert_eq!(refusal.to_string(), "5.000001 credits needed, 5 available: 0.000001 short.");
    assert_eq!(desk.available(), "5");
}

#[test]
fn a_hold_that_makes_no_sense_is_refused() {
    let mut desk = two_lots();
    desk.hold(holding("h", "1")).unwrap();
    assert_eq!(desk.hold(holding("h", "1")).unwrap_err().code(), "hold_exists");
    assert_eq!(desk.hold(holding("i", "0")).unwrap_err().code(), "amount_not_positive");
    let late = MakeHold { deadline: second(0), ..holding("i", "1") };
    assert_eq!(desk.hold(late).unwrap_err().code(), "hold_deadline_in_past");
    assert_eq!(desk.settle("unknown", "1").unwrap_err().code(), "hold_not_found");
    assert_eq!(desk.release("unknown").unwrap_err().code(), "hold_not_found");
    assert_eq!(desk.settle("h", "-1").unwrap_err().code(), "amount_negative");
}

#[test]
fn a_settle_for_less_spends_the_first_lots_and_gives_the_rest_back_to_the_later() {
    let mut desk = two_lots();
    desk.hold(holding("h", "4")).unwrap();
    desk.settle("h", "2.5").unwrap();
    assert_eq!(desk.paid("h"), "a 2, b 0.5");
    assert_eq!(desk.remaining("b"), "2.5");
    assert_eq!(desk.available(), "2.5");
}

#[test]
fn a_settle_carries_the_attribution_of_its_hold() {
    let mut desk = two_lots();
    desk.hold(MakeHold { attribution: work_of("x"), ..holding("h", "1") }).unwrap();
    desk.settle("h", "1").unwrap();
    let settle = desk.journal.last().unwrap();
    assert_eq!(settle.attribution, work_of("x"));
    assert_eq!(settle.corrects, Some(3));
    assert_eq!(settle.usage().unwrap().amount, credits("1"));
}

#[test]
fn a_settle_for_more_follows_the_policy_of_its_hold() {
    let mut desk = two_lots();
    for (name, over_settle) in
        [("r", OverSettle::Refuse), ("a", OverSettle::Absorb), ("d", OverSettle::Draw)]
    {
        desk.hold(MakeHold { over_settle, ..holding(name, "1") }).unwrap();
    }
    assert_eq!(desk.settle("r", "1.5").unwrap_err().code(), "over_settle_refused");
    desk.settle("a", "1.5").unwrap();
    assert_eq!(desk.available(), "2");
    let absorbed = match desk.state.hold(&hold_id("a")).unwrap().state {
        HoldState::Settled { absorbed, .. } => absorbed,
        _ => panic!("the hold is not settled"),
    };
    assert_eq!(absorbed, credits("0.5"));
    let refusal = desk.settle("d", "3.5").unwrap_err();
    assert_eq!(refusal.to_string(), "2.5 credits needed, 2 available: 0.5 short.");
    desk.settle("d", "3").unwrap();
    assert_eq!(desk.available(), "0");
    assert_eq!(desk.paid("d"), "b 3");
}

#[test]
fn work_that_was_free_settles_for_nothing_and_is_settled() {
    let mut desk = two_lots();
    desk.hold(holding("h", "4")).unwrap();
    desk.settle("h", "0").unwrap();
    assert_eq!(desk.available(), "5");
    assert_eq!(desk.paid("h"), "");
    assert_eq!(desk.release("h").unwrap_err().code(), "hold_already_settled");
}

#[test]
fn the_second_call_of_the_same_kind_returns_the_first_answer() {
    let mut desk = two_lots();
    desk.hold(holding("h", "1")).unwrap();
    let first = desk.settle("h", "1").unwrap();
    let again = desk.settle("h", "0.5").unwrap();
    assert_eq!((again.sequence, again.already_booked), (first.sequence, true));
    desk.hold(holding("i", "1")).unwrap();
    let first = desk.release("i").unwrap();
    let again = desk.release("i").unwrap();
    assert_eq!((again.sequence, again.already_booked), (first.sequence, true));
    assert_eq!(desk.available(), "4");
}

#[test]
fn a_call_of_the_other_kind_is_a_conflict() {
    let mut desk = two_lots();
    desk.hold(holding("h", "1")).unwrap();
    desk.settle("h", "1").unwrap();
    assert_eq!(desk.release("h").unwrap_err().code(), "hold_already_settled");
    desk.hold(holding("i", "1")).unwrap();
    desk.release("i").unwrap();
    assert_eq!(desk.settle("i", "1").unwrap_err().code(), "hold_already_released");
}

#[test]
fn a_hold_past_its_deadline_is_released_by_the_system() {
    let mut desk = two_lots();
    desk.hold(MakeHold { deadline: second(10), ..holding("h", "4") }).unwrap();
    desk.at(9).ask(Command::Expire { lot: lot("b") }).unwrap_err();
    assert_eq!(desk.journal.len(), 3);
    desk.at(10).ask(Command::Expire { lot: lot("b") }).unwrap_err();
    let release = desk.journal.last().unwrap();
    assert_eq!(release.kind.code(), "release");
    assert_eq!(release.key.as_str(), "deadline:hold_h");
    assert_eq!((&release.actor, release.recorded_at), (&Actor::System, second(10)));
    assert_eq!(desk.available(), "5");
}

#[test]
fn a_release_after_the_deadline_is_a_success_that_changes_nothing() {
    let mut desk = two_lots();
    desk.hold(MakeHold { deadline: second(10), ..holding("h", "4") }).unwrap();
    desk.at(20).grant(purchased("c", "1"));
    let before = desk.state.clone();
    let receipt = desk.release("h").unwrap();
    assert!(receipt.already_booked);
    assert_eq!(receipt.sequence, 4);
    assert_eq!(desk.state, before);
}

#[test]
fn a_settle_after_the_deadline_draws_again_under_the_rules_of_now() {
    let mut desk = two_lots();
    desk.hold(MakeHold { deadline: second(10), ..holding("h", "2") }).unwrap();
    assert_eq!(desk.drawn("h"), "a 2");
    desk.at(100).settle("h", "2").unwrap();
    assert_eq!(desk.paid("h"), "b 2");
    assert_eq!(desk.last_kinds(3), ["release", "expire", "settle"]);
    let again = desk.settle("h", "2").unwrap();
    assert!(again.already_booked);
    assert_eq!(desk.release("h").unwrap_err().code(), "hold_already_settled");
}

#[test]
fn a_settle_after_the_deadline_is_refused_where_others_took_the_credits_and_may_pass_later() {
    let mut desk = two_lots();
    desk.hold(MakeHold { deadline: second(10), ..holding("h", "4") }).unwrap();
    desk.at(11).charge("3", Attribution::default()).unwrap();
    assert_eq!(desk.settle("h", "4").unwrap_err().code(), "insufficient_credits");
    desk.grant(purchased("c", "2"));
    desk.settle("h", "4").unwrap();
    assert_eq!(desk.available(), "0");
}

#[test]
fn a_hold_made_before_expiry_settles_against_that_lot_and_its_rest_expires_at_once() {
    for at in [100, 150] {
        let mut desk = two_lots();
        desk.hold(holding("h", "2")).unwrap();
        let receipt = desk.at(at).settle("h", "0.5").unwrap();
        assert_eq!(desk.paid("h"), "a 0.5");
        assert_eq!(desk.last_kinds(2), ["settle", "expire"]);
        let [settle, expire] = &desk.journal[desk.journal.len() - 2..] else { unreachable!() };
        assert_eq!(settle.available_after, credits("3"));
        assert_eq!(expire.moved(&Account::Expired), credits("1.5"));
        assert_eq!(expire.recorded_at, second(at));
        assert_eq!(receipt.sequence, settle.sequence);
        assert_eq!(receipt.balance.balance, credits("3"));
    }
}

#[test]
fn what_comes_back_to_an_expired_lot_twice_expires_under_two_keys() {
    let mut desk = two_lots();
    desk.hold(holding("h", "0.5")).unwrap();
    desk.hold(holding("i", "0.5")).unwrap();
    desk.at(150).release("h").unwrap();
    desk.release("i").unwrap();
    let expiries = desk.journal.iter().filter(|booked| booked.kind.code() == "expire");
    let mut keys: Vec<&str> = expiries.map(|booked| booked.key.as_str()).collect();
    assert_eq!(keys.len(), 3);
    keys.dedup();
    assert_eq!(keys.len(), 3);
    let first = desk.ask(Command::Expire { lot: lot("a") }).unwrap();
    assert_eq!(desk.journal[first.sequence as usize - 1].recorded_at, second(100));
}

#[test]
fn a_charge_is_paid_in_the_order_of_a_hold() {
    let mut desk = two_lots();
    desk.charge("2.5", work_of("x")).unwrap();
    let charge = desk.journal.last().unwrap();
    let usage = charge.usage().unwrap();
    assert_eq!(usage.amount, credits("2.5"));
    assert_eq!(usage.paid.len(), 2);
    assert_eq!(desk.charge("0", work_of("x")).unwrap_err().code(), "amount_not_positive");
}
