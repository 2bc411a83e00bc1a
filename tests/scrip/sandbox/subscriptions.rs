//! Subscriptions by the test clock: begun, renewed, changed, unpaid, ended.

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{START, Shop, id, location, token_in};

/// Seconds.
const DAY: i64 = 24 * 3600;

struct Plans {
    small: String,
    large: String,
    yearly: String,
}

async fn plans(shop: &Shop) -> Plans {
    let (_, product) = shop.post("products", &[("name", "Growth")]).await;
    let mut made = Vec::new();
    for (amount, interval) in [("3000", "month"), ("9000", "month"), ("30000", "year")] {
        let form = [
            ("product", id(&product)),
            ("currency", "usd"),
            ("unit_amount", amount),
            ("recurring[interval]", interval),
        ];
        made.push(id(&shop.post("prices", &form).await.1).to_owned());
    }
    let mut made = made.into_iter();
    let mut next = || made.next().expect("three prices");
    Plans { small: next(), large: next(), yearly: next() }
}

/// A customer whose invoices this test card pays.
async fn customer(shop: &Shop, card: &str) -> Value {
    let form = [("email", "ada@example.com"), ("name", "Ada"), ("payment_method", card)];
    let (status, customer) = shop.post("customers", &form).await;
    assert_eq!(status, StatusCode::OK, "{customer}");
    let (_, methods) = shop.get(&format!("customers/{}/payment_methods", id(&customer))).await;
    let method = id(&methods["data"][0]).to_owned();
    use_card(shop, &customer, &method).await
}

async fn use_card(shop: &Shop, customer: &Value, method: &str) -> Value {
    let form = [("invoice_settings[default_payment_method]", method)];
    shop.post(&format!("customers/{}", id(customer)), &form).await.1
}

async fn subscribe(shop: &Shop, customer: &Value, price: &str) -> Value {
    let form = [("customer", id(customer)), ("items[0][price]", price)];
    let (status, subscription) = shop.post("subscriptions", &form).await;
    assert_eq!(status, StatusCode::OK, "{subscription}");
    subscription
}

async fn again(shop: &Shop, subscription: &Value) -> Value {
    shop.get(&format!("subscriptions/{}?expand[]=latest_invoice", id(subscription))).await.1
}

async fn invoices(shop: &Shop, subscription: &Value) -> Vec<Value> {
    let (_, list) = shop.get(&format!("invoices?subscription={}", id(subscription))).await;
    list["data"].as_array().expect("a list").clone()
}

async fn advance(shop: &Shop, seconds: i64) {
    shop.clock.advance(seconds * 1000);
    shop.work_until_idle().await;
}

fn period(subscription: &Value) -> (i64, i64) {
    let item = &subscription["items"]["data"][0];
    let instant = |field: &str| item[field].as_i64().expect("an instant");
    (instant("current_period_start"), instant("current_period_end"))
}

#[tokio::test]
async fn a_plan_is_bought_at_the_page_and_renewed_each_month() {
    let shop = Shop::open().await;
    let plans = plans(&shop).await;
    let form = [
        ("mode", "subscription"),
        ("success_url", "https://shop.example/return"),
        ("line_items[0][price]", plans.small.as_str()),
        ("line_items[0][quantity]", "1"),
        ("subscription_data[metadata][organisation]", "org_1"),
    ];
    let (_, session) = shop.post("checkout/sessions", &form).await;
    assert_eq!(session["amount_total"], 3000);
    assert_eq!(shop.pay(&session, &[]).await.status(), StatusCode::SEE_OTHER);
    let session = shop.session_again(&session).await;
    assert_eq!(
        (&session["payment_status"], &session["payment_intent"]),
        (&json!("paid"), &Value::Null)
    );
    let subscription = session["subscription"].as_str().expect("a subscription");
    let (_, subscription) = shop.get(&format!("subscriptions/{subscription}")).await;
    assert_eq!(subscription["status"], "active");
    assert_eq!(subscription["metadata"]["organisation"], "org_1");
    let first = &invoices(&shop, &subscription).await[0];
    assert_eq!(first["id"], session["invoice"]);
    assert_eq!(
        (&first["status"], &first["billing_reason"]),
        (&json!("paid"), &json!("subscription_create"))
    );
    let (_, end) = period(&subscription);
    advance(&shop, end - START / 1000).await;
    let renewed = again(&shop, &subscription).await;
    assert_eq!(period(&renewed).0, end);
    assert_eq!(renewed["latest_invoice"]["status"], "draft", "Stripe waits an hour");
    advance(&shop, 3600).await;
    let second = &invoices(&shop, &subscription).await[0];
    assert_eq!(
        (&second["status"], &second["billing_reason"]),
        (&json!("paid"), &json!("subscription_cycle"))
    );
    let line = &second["lines"]["data"][0];
    assert_eq!(
        (line["period"]["start"].as_i64(), line["amount"].as_i64()),
        (Some(end), Some(3000))
    );
    let parent = &second["parent"]["subscription_details"];
    assert_eq!(parent["subscription"], subscription["id"]);
    let numbers: Vec<&str> = [first, second]
        .iter()
        .filter_map(|one| one["number"].as_str()?.split('-').nth(1))
        .collect();
    assert_eq!(numbers, ["0001", "0002"]);
}

