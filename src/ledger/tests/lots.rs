//! Grants, the consumption order and expiry.

use super::desk::*;
use crate::ledger::command::Grant;
use crate::ledger::*;

fn from(name: &str, source: Source, expires_at: Option<Timestamp>) -> Grant {
    Grant { source, expires_at, ..purchased(name, "1") }
}

fn order_of(desk: &Desk) -> Vec<&str> {
    desk.state.usable_lots(None, desk.now).map(|lot| &lot.id.as_str()["lot_".len()..]).collect()
}

#[test]
fn lots_are_spent_by_priority_then_soonest_expiry_then_oldest_then_id() {
    let mut desk = Desk::open();
    desk.grant(from("referral", Source::Referral, None));
    desk.grant(from("b", Source::Purchased, None));
    desk.grant(from("a", Source::Purchased, None));
    desk.at(1).grant(from("younger", Source::Purchased, None));
    desk.grant(from("late", Source::Purchased, Some(second(900))));
    desk.grant(from("soon", Source::Purchased, Some(second(100))));
    desk.grant(from("month", Source::Subscription, Some(second(500))));
    assert_eq!(order_of(&desk), ["month", "soon", "late", "a", "b", "younger", "referral"]);
}

#[test]
fn expiring_first_puts_expiry_before_priority() {
    let mut desk = Desk::ordered(ConsumptionOrder::ExpiringFirst);
    desk.grant(from("month", Source::Subscription, Some(second(500))));
    desk.grant(from("gift", Source::Referral, Some(second(100))));
    desk.grant(from("bought", Source::Purchased, None));
    assert_eq!(order_of(&desk), ["gift", "month", "bought"]);
}

#[test]
fn the_order_may_change_while_a_hold_stands_and_what_is_drawn_stays_drawn() {
    let mut desk = Desk::open();
    desk.grant(from("month", Source::Subscription, Some(second(500))));
    desk.grant(from("gift", Source::Referral, Some(second(100))));
    desk.hold(holding("h", "1.5")).unwrap();
    let order = Some(ConsumptionOrder::ExpiringFirst);
    desk.ask(Command::SetTerms(SetTerms { order, ..SetTerms::default() })).unwrap();
    assert_eq!(order_of(&desk), ["gift"]);
    desk.settle("h", "0.5").unwrap();
    assert_eq!(desk.paid("h"), "month 0.5");
    assert_eq!(order_of(&desk), ["gift", "month"]);
}

#[test]
fn a_lot_is_not_spent_before_its_time_nor_at_its_expiry() {
    let mut desk = Desk::open();
    desk.grant(Grant { effective_at: Some(second(10)), ..expiring("a", "5", second(20)) });
    let available: Vec<String> =
        [9, 10, 19, 20].map(|at| desk.at(at).available()).into_iter().collect();
    assert_eq!(available, ["0", "5", "5", "0"]);
    assert!(desk.at(9).charge("1", Attribution::default()).is_err());
    assert!(desk.at(10).charge("1", Attribution::default()).is_ok());
    assert!(desk.at(20).charge("1", Attribution::default()).is_err());
}

#[test]
fn a_lot_for_some_operations_pays_for_no_other() {
    let mut desk = Desk::open();
    let chat = Operation::parse("chat").unwrap();
    let image = Operation::parse("image").unwrap();
    desk.grant(Grant { operations: Some(vec![chat.clone()]), ..purchased("a", "5") });
    let spent_on = |operation: &Operation| Attribution {
        operation: Some(operation.clone()),
        ..Attribution::default()
    };
    assert_eq!(desk.state.available_for(Some(&image), desk.now), Credits::ZERO);
    assert_eq!(desk.charge("1", spent_on(&image)).unwrap_err().code(), "insufficient_credits");
    assert_eq!(
        desk.charge("1", Attribution::default()).unwrap_err().code(),
        "insufficient_credits"
    );
    desk.charge("5", spent_on(&chat)).unwrap();
}

#[test]
fn expiry_is_the_same_transaction_whether_a_sweeper_or_a_late_command_books_it() {
    let mut swept = Desk::open();
    swept.grant(expiring("a", "5", second(10)));
    let mut late = Desk::open();
    late.grant(expiring("a", "5", second(10)));
    let booked = book_due(&mut swept.state, second(11));
    late.at(100_000).grant(purchased("b", "1"));
    assert_eq!(booked, late.journal[1..2]);
    assert_eq!(booked[0].key.as_str(), "expire:lot_a");
    assert_eq!(booked[0].actor, Actor::System);
    assert_eq!(booked[0].recorded_at, second(10));
    assert_eq!(book_due(&mut swept.state, second(11)), []);
}

