//! Plan periods without a reset.

use super::desk::*;
use crate::ledger::command::{Grant, SetTerms};
use crate::ledger::*;

fn at(text: &str) -> Timestamp {
    Timestamp(text.parse::<chrono::DateTime<chrono::Utc>>().unwrap().timestamp_micros())
}

fn monthly(allowance: &str, anchor: Timestamp) -> Plan {
    Plan {
        code: "pro".to_owned(),
        allowance: Allowance::Credits(credits(allowance)),
        anchor,
        period: Period::Month,
        rollover: Rollover::None,
        priority: None,
        renewal: Renewal::Automatic,
    }
}

fn begin(plan: Plan) -> Desk {
    let mut desk = Desk::open();
    desk.now = plan.anchor;
    desk.ask(Command::SetPlan { plan: Some(Box::new(plan)) }).unwrap();
    desk
}

/// The journal as the passing of time alone writes it, looked at on every one of these days.
fn slept(mut desk: Desk, days: impl IntoIterator<Item = i64>) -> Vec<Transaction> {
    let begun = desk.now;
    let mut journal = desk.journal.clone();
    for day in days {
        journal.extend(book_due(&mut desk.state, begun.plus(day * time::DAY)));
    }
    journal
}

#[test]
fn a_plan_gives_one_lot_a_period_and_what_is_left_lapses_with_it() {
    let mut desk = begin(monthly("100", at("2027-01-31T10:00:00Z")));
    assert_eq!(desk.available(), "100");
    desk.charge("30", Attribution::default()).unwrap();
    desk.now = at("2027-02-28T10:00:00Z");
    let _ = book_due(&mut desk.state, desk.now);
    assert_eq!(desk.available(), "100");
    assert_eq!(desk.state.head().expired, credits("70"));
}

#[test]
fn a_year_asleep_gives_the_same_journal_as_a_year_of_looking() {
    let start = || begin(monthly("100", at("2027-01-31T10:00:00Z")));
    let asleep = slept(start(), [366]);
    assert_eq!(asleep, slept(start(), 1..=366));
    let grants = asleep.iter().filter(|it| it.kind.code() == "grant").count();
    assert_eq!(grants, 13, "this month's, and one for each of the twelve that followed");
}

#[test]
fn periods_from_the_31st_begin_on_the_last_day_of_short_months_and_on_29_february() {
    let mut desk = begin(monthly("1", at("2027-12-31T00:00:00Z")));
    let booked = book_due(&mut desk.state, at("2028-04-01T00:00:00Z"));
    let begun = booked.iter().filter_map(|booked| match &booked.kind {
        TransactionKind::Grant { lot, .. } => Some(lot.effective_at),
        _ => None,
    });
    let expected = ["2028-01-31T00:00:00Z", "2028-02-29T00:00:00Z", "2028-03-31T00:00:00Z"];
    assert_eq!(begun.collect::<Vec<_>>(), expected.map(at));
}

#[test]
fn periods_keep_the_organisations_own_clock_across_both_clock_changes() {
    let mut desk = Desk::open();
    desk.now = at("2026-03-01T11:00:00Z"); // noon in Berlin
    let change = |text, offset| OffsetChange { at: at(text), offset };
    let calendar = Calendar {
        offset: 3600,
        changes: vec![change("2026-03-29T01:00:00Z", 7200), change("2026-10-25T01:00:00Z", 3600)],
    };
    desk.ask(Command::SetTerms(SetTerms { calendar: Some(calendar), ..SetTerms::default() }))
        .unwrap();
    desk.ask(Command::SetPlan { plan: Some(Box::new(monthly("1", desk.now))) }).unwrap();
    let _ = book_due(&mut desk.state, at("2026-11-30T00:00:00Z"));
    let expiries: Vec<Timestamp> = desk.state.lots().filter_map(|lot| lot.expires_at).collect();
    assert!(expiries.contains(&at("2026-04-01T10:00:00Z")), "noon in summer");
    assert!(expiries.contains(&at("2026-11-01T11:00:00Z")), "noon in winter");
}

#[test]
fn trap_6_a_plan_that_is_set_again_gives_no_period_twice() {
    let plan = monthly("100", at("2027-01-01T00:00:00Z"));
    let mut desk = begin(plan.clone());
    for _ in 0..3 {
        desk.ask(Command::SetPlan { plan: None }).unwrap();
        desk.ask(Command::SetPlan { plan: Some(Box::new(plan.clone())) }).unwrap();
    }
    assert_eq!(desk.available(), "100");
    let _ = book_due(&mut desk.state, at("2027-02-01T00:00:00Z"));
    desk.now = at("2027-02-01T00:00:00Z");
    assert_eq!(desk.available(), "100");
}

