//! From one period to the next: on time, late, unpaid, or not any more.

use super::{DAY, HOUR, Office, at, credits};
use crate::support::database::TestDatabase;
use scrip::backend::store::alert;
use scrip::backend::store::subscription::SubscriptionStatus;

crate::on_both_databases!(
    a_renewal_that_is_paid_seventy_minutes_late_leaves_no_hole_and_nothing_of_the_old_month,
    a_payment_that_fails_gives_no_free_month_and_the_invoice_leads_out,
    a_card_that_asks_its_owner_makes_the_plan_past_due_until_they_answer,
    after_the_last_attempt_the_plan_ends_and_bought_credits_stay,
    a_plan_that_is_cancelled_ends_with_its_period,
    a_plan_that_is_ended_at_once_keeps_its_credits_until_the_period_is_over,
    what_rolls_over_stays_when_the_next_period_is_paid_for,
);

async fn a_renewal_that_is_paid_seventy_minutes_late_leaves_no_hole_and_nothing_of_the_old_month(
    database: TestDatabase,
) {
    let office = Office::open(database).await;
    office.subscribe("pro").await;
    assert!(office.uses("1000").await);
    let end = office.period_end().await;
    office.pass(end - office.seconds() + 600).await;
    office.is_available("2000").await;
    assert!(office.uses("500").await, "no hole while the payment is on its way");
    assert_eq!(office.lots().await.len(), 1);
    office.pass(HOUR).await;
    office.is_available("3000").await;
    let lots = office.lots().await;
    assert_eq!(lots.len(), 2);
    assert_eq!((lots[0].remaining, lots[0].expired), (credits("0"), credits("1500")));
    assert_eq!(lots[1].effective_at, at(end));
    assert_eq!(office.period_end().await + DAY, lots[1].expires_at.unwrap().0 / 1_000_000);
    office.must_verify().await;
}

async fn a_payment_that_fails_gives_no_free_month_and_the_invoice_leads_out(
    database: TestDatabase,
) {
    let office = Office::open(database).await;
    office.subscribe("pro").await;
    office.pay_with("pm_card_chargeCustomerFail").await;
    let end = office.period_end().await;
    office.pass(end - office.seconds() + 2 * HOUR).await;
    let row = office.row().await;
    assert_eq!(row.status, SubscriptionStatus::PastDue);
    assert!(row.mirror.pay_url.is_some(), "the way out");
    office.is_available("3000").await;
    office.pass(21 * HOUR + 3_599).await;
    office.is_available("3000").await;
    office.pass(HOUR + 1).await;
    office.is_available("0").await;
    assert!(!office.uses("1").await, "no free month");
    assert_eq!(office.paid().await.len(), 1);

    office.pass(DAY).await;
    office.pay_with("pm_card_visa").await;
    office.pass(2 * DAY).await;
    let row = office.row().await;
    assert_eq!((row.status, row.mirror.pay_url), (SubscriptionStatus::Active, None));
    office.is_available("3000").await;
    assert_eq!(office.paid().await.len(), 2);
    let lots = office.lots().await;
    assert_eq!(lots[1].effective_at, at(end), "the period is the one that was paid for");
    office.must_verify().await;
}

async fn a_card_that_asks_its_owner_makes_the_plan_past_due_until_they_answer(
    database: TestDatabase,
) {
    let office = Office::open(database).await;
    office.subscribe("pro").await;
    office.pay_with("pm_card_authenticationRequired").await;
    office.pass(31 * DAY).await;
    office.pass(2 * HOUR).await;
    assert_eq!(office.status().await, SubscriptionStatus::PastDue);
    assert_eq!(told(&office).await, ["The plan's payment failed"], "the admins are told once");
    let invoice = office.invoices().await[0]["id"].as_str().unwrap().to_owned();
    let payments = office.till.get(&format!("/v1/invoice_payments?invoice={invoice}")).await;
    let intent = payments["data"][0]["payment"]["payment_intent"].as_str().unwrap();
    let path = format!("/control/payment_intents/{intent}/authenticate");
    assert_eq!(office.till.post(&path, &[]).await.0, 200);
    office.hear().await;
    assert_eq!(office.status().await, SubscriptionStatus::Active);
    office.is_available("3000").await;
    assert_eq!(office.paid().await.len(), 2);
    assert!(told(&office).await.is_empty(), "it is cured");
}

