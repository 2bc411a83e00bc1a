//! Budgets: limits on a part of the organisation, decided together with the lots.

use super::desk::*;
use crate::ledger::command::{MakeHold, SetBudget};
use crate::ledger::*;

fn rich() -> Desk {
    let mut desk = Desk::open();
    desk.grant(purchased("a", "1000"));
    desk
}

fn of(name: &str, hold: &str, amount: &str) -> MakeHold {
    MakeHold { attribution: work_of(name), ..holding(hold, amount) }
}

fn year() -> Window {
    Window::Between { from: second(0), until: second(1000) }
}

fn used_and_held(desk: &Desk, subject: &Subject) -> (String, String) {
    let budget = desk.state.budget(subject).unwrap();
    (budget.used.to_string(), budget.held.to_string())
}

#[test]
fn a_department_may_spend_up_to_its_limit_and_no_more() {
    let mut desk = rich();
    desk.set_budget(capped(department("x"), "10")).unwrap();
    desk.hold(of("x", "h", "6")).unwrap();
    desk.settle("h", "4").unwrap();
    desk.hold(of("x", "i", "5")).unwrap();
    let refusal = desk.hold(of("x", "j", "2")).unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "2 credits needed, 1 left of the department's limit of 10 (4 used, 5 held)."
    );
    desk.hold(of("x", "k", "1")).unwrap();
    desk.hold(of("y", "l", "100")).unwrap();
    assert_eq!(used_and_held(&desk, &department("x")), ("4".into(), "6".into()));
}

#[test]
fn every_level_that_applies_is_checked_and_the_refusal_names_the_one_that_stops_it() {
    let mut desk = rich();
    let member = Subject::Member(UserId::parse("usr_m").unwrap());
    let key = Subject::Key(ApiKeyId::parse("key_k").unwrap());
    let attribution = Attribution {
        member: Some(UserId::parse("usr_m").unwrap()),
        key: Some(ApiKeyId::parse("key_k").unwrap()),
        ..work_of("x")
    };
    let levels = [Subject::Organisation, department("x"), member, key];
    for (subject, limit) in levels.into_iter().zip(["40", "30", "20", "10"]).rev() {
        desk.set_budget(capped(subject.clone(), limit)).unwrap();
        let over = credits(limit).checked_add(Credits::from_micro(1)).unwrap();
        match desk.charge(&over.to_string(), attribution.clone()).unwrap_err() {
            Refusal::BudgetExceeded { left, .. } => assert!(left <= credits(limit)),
            other => panic!("{subject}: {other}"),
        }
    }
    desk.charge("10", attribution).unwrap();
    assert!(desk.state.budgets().all(|budget| budget.used == credits("10")));
}

#[test]
fn a_release_gives_the_budget_back_what_it_held() {
    let mut desk = rich();
    desk.set_budget(capped(department("x"), "10")).unwrap();
    desk.hold(of("x", "h", "10")).unwrap();
    desk.release("h").unwrap();
    assert_eq!(used_and_held(&desk, &department("x")), ("0".into(), "0".into()));
    desk.hold(MakeHold { deadline: second(5), ..of("x", "i", "10") }).unwrap();
    desk.at(5).charge("10", work_of("x")).unwrap();
}

#[test]
fn an_allotment_for_this_year_counts_what_the_department_has_used_this_year_already() {
    let mut desk = rich();
    desk.charge("300", work_of("x")).unwrap();
    desk.hold(of("x", "h", "50")).unwrap();
    let terms = SetBudget { window: year(), ..capped(department("x"), "500") };
    desk.at(10);
    let wanted = desk.state.usage_wanted(&terms, desk.now);
    assert_eq!(wanted, Some((&department("x"), Span { from: second(0), until: second(1000) })));
    desk.set_budget(SetBudget { used_so_far: credits("300"), ..terms }).unwrap();
    assert_eq!(used_and_held(&desk, &department("x")), ("300".into(), "50".into()));
    assert_eq!(desk.charge("150.5", work_of("x")).unwrap_err().code(), "budget_exceeded");
    desk.charge("150", work_of("x")).unwrap();
}

