//! The hosted page: paying, being declined, paying later, coming too late.

use reqwest::StatusCode;

use super::{PACK, Shop, id, location};

#[tokio::test]
async fn a_purchase_goes_from_the_page_to_the_success_address() {
    let shop = Shop::open().await;
    let session = shop.session().await;
    assert_eq!(session["amount_total"], 1000);
    assert_eq!(session["url"], format!("{}/c/pay/{}", shop.base, id(&session)));
    let answer = shop.pay(&session, &[]).await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    assert_eq!(location(&answer), format!("https://shop.example/return?session={}", id(&session)));
    let path = format!(
        "checkout/sessions/{}?expand[]=line_items&expand[]=payment_intent.latest_charge",
        id(&session)
    );
    let (_, session) = shop.get(&path).await;
    assert_eq!(session["status"], "complete");
    assert_eq!(session["payment_status"], "paid");
    assert_eq!(session["customer_details"]["email"], "ada@example.com");
    assert_eq!(session["line_items"]["data"][0]["description"], "1,000 credits");
    assert_eq!(session["payment_intent"]["status"], "succeeded");
    assert_eq!(session["payment_intent"]["amount_received"], 1000);
    let charge = &session["payment_intent"]["latest_charge"];
    assert_eq!(charge["payment_method_details"]["card"]["last4"], "4242");
    let expected = [
        "product.created",
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.succeeded",
        "checkout.session.completed",
    ];
    assert_eq!(shop.event_types().await, expected);
}

#[tokio::test]
async fn a_declined_card_leaves_the_page_open_for_another() {
    let shop = Shop::open().await;
    let session = shop.session().await;
    let declined = shop.pay(&session, &[("number", "4000000000000002")]).await;
    assert_eq!(declined.status(), StatusCode::PAYMENT_REQUIRED);
    let page = declined.text().await.expect("a page");
    assert!(page.contains("Your card was declined."));
    assert!(page.contains("value=\"ada@example.com\""), "what was typed is still there");
    let open = shop.session_again(&session).await;
    assert_eq!((&open["status"], &open["payment_status"]), (&"open".into(), &"unpaid".into()));
    let intent = open["payment_intent"].as_str().expect("an intent").to_owned();
    let (_, failed) = shop.get(&format!("payment_intents/{intent}")).await;
    assert_eq!(failed["status"], "requires_payment_method");
    assert_eq!(failed["last_payment_error"]["decline_code"], "generic_decline");
    assert_eq!(shop.pay(&session, &[]).await.status(), StatusCode::SEE_OTHER);
    let paid = shop.session_again(&session).await;
    assert_eq!(paid["payment_status"], "paid");
    assert_eq!(paid["payment_intent"], intent.as_str(), "one intent, two attempts");
}

#[tokio::test]
async fn any_other_card_number_is_refused_and_not_sent_back() {
    let shop = Shop::open().await;
    let session = shop.session().await;
    let answer = shop.pay(&session, &[("number", "4111 1111 1111 1111")]).await;
    assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let page = answer.text().await.expect("a page");
    assert!(page.contains("Only test card numbers work here"));
    assert!(!page.contains("4111"));
    assert_eq!(shop.session_again(&session).await["payment_intent"], serde_json::Value::Null);
}

#[tokio::test]
async fn every_mistake_is_named_at_its_field() {
    let shop = Shop::open().await;
    let session = shop.session().await;
    let wrong =
        [("email", "ada"), ("expiry", "10/20"), ("cvc", "1"), ("name", ""), ("country", "ZZ")];
    let page = shop.pay(&session, &wrong).await.text().await.expect("a page");
    for field in ["email", "expiry", "cvc", "name", "country"] {
        assert!(page.contains(&format!("aria-describedby=\"{field}-mistake\"")), "{field}");
    }
}

#[tokio::test]
async fn a_form_from_elsewhere_pays_nothing() {
    let shop = Shop::open().await;
    let session = shop.session().await;
    let answer = shop.pay(&session, &[("token", "forged")]).await;
    assert_eq!(answer.status(), StatusCode::FORBIDDEN);
    assert_eq!(shop.session_again(&session).await["status"], "open");
}