#[tokio::test]
async fn months_that_pass_at_once_are_all_billed_in_their_turn() {
    let shop = Shop::open().await;
    let plans = plans(&shop).await;
    let customer = customer(&shop, "pm_card_visa").await;
    let subscription = subscribe(&shop, &customer, &plans.small).await;
    advance(&shop, 95 * DAY).await;
    let paid = invoices(&shop, &subscription).await;
    assert_eq!(paid.len(), 4);
    assert!(paid.iter().all(|invoice| invoice["status"] == "paid"));
    let (start, end) = period(&again(&shop, &subscription).await);
    assert!(start <= START / 1000 + 95 * DAY && end > START / 1000 + 95 * DAY);
}

#[tokio::test]
async fn an_upgrade_costs_the_rest_of_the_month_and_a_preview_says_so_first() {
    let shop = Shop::open().await;
    let plans = plans(&shop).await;
    let customer = customer(&shop, "pm_card_visa").await;
    let subscription = subscribe(&shop, &customer, &plans.small).await;
    let item = id(&subscription["items"]["data"][0]).to_owned();
    let (start, end) = period(&subscription);
    advance(&shop, (end - start) / 2).await;
    let form = [
        ("subscription", id(&subscription)),
        ("subscription_details[items][0][id]", &item),
        ("subscription_details[items][0][price]", &plans.large),
        ("subscription_details[proration_behavior]", "always_invoice"),
    ];
    let (status, preview) = shop.post("invoices/create_preview", &form).await;
    assert_eq!((status, preview["amount_due"].as_i64()), (StatusCode::OK, Some(3000)));
    let form = [
        ("items[0][id]", item.as_str()),
        ("items[0][price]", &plans.large),
        ("proration_behavior", "always_invoice"),
    ];
    let (_, upgraded) = shop.post(&format!("subscriptions/{}", id(&subscription)), &form).await;
    assert_eq!(upgraded["items"]["data"][0]["price"]["id"], plans.large.as_str());
    assert_eq!(period(&upgraded), (start, end), "the period stays");
    let invoice = &invoices(&shop, &subscription).await[0];
    assert_eq!(
        (&invoice["status"], &invoice["billing_reason"]),
        (&json!("paid"), &json!("subscription_update"))
    );
    let amounts: Vec<i64> = invoice["lines"]["data"]
        .as_array()
        .expect("lines")
        .iter()
        .filter_map(|line| line["amount"].as_i64())
        .collect();
    assert_eq!(amounts, [-1500, 4500]);
    let details = &invoice["lines"]["data"][0]["parent"]["subscription_item_details"];
    assert_eq!(details["proration"], true);
    advance(&shop, end - start).await;
    assert_eq!(invoices(&shop, &subscription).await[0]["total"], 9000);
}

#[tokio::test]
async fn a_downgrade_without_proration_counts_from_the_next_month() {
    let shop = Shop::open().await;
    let plans = plans(&shop).await;
    let customer = customer(&shop, "pm_card_visa").await;
    let subscription = subscribe(&shop, &customer, &plans.large).await;
    let path = format!("subscriptions/{}", id(&subscription));
    let form = [
        ("items[0][id]", id(&subscription["items"]["data"][0])),
        ("items[0][price]", &plans.small),
        ("proration_behavior", "none"),
    ];
    shop.post(&path, &form).await;
    assert_eq!(invoices(&shop, &subscription).await.len(), 1, "nothing is due today");
    advance(&shop, 32 * DAY).await;
    assert_eq!(invoices(&shop, &subscription).await[0]["total"], 3000);
}

