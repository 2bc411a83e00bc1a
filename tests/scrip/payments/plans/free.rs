//! Plans without a provider: the free one, and those that were agreed on.

use super::{DAY, HOUR, Office, VISA, credits, plan};
use crate::support::database::TestDatabase;
use scrip::backend::payments::PaymentError;
use scrip::backend::payments::subscriptions::begin::Begun;
use scrip::backend::payments::subscriptions::change::PlanRefusal;
use scrip::backend::step::Step;
use scrip::backend::store::subscription::SubscriptionStatus;
use scrip::catalogue::Catalogue;
use scrip::catalogue::parse::from_toml;
use scrip::ledger::Renewal;

crate::on_both_databases!(
    whoever_has_no_plan_gets_the_free_one_and_its_credits_each_month,
    two_nodes_give_the_free_plan_once,
    a_paid_plan_takes_the_place_of_the_free_one_which_comes_back_after_it,
    an_agreed_plan_gives_as_much_as_is_used_until_it_is_ended,
);

fn suite() -> Catalogue {
    from_toml("ai-suite.toml", include_str!("../../../../catalogues/ai-suite.toml")).unwrap()
}

async fn give_free_plans(office: &Office) {
    let (payments, now) = (&office.till.payments, office.till.now());
    while payments.free_plan_step(&suite(), now).await.unwrap() == Step::Done {}
}

async fn whoever_has_no_plan_gets_the_free_one_and_its_credits_each_month(database: TestDatabase) {
    let office = Office::open(database).await;
    let none = office.till.payments.free_plan_step(&super::photos(), office.till.now()).await;
    assert_eq!(none.unwrap(), Step::Idle, "pay as you go where the catalogue has no free plan");
    give_free_plans(&office).await;
    assert_eq!(office.status().await, SubscriptionStatus::Free);
    office.is_available("100").await;
    assert!(office.uses("30").await);
    office.pass(31 * DAY).await;
    office.is_available("100").await;
    give_free_plans(&office).await;
    office.is_available("100").await;
    assert_eq!(office.lots().await.len(), 2);
    assert!(office.paid().await.is_empty(), "nobody paid");
    office.must_verify().await;
}

async fn two_nodes_give_the_free_plan_once(database: TestDatabase) {
    let office = Office::open(database).await;
    let (one, two) = (office.another_node(), office.another_node());
    let (catalogue, now) = (suite(), office.till.now());
    let (first, second) =
        tokio::join!(one.free_plan_step(&catalogue, now), two.free_plan_step(&catalogue, now));
    first.unwrap();
    second.unwrap();
    assert_eq!(office.lots().await.len(), 1);
    office.is_available("100").await;
}

async fn a_paid_plan_takes_the_place_of_the_free_one_which_comes_back_after_it(
    database: TestDatabase,
) {
    let office = Office::open(database).await;
    give_free_plans(&office).await;
    let pro = suite().plan("pro").unwrap().clone();
    let begun = office.till.payments.subscribe(office.acting("form-1"), &pro, office.till.now());
    let Begun::PayAt(url) = begun.await.unwrap() else { panic!("a page opens") };
    office.till.pay(url.rsplit('/').next().unwrap(), VISA).await;
    office.hear().await;
    assert_eq!(office.status().await, SubscriptionStatus::Active);
    office.is_available("5100").await;
    give_free_plans(&office).await;
    let (end, now) = (office.period_end().await, office.till.now());
    office.till.payments.cancel_plan(office.acting("form-2"), now).await.unwrap();
    office.pass(end - office.seconds() + HOUR).await;
    assert_eq!(office.status().await, SubscriptionStatus::None);
    office.is_available("0").await;
    give_free_plans(&office).await;
    assert_eq!(office.status().await, SubscriptionStatus::Free);
    office.is_available("100").await;
    let state = office.till.engine.state(&office.till.organisation).await.unwrap();
    let standing = state.terms().plan.clone().unwrap().plan;
    assert_eq!((standing.code.as_str(), standing.renewal), ("free", Renewal::Automatic));
    office.must_verify().await;
}

async fn an_agreed_plan_gives_as_much_as_is_used_until_it_is_ended(database: TestDatabase) {
    let office = Office::open(database).await;
    let (organisation, now) = (&office.till.organisation, office.till.now());
    let custom = plan("custom");
    office.till.payments.agree_on_plan(organisation, &custom, now).await.unwrap();
    office.till.payments.agree_on_plan(organisation, &custom, now).await.unwrap();
    assert_eq!(office.status().await, SubscriptionStatus::Agreed);
    assert!(office.uses("100000").await);
    assert_eq!(office.lots().await.len(), 1);
    assert_eq!(office.till.payments.free_plan_step(&suite(), now).await.unwrap(), Step::Idle);
    office.pass(200 * DAY).await;
    assert!(office.uses("100000").await);

    let now = office.till.now();
    office.till.payments.end_agreed_plan(organisation, now).await.unwrap();
    assert_eq!(office.status().await, SubscriptionStatus::None);
    office.pass(200 * DAY).await;
    assert!(!office.uses("1").await, "its last year is over");
    let now = office.till.now();
    let again = office.till.payments.end_agreed_plan(organisation, now).await.unwrap_err();
    assert!(matches!(again, PaymentError::Plan(PlanRefusal::NothingToChange)));
    assert_eq!(office.available().await, credits("0"));
    office.must_verify().await;
}