#[test]
fn a_window_that_begins_now_counts_what_was_used_at_this_very_instant() {
    let mut desk = rich();
    desk.charge("3", work_of("x")).unwrap();
    let terms = SetBudget { window: year(), ..capped(department("x"), "5") };
    assert!(desk.state.usage_wanted(&terms, desk.now).is_some());
    desk.set_budget(SetBudget { used_so_far: credits("3"), ..terms }).unwrap();
    assert_eq!(used_and_held(&desk, &department("x")), ("3".into(), "0".into()));
    let next = Window::Between { from: second(1), until: second(2) };
    let terms = SetBudget { window: next, ..capped(department("x"), "5") };
    assert_eq!(desk.state.usage_wanted(&terms, desk.now), None);
}

#[test]
fn a_new_limit_for_the_same_window_keeps_what_was_counted() {
    let mut desk = rich();
    let terms = SetBudget { window: year(), ..capped(department("x"), "500") };
    desk.set_budget(terms.clone()).unwrap();
    desk.charge("300", work_of("x")).unwrap();
    let lower = SetBudget { limit: Some(credits("200")), ..terms };
    assert_eq!(desk.state.usage_wanted(&lower, desk.now), None);
    desk.set_budget(lower).unwrap();
    let budget = desk.state.budget(&department("x")).unwrap();
    assert_eq!((budget.used, budget.left()), (credits("300"), Credits::ZERO));
    assert_eq!(desk.charge("1", work_of("x")).unwrap_err().code(), "budget_exceeded");
}

#[test]
fn a_hold_counts_in_the_window_in_which_it_was_made() {
    let mut desk = rich();
    desk.set_budget(SetBudget { window: year(), ..capped(department("x"), "10") }).unwrap();
    desk.at(999).hold(of("x", "h", "6")).unwrap();
    desk.at(1000).hold(of("x", "next", "100")).unwrap();
    desk.at(1001).settle("h", "5").unwrap();
    desk.settle("next", "100").unwrap();
    assert_eq!(used_and_held(&desk, &department("x")), ("5".into(), "0".into()));
}

#[test]
fn a_settle_after_the_deadline_counts_when_it_arrives() {
    let mut desk = rich();
    desk.set_budget(SetBudget { window: year(), ..capped(department("x"), "10") }).unwrap();
    desk.at(999).hold(MakeHold { deadline: second(1500), ..of("x", "h", "6") }).unwrap();
    desk.at(2000).settle("h", "6").unwrap();
    assert_eq!(used_and_held(&desk, &department("x")), ("0".into(), "0".into()));
}

#[test]
fn what_is_drawn_beyond_a_hold_must_fit_the_budget_too() {
    let mut desk = rich();
    desk.set_budget(capped(department("x"), "10")).unwrap();
    desk.hold(MakeHold { over_settle: OverSettle::Draw, ..of("x", "h", "6") }).unwrap();
    assert_eq!(desk.settle("h", "10.5").unwrap_err().code(), "budget_exceeded");
    desk.settle("h", "10").unwrap();
    assert_eq!(used_and_held(&desk, &department("x")), ("10".into(), "0".into()));
}

#[test]
fn what_is_drawn_beyond_a_hold_counts_in_the_window_of_the_hold() {
    let mut desk = rich();
    desk.set_budget(SetBudget { window: year(), ..capped(department("x"), "10") }).unwrap();
    desk.at(999).hold(MakeHold { over_settle: OverSettle::Draw, ..of("x", "h", "6") }).unwrap();
    assert_eq!(desk.at(1001).settle("h", "10.5").unwrap_err().code(), "budget_exceeded");
    desk.settle("h", "10").unwrap();
    assert_eq!(used_and_held(&desk, &department("x")), ("10".into(), "0".into()));
}

#[test]
fn a_removed_limit_stops_nobody() {
    let mut desk = rich();
    desk.set_budget(capped(department("x"), "0")).unwrap();
    assert_eq!(desk.charge("1", work_of("x")).unwrap_err().code(), "budget_exceeded");
    desk.set_budget(SetBudget { limit: None, ..capped(department("x"), "0") }).unwrap();
    desk.charge("1", work_of("x")).unwrap();
}

#[test]
fn a_budget_that_makes_no_sense_is_refused() {
    let mut desk = rich();
    let empty = Window::Between { from: second(5), until: second(5) };
    let refused = desk.set_budget(SetBudget { window: empty, ..capped(department("x"), "1") });
    assert_eq!(refused.unwrap_err().code(), "window_empty");
    let refused = desk.set_budget(capped(department("x"), "-1"));
    assert_eq!(refused.unwrap_err().code(), "amount_negative");
}