#[tokio::test]
async fn prorations_that_wait_stand_on_the_next_invoice_and_credit_is_kept() {
    let shop = Shop::open().await;
    let plans = plans(&shop).await;
    let ada = customer(&shop, "pm_card_visa").await;
    let subscription = subscribe(&shop, &ada, &plans.large).await;
    let (start, end) = period(&subscription);
    advance(&shop, (end - start) / 2).await;
    let path = format!("subscriptions/{}", id(&subscription));
    let form = [
        ("items[0][id]", id(&subscription["items"]["data"][0])),
        ("items[0][price]", &plans.small),
    ];
    shop.post(&path, &form).await;
    advance(&shop, end - start).await;
    let next = &invoices(&shop, &subscription).await[0];
    assert_eq!((next["total"].as_i64(), next["amount_due"].as_i64()), (Some(0), Some(0)));
    assert_eq!(next["lines"]["data"].as_array().map(Vec::len), Some(3));
    let grace = customer(&shop, "pm_card_visa").await;
    let subscription = subscribe(&shop, &grace, &plans.large).await;
    let path = format!("subscriptions/{}", id(&subscription));
    let form = [
        ("items[0][id]", id(&subscription["items"]["data"][0])),
        ("items[0][price]", &plans.small),
        ("proration_behavior", "always_invoice"),
    ];
    shop.post(&path, &form).await;
    let (_, grace) = shop.get(&format!("customers/{}", id(&grace))).await;
    assert_eq!(grace["balance"], -6000, "what is left over pays the next invoices");
}

#[tokio::test]
async fn another_rhythm_begins_a_new_period_now() {
    let shop = Shop::open().await;
    let plans = plans(&shop).await;
    let customer = customer(&shop, "pm_card_visa").await;
    let subscription = subscribe(&shop, &customer, &plans.small).await;
    let (start, end) = period(&subscription);
    advance(&shop, (end - start) / 2).await;
    let form = [
        ("items[0][id]", id(&subscription["items"]["data"][0])),
        ("items[0][price]", &plans.yearly),
    ];
    let (_, yearly) = shop.post(&format!("subscriptions/{}", id(&subscription)), &form).await;
    let (from, to) = period(&yearly);
    assert_eq!((from, to - from), (start + (end - start) / 2, 365 * DAY));
    assert_eq!(invoices(&shop, &subscription).await[0]["total"], 30_000 - 1_500);
}

#[tokio::test]
async fn a_card_that_fails_makes_the_plan_past_due_until_another_pays() {
    let shop = Shop::open().await;
    let plans = plans(&shop).await;
    let customer = customer(&shop, "pm_card_visa").await;
    let subscription = subscribe(&shop, &customer, &plans.small).await;
    let path = "payment_methods/pm_card_chargeCustomerFail/attach";
    let (_, failing) = shop.post(path, &[("customer", id(&customer))]).await;
    use_card(&shop, &customer, id(&failing)).await;
    advance(&shop, 32 * DAY).await;
    let late = again(&shop, &subscription).await;
    assert_eq!(late["status"], "past_due");
    let invoice = &late["latest_invoice"];
    assert_eq!((&invoice["status"], &invoice["attempt_count"]), (&json!("open"), &json!(1)));
    assert!(invoice["next_payment_attempt"].is_i64());
    let url = invoice["hosted_invoice_url"].as_str().expect("a page");
    let page = shop.client.get(url).send().await.expect("a page").text().await.expect("text");
    assert!(page.contains("TEST invoice") && page.contains("Pay $30.00"));
    let form = [("token", token_in(&page)), ("number", "4111111111111111".to_owned())];
    let refused = shop.client.post(url).form(&form).send().await.expect("an answer");
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY, "only test cards");
    let form = [("token", token_in(&page)), ("number", "4242424242424242".to_owned())];
    let paid = shop.client.post(url).form(&form).send().await.expect("an answer");
    assert_eq!(paid.status(), StatusCode::SEE_OTHER);
    assert_eq!(again(&shop, &subscription).await["status"], "active");
    let types = shop.event_types().await;
    for kind in ["invoice.payment_failed", "invoice.paid", "customer.subscription.updated"] {
        assert!(types.contains(&kind.to_owned()), "{kind}");
    }
}

