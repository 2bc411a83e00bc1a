//! The provider is down, slow, broken or talks nonsense; we are killed half way. Nobody is charged
//! twice, and the buyer's page answers within five seconds.

use super::{HOUR, MINUTE, Till, serve_anywhere};
use crate::support::database::TestDatabase;
use axum::http::StatusCode;
use scrip::backend::payments::port::ProviderError;
use scrip::backend::payments::{PaymentError, Started};
use scrip::backend::store::purchase::{self, PurchaseStatus};
use scrip::ledger::PurchaseId;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// What a page may take.
const FIVE_SECONDS: Duration = Duration::from_secs(5);

crate::on_both_databases!(
    a_provider_that_is_down_leaves_the_purchase_to_be_tried_again,
    a_provider_that_never_answers_is_given_up_in_time,
    a_provider_in_trouble_is_asked_a_few_times_under_one_key,
    a_provider_that_forbids_retries_is_asked_once,
    a_provider_that_talks_nonsense_is_told_apart,
    a_wrong_key_is_the_operators_business,
    a_lost_answer_finds_the_same_page_again,
    killed_before_the_page_was_noted_finds_the_same_page_again,
    a_form_posted_again_after_an_hour_gets_a_page_that_still_opens,
    a_customer_that_is_gone_at_the_provider_is_made_anew,
    too_many_purchases_within_an_hour_are_refused_with_the_wait,
    the_return_page_says_that_nobody_knows_while_the_provider_is_down,
);

fn status_of(error: &PaymentError) -> u16 {
    error.problem().expect("it is told on the page").status
}

async fn the_only_purchase(till: &Till) -> PurchaseId {
    let list = purchase::list(till.db(), &till.organisation, None, 10).await.unwrap();
    assert_eq!(list.len(), 1);
    list[0].id.clone()
}

async fn a_provider_that_is_down_leaves_the_purchase_to_be_tried_again(database: TestDatabase) {
    let till = Till::open(database).await;
    let down = till.payments_through("http://127.0.0.1:9");
    let begun = Instant::now();
    let error = till.start_through(&down, "form-1", 0).await.expect_err("nobody is there");
    assert!(begun.elapsed() < FIVE_SECONDS);
    assert_eq!(status_of(&error), 503);
    let id = the_only_purchase(&till).await;
    assert_eq!(till.status(&id).await, PurchaseStatus::Created);

    let again = till.start("form-1", 0).await.expect("it is back");
    assert!(matches!(again, Started::PayAt { purchase, .. } if purchase == id));
}

async fn a_provider_that_never_answers_is_given_up_in_time(database: TestDatabase) {
    let till = Till::open(database).await;
    let silent = axum::Router::new().fallback(std::future::pending::<StatusCode>);
    let slow = till.payments_through(&serve_anywhere(silent).await);
    let begun = Instant::now();
    let error = till.start_through(&slow, "form-1", 0).await.expect_err("it never answers");
    assert!(begun.elapsed() < FIVE_SECONDS, "{:?}", begun.elapsed());
    assert_eq!(status_of(&error), 503);
    assert!(matches!(till.start("form-1", 0).await, Ok(Started::PayAt { .. })));
}

