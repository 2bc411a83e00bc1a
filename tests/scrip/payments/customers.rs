//! Billing details reach the provider's customer: made with them, told of each change, once, also after a
//! time in which nobody answered.

use super::{MINUTE, Till};
use crate::support::database::TestDatabase;
use scrip::backend::payments::{Payments, Why};
use scrip::backend::step::Step;
use scrip::backend::store::billing_details;
use scrip::model::billing_details::BillingDetails;
use serde_json::Value;

crate::on_both_databases!(
    a_customer_is_made_with_the_billing_details_and_their_tax_id,
    changed_details_reach_the_customer_once,
    a_provider_that_is_down_is_told_later_and_two_nodes_tell_once,
    a_tax_id_that_is_none_keeps_nobody_from_paying_and_is_told_back,
    a_number_that_was_typed_at_the_payment_page_stays,
);

fn details(tax_id: &str) -> BillingDetails {
    BillingDetails {
        name: "Nordwind GmbH".into(),
        email: "billing@nordwind.test".into(),
        line1: "Hafenstraße 1".into(),
        postcode: "20457".into(),
        city: "Hamburg".into(),
        country: "DE".into(),
        tax_id: tax_id.into(),
        ..BillingDetails::default()
    }
}

async fn save(till: &Till, details: BillingDetails) {
    let (db, organisation) = (till.db(), &till.organisation);
    let version = billing_details::latest(db, organisation).await.unwrap();
    let version = version.map_or(0, |latest| latest.version);
    let now = till.now();
    let saved =
        billing_details::insert_after(db, organisation, version, &details, &till.user, now).await;
    assert!(saved.unwrap());
}

async fn customer(till: &Till) -> Value {
    till.get("/v1/customers?limit=1").await["data"][0].clone()
}

async fn tax_ids(till: &Till) -> Vec<String> {
    let id = customer(till).await["id"].as_str().unwrap().to_owned();
    let list = till.get(&format!("/v1/customers/{id}/tax_ids")).await;
    let values = list["data"].as_array().unwrap().iter();
    values.map(|one| one["value"].as_str().unwrap().to_owned()).collect()
}

/// The job tells all that is to be told; how often it worked.
async fn told(till: &Till, payments: &Payments) -> usize {
    let mut steps = 0;
    while payments.mirror_step(till.now()).await.unwrap() == Step::Done {
        steps += 1;
    }
    steps
}

/// How often the customer was changed at the provider.
async fn changes(till: &Till) -> usize {
    let list = till.get("/v1/events?type=customer.updated&limit=100").await;
    list["data"].as_array().unwrap().len()
}

async fn a_customer_is_made_with_the_billing_details_and_their_tax_id(database: TestDatabase) {
    let till = Till::open(database).await;
    save(&till, details("de 123 456 789")).await;
    assert_eq!(told(&till, &till.payments).await, 0, "there is no customer yet");
    till.open_purchase().await;
    let made = customer(&till).await;
    assert_eq!(
        (&made["name"], &made["email"]),
        (&"Nordwind GmbH".into(), &details("").email.into())
    );
    assert_eq!(made["address"]["city"], "Hamburg");
    assert_eq!(made["metadata"]["organisation_id"], till.organisation.as_str());
    assert_eq!(tax_ids(&till).await, ["DE123456789"]);
    assert_eq!(told(&till, &till.payments).await, 1);
    assert_eq!(tax_ids(&till).await, ["DE123456789"], "told twice it is there once");
}

async fn changed_details_reach_the_customer_once(database: TestDatabase) {
    let till = Till::open(database).await;
    till.open_purchase().await;
    assert_eq!(customer(&till).await["name"], "Northwind");
    told(&till, &till.payments).await;
    till.pass(1);
    save(&till, details("DE123456789")).await;
    assert_eq!(told(&till, &till.payments).await, 1);
    let now = customer(&till).await;
    assert_eq!(
        (&now["name"], &now["address"]["line1"]),
        (&"Nordwind GmbH".into(), &"Hafenstraße 1".into())
    );
    assert_eq!(tax_ids(&till).await, ["DE123456789"]);
    let before = changes(&till).await;
    assert_eq!(told(&till, &till.payments).await, 0, "nothing has changed since");
    assert_eq!(changes(&till).await, before);

    till.pass(1);
    save(&till, BillingDetails { line2: "Hof".into(), ..details("DE987654321") }).await;
    told(&till, &till.payments).await;
    assert_eq!(tax_ids(&till).await, ["DE987654321"], "the former one is taken away");
    till.pass(1);
    save(&till, details("")).await;
    told(&till, &till.payments).await;
    assert!(tax_ids(&till).await.is_empty());
    assert!(customer(&till).await["address"]["line2"].is_null(), "what was emptied is empty there");
}

async fn a_provider_that_is_down_is_told_later_and_two_nodes_tell_once(database: TestDatabase) {
    let till = Till::open(database).await;
    till.open_purchase().await;
    told(&till, &till.payments).await;
    till.pass(1);
    save(&till, details("DE123456789")).await;
    let nobody = till.payments_through("http://127.0.0.1:9");
    assert_eq!(told(&till, &nobody).await, 1, "once, and then it waits");
    assert_eq!(customer(&till).await["name"], "Northwind");
    assert_eq!(told(&till, &till.payments).await, 0, "not at once again");
    till.pass(3 * MINUTE);
    let now = till.now();
    let (one, other) = tokio::join!(till.payments.mirror_step(now), till.payments.mirror_step(now));
    assert!(one.is_ok() && other.is_ok());
    told(&till, &till.payments).await;
    assert_eq!(customer(&till).await["name"], "Nordwind GmbH");
    assert_eq!(tax_ids(&till).await, ["DE123456789"]);
}

async fn a_tax_id_that_is_none_keeps_nobody_from_paying_and_is_told_back(database: TestDatabase) {
    let till = Till::open(database).await;
    save(&till, details("DE")).await;
    let (id, session) = till.open_purchase().await;
    assert_eq!(till.pay(&session, "4242424242424242").await, 200);
    till.settle(&id, Why::ReturnPage).await;
    assert_eq!(customer(&till).await["address"]["country"], "DE");
    told(&till, &till.payments).await;
    let problem = till.payments.details_problem(&till.organisation).await.unwrap();
    assert!(problem.is_some_and(|problem| problem.contains("eu_vat")));
    assert_eq!(told(&till, &till.payments).await, 0, "a no is not asked for again");
    till.pass(1);
    save(&till, details("DE123456789")).await;
    told(&till, &till.payments).await;
    assert_eq!(till.payments.details_problem(&till.organisation).await.unwrap(), None);
}

async fn a_number_that_was_typed_at_the_payment_page_stays(database: TestDatabase) {
    let till = Till::open(database).await;
    till.open_purchase().await;
    told(&till, &till.payments).await;
    let id = customer(&till).await["id"].as_str().unwrap().to_owned();
    let typed = [("type", "eu_vat"), ("value", "FR12345678901")];
    assert_eq!(till.post(&format!("/v1/customers/{id}/tax_ids"), &typed).await.0, 200);
    till.pass(1);
    save(&till, details("")).await;
    told(&till, &till.payments).await;
    assert_eq!(tax_ids(&till).await, ["FR12345678901"]);
}
