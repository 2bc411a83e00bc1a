//! Saved cards: kept with their owner's consent, charged without them, asked for and taken away.

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{SECRET_KEY, Shop, id, location, read, token_in};

async fn customer(shop: &Shop) -> Value {
    shop.post("customers", &[("email", "ada@example.com")]).await.1
}

/// A customer with this test card.
async fn with_card(shop: &Shop, card: &str) -> (Value, Value) {
    let customer = customer(shop).await;
    let path = format!("payment_methods/{card}/attach");
    let (status, method) = shop.post(&path, &[("customer", id(&customer))]).await;
    assert_eq!(status, StatusCode::OK, "{method}");
    (customer, method)
}

/// A charge without the owner.
async fn charge_later(shop: &Shop, customer: &Value, method: &Value) -> (StatusCode, Value) {
    let form = [
        ("amount", "2500"),
        ("currency", "usd"),
        ("customer", id(customer)),
        ("payment_method", id(method)),
        ("confirm", "true"),
        ("off_session", "true"),
        ("metadata[topup_id]", "top_1"),
    ];
    shop.post("payment_intents", &form).await
}

async fn setup_session(shop: &Shop, customer: &Value) -> Value {
    let form = [
        ("mode", "setup"),
        ("customer", id(customer)),
        ("success_url", "https://shop.example/saved?session={CHECKOUT_SESSION_ID}"),
        ("custom_text[submit][message]", "You allow us to charge this card later."),
        ("setup_intent_data[metadata][purpose]", "top-up"),
    ];
    let (status, session) = shop.post("checkout/sessions", &form).await;
    assert_eq!(status, StatusCode::OK, "{session}");
    session
}

/// Presses a button on the bank's page; where the browser goes.
async fn answer_bank(shop: &Shop, page: &str, outcome: &str) -> String {
    let html = shop.client.get(page).send().await.expect("the page").text().await.expect("text");
    assert!(html.contains("Test mode"), "every page says so");
    let form = [("token", token_in(&html)), ("outcome", outcome.to_owned())];
    let answer = shop.client.post(page).form(&form).send().await.expect("an answer");
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    location(&answer).to_owned()
}

#[tokio::test]
async fn a_setup_session_keeps_the_card_and_takes_no_money() {
    let shop = Shop::open().await;
    let customer = customer(&shop).await;
    let session = setup_session(&shop, &customer).await;
    assert_eq!((&session["amount_total"], &session["currency"]), (&Value::Null, &Value::Null));
    let page = shop.client.get(shop.page_address(&session)).send().await.expect("a page");
    let page = page.text().await.expect("text");
    assert!(page.contains("Save card") && page.contains("charge this card later"));
    assert!(page.contains("value=\"ada@example.com\" readonly"), "the customer is known");
    let answer = shop.pay(&session, &[]).await;
    assert_eq!(location(&answer), format!("https://shop.example/saved?session={}", id(&session)));
    let path = format!("checkout/sessions/{}?expand[]=setup_intent.payment_method", id(&session));
    let (_, session) = shop.get(&path).await;
    assert_eq!(session["payment_status"], "no_payment_required");
    assert_eq!(session["setup_intent"]["status"], "succeeded");
    assert_eq!(session["setup_intent"]["metadata"]["purpose"], "top-up");
    let method = &session["setup_intent"]["payment_method"];
    assert_eq!(method["customer"], customer["id"]);
    assert_eq!(method["card"]["fingerprint"].as_str().map(str::len), Some(16));
    let (status, intent) = charge_later(&shop, &customer, method).await;
    assert_eq!((status, &intent["status"]), (StatusCode::OK, &json!("succeeded")));
    assert_eq!(intent["amount_received"], 2500);
    let types = shop.event_types().await;
    for kind in ["setup_intent.succeeded", "payment_method.attached", "payment_intent.succeeded"] {
        assert!(types.contains(&kind.to_owned()), "{kind}");
    }
}

