//! What the provider reports about plans: in any order, twice, or never.

use super::{DAY, HOUR, Office, VISA};
use crate::support::database::TestDatabase;
use scrip::backend::step::Step;
use scrip::backend::store::subscription::SubscriptionStatus;
use serde_json::Value;

crate::on_both_databases!(
    every_order_of_the_events_of_one_payment_ends_in_the_same_state,
    without_a_single_webhook_the_sweep_credits_the_first_period_and_the_next,
    events_missed_while_down_are_caught_up_with,
    a_year_asleep_credits_every_period_that_was_paid_for,
    two_nodes_that_hear_of_a_renewal_at_once_make_one_lot,
    a_plan_of_a_foreign_customer_is_left_alone,
);

const KINDS: [&str; 3] =
    ["checkout.session.completed", "invoice.paid", "customer.subscription.updated"];

fn orders() -> Vec<Vec<usize>> {
    let mut orders = vec![vec![0, 1, 2], vec![0, 2, 1], vec![1, 0, 2]];
    orders.extend([vec![1, 2, 0], vec![2, 0, 1], vec![2, 1, 0]]);
    // Twice, and some of them never.
    orders.extend([vec![1, 1, 0, 0], vec![0], vec![1], vec![2, 2]]);
    orders
}

async fn every_order_of_the_events_of_one_payment_ends_in_the_same_state(database: TestDatabase) {
    let office = Office::open(database).await;
    for (turn, order) in orders().into_iter().enumerate() {
        let page = office.page_of(&format!("form-{turn}"), "pro").await;
        assert_eq!(office.till.pay(&page, VISA).await, 200);
        let mut events: Vec<Value> = Vec::new();
        for kind in KINDS {
            // The provider tells of a change only when there is one: as if there had been.
            let mut event = office.till.event("invoice.paid").await;
            let paid = event["data"]["object"].clone();
            if kind == "customer.subscription.updated" {
                let name = &paid["parent"]["subscription_details"]["subscription"];
                let path = format!("/v1/subscriptions/{}", name.as_str().unwrap());
                event["data"]["object"] = office.till.get(&path).await;
            } else {
                event = office.till.event(kind).await;
            }
            event["type"] = kind.into();
            events.push(event);
        }
        for (place, index) in order.iter().enumerate() {
            let mut event = events[*index].clone();
            event["id"] = format!("evt_{turn}_{place}").into();
            assert_eq!(office.till.send_event(&event).await, 200);
            office.till.inbox_works().await;
        }
        let row = office.row().await;
        assert_eq!((row.status, &row.page), (SubscriptionStatus::Active, &None), "{order:?}");
        let lots = office.lots().await;
        assert_eq!((lots.len(), office.paid().await.len()), (turn + 1, turn + 1), "{order:?}");

        office.end_at_provider().await;
        office.till.pass(HOUR);
        assert_eq!(office.settle().await.unwrap().status, SubscriptionStatus::None);
    }
    office.must_verify().await;
}

async fn without_a_single_webhook_the_sweep_credits_the_first_period_and_the_next(
    database: TestDatabase,
) {
    let office = Office::open(database).await;
    office.till.post("/control/deliveries", &[("fault", "drop"), ("count", "1000")]).await;
    let page = office.page_of("form-1", "pro").await;
    office.till.pay(&page, VISA).await;
    office.till.provider_works().await;
    office.till.pass(180);
    office.sweep().await;
    office.is_available("3000").await;
    assert!(office.uses("1000").await);

    let end = office.period_end().await;
    office.till.pass(end - office.seconds() + 2 * HOUR);
    office.till.provider_works().await;
    office.sweep().await;
    office.is_available("3000").await;
    assert_eq!(office.paid().await.len(), 2);
}

async fn events_missed_while_down_are_caught_up_with(database: TestDatabase) {
    let office = Office::open(database).await;
    let first = office.till.payments.catch_up_step(office.till.now()).await.unwrap();
    assert_eq!(first, Step::Done, "first start");
    office.till.post("/control/deliveries", &[("fault", "drop"), ("count", "1000")]).await;
    let page = office.page_of("form-1", "pro").await;
    office.till.pay(&page, VISA).await;
    office.till.provider_works().await;
    office.till.pass(5 * HOUR);
    let restarted = office.till.payments_through(&office.till.sandbox_base);
    assert_eq!(restarted.catch_up_step(office.till.now()).await.unwrap(), Step::Done);
    office.till.inbox_works().await;
    office.is_available("3000").await;
}

async fn a_year_asleep_credits_every_period_that_was_paid_for(database: TestDatabase) {
    let office = Office::open(database).await;
    office.subscribe("pro").await;
    office.till.pass(366 * DAY);
    office.till.provider_works().await;
    office.sweep().await;
    while office.till.engine.step_due(office.till.now()).await.unwrap() == Step::Done {}
    assert_eq!(office.paid().await.len(), 13);
    assert_eq!(office.lots().await.len(), 13);
    office.is_available("3000").await;
    office.must_verify().await;
}

async fn two_nodes_that_hear_of_a_renewal_at_once_make_one_lot(database: TestDatabase) {
    let office = Office::open(database).await;
    office.subscribe("pro").await;
    let end = office.period_end().await;
    office.till.pass(end - office.seconds() + 2 * HOUR);
    office.till.provider_works().await;
    let nodes = [office.another_node(), office.another_node()];
    let (organisation, now) = (&office.till.organisation, office.till.now());
    let (one, two, three) = tokio::join!(
        nodes[0].settle_subscription(organisation, None, now),
        nodes[1].settle_subscription(organisation, None, now),
        office.till.payments.settle_subscription(organisation, None, now),
    );
    for settled in [one, two, three] {
        assert_eq!(settled.unwrap().unwrap().status, SubscriptionStatus::Active);
    }
    assert_eq!((office.lots().await.len(), office.paid().await.len()), (2, 2));
    office.is_available("3000").await;
    office.must_verify().await;
}

async fn a_plan_of_a_foreign_customer_is_left_alone(database: TestDatabase) {
    let office = Office::open(database).await;
    office.subscribe("pro").await;
    let (_, other) = office.till.post("/v1/customers", &[("name", "Southwind")]).await;
    let item = &office.till.get(&format!("/v1/subscriptions/{}", office.name().await)).await;
    let price = item["items"]["data"][0]["price"]["id"].as_str().unwrap();
    let path = "/v1/payment_methods/pm_card_visa/attach";
    let other = other["id"].as_str().unwrap();
    let (_, method) = office.till.post(path, &[("customer", other)]).await;
    let fields = [
        ("customer", other),
        ("items[0][price]", price),
        ("default_payment_method", method["id"].as_str().unwrap()),
    ];
    let (status, theirs) = office.till.post("/v1/subscriptions", &fields).await;
    assert_eq!(status, 200, "{theirs}");
    office.hear().await;
    // An event that claims to be about us, with another's subscription in it.
    let mut forged = office.till.event("invoice.paid").await;
    forged["id"] = "evt_forged".into();
    forged["data"]["object"]["customer"] = office.customer().await.into();
    assert_eq!(office.till.send_event(&forged).await, 200);
    office.till.inbox_works().await;
    assert_eq!((office.lots().await.len(), office.paid().await.len()), (1, 1));
    office.is_available("3000").await;
}
