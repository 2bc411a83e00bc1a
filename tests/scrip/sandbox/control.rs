//! The control page and its switches: time, and trouble with calls and webhooks.

use std::time::{Duration, Instant};

use reqwest::StatusCode;
use scrip::stripe_sandbox::{Sandbox, SandboxClock, Step};
use serde_json::json;
use tokio::net::TcpListener;

use super::receiver::Receiver;
use super::refunds::paid;
use super::{SECRET_KEY, Shop, configuration, id, read, token_in};

#[tokio::test]
async fn stripe_can_be_slow_and_has_done_the_work_all_the_same() {
    let shop = Shop::open().await;
    shop.control("requests", &[("fault", "slow"), ("milliseconds", "300")]).await;
    let begun = Instant::now();
    let (status, _) = shop.post("customers", &[("name", "Ada")]).await;
    assert_eq!(status, StatusCode::OK);
    assert!(begun.elapsed() >= Duration::from_millis(300));
    shop.control("requests", &[("fault", "slow"), ("milliseconds", "60000")]).await;
    let impatient = shop
        .client
        .post(format!("{}/v1/customers", shop.base))
        .bearer_auth(SECRET_KEY)
        .header("idempotency-key", "grace")
        .form(&[("name", "Grace")])
        .timeout(Duration::from_millis(200));
    assert!(impatient.send().await.expect_err("too slow").is_timeout());
    let again = shop.post_raw("customers", &[("name", "Grace")], Some("grace")).await;
    assert_eq!(again.headers()["idempotent-replayed"], "true");
    let (_, list) = shop.get("customers").await;
    assert_eq!(list["data"].as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn stripe_can_be_down_for_reading_too() {
    let shop = Shop::open().await;
    let order = [("fault", "down"), ("calls", "all"), ("count", "2")];
    shop.control("requests", &order).await;
    for _ in 0..2 {
        let request = shop.client.get(format!("{}/v1/customers", shop.base));
        assert!(request.bearer_auth(SECRET_KEY).send().await.is_err(), "no answer at all");
    }
    assert_eq!(shop.get("customers").await.0, StatusCode::OK);
}

#[tokio::test]
async fn stripe_can_answer_500_429_or_nonsense() {
    let shop = Shop::open().await;
    for status in ["500", "429"] {
        shop.control("requests", &[("fault", "refuse"), ("status", status)]).await;
        let (given, body) = shop.post("customers", &[]).await;
        assert_eq!(given.as_str(), status);
        assert!(body["error"]["message"].is_string());
    }
    shop.control("requests", &[("fault", "garbage")]).await;
    let (status, body) = shop.post("customers", &[]).await;
    assert_eq!(status, StatusCode::OK);
    assert!(body.is_string(), "no JSON: {body}");
    let (_, list) = shop.get("customers").await;
    assert_eq!(list["data"], json!([]), "nothing was done");
}

#[tokio::test]
async fn orders_can_be_taken_back() {
    let shop = Shop::open().await;
    shop.control("requests", &[("fault", "refuse"), ("count", "5")]).await;
    shop.control("calm", &[]).await;
    assert_eq!(shop.post("customers", &[]).await.0, StatusCode::OK);
}

#[tokio::test]
async fn webhooks_can_come_last_first() {
    let receiver = Receiver::start().await;
    let shop = Shop::open_with_webhooks(&receiver.url).await;
    shop.control("deliveries", &[("fault", "reorder"), ("count", "3")]).await;
    for name in ["one", "two", "three"] {
        shop.post("customers", &[("name", name)]).await;
    }
    shop.clock.advance(10_000);
    shop.work_until_idle().await;
    let names: Vec<_> = receiver
        .received()
        .iter()
        .map(|one| one.event()["data"]["object"]["name"].as_str().unwrap_or_default().to_owned())
        .collect();
    assert_eq!(names, ["three", "two", "one"]);
}

#[tokio::test]
async fn a_person_opens_a_dispute_at_the_front_page() {
    let shop = Shop::open().await;
    let charge = paid(&shop, "4242424242424242").await;
    let page =
        shop.client.get(&shop.base).send().await.expect("a page").text().await.expect("text");
    let route = format!("/control/charges/{}/dispute", id(&charge));
    assert!(page.contains(&route), "a button for it");
    let form = [("token", token_in(&page))];
    let answer = shop.client.post(format!("{}{route}", shop.base)).form(&form).send().await;
    let answer = answer.expect("an answer");
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    assert_eq!(answer.headers()["location"], "/");
    let page =
        shop.client.get(&shop.base).send().await.expect("a page").text().await.expect("text");
    assert!(page.contains("needs response") && page.contains("Money comes back"));
}

#[tokio::test]
async fn the_test_clock_runs_ahead_of_the_machines_and_stays_there() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let base = format!("http://{}", listener.local_addr().expect("its address"));
    let configuration = configuration(folder.path(), &base, None);
    let sandbox = Sandbox::open(configuration.clone()).await.expect("the sandbox opens");
    let running = sandbox.serve(listener).expect("it serves");
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let post = |path: &str, form: Vec<(&'static str, &'static str)>| {
        let request = client.post(format!("{base}/{path}"));
        request.bearer_auth(SECRET_KEY).form(&form).send()
    };
    let session =
        read(post("v1/checkout/sessions", super::PACK.to_vec()).await.expect("an answer"));
    let session = session.await.1;
    let (_, now) =
        read(post("control/clock/advance", vec![("days", "2")]).await.expect("an answer")).await;
    let ahead = now["now_milliseconds"].as_i64().expect("an instant")
        - SandboxClock::System.now_milliseconds();
    assert!((172_700_000..=172_800_000).contains(&ahead), "two days ahead: {ahead}");
    let path = format!("{base}/v1/checkout/sessions/{}", id(&session));
    let expired = read(client.get(path).bearer_auth(SECRET_KEY).send().await.expect("one")).await.1;
    assert_eq!(expired["status"], "expired");
    let newer =
        read(post("v1/checkout/sessions", super::PACK.to_vec()).await.expect("one")).await.1;
    assert_eq!(newer["status"], "open", "callers still live in the machine's time");
    let expires = newer["expires_at"].as_i64().expect("an instant");
    assert!(expires < SandboxClock::System.now_milliseconds() / 1000 + 86_401);
    running.stop();
    let again = Sandbox::open(configuration).await.expect("it opens again");
    assert_eq!(again.step().await.expect("a step"), Step::Idle, "the newer session lives a day");
}
