//! Keys, parameters, idempotency, lists: what a caller of `/v1` meets.

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{PACK, SECRET_KEY, Shop, id, read};

fn error(body: &Value) -> &Value {
    &body["error"]
}

#[tokio::test]
async fn a_wrong_key_or_none_is_refused_without_showing_the_key() {
    let shop = Shop::open().await;
    let url = format!("{}/v1/customers", shop.base);
    let none = read(shop.client.get(&url).send().await.expect("an answer")).await;
    assert_eq!(none.0, StatusCode::UNAUTHORIZED);
    let wrong = shop.client.get(&url).bearer_auth("sk_test_secretsecretsecret1234");
    let (status, body) = read(wrong.send().await.expect("an answer")).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert_eq!(error(&body)["message"], "Invalid API Key provided: sk_test_****1234");
}

#[tokio::test]
async fn the_key_may_also_come_as_a_user_name() {
    let shop = Shop::open().await;
    let request = shop.client.get(format!("{}/v1/customers", shop.base));
    let answer = request.basic_auth(SECRET_KEY, Some("")).send().await.expect("an answer");
    assert_eq!(answer.status(), StatusCode::OK);
}

#[tokio::test]
async fn every_answer_names_its_request_and_its_version() {
    let shop = Shop::open().await;
    let request = shop.client.get(format!("{}/v1/customers", shop.base)).bearer_auth(SECRET_KEY);
    let answer =
        request.header("stripe-version", "2025-01-27.acacia").send().await.expect("an answer");
    assert!(answer.headers()["request-id"].to_str().expect("text").starts_with("req_"));
    assert_eq!(answer.headers()["stripe-version"], "2025-01-27.acacia");
}

#[tokio::test]
async fn an_unknown_parameter_is_named() {
    let shop = Shop::open().await;
    let mut form = PACK.to_vec();
    form.push(("colour", "red"));
    let (status, body) = shop.post("checkout/sessions", &form).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(error(&body)["code"], "parameter_unknown");
    assert_eq!(error(&body)["param"], "colour");
    assert_eq!(error(&body)["message"], "Received unknown parameter: colour");
}

#[tokio::test]
async fn an_unknown_parameter_deep_inside_is_named_in_brackets() {
    let shop = Shop::open().await;
    let mut form = PACK.to_vec();
    form.push(("line_items[0][price_data][product_data][smell]", "roses"));
    let (_, body) = shop.post("checkout/sessions", &form).await;
    assert_eq!(error(&body)["param"], "line_items[0][price_data][product_data][smell]");
}

#[tokio::test]
async fn a_missing_parameter_is_named() {
    let shop = Shop::open().await;
    let without_quantity: Vec<_> = PACK.into_iter().take(6).collect();
    let (status, body) = shop.post("checkout/sessions", &without_quantity).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(error(&body)["code"], "parameter_missing");
    assert_eq!(error(&body)["param"], "line_items[0][quantity]");
}