#[test]
fn an_expiry_that_is_asked_for_answers_with_the_one_that_was_booked() {
    let mut desk = Desk::open();
    desk.grant(expiring("a", "5", second(10)));
    desk.grant(expiring("spent", "1", second(9)));
    let expire = |name: &str| Command::Expire { lot: lot(name) };
    assert_eq!(desk.at(9).ask(expire("a")).unwrap_err().code(), "lot_not_expired");
    assert_eq!(desk.ask(expire("unknown")).unwrap_err().code(), "lot_not_found");
    let first = desk.at(10).ask(expire("a")).unwrap();
    let second = desk.at(11).ask(expire("a")).unwrap();
    assert_eq!(first, second);
    assert_eq!(desk.journal[first.sequence as usize - 1].key.as_str(), "expire:lot_a");
}

#[test]
fn an_empty_lot_expires_without_a_transaction() {
    let mut desk = Desk::open();
    desk.grant(expiring("a", "5", second(10)));
    desk.charge("5", Attribution::default()).unwrap();
    let refused = desk.at(10).ask(Command::Expire { lot: lot("a") }).unwrap_err();
    assert_eq!(refused.code(), "nothing_to_expire");
    assert_eq!(desk.journal.len(), 2);
}

#[test]
fn a_grant_whose_time_is_already_over_expires_at_once() {
    let mut desk = Desk::open();
    let period = Grant { effective_at: Some(second(0)), ..expiring("a", "5", second(10)) };
    let receipt = desk.at(50).grant(period);
    assert_eq!(desk.last_kinds(2), ["grant", "expire"]);
    assert_eq!(desk.state.lot(&lot("a")).unwrap().created_at, second(50));
    assert_eq!(desk.journal[0].available_after, Credits::ZERO);
    assert_eq!(receipt.balance, Balance::default());
}

#[test]
fn a_grant_that_makes_no_sense_is_refused() {
    let mut desk = Desk::open();
    desk.grant(purchased("a", "1"));
    let mut refused = |grant: Grant| desk.ask(Command::Grant(Box::new(grant))).unwrap_err();
    assert_eq!(refused(purchased("a", "2")).code(), "lot_exists");
    assert_eq!(refused(purchased("b", "0")).code(), "amount_not_positive");
    assert_eq!(refused(purchased("b", "-1")).code(), "amount_not_positive");
    assert_eq!(refused(expiring("b", "1", second(0))).code(), "expires_before_effective");
    let all = Grant { amount: Credits::MAX, ..purchased("b", "1") };
    assert_eq!(refused(all).code(), "amount_overflow");
}

#[test]
fn the_largest_amount_can_be_granted_held_and_settled() {
    let mut desk = Desk::open();
    desk.grant(Grant { amount: Credits::MAX, ..purchased("a", "1") });
    desk.hold(command::MakeHold { amount: Credits::MAX, ..holding("h", "1") }).unwrap();
    desk.ask(Command::Settle { hold: hold_id("h"), amount: Credits::MAX }).unwrap();
    assert_eq!(desk.state.head().spent, Credits::MAX);
}

#[test]
fn time_in_a_ledger_never_runs_backwards() {
    let mut desk = Desk::open();
    desk.grant(expiring("a", "5", second(10)));
    desk.at(10).grant(purchased("b", "1"));
    assert!(desk.at(5).charge("2", Attribution::default()).is_err());
    desk.charge("1", Attribution::default()).unwrap();
    assert_eq!(desk.journal.last().unwrap().recorded_at, second(10));
}

#[test]
fn the_balance_is_told_by_source_and_with_what_lapses_next() {
    let mut desk = Desk::open();
    desk.grant(expiring("a", "5", second(10)));
    desk.grant(expiring("b", "2", second(10)));
    desk.grant(from("free", Source::Trial, None));
    desk.hold(holding("h", "1")).unwrap();
    let by_source = desk.state.available_by_source(desk.now);
    assert_eq!(by_source[&Source::Purchased], credits("6"));
    assert_eq!(by_source[&Source::Trial], credits("1"));
    let next = desk.state.next_expiry(desk.now).unwrap();
    assert_eq!((next.at, next.amount), (second(10), credits("6")));
    assert_eq!(desk.state.next_expiry(second(10)), None);
}

#[test]
fn what_an_unlimited_lot_gives_or_is_owed_is_refused_where_it_can_no_longer_be_counted() {
    let mut desk = Desk::open();
    desk.grant(Grant::plain(lot("all"), Source::Admin, Credits::MAX, Origin::Signup));
    desk.ask(Command::SetTerms(SetTerms {
        debt_limit: Some(credits("25")),
        ..SetTerms::default()
    }))
    .unwrap();
    desk.hold(MakeHold { over_settle: OverSettle::Draw, ..holding("h", "1") }).unwrap();
    let rest = Credits::MAX.checked_sub(credits("1")).unwrap();
    desk.ask(Command::Charge { amount: rest, attribution: Attribution::default() }).unwrap();
    assert_eq!(desk.settle("h", "2").unwrap_err().code(), "amount_overflow");
    let unlimited = Grant { unlimited: true, ..purchased("more", "0") };
    desk.grant(unlimited);
    assert_eq!(desk.charge("1", Attribution::default()).unwrap_err().code(), "amount_overflow");
    desk.settle("h", "1").unwrap();
}