#[tokio::test]
async fn after_the_last_attempt_the_plan_ends() {
    let shop = Shop::open().await;
    let plans = plans(&shop).await;
    let customer = customer(&shop, "pm_card_visa").await;
    let subscription = subscribe(&shop, &customer, &plans.small).await;
    let path = "payment_methods/pm_card_chargeCustomerFail/attach";
    let (_, failing) = shop.post(path, &[("customer", id(&customer))]).await;
    use_card(&shop, &customer, id(&failing)).await;
    advance(&shop, 32 * DAY + 15 * DAY + 3600).await;
    let ended = again(&shop, &subscription).await;
    assert_eq!(ended["status"], "canceled");
    assert_eq!(ended["cancellation_details"]["reason"], "payment_failed");
    assert_eq!(ended["latest_invoice"]["attempt_count"], 4);
    let types = shop.event_types().await;
    assert!(types.contains(&"customer.subscription.deleted".to_owned()));
    let steps = shop.work_until_idle().await;
    assert_eq!(steps, 0);
}

#[tokio::test]
async fn a_renewal_may_ask_the_owner_of_the_card() {
    let shop = Shop::open().await;
    let plans = plans(&shop).await;
    let customer = customer(&shop, "pm_card_visa").await;
    let subscription = subscribe(&shop, &customer, &plans.small).await;
    let path = "payment_methods/pm_card_authenticationRequired/attach";
    let (_, asking) = shop.post(path, &[("customer", id(&customer))]).await;
    use_card(&shop, &customer, id(&asking)).await;
    advance(&shop, 32 * DAY).await;
    let types = shop.event_types().await;
    assert!(types.contains(&"invoice.payment_action_required".to_owned()));
    assert_eq!(again(&shop, &subscription).await["status"], "past_due");
    let invoice = id(&invoices(&shop, &subscription).await[0]).to_owned();
    let (_, payments) = shop.get(&format!("invoice_payments?invoice={invoice}")).await;
    let intent = payments["data"][0]["payment"]["payment_intent"].as_str().expect("an intent");
    let (status, _) = shop.control(&format!("payment_intents/{intent}/authenticate"), &[]).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(again(&shop, &subscription).await["status"], "active");
    let (_, refund) = shop.post("refunds", &[("payment_intent", intent)]).await;
    assert_eq!(refund["amount"], 3000);
}

#[tokio::test]
async fn the_first_payment_may_be_refused_or_expected_later() {
    let shop = Shop::open().await;
    let plans = plans(&shop).await;
    let customer = customer(&shop, "pm_card_chargeCustomerFail").await;
    let mut form = vec![
        ("customer", id(&customer)),
        ("items[0][price]", plans.small.as_str()),
        ("payment_behavior", "error_if_incomplete"),
    ];
    let (status, body) = shop.post("subscriptions", &form).await;
    assert_eq!(
        (status, &body["error"]["code"]),
        (StatusCode::PAYMENT_REQUIRED, &json!("card_declined"))
    );
    let (_, none) = shop.get("subscriptions?status=all").await;
    assert_eq!(none["data"], json!([]), "nothing has happened");
    form[2].1 = "default_incomplete";
    let (_, waiting) = shop.post("subscriptions", &form).await;
    assert_eq!(waiting["status"], "incomplete");
    advance(&shop, 24 * 3600).await;
    let expired = again(&shop, &waiting).await;
    assert_eq!(expired["status"], "incomplete_expired");
    assert_eq!(expired["latest_invoice"]["status"], "void");
}

#[tokio::test]
async fn a_plan_ends_with_its_period_unless_resumed_and_now_when_told() {
    let shop = Shop::open().await;
    let plans = plans(&shop).await;
    let customer = customer(&shop, "pm_card_visa").await;
    let subscription = subscribe(&shop, &customer, &plans.small).await;
    let path = format!("subscriptions/{}", id(&subscription));
    let (_, ending) = shop.post(&path, &[("cancel_at_period_end", "true")]).await;
    assert_eq!(ending["cancel_at"].as_i64(), Some(period(&ending).1));
    let (_, resumed) = shop.post(&path, &[("cancel_at_period_end", "false")]).await;
    assert_eq!((&resumed["cancel_at"], &resumed["canceled_at"]), (&Value::Null, &Value::Null));
    shop.post(&path, &[("cancel_at_period_end", "true")]).await;
    let (_, preview) =
        shop.post("invoices/create_preview", &[("subscription", id(&subscription))]).await;
    assert_eq!(preview["error"]["code"], "invoice_upcoming_none");
    advance(&shop, 32 * DAY).await;
    assert_eq!(again(&shop, &subscription).await["status"], "canceled");
    assert_eq!(invoices(&shop, &subscription).await.len(), 1, "and is not billed again");
    let other = subscribe(&shop, &customer, &plans.small).await;
    let request = shop.client.delete(format!("{}/v1/subscriptions/{}", shop.base, id(&other)));
    let answer = request.bearer_auth(super::SECRET_KEY).send().await.expect("an answer");
    assert_eq!(super::read(answer).await.1["status"], "canceled");
    let (_, going) = shop.get(&format!("subscriptions?customer={}", id(&customer))).await;
    assert_eq!(going["data"], json!([]));
}