#[tokio::test]
async fn amounts_are_whole_numbers_within_what_stripe_charges() {
    let shop = Shop::open().await;
    for (amount, code) in [
        ("49", "amount_too_small"),
        ("12.5", "parameter_invalid_integer"),
        ("ten", "parameter_invalid_integer"),
    ] {
        let mut form = PACK.to_vec();
        form[4].1 = amount;
        let (status, body) = shop.post("checkout/sessions", &form).await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert_eq!(error(&body)["code"], code, "{amount}");
    }
    let mut form = PACK.to_vec();
    form[6].1 = "0";
    assert_eq!(shop.post("checkout/sessions", &form).await.0, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn what_is_not_there_is_a_404_and_a_reference_to_it_a_400() {
    let shop = Shop::open().await;
    let (status, body) = shop.get("customers/cus_nobody").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert_eq!(error(&body)["code"], "resource_missing");
    assert_eq!(error(&body)["message"], "No such customer: 'cus_nobody'");
    let mut form = PACK.to_vec();
    form.push(("customer", "cus_nobody"));
    let (status, body) = shop.post("checkout/sessions", &form).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(error(&body)["param"], "customer");
    assert_eq!(shop.get("unicorns").await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_refused_request_leaves_nothing_behind() {
    let shop = Shop::open().await;
    let mut form = PACK.to_vec();
    form.push(("colour", "red"));
    shop.post("checkout/sessions", &form).await;
    let (_, products) = shop.get("products").await;
    assert_eq!(products["data"], json!([]));
    assert!(shop.event_types().await.is_empty());
}

#[tokio::test]
async fn the_same_key_gives_the_same_answer_and_makes_one_thing() {
    let shop = Shop::open().await;
    let first = shop.post_raw("checkout/sessions", &PACK, Some("order-1")).await;
    let (_, first_body) = read(first).await;
    let second = shop.post_raw("checkout/sessions", &PACK, Some("order-1")).await;
    assert_eq!(second.headers()["idempotent-replayed"], "true");
    assert_eq!(second.headers()["idempotency-key"], "order-1");
    let (_, second_body) = read(second).await;
    assert_eq!(first_body, second_body);
    let (_, list) = shop.get("checkout/sessions").await;
    assert_eq!(list["data"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn the_same_key_with_other_parameters_is_refused() {
    let shop = Shop::open().await;
    shop.post_raw("customers", &[("name", "Ada")], Some("k")).await;
    let other = shop.post_raw("customers", &[("name", "Grace")], Some("k")).await;
    let (status, body) = read(other).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(error(&body)["type"], "idempotency_error");
}

#[tokio::test]
async fn a_refused_request_may_be_mended_under_its_key() {
    let shop = Shop::open().await;
    let refused = shop.post_raw("customers", &[("email", "nonsense")], Some("k")).await;
    assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
    let mended = shop.post_raw("customers", &[("email", "ada@example.com")], Some("k")).await;
    assert_eq!(mended.status(), StatusCode::OK);
}

#[tokio::test]
async fn twenty_requests_at_once_with_one_key_make_one_thing() {
    let shop = Shop::open().await;
    let calls = (0..20).map(|_| shop.post_raw("customers", &[("name", "Ada")], Some("k")));
    let mut answers = Vec::new();
    for answer in join_all(calls).await {
        answers.push(read(answer).await);
    }
    for (status, body) in &answers {
        let conflict =
            *status == StatusCode::CONFLICT && error(body)["code"] == "idempotency_key_in_use";
        assert!(*status == StatusCode::OK || conflict, "{status} {body}");
    }
    let (_, list) = shop.get("customers").await;
    assert_eq!(list["data"].as_array().map(Vec::len), Some(1));
}

async fn join_all<F: Future>(futures: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut waiting: Vec<_> = futures.map(Box::pin).collect();
    let mut done: Vec<Option<F::Output>> = waiting.iter().map(|_| None).collect();
    std::future::poll_fn(|context| {
        for (future, slot) in waiting.iter_mut().zip(&mut done) {
            if slot.is_none()
                && let std::task::Poll::Ready(output) = future.as_mut().poll(context)
            {
                *slot = Some(output);
            }
        }
        if done.iter().all(Option::is_some) {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
    done.into_iter().flatten().collect()
}

#[tokio::test]
async fn a_lost_answer_is_found_again_under_its_key() {
    let shop = Shop::open().await;
    shop.control("requests", &[("fault", "lose"), ("status", "500")]).await;
    let lost = shop.post_raw("customers", &[("name", "Ada")], Some("k")).await;
    assert_eq!(lost.status(), StatusCode::INTERNAL_SERVER_ERROR);
    let found = shop.post_raw("customers", &[("name", "Ada")], Some("k")).await;
    assert_eq!(found.headers()["idempotent-replayed"], "true");
    let (_, list) = shop.get("customers").await;
    assert_eq!(list["data"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn metadata_is_merged_and_an_empty_value_removes_its_key() {
    let shop = Shop::open().await;
    let (_, customer) = shop.post("customers", &[("metadata[a]", "1"), ("metadata[b]", "2")]).await;
    let path = format!("customers/{}", id(&customer));
    let (_, customer) = shop.post(&path, &[("metadata[a]", ""), ("metadata[c]", "3")]).await;
    assert_eq!(customer["metadata"], json!({ "b": "2", "c": "3" }));
    let (_, events) = shop.get("events?type=customer.updated").await;
    let before = &events["data"][0]["data"]["previous_attributes"];
    assert_eq!(before["metadata"], json!({ "a": "1", "b": "2" }));
}

#[tokio::test]
async fn prices_are_found_by_their_lookup_key() {
    let shop = Shop::open().await;
    let (_, product) = shop.post("products", &[("name", "Credits")]).await;
    for (key, amount) in [("small", "1000"), ("large", "4500")] {
        let form = [
            ("product", id(&product)),
            ("currency", "usd"),
            ("unit_amount", amount),
            ("lookup_key", key),
        ];
        assert_eq!(shop.post("prices", &form).await.0, StatusCode::OK);
    }
    let (_, list) = shop.get("prices?lookup_keys[]=large&expand[]=data.product").await;
    assert_eq!(list["data"].as_array().map(Vec::len), Some(1));
    assert_eq!(list["data"][0]["unit_amount"], 4500);
    assert_eq!(list["data"][0]["product"]["name"], "Credits");
}

#[tokio::test]
async fn lists_are_paged_both_ways_without_gap_or_repeat() {
    let shop = Shop::open().await;
    for number in 0..7 {
        shop.clock.advance(1_000);
        shop.post("customers", &[("name", &format!("Customer {number}"))]).await;
    }
    let mut down = Vec::new();
    let mut path = "events?limit=3&types[]=customer.created".to_owned();
    loop {
        let (_, page) = shop.get(&path).await;
        let events = page["data"].as_array().expect("a list").clone();
        down.extend(events.iter().map(|event| id(event).to_owned()));
        if page["has_more"] == json!(false) {
            break;
        }
        path = format!(
            "events?limit=3&types[]=customer.created&starting_after={}",
            down[down.len() - 1]
        );
    }
    assert_eq!(down.len(), 7);
    let (_, newer) = shop.get(&format!("events?limit=2&ending_before={}", down[4])).await;
    let newer: Vec<&str> = newer["data"].as_array().expect("a list").iter().map(id).collect();
    assert_eq!(newer, [down[2].as_str(), down[3].as_str()]);
    let since = (super::START / 1000) + 5;
    let (_, late) = shop.get(&format!("events?created[gte]={since}")).await;
    assert_eq!(late["data"].as_array().map(Vec::len), Some(3));
}

#[tokio::test]
async fn everything_is_there_after_a_restart() {
    let shop = Shop::open().await;
    let session = shop.session().await;
    shop.post_raw("customers", &[("name", "Ada")], Some("k")).await;
    let shop = shop.restart().await;
    assert_eq!(shop.session_again(&session).await["status"], "open");
    let again = shop.post_raw("customers", &[("name", "Ada")], Some("k")).await;
    assert_eq!(again.headers()["idempotent-replayed"], "true");
    assert_eq!(shop.event_types().await, ["product.created", "customer.created"]);
}