/// Answers everything with one status, and notes how often and under which keys it was asked.
async fn stubborn(status: StatusCode, header: Option<&'static str>) -> (String, Arc<AtomicU32>) {
    let asked = Arc::new(AtomicU32::new(0));
    let count = asked.clone();
    let keys = Arc::new(std::sync::Mutex::new(None::<String>));
    let router = axum::Router::new().fallback(move |headers: axum::http::HeaderMap| {
        let key = headers["idempotency-key"].to_str().unwrap().to_owned();
        assert!(headers["stripe-version"].to_str().unwrap().starts_with("2026-"));
        let mut known = keys.lock().unwrap();
        assert!(known.is_none() || *known == Some(key.clone()), "one key for all tries");
        *known = Some(key);
        count.fetch_add(1, Ordering::SeqCst);
        let header = [("stripe-should-retry", header.unwrap_or("unsaid"))];
        std::future::ready((status, header, r#"{"error": {"message": "trouble"}}"#))
    });
    (serve_anywhere(router).await, asked)
}

async fn a_provider_in_trouble_is_asked_a_few_times_under_one_key(database: TestDatabase) {
    let till = Till::open(database).await;
    for status in [500, 503, 429, 409] {
        let code = StatusCode::from_u16(status).unwrap();
        let (base, asked) = stubborn(code, None).await;
        let payments = till.payments_through(&base);
        let begun = Instant::now();
        let error = till.start_through(&payments, "form-1", 0).await.expect_err("trouble");
        assert!(begun.elapsed() < FIVE_SECONDS);
        assert_eq!(status_of(&error), 503, "{status}");
        assert!((2..=5).contains(&asked.load(Ordering::SeqCst)), "{status}");
    }
    assert!(matches!(till.start("form-1", 0).await, Ok(Started::PayAt { .. })));
    assert_eq!(till.pages_opened().await, 1);
}

async fn a_provider_that_forbids_retries_is_asked_once(database: TestDatabase) {
    let till = Till::open(database).await;
    let (base, asked) = stubborn(StatusCode::INTERNAL_SERVER_ERROR, Some("false")).await;
    let payments = till.payments_through(&base);
    assert!(till.start_through(&payments, "form-1", 0).await.is_err());
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

async fn a_provider_that_talks_nonsense_is_told_apart(database: TestDatabase) {
    let till = Till::open(database).await;
    for nonsense in ["<html>Welcome to the café's Wi-Fi</html>", "{}", "[1", ""] {
        let base =
            serve_anywhere(axum::Router::new().fallback(move || async move { nonsense })).await;
        let error = till.start_through(&till.payments_through(&base), "form-1", 0).await;
        let error = error.expect_err("nonsense");
        let garbled = matches!(&error, PaymentError::Provider(ProviderError::Garbled { .. }));
        assert!(garbled, "{nonsense}: {error}");
        assert_eq!(status_of(&error), 503);
    }
    assert!(matches!(till.start("form-1", 0).await, Ok(Started::PayAt { .. })));
}

async fn a_wrong_key_is_the_operators_business(database: TestDatabase) {
    let till = Till::open(database).await;
    let (base, asked) = stubborn(StatusCode::UNAUTHORIZED, None).await;
    let error = till.start_through(&till.payments_through(&base), "form-1", 0).await;
    let error = error.expect_err("the key is wrong");
    assert!(matches!(&error, PaymentError::Provider(ProviderError::Authentication { .. })));
    assert_eq!(status_of(&error), 502);
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

async fn a_lost_answer_finds_the_same_page_again(database: TestDatabase) {
    let till = Till::open(database).await;
    // The customer is made, then the page: both answers are lost once.
    for _ in 0..2 {
        till.post("/control/requests", &[("fault", "lose"), ("status", "500")]).await;
    }
    let started = till.start("form-1", 0).await.expect("the second try finds it");
    assert!(matches!(started, Started::PayAt { .. }));
    assert_eq!(till.pages_opened().await, 1);
}

async fn killed_before_the_page_was_noted_finds_the_same_page_again(database: TestDatabase) {
    let till = Till::open(database).await;
    let (id, session) = till.open_purchase().await;
    // What the database holds after a `kill -9` between the provider's answer and our note of it.
    let forget = "update purchase set session_ref = null, checkout_url = null, status = 'created'";
    scrip::on!(till.db(), write pool => sqlx::query(forget).execute(pool).await.map(|_| ()))
        .unwrap();
    till.pass(MINUTE);
    let (again, page) = till.open_purchase().await;
    assert_eq!((again, &page), (id.clone(), &session));
    assert_eq!(till.pages_opened().await, 1);

    // The same, but the buyer pays before anyone asks again: the event brings the page back.
    scrip::on!(till.db(), write pool => sqlx::query(forget).execute(pool).await.map(|_| ()))
        .unwrap();
    till.pay(&session, "4242424242424242").await;
    till.provider_works().await;
    till.inbox_works().await;
    assert_eq!(till.status(&id).await, PurchaseStatus::Credited);
    assert_eq!(till.lots().await.len(), 1);
}

async fn a_form_posted_again_after_an_hour_gets_a_page_that_still_opens(database: TestDatabase) {
    let till = Till::open(database).await;
    let down = till.payments_through("http://127.0.0.1:9");
    assert!(till.start_through(&down, "form-1", 0).await.is_err());
    till.pass(20 * MINUTE);
    assert!(matches!(till.start("form-1", 0).await, Ok(Started::PayAt { .. })));
}

async fn a_customer_that_is_gone_at_the_provider_is_made_anew(database: TestDatabase) {
    let till = Till::open(database).await;
    till.start("form-1", 0).await.unwrap();
    let forget = "update billing_customer set customer_ref = 'cus_gone'";
    scrip::on!(till.db(), write pool => sqlx::query(forget).execute(pool).await.map(|_| ()))
        .unwrap();
    assert!(matches!(till.start("form-2", 0).await, Ok(Started::PayAt { .. })));
}

async fn too_many_purchases_within_an_hour_are_refused_with_the_wait(database: TestDatabase) {
    let till = Till::open(database).await;
    let down = till.payments_through("http://127.0.0.1:9");
    till.start("form-kept", 0).await.unwrap();
    let one = "update purchase set created_at = created_at + 1";
    scrip::on!(till.db(), write pool => sqlx::query(one).execute(pool).await.map(|_| ())).unwrap();
    let mut refused = None;
    for number in 0..40 {
        match till.start(&format!("form-{number}"), 0).await {
            Ok(_) => {}
            Err(error) => {
                refused = Some((number, status_of(&error)));
                break;
            }
        }
    }
    assert_eq!(refused, Some((29, 429)));
    assert!(till.start_through(&down, "form-kept", 0).await.is_ok(), "a known form still answers");
    till.pass(2 * HOUR);
    assert!(till.start("form-late", 0).await.is_ok());
}

async fn the_return_page_says_that_nobody_knows_while_the_provider_is_down(database: TestDatabase) {
    use scrip::model::billing::PurchaseState;
    let till = Till::open(database).await;
    let (id, session) = till.open_purchase().await;
    till.pay(&session, "4242424242424242").await;
    let down = till.payments_through("http://127.0.0.1:9");
    let state = async || {
        let begun = Instant::now();
        let seen = down.look(&till.organisation, &id, till.now(), super::buying::plain).await;
        assert!(begun.elapsed() < FIVE_SECONDS);
        seen.expect("the page answers").state
    };
    assert_eq!(state().await, PurchaseState::Confirming);
    till.pass(2 * MINUTE);
    assert_eq!(state().await, PurchaseState::Unknown);
    assert!(till.lots().await.is_empty(), "no success before the ledger says so");
}