#[tokio::test]
async fn a_card_that_asks_its_owner_at_the_page_asks_no_more_afterwards() {
    let shop = Shop::open().await;
    let customer = customer(&shop).await;
    let session = setup_session(&shop, &customer).await;
    let to_bank = shop.pay(&session, &[("number", "4000002500003155")]).await;
    assert_eq!(to_bank.status(), StatusCode::SEE_OTHER);
    let bank = location(&to_bank).to_owned();
    assert!(bank.starts_with(&format!("{}/authenticate/seti_", shop.base)));
    assert_eq!(shop.session_again(&session).await["status"], "open");
    let back = answer_bank(&shop, &bank, "succeeds").await;
    assert_eq!(back, format!("https://shop.example/saved?session={}", id(&session)));
    let (_, methods) = shop.get(&format!("customers/{}/payment_methods", id(&customer))).await;
    let (_, intent) = charge_later(&shop, &customer, &methods["data"][0]).await;
    assert_eq!(intent["status"], "succeeded");
}

#[tokio::test]
async fn failing_at_the_bank_leads_back_to_the_open_page() {
    let shop = Shop::open().await;
    let session = shop.session().await;
    let to_bank = shop.pay(&session, &[("number", "4000002760003184")]).await;
    let back = answer_bank(&shop, location(&to_bank), "fails").await;
    assert_eq!(back, shop.page_address(&session));
    let path = format!("checkout/sessions/{}?expand[]=payment_intent", id(&session));
    let (_, open) = shop.get(&path).await;
    assert_eq!(open["status"], "open");
    let error = &open["payment_intent"]["last_payment_error"];
    assert_eq!(error["code"], "payment_intent_authentication_failure");
    let to_bank = shop.pay(&session, &[("number", "4000002760003184")]).await;
    let back = answer_bank(&shop, location(&to_bank), "succeeds").await;
    assert!(back.starts_with("https://shop.example/return"));
    assert_eq!(shop.session_again(&session).await["payment_status"], "paid");
}

#[tokio::test]
async fn a_charge_without_the_owner_may_need_them() {
    let shop = Shop::open().await;
    let (customer, method) = with_card(&shop, "pm_card_authenticationRequired").await;
    let (status, body) = charge_later(&shop, &customer, &method).await;
    assert_eq!(status, StatusCode::PAYMENT_REQUIRED);
    let error = &body["error"];
    assert_eq!(
        (&error["type"], &error["code"]),
        (&json!("card_error"), &json!("authentication_required"))
    );
    let intent = &error["payment_intent"];
    assert_eq!(intent["status"], "requires_payment_method");
    let form =
        [("payment_method", id(&method)), ("return_url", "https://shop.example/back?topup=1")];
    let (_, asked) = shop.post(&format!("payment_intents/{}/confirm", id(intent)), &form).await;
    assert_eq!(asked["status"], "requires_action");
    let bank = asked["next_action"]["redirect_to_url"]["url"].as_str().expect("an address");
    let back = answer_bank(&shop, bank, "succeeds").await;
    assert!(back.starts_with("https://shop.example/back?topup=1&payment_intent=pi_"), "{back}");
    assert!(back.ends_with("&redirect_status=succeeded"), "{back}");
    let (_, paid) = shop.get(&format!("payment_intents/{}", id(intent))).await;
    assert_eq!(paid["status"], "succeeded");
    let types = shop.event_types().await;
    assert!(types.contains(&"payment_intent.requires_action".to_owned()));
}

#[tokio::test]
async fn a_decline_stays_on_record_and_is_replayed_under_its_key() {
    let shop = Shop::open().await;
    let (customer, method) = with_card(&shop, "pm_card_chargeCustomerFail").await;
    let form = [
        ("amount", "2500"),
        ("currency", "usd"),
        ("customer", id(&customer)),
        ("payment_method", id(&method)),
        ("confirm", "true"),
        ("off_session", "true"),
    ];
    let (status, first) = read(shop.post_raw("payment_intents", &form, Some("top-1")).await).await;
    assert_eq!(status, StatusCode::PAYMENT_REQUIRED);
    assert_eq!(first["error"]["decline_code"], "generic_decline");
    let again = shop.post_raw("payment_intents", &form, Some("top-1")).await;
    assert_eq!(again.headers()["idempotent-replayed"], "true");
    assert_eq!(read(again).await, (status, first));
    let (_, intents) = shop.get("payment_intents").await;
    assert_eq!(intents["data"].as_array().map(Vec::len), Some(1), "one attempt");
    assert_eq!(intents["data"][0]["last_payment_error"]["code"], "card_declined");
}