#[test]
fn a_period_that_was_paid_for_is_not_given_again_by_the_passing_of_time() {
    let plan = monthly("100", at("2027-01-01T00:00:00Z"));
    let when_paid = Plan { renewal: Renewal::WhenPaid, ..plan.clone() };
    let mut desk = begin(when_paid.clone());
    assert_eq!(desk.available(), "0", "nobody paid yet");
    let period = when_paid.current_period(&desk.state.terms().calendar, desk.now);
    let (grant, key) = when_paid.period_grant(&desk.state.terms().calendar, period);
    assert_eq!(key, format!("plan:pro:{}", period.from.micros()));
    desk.grant(grant);
    desk.ask(Command::SetPlan { plan: Some(Box::new(plan)) }).unwrap();
    assert_eq!(desk.available(), "100");
}

#[test]
fn what_rolls_over_stays_for_its_months_and_the_rest_lapses_at_the_periods_end() {
    let rollover = Rollover::UpTo { amount: credits("40"), months: 1 };
    let plan = Plan { rollover, ..monthly("100", at("2027-01-01T00:00:00Z")) };
    let mut desk = begin(plan);
    desk.charge("10", Attribution::default()).unwrap();
    desk.now = at("2027-02-01T00:00:00Z");
    desk.charge("15", Attribution::default()).unwrap();
    assert_eq!(desk.state.head().expired, credits("50"), "of 90 left, 40 stay");
    assert_eq!(desk.available(), "125", "25 rolled over and 100 new");
    desk.now = at("2027-03-01T00:00:00Z");
    let _ = book_due(&mut desk.state, desk.now);
    assert_eq!(desk.state.head().expired, credits("135"), "25 rolled over once, 60 of the new");
}

#[test]
fn everything_that_rolls_over_expires_its_months_later() {
    let rollover = Rollover::All { months: 2 };
    let mut desk = begin(Plan { rollover, ..monthly("10", at("2027-01-01T00:00:00Z")) });
    desk.now = at("2027-03-31T00:00:00Z");
    let _ = book_due(&mut desk.state, desk.now);
    assert_eq!(desk.available(), "30");
    desk.now = at("2027-04-01T00:00:00Z");
    let _ = book_due(&mut desk.state, desk.now);
    assert_eq!(desk.available(), "30", "January's lapsed as April's came");
}

#[test]
fn an_unlimited_plan_always_passes_and_is_still_metered_attributed_and_budgeted() {
    let plan = Plan { allowance: Allowance::Unlimited, ..monthly("1", at("2027-01-01T00:00:00Z")) };
    let mut desk = begin(plan);
    desk.set_budget(capped(department("x"), "1000")).unwrap();
    let receipt = desk.charge("900", work_of("x")).unwrap();
    assert!(receipt.balance.unlimited);
    assert_eq!(desk.state.head().spent, credits("900"));
    assert_eq!(desk.charge("101", work_of("x")).unwrap_err().code(), "budget_exceeded");
    desk.hold(holding("h", "50")).unwrap();
    desk.settle("h", "20").unwrap();
    assert_eq!(desk.state.head().granted, credits("920"), "granted is what was used");
    assert_eq!(desk.available(), "0", "and nothing is left lying about");
    desk.now = at("2027-02-01T00:00:00Z").plus(-1);
    assert!(desk.state.balance(desk.now).unlimited);
}

#[test]
fn an_unlimited_plan_is_spent_before_what_was_bought() {
    let plan = Plan { allowance: Allowance::Unlimited, ..monthly("1", at("2027-01-01T00:00:00Z")) };
    let mut desk = begin(plan);
    desk.grant(purchased("pack", "5"));
    desk.charge("50", Attribution::default()).unwrap();
    assert_eq!(desk.remaining("pack"), "5");
    desk.ask(Command::SetPlan { plan: None }).unwrap();
    desk.now = at("2027-02-01T00:00:00Z");
    assert!(!desk.state.balance(desk.now).unlimited);
    desk.charge("5", Attribution::default()).unwrap();
    assert!(desk.charge("1", Attribution::default()).is_err());
}

#[test]
fn a_budget_of_every_day_begins_anew_at_the_organisations_midnight() {
    let mut desk = Desk::open();
    desk.now = at("2027-01-01T00:00:00Z");
    let calendar = Calendar { offset: -5 * 3600, changes: vec![] };
    desk.ask(Command::SetTerms(SetTerms { calendar: Some(calendar), ..SetTerms::default() }))
        .unwrap();
    desk.grant(purchased("a", "100"));
    let window = Window::Every(Every::Day);
    desk.set_budget(SetBudget { window, ..capped(department("x"), "10") }).unwrap();
    desk.charge("10", work_of("x")).unwrap();
    desk.now = at("2027-01-01T04:59:59Z");
    assert_eq!(desk.charge("1", work_of("x")).unwrap_err().code(), "budget_exceeded");
    desk.now = at("2027-01-01T05:00:00Z");
    desk.charge("10", work_of("x")).unwrap();
}

#[test]
fn a_grant_for_a_period_at_the_end_of_time_is_answered_at_once() {
    let plan = monthly("100", at("2027-01-01T00:00:00Z"));
    let mut desk = begin(plan.clone());
    let (plan_code, period_start) = (plan.code.clone(), Timestamp(i64::MAX));
    let origin = Origin::PlanPeriod { plan: plan_code, period_start };
    desk.grant(Grant { origin, ..purchased("far", "1") });
    desk.ask(Command::SetPlan { plan: Some(Box::new(plan)) }).unwrap();
    desk.now = at("2027-03-15T00:00:00Z");
    desk.charge("1", Attribution::default()).unwrap();
}