#[tokio::test]
async fn pressing_pay_twice_charges_once() {
    let shop = Shop::open().await;
    let session = shop.session().await;
    let form = shop.form(&session, &[]).await;
    let (first, second) = tokio::join!(shop.submit(&session, &form), shop.submit(&session, &form));
    assert_eq!(location(&first), location(&second), "both land on the success page");
    let (_, charges) = shop.get("charges").await;
    assert_eq!(charges["data"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn a_bank_debit_completes_now_and_is_paid_later() {
    let shop = Shop::open().await;
    let session = shop.session().await;
    let answer = shop.pay(&session, &[("method", "debit"), ("debit", "succeeds")]).await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    let waiting = shop.session_again(&session).await;
    assert_eq!(waiting["status"], "complete");
    assert_eq!(waiting["payment_status"], "unpaid");
    assert_eq!(shop.work_until_idle().await, 0, "the bank has not answered yet");
    shop.clock.advance(60_000);
    shop.work_until_idle().await;
    assert_eq!(shop.session_again(&session).await["payment_status"], "paid");
    let types = shop.event_types().await;
    assert_eq!(types.last().map(String::as_str), Some("checkout.session.async_payment_succeeded"));
}

#[tokio::test]
async fn a_bank_debit_may_fail_later() {
    let shop = Shop::open().await;
    let session = shop.session().await;
    shop.pay(&session, &[("method", "debit"), ("debit", "fails")]).await;
    shop.clock.advance(60_000);
    shop.work_until_idle().await;
    assert_eq!(shop.session_again(&session).await["payment_status"], "unpaid");
    let types = shop.event_types().await;
    assert_eq!(types.last().map(String::as_str), Some("checkout.session.async_payment_failed"));
}

#[tokio::test]
async fn a_delayed_payment_can_be_settled_at_once() {
    let shop = Shop::open().await;
    let session = shop.session().await;
    shop.pay(&session, &[("method", "debit"), ("debit", "succeeds")]).await;
    let path = format!("sessions/{}/settle", id(&session));
    assert_eq!(shop.control(&path, &[("outcome", "fails")]).await.0, StatusCode::OK);
    assert_eq!(shop.control(&path, &[]).await.0, StatusCode::BAD_REQUEST, "only once");
    let types = shop.event_types().await;
    assert_eq!(types.last().map(String::as_str), Some("checkout.session.async_payment_failed"));
}

#[tokio::test]
async fn an_expired_page_says_so_and_takes_no_money() {
    let shop = Shop::open().await;
    let session = shop.session().await;
    shop.clock.advance(25 * 3600 * 1000);
    let page = shop.client.get(format!("{}/c/pay/{}", shop.base, id(&session)));
    let page = page.send().await.expect("a page");
    assert_eq!(page.status(), StatusCode::GONE);
    assert!(page.text().await.expect("text").contains("has expired"));
    assert_eq!(shop.session_again(&session).await["status"], "expired");
    assert!(shop.event_types().await.contains(&"checkout.session.expired".to_owned()));
}

#[tokio::test]
async fn a_session_expires_by_itself_or_when_told_but_not_after_it_was_paid() {
    let shop = Shop::open().await;
    let (told, alone, paid) = (shop.session().await, shop.session().await, shop.session().await);
    shop.pay(&paid, &[]).await;
    let (status, expired) =
        shop.post(&format!("checkout/sessions/{}/expire", id(&told)), &[]).await;
    assert_eq!((status, &expired["status"]), (StatusCode::OK, &"expired".into()));
    let refused = shop.post(&format!("checkout/sessions/{}/expire", id(&paid)), &[]).await;
    assert_eq!(refused.0, StatusCode::BAD_REQUEST);
    shop.clock.advance(25 * 3600 * 1000);
    assert_eq!(shop.work_until_idle().await, 1);
    assert_eq!(shop.session_again(&alone).await["status"], "expired");
}

#[tokio::test]
async fn names_on_the_page_are_text_and_the_page_allows_no_foreign_code() {
    let shop = Shop::open().await;
    let mut form = PACK.to_vec();
    form[5].1 = "<script>alert(1)</script>";
    let (_, session) = shop.post("checkout/sessions", &form).await;
    let page = shop.client.get(format!("{}/c/pay/{}", shop.base, id(&session)));
    let page = page.send().await.expect("a page");
    let policy = page.headers()["content-security-policy"].to_str().expect("text").to_owned();
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"));
    assert!(policy.contains("form-action 'self' https://shop.example"));
    let html = page.text().await.expect("text");
    assert!(!html.contains("<script>alert"));
    assert!(html.contains("Harbour &amp; Sons"));
}

#[tokio::test]
async fn a_test_card_can_be_chosen_without_scripts() {
    let shop = Shop::open().await;
    let session = shop.session().await;
    let url = format!("{}/c/pay/{}?card=4000000000000002", shop.base, id(&session));
    let page = shop.client.get(url).send().await.expect("a page").text().await.expect("text");
    assert!(page.contains("value=\"4000 0000 0000 0002\""));
}

#[tokio::test]
async fn the_payment_carries_what_the_session_asked_of_it() {
    let shop = Shop::open().await;
    let mut form = PACK.to_vec();
    form.extend([
        ("metadata[purchase_id]", "pur_1"),
        ("client_reference_id", "pur_1"),
        ("payment_intent_data[metadata][purchase_id]", "pur_1"),
        ("payment_intent_data[description]", "1,000 credits"),
        ("customer_creation", "always"),
    ]);
    let (_, session) = shop.post("checkout/sessions", &form).await;
    shop.pay(&session, &[]).await;
    let path =
        format!("checkout/sessions/{}?expand[]=payment_intent&expand[]=customer", id(&session));
    let (_, session) = shop.get(&path).await;
    assert_eq!(session["client_reference_id"], "pur_1");
    assert_eq!(session["payment_intent"]["metadata"]["purchase_id"], "pur_1");
    assert_eq!(session["payment_intent"]["description"], "1,000 credits");
    assert_eq!(session["customer"]["email"], "ada@example.com");
}