#[tokio::test]
async fn a_trial_costs_nothing_until_it_ends() {
    let shop = Shop::open().await;
    let plans = plans(&shop).await;
    let form = [
        ("mode", "subscription"),
        ("success_url", "https://shop.example/return"),
        ("line_items[0][price]", plans.small.as_str()),
        ("line_items[0][quantity]", "1"),
        ("subscription_data[trial_period_days]", "14"),
    ];
    let (_, session) = shop.post("checkout/sessions", &form).await;
    assert_eq!(session["amount_total"], 0);
    shop.pay(&session, &[]).await;
    let session = shop.session_again(&session).await;
    assert_eq!(session["payment_status"], "no_payment_required");
    let subscription = session["subscription"].as_str().expect("a subscription");
    let (_, subscription) = shop.get(&format!("subscriptions/{subscription}")).await;
    assert_eq!(subscription["status"], "trialing");
    assert_eq!(invoices(&shop, &subscription).await[0]["amount_paid"], 0);
    advance(&shop, 14 * DAY + 3600).await;
    assert_eq!(again(&shop, &subscription).await["status"], "active");
    assert_eq!(invoices(&shop, &subscription).await[0]["amount_paid"], 3000);
}

#[tokio::test]
async fn a_payment_may_bring_an_invoice_whose_pdf_says_test() {
    let shop = Shop::open().await;
    let mut form = super::PACK.to_vec();
    form.push(("invoice_creation[enabled]", "true"));
    let (_, session) = shop.post("checkout/sessions", &form).await;
    shop.pay(&session, &[]).await;
    let path = format!("checkout/sessions/{}?expand[]=invoice", id(&session));
    let (_, session) = shop.get(&path).await;
    let invoice = &session["invoice"];
    assert_eq!((&invoice["status"], &invoice["amount_paid"]), (&json!("paid"), &json!(1000)));
    let url = invoice["invoice_pdf"].as_str().expect("a file");
    let file = shop.client.get(url).send().await.expect("a file");
    assert_eq!(file.headers()["content-type"], "application/pdf");
    let bytes = file.bytes().await.expect("bytes");
    assert!(bytes.starts_with(b"%PDF-1.4"));
    let shown = String::from_utf8_lossy(&bytes);
    assert!(shown.contains("TEST invoice") && shown.contains("1,000 credits"));
    let (_, charges) = shop.get("charges").await;
    let receipt = charges["data"][0]["receipt_url"].as_str().expect("a receipt");
    let page = shop.client.get(receipt).send().await.expect("a page").text().await.expect("text");
    assert!(page.contains("TEST receipt"));
}

#[tokio::test]
async fn customers_look_after_themselves_at_the_portal() {
    let shop = Shop::open().await;
    let plans = plans(&shop).await;
    let customer = customer(&shop, "pm_card_visa").await;
    let subscription = subscribe(&shop, &customer, &plans.small).await;
    let form = [("customer", id(&customer)), ("return_url", "https://shop.example/billing")];
    let (_, session) = shop.post("billing_portal/sessions", &form).await;
    let url = session["url"].as_str().expect("an address").to_owned();
    let page = shop.client.get(&url).send().await.expect("a page").text().await.expect("text");
    for shown in ["Test mode", "visa •••• 4242", "Growth", "https://shop.example/billing"] {
        assert!(page.contains(shown), "{shown}");
    }
    let press = async |action: &'static str, target: &str| {
        let form =
            [("token", token_in(&page)), ("action", action.into()), ("target", target.into())];
        shop.client.post(&url).form(&form).send().await.expect("an answer")
    };
    assert_eq!(press("cancel", id(&subscription)).await.status(), StatusCode::SEE_OTHER);
    assert_eq!(again(&shop, &subscription).await["cancel_at_period_end"], true);
    press("resume", id(&subscription)).await;
    assert_eq!(again(&shop, &subscription).await["cancel_at_period_end"], false);
    let to_page = press("add_card", "").await;
    assert!(location(&to_page).contains("/c/pay/cs_test_"));
    let stranger = self::customer(&shop, "pm_card_visa").await;
    let theirs = subscribe(&shop, &stranger, &plans.small).await;
    assert_eq!(press("cancel", id(&theirs)).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(again(&shop, &theirs).await["cancel_at_period_end"], false);
}
