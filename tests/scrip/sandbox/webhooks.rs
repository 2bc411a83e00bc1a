//! Deliveries: signed, retried, given up, sent again, and the troubles a test may order.

use hmac::{Hmac, KeyInit, Mac};
use reqwest::StatusCode;
use sha2::Sha256;

use super::receiver::{Received, Receiver};
use super::{START, Shop, WEBHOOK_SECRET};

/// The signature as Stripe documents it, computed by hand.
fn expected_signature(received: &Received, seconds: i64) -> String {
    let mut hash =
        Hmac::<Sha256>::new_from_slice(WEBHOOK_SECRET.as_bytes()).expect("any key length");
    hash.update(format!("{seconds}.").as_bytes());
    hash.update(&received.body);
    format!("t={seconds},v1={}", hex::encode(hash.finalize().into_bytes()))
}

async fn shop_with_receiver() -> (Shop, Receiver) {
    let receiver = Receiver::start().await;
    (Shop::open_with_webhooks(&receiver.url).await, receiver)
}

#[tokio::test]
async fn a_delivery_carries_a_signature_over_its_very_bytes() {
    let (shop, receiver) = shop_with_receiver().await;
    shop.post("customers", &[("name", "Ada")]).await;
    assert_eq!(shop.work_until_idle().await, 1);
    let received = receiver.received();
    assert_eq!(received[0].signature, expected_signature(&received[0], START / 1000));
    let event = received[0].event();
    assert_eq!(event["type"], "customer.created");
    assert_eq!(event["livemode"], false);
    assert_eq!(event["data"]["object"]["name"], "Ada");
}

#[tokio::test]
async fn a_delivery_is_tried_four_times_and_then_given_up() {
    let (shop, receiver) = shop_with_receiver().await;
    receiver.answer_with(500);
    shop.post("customers", &[]).await;
    assert_eq!(shop.work_until_idle().await, 1, "at once");
    for (wait, attempts) in [(1_000, 2), (5_000, 3), (25_000, 4)] {
        shop.clock.advance(wait - 1);
        assert_eq!(shop.work_until_idle().await, 0, "not before {wait} ms");
        shop.clock.advance(1);
        assert_eq!(shop.work_until_idle().await, 1, "after {wait} ms");
        assert_eq!(receiver.received().len(), attempts);
    }
    shop.clock.advance(3_600_000);
    assert_eq!(shop.work_until_idle().await, 0, "given up");
    let signatures: Vec<_> = receiver.received().into_iter().map(|one| one.signature).collect();
    assert!(signatures.windows(2).all(|pair| pair[0] != pair[1]), "each attempt is signed anew");
    let (_, pending) = shop.get("events?delivery_success=false").await;
    assert_eq!(pending["data"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn an_event_that_was_given_up_can_be_sent_again() {
    let (shop, receiver) = shop_with_receiver().await;
    receiver.answer_with(500);
    shop.post("customers", &[]).await;
    for _ in 0..4 {
        shop.work_until_idle().await;
        shop.clock.advance(30_000);
    }
    receiver.answer_with(200);
    let (_, events) = shop.get("events").await;
    let event = super::id(&events["data"][0]).to_owned();
    assert_eq!(shop.control(&format!("events/{event}/resend"), &[]).await.0, StatusCode::OK);
    assert_eq!(shop.work_until_idle().await, 1);
    assert_eq!(receiver.received().len(), 5);
    assert_eq!(receiver.received()[4].event()["id"], event.as_str());
}

#[tokio::test]
async fn a_purchase_is_told_in_the_order_it_happened() {
    let (shop, receiver) = shop_with_receiver().await;
    let session = shop.session().await;
    shop.pay(&session, &[]).await;
    shop.work_until_idle().await;
    assert_eq!(receiver.types(), shop.event_types().await);
}

#[tokio::test]
async fn deliveries_can_be_dropped_doubled_and_delayed() {
    let (shop, receiver) = shop_with_receiver().await;
    let order = |fault: &'static str, wait: &'static str| {
        [("fault", fault), ("milliseconds", wait), ("event_type", "customer.created")]
    };
    shop.control("deliveries", &order("drop", "0")).await;
    shop.control("deliveries", &order("duplicate", "0")).await;
    shop.control("deliveries", &order("delay", "9000")).await;
    shop.post("customers", &[("name", "dropped")]).await;
    assert_eq!(shop.work_until_idle().await, 0);
    shop.post("customers", &[("name", "doubled")]).await;
    assert_eq!(shop.work_until_idle().await, 2);
    shop.post("customers", &[("name", "delayed")]).await;
    shop.post("customers", &[("name", "prompt")]).await;
    assert_eq!(shop.work_until_idle().await, 1);
    shop.clock.advance(9_000);
    assert_eq!(shop.work_until_idle().await, 1);
    let names: Vec<_> = receiver
        .received()
        .iter()
        .map(|one| one.event()["data"]["object"]["name"].as_str().unwrap_or_default().to_owned())
        .collect();
    assert_eq!(names, ["doubled", "doubled", "prompt", "delayed"]);
}

#[tokio::test]
async fn control_routes_need_the_key_or_a_token_of_the_front_page() {
    let shop = Shop::open().await;
    let url = format!("{}/control/deliveries", shop.base);
    let bare = shop.client.post(&url).form(&[("fault", "drop")]).send().await.expect("an answer");
    assert_eq!(bare.status(), StatusCode::UNAUTHORIZED);
    let forged = shop.client.post(&url).form(&[("fault", "drop"), ("token", "x")]);
    assert_eq!(forged.send().await.expect("an answer").status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn the_front_page_shows_what_happened_and_no_secret() {
    let (shop, receiver) = shop_with_receiver().await;
    receiver.answer_with(503);
    let session = shop.session().await;
    shop.pay(&session, &[("method", "debit")]).await;
    shop.work_until_idle().await;
    let page =
        shop.client.get(&shop.base).send().await.expect("a page").text().await.expect("text");
    assert!(page.contains("checkout.session.completed"));
    assert!(page.contains("503 Service Unavailable"));
    assert!(page.contains("Bank refuses"));
    assert!(!page.contains(super::SECRET_KEY) && !page.contains(WEBHOOK_SECRET));
}

#[tokio::test]
async fn an_endpoint_made_through_the_api_has_a_secret_of_its_own() {
    let shop = Shop::open().await;
    let receiver = Receiver::start().await;
    let form = [("url", receiver.url.as_str()), ("enabled_events[]", "product.created")];
    let (_, endpoint) = shop.post("webhook_endpoints", &form).await;
    let secret = endpoint["secret"].as_str().expect("a secret").to_owned();
    shop.post("customers", &[]).await;
    shop.post("products", &[("name", "Credits")]).await;
    assert_eq!(shop.work_until_idle().await, 1, "only what it asked for");
    let received = &receiver.received()[0];
    let own = scrip::stripe_sandbox::sign(&secret, START / 1000, &received.body);
    assert_eq!(received.signature, own);
    let (_, again) = shop.get(&format!("webhook_endpoints/{}", super::id(&endpoint))).await;
    assert_eq!(again["secret"], serde_json::Value::Null);
}
