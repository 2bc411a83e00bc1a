//! Refunds: partial, full, waiting, failing; what the charge then says.

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{Shop, id};

/// A paid session's charge.
pub async fn paid(shop: &Shop, card: &str) -> Value {
    let session = shop.session().await;
    let path = format!("sessions/{}/pay", id(&session));
    let (status, session) = shop.control(&path, &[("card", card)]).await;
    assert_eq!(status, StatusCode::OK, "{session}");
    let intent = session["payment_intent"].as_str().expect("an intent");
    let (_, intent) = shop.get(&format!("payment_intents/{intent}")).await;
    charge_again(shop, intent["latest_charge"].as_str().expect("a charge")).await
}

pub async fn charge_again(shop: &Shop, charge: &str) -> Value {
    shop.get(&format!("charges/{charge}?expand[]=refunds")).await.1
}

#[tokio::test]
async fn thirds_of_an_odd_amount_add_up_and_not_a_cent_more_is_refunded() {
    let shop = Shop::open().await;
    let charge = paid(&shop, "4242424242424242").await;
    for (amount, sum) in [("333", 333), ("333", 666)] {
        let form = [("charge", id(&charge)), ("amount", amount)];
        let (status, refund) = shop.post("refunds", &form).await;
        assert_eq!((status, &refund["status"]), (StatusCode::OK, &json!("succeeded")));
        let charge = charge_again(&shop, id(&charge)).await;
        assert_eq!(charge["amount_refunded"], sum);
        assert_eq!(charge["refunded"], false);
    }
    let form = [("charge", id(&charge)), ("amount", "335")];
    let (status, body) = shop.post("refunds", &form).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(
        body["error"]["message"],
        "Refund amount ($3.35) is greater than unrefunded amount on charge ($3.34)"
    );
    let intent = charge["payment_intent"].as_str().expect("an intent");
    let (_, rest) = shop.post("refunds", &[("payment_intent", intent)]).await;
    assert_eq!(rest["amount"], 334, "without an amount: all that is left");
    let charge = charge_again(&shop, id(&charge)).await;
    assert_eq!((&charge["refunded"], &charge["amount_refunded"]), (&json!(true), &json!(1000)));
    assert_eq!(charge["refunds"]["data"].as_array().map(Vec::len), Some(3));
    let (_, body) = shop.post("refunds", &[("charge", id(&charge))]).await;
    assert_eq!(body["error"]["code"], "charge_already_refunded");
    let types = shop.event_types().await;
    assert_eq!(types.iter().filter(|kind| *kind == "charge.refunded").count(), 3);
}

#[tokio::test]
async fn a_refund_may_wait_for_the_bank() {
    let shop = Shop::open().await;
    let charge = paid(&shop, "4000000000007726").await;
    let (_, refund) = shop.post("refunds", &[("charge", id(&charge))]).await;
    assert_eq!(refund["status"], "pending");
    shop.clock.advance(60_000);
    shop.work_until_idle().await;
    let (_, refund) = shop.get(&format!("refunds/{}", id(&refund))).await;
    assert_eq!(refund["status"], "succeeded");
    let types = shop.event_types().await;
    assert!(types.ends_with(&["refund.updated".into(), "charge.refund.updated".into()]));
}

#[tokio::test]
async fn a_refund_that_fails_later_gives_the_amount_back_to_the_charge() {
    let shop = Shop::open().await;
    let charge = paid(&shop, "4000000000005126").await;
    let (_, refund) = shop.post("refunds", &[("charge", id(&charge)), ("amount", "400")]).await;
    assert_eq!(refund["status"], "succeeded");
    shop.clock.advance(60_000);
    shop.work_until_idle().await;
    let (_, refund) = shop.get(&format!("refunds/{}", id(&refund))).await;
    assert_eq!(refund["status"], "failed");
    assert!(refund["failure_balance_transaction"].is_string());
    assert_eq!(charge_again(&shop, id(&charge)).await["amount_refunded"], 0);
    assert_eq!(shop.event_types().await.last().map(String::as_str), Some("refund.failed"));
}

#[tokio::test]
async fn what_was_never_paid_is_not_refunded() {
    let shop = Shop::open().await;
    let session = shop.session().await;
    let path = format!("sessions/{}/pay", id(&session));
    let (status, _) = shop.control(&path, &[("card", "4000000000000002")]).await;
    assert_eq!(status, StatusCode::PAYMENT_REQUIRED);
    let (_, charges) = shop.get("charges").await;
    let (_, body) = shop.post("refunds", &[("charge", id(&charges["data"][0]))]).await;
    assert_eq!(body["error"]["code"], "charge_not_refundable");
    let (_, body) = shop.post("refunds", &[]).await;
    assert_eq!(body["error"]["code"], "parameter_missing");
}

#[tokio::test]
async fn every_movement_stands_on_the_balance() {
    let shop = Shop::open().await;
    let charge = paid(&shop, "4242424242424242").await;
    shop.post("refunds", &[("charge", id(&charge)), ("amount", "250")]).await;
    let (_, list) = shop.get("balance_transactions").await;
    let amounts: Vec<i64> = list["data"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|one| one["amount"].as_i64())
        .collect();
    assert_eq!(amounts, [-250, 1000]);
}
