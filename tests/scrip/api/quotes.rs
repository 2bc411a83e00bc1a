//! Quotes: a price is told, binds for a while, and is what a hold sets aside.

use super::Desk;
use crate::on_both_databases;
use crate::support::database::TestDatabase;
use scrip::backend::quotes::QUOTE_BINDS;
use scrip::model::api_keys::Scope;
use serde_json::json;

on_both_databases!(
    a_quote_is_held_settled_and_stands_in_the_history,
    a_quote_binds_no_longer_than_it_says_and_a_replay_is_still_answered,
    what_the_rate_card_does_not_know_is_named,
);

const WORKER: [Scope; 2] = [Scope::Read, Scope::Spend];

async fn a_quote_is_held_settled_and_stands_in_the_history(database: TestDatabase) {
    let desk = Desk::open(database).await;
    let worker = desk.key(&WORKER).await;
    let asked = json!({ "operation": "analysis", "inputs": { "text": 1, "image": 2 } });
    let quote = worker.post("/quotes", "q", asked.clone()).await;
    assert_eq!(
        (quote.status, quote.text("least"), quote.text("most")),
        (201, "3", "3"),
        "{}",
        quote.body
    );
    assert_eq!(quote.body["exact"], true);
    let again = worker.post("/quotes", "q", asked).await;
    assert_eq!((again.header("idempotent-replayed"), &again.body), ("true", &quote.body));
    let other =
        worker.post("/quotes", "q", json!({ "operation": "analysis", "inputs": { "text": 2 } }));
    assert_eq!(other.await.refusal(), (422, "idempotency_key_reused"));
    let shown = worker.get(&format!("/quotes/{}", quote.text("id"))).await;
    assert_eq!(shown.body, quote.body);

    let held = worker.post("/holds", "h", json!({ "quote": quote.text("id") })).await;
    assert_eq!((held.status, held.text("amount")), (201, "3"), "{}", held.body);
    let purpose = &held.body["purpose"];
    assert_eq!((&purpose["operation"], &purpose["quote"]), (&json!("analysis"), &quote.body["id"]));
    let charged = worker.post("/charges", "c", json!({ "quote": quote.text("id") })).await;
    assert_eq!((charged.status, charged.text("amount")), (201, "-3"), "{}", charged.body);
    let more = json!({ "quote": quote.text("id"), "amount": "3.000001" });
    assert_eq!(worker.post("/charges", "m", more).await.refusal(), (422, "invalid"));
    for both in [
        json!({ "quote": quote.text("id"), "amount": "3" }),
        json!({}),
        json!({ "quote": quote.text("id"), "operation": "chat" }),
        json!({ "quote": quote.text("id"), "over_settle": "draw" }),
    ] {
        assert_eq!(
            worker.post("/holds", "both", both.clone()).await.refusal(),
            (422, "invalid"),
            "{both}"
        );
    }
    let southwind = desk.southwind().await;
    let stranger = desk.key_of(&southwind, &WORKER, None, None).await;
    let theirs = json!({ "quote": quote.text("id") });
    assert_eq!(stranger.post("/holds", "t", theirs).await.refusal(), (404, "not_found"));
}

async fn a_quote_binds_no_longer_than_it_says_and_a_replay_is_still_answered(
    database: TestDatabase,
) {
    let desk = Desk::open(database).await;
    let worker = desk.key(&WORKER).await;
    let asked = json!({ "operation": "analysis", "inputs": { "text": 1 } });
    let quote = worker.post("/quotes", "q", asked).await;
    let body = json!({ "quote": quote.text("id") });
    let held = worker.post("/holds", "h", body.clone()).await;
    desk.premises.clock.advance(QUOTE_BINDS);
    let again = worker.post("/holds", "h", body.clone()).await;
    assert_eq!((again.status, &again.body), (201, &held.body));
    assert_eq!(worker.post("/holds", "h2", body.clone()).await.refusal(), (409, "quote_expired"));
    assert_eq!(worker.post("/charges", "c", body).await.refusal(), (409, "quote_expired"));
}

async fn what_the_rate_card_does_not_know_is_named(database: TestDatabase) {
    let desk = Desk::open(database).await;
    let worker = desk.key(&WORKER).await;
    for (body, field) in [
        (json!({ "operation": "flying" }), "operation"),
        (json!({ "operation": "analysis", "inputs": { "sound": 1 } }), "sound"),
        (json!({ "operation": "analysis", "inputs": { "text": 1.5 } }), "inputs.text"),
    ] {
        let told = worker.post("/quotes", "q", body.clone()).await;
        assert_eq!(told.refusal(), (422, "invalid"), "{body}: {}", told.body);
        let fields = told.body["fields"].as_array().unwrap();
        assert!(fields.iter().any(|wrong| wrong["field"] == field), "{body}: {}", told.body);
    }
}