/// What the admins are told and nobody has cured.
async fn told(office: &Office) -> Vec<String> {
    let open = alert::open(office.till.db(), &office.till.organisation, 10).await.unwrap();
    open.into_iter().map(|alert| alert.title).collect()
}

async fn after_the_last_attempt_the_plan_ends_and_bought_credits_stay(database: TestDatabase) {
    let office = Office::open(database).await;
    let (pack, session) = office.till.open_purchase().await;
    office.till.pay(&session, super::VISA).await;
    office.hear().await;
    let bought = office.till.purchase(&pack).await.credits;
    office.subscribe("pro").await;
    office.pay_with("pm_card_chargeCustomerFail").await;
    for _ in 0..50 {
        office.pass(DAY).await;
    }
    assert_eq!(office.status().await, SubscriptionStatus::None);
    assert_eq!(office.available().await, bought);
    let state = office.till.engine.state(&office.till.organisation).await.unwrap();
    assert!(state.terms().plan.is_none());
    office.must_verify().await;
}

async fn a_plan_that_is_cancelled_ends_with_its_period(database: TestDatabase) {
    let office = Office::open(database).await;
    let (pack, session) = office.till.open_purchase().await;
    office.till.pay(&session, super::VISA).await;
    office.hear().await;
    let bought = office.till.purchase(&pack).await.credits;
    office.subscribe("pro").await;
    let end = office.period_end().await;
    let now = office.till.now();
    office.till.payments.cancel_plan(office.acting("form-c"), now).await.unwrap();
    assert!(office.row().await.mirror.ends_with_period);
    office.till.payments.keep_plan(office.acting("form-k"), now).await.unwrap();
    assert!(!office.row().await.mirror.ends_with_period, "taken back");
    office.till.payments.cancel_plan(office.acting("form-d"), now).await.unwrap();

    office.pass(end - office.seconds() - 60).await;
    assert_eq!(office.status().await, SubscriptionStatus::Active);
    assert_eq!(office.available().await, bought.checked_add(credits("3000")).unwrap());
    office.pass(120).await;
    assert_eq!(office.status().await, SubscriptionStatus::None);
    assert_eq!(office.available().await, bought, "no day of grace for who leaves");
    assert_eq!(office.paid().await.len(), 1);
    let state = office.till.engine.state(&office.till.organisation).await.unwrap();
    assert!(state.terms().plan.is_none());
    office.must_verify().await;
}

async fn a_plan_that_is_ended_at_once_keeps_its_credits_until_the_period_is_over(
    database: TestDatabase,
) {
    let office = Office::open(database).await;
    office.subscribe("pro").await;
    let end = office.period_end().await;
    office.end_at_provider().await;
    office.hear().await;
    assert_eq!(office.status().await, SubscriptionStatus::None);
    office.is_available("3000").await;
    office.pass(end - office.seconds() - 1).await;
    office.sweep().await;
    office.is_available("3000").await;
    office.pass(1).await;
    office.sweep().await;
    office.is_available("0").await;
    office.must_verify().await;
}

async fn what_rolls_over_stays_when_the_next_period_is_paid_for(database: TestDatabase) {
    let office = Office::open(database).await;
    office.subscribe("studio").await;
    assert!(office.uses("2000").await);
    let end = office.period_end().await;
    office.pass(end - office.seconds() + 2 * HOUR).await;
    office.is_available("15000").await;
    office.must_verify().await;
}