#[tokio::test]
async fn a_bank_account_answers_later() {
    let shop = Shop::open().await;
    for (account, status) in [
        ("pm_usBankAccount_success", "succeeded"),
        ("pm_usBankAccount_debitNotAuthorized", "requires_payment_method"),
    ] {
        let (customer, method) = with_card(&shop, account).await;
        let (_, intent) = charge_later(&shop, &customer, &method).await;
        assert_eq!(intent["status"], "processing");
        shop.clock.advance(60_000);
        shop.work_until_idle().await;
        let (_, intent) = shop.get(&format!("payment_intents/{}", id(&intent))).await;
        assert_eq!(intent["status"], status);
    }
}

#[tokio::test]
async fn a_refused_card_is_not_saved_and_no_real_number_is_taken() {
    let shop = Shop::open().await;
    let customer = customer(&shop).await;
    let path = "payment_methods/pm_card_chargeDeclinedExpiredCard/attach";
    let (status, body) = shop.post(path, &[("customer", id(&customer))]).await;
    assert_eq!(
        (status, &body["error"]["code"]),
        (StatusCode::PAYMENT_REQUIRED, &json!("expired_card"))
    );
    let form = [("type", "card"), ("card[number]", "4111111111111111")];
    let (status, body) = shop.post("payment_methods", &form).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    let message = body["error"]["message"].as_str().expect("a sentence");
    assert!(message.contains("Never send a real card number") && !message.contains("4111"));
}

#[tokio::test]
async fn a_card_that_is_taken_away_is_no_default_any_more() {
    let shop = Shop::open().await;
    let (customer, method) = with_card(&shop, "pm_card_visa").await;
    let path = format!("customers/{}", id(&customer));
    let form = [("invoice_settings[default_payment_method]", id(&method))];
    let (_, customer) = shop.post(&path, &form).await;
    assert_eq!(customer["invoice_settings"]["default_payment_method"], method["id"]);
    let (_, replaced) = shop
        .control(&format!("payment_methods/{}/replace", id(&method)), &[("exp_year", "2040")])
        .await;
    assert_eq!(replaced["card"]["exp_year"], 2040);
    let detach = format!("payment_methods/{}/detach", id(&method));
    assert_eq!(shop.post(&detach, &[]).await.1["customer"], Value::Null);
    assert_eq!(shop.post(&detach, &[]).await.0, StatusCode::BAD_REQUEST);
    let (_, customer) = shop.get(&path).await;
    assert_eq!(customer["invoice_settings"]["default_payment_method"], Value::Null);
    let (_, other) = with_card(&shop, "pm_card_mastercard").await;
    let (status, _) =
        shop.post(&path, &[("invoice_settings[default_payment_method]", id(&other))]).await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "another customer's card");
    let types = shop.event_types().await;
    for kind in ["payment_method.automatically_updated", "payment_method.detached"] {
        assert!(types.contains(&kind.to_owned()), "{kind}");
    }
}

#[tokio::test]
async fn a_purchase_may_keep_its_card_for_later() {
    let shop = Shop::open().await;
    let mut form = super::PACK.to_vec();
    form.push(("payment_intent_data[setup_future_usage]", "off_session"));
    let (_, session) = shop.post("checkout/sessions", &form).await;
    shop.pay(&session, &[]).await;
    let session = shop.session_again(&session).await;
    let customer = session["customer"].as_str().expect("a customer is made");
    let (_, methods) = shop.get(&format!("payment_methods?customer={customer}&type=card")).await;
    assert_eq!(methods["data"][0]["card"]["last4"], "4242");
    let bare = shop.client.get(format!("{}/v1/payment_methods", shop.base)).bearer_auth(SECRET_KEY);
    assert_eq!(bare.send().await.expect("an answer").status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn an_intent_can_be_cancelled_until_it_is_paid() {
    let shop = Shop::open().await;
    let (_, intent) = shop.post("payment_intents", &[("amount", "900"), ("currency", "usd")]).await;
    let path = format!("payment_intents/{}", id(&intent));
    let (_, cancelled) = shop.post(&format!("{path}/cancel"), &[]).await;
    assert_eq!(cancelled["status"], "canceled");
    let (status, body) =
        shop.post(&format!("{path}/confirm"), &[("payment_method", "pm_card_visa")]).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(body["error"]["code"], "payment_intent_unexpected_state");
}