#[test]
fn a_period_that_can_no_longer_be_counted_passes_without_a_lot() {
    let mut desk = Desk::open();
    desk.now = at("2027-01-01T00:00:00Z");
    desk.grant(Grant { amount: Credits::MAX, ..purchased("a", "1") });
    let plan = monthly("100", desk.now);
    desk.ask(Command::SetPlan { plan: Some(Box::new(plan)) }).unwrap();
    desk.now = at("2027-03-15T00:00:00Z");
    desk.charge("1", Attribution::default()).unwrap();
    assert_eq!(desk.last_kinds(4), ["set_plan", "set_plan", "set_plan", "charge"]);
}

#[test]
fn terms_that_cannot_be_are_refused() {
    let mut desk = Desk::open();
    let change = |micros| OffsetChange { at: Timestamp(micros), offset: 0 };
    let calendar = Calendar { offset: 0, changes: vec![change(5), change(5)] };
    let terms = SetTerms { calendar: Some(calendar), ..SetTerms::default() };
    assert_eq!(desk.ask(Command::SetTerms(terms)).unwrap_err().code(), "calendar_unsound");
    let plan = Plan { code: "Pro plan".to_owned(), ..monthly("1", second(0)) };
    let refusal = desk.ask(Command::SetPlan { plan: Some(Box::new(plan)) }).unwrap_err();
    assert_eq!(refusal.code(), "plan_unsound");
    let most = Grant { amount: Credits::MAX, ..purchased("a", "1") };
    desk.grant(most);
    let more = desk.ask(Command::Grant(Box::new(purchased("b", "1")))).unwrap_err();
    assert_eq!(more.code(), "amount_overflow");
}

/// The first two periods of a plan that is renewed when paid, with the lot of the first.
fn paid_plan() -> (Desk, Plan, Span) {
    let plan = Plan { renewal: Renewal::WhenPaid, ..monthly("100", at("2027-01-01T00:00:00Z")) };
    let mut desk = begin(plan.clone());
    let first = plan.current_period(&desk.state.terms().calendar, desk.now);
    pay(&mut desk, &plan, first);
    (desk, plan, first)
}

fn pay(desk: &mut Desk, plan: &Plan, period: Span) -> LotId {
    let (grant, _) = plan.period_grant(&desk.state.terms().calendar, period);
    let lot = grant.lot.clone();
    desk.grant(grant);
    lot
}

#[test]
fn what_was_paid_for_stays_a_day_longer_while_the_next_payment_is_on_its_way() {
    let (mut desk, _, first) = paid_plan();
    desk.now = first.until.plus(time::DAY - 1);
    desk.charge("40", Attribution::default()).unwrap();
    desk.now = first.until.plus(time::DAY);
    let refused = desk.charge("1", Attribution::default()).unwrap_err();
    assert_eq!(refused.code(), "insufficient_credits", "no free month");
    assert_eq!(desk.state.head().expired, credits("60"));
}

#[test]
fn a_lot_that_is_ended_lapses_at_once_and_so_does_what_comes_back_to_it() {
    let (mut desk, plan, first) = paid_plan();
    let old = plan.period_grant(&desk.state.terms().calendar, first).0.lot;
    desk.now = first.until.plus(70 * time::MINUTE);
    let deadline = desk.now.plus(time::HOUR);
    desk.hold(MakeHold { deadline, ..holding("h", "30") }).unwrap();
    let second = plan.current_period(&desk.state.terms().calendar, desk.now);
    pay(&mut desk, &plan, second);
    desk.ask(Command::EndLot { lot: old.clone() }).unwrap();
    assert_eq!(desk.available(), "100", "the new period's and nothing of the old");
    assert_eq!(desk.state.head().expired, credits("70"));
    desk.settle("h", "10").unwrap();
    assert_eq!(desk.available(), "100");
    assert_eq!(desk.state.head().expired, credits("90"), "20 came back too late");
    let again = desk.ask(Command::EndLot { lot: old }).unwrap_err();
    assert_eq!(again.code(), "nothing_to_expire");
}

#[test]
fn an_unlimited_lot_that_is_ended_gives_nothing_any_more() {
    let plan = Plan { allowance: Allowance::Unlimited, ..monthly("1", at("2027-01-01T00:00:00Z")) };
    let mut desk = begin(plan.clone());
    desk.charge("900", Attribution::default()).unwrap();
    let period = plan.current_period(&desk.state.terms().calendar, desk.now);
    let lot = plan.period_grant(&desk.state.terms().calendar, period).0.lot;
    desk.now = desk.now.plus(1);
    desk.ask(Command::EndLot { lot }).unwrap();
    assert!(!desk.state.balance(desk.now).unlimited);
    assert!(desk.charge("1", Attribution::default()).is_err());
}
