//! Keys: which open, which no longer do, and what a program is told about each.

use super::Desk;
use crate::on_both_databases;
use crate::support::database::TestDatabase;
use scrip::backend::access::api_keys::{ApiSecret, Mode, REMEMBERED};
use scrip::ledger::ApiKeyId;
use scrip::ledger::time::{HOUR, SECOND};
use scrip::model::api_keys::Scope;
use scrip::web::live::REVIEW_EVERY;

on_both_databases!(
    a_key_that_does_not_open_says_why,
    a_rotated_secret_works_until_its_overlap_is_over,
    a_cookie_opens_nothing_and_a_key_opens_no_page,
    a_program_hears_the_balance_until_its_key_is_revoked,
    the_use_of_a_key_is_noted_and_its_secret_is_nowhere,
);

async fn a_key_that_does_not_open_says_why(database: TestDatabase) {
    let desk = Desk::open(database).await;
    let key = desk.key(&[Scope::Read]).await;
    let id = || ApiKeyId::parse("key_1").unwrap();
    let mut cut = key.secret.clone();
    cut.pop();
    let typo = key.secret.replace("scrip_test_", "scrip_live_");
    let strange = ApiSecret::random(Mode::Test);
    for (secret, code) in [
        (cut.as_str(), "api_key_malformed"),
        (typo.as_str(), "api_key_malformed"),
        ("nonsense", "api_key_malformed"),
        (strange.reveal(), "api_key_unknown"),
    ] {
        let told = desk.program(id(), secret).get("/balance").await;
        assert_eq!(told.refusal(), (401, code));
        assert_eq!(told.header("www-authenticate"), "Bearer realm=\"scrip\"");
        assert!(!told.body.to_string().contains(secret), "no secret comes back");
    }
    let none = desk.client.get(format!("{}/balance", desk.base)).send().await.unwrap();
    assert_eq!(none.status(), 401);
    assert!(none.text().await.unwrap().contains("api_key_missing"));

    let admin = desk.premises.admin().await;
    let fields = [("id", key.id.as_str()), ("name", "Image worker")];
    assert_eq!(key.get("/balance").await.status, 200);
    assert_eq!(admin.post_form("/developers", "revoke_api_key", &fields).await.code(), 303);
    assert_eq!(key.get("/balance").await.refusal(), (401, "api_key_revoked"), "at once");
}

async fn a_rotated_secret_works_until_its_overlap_is_over(database: TestDatabase) {
    let desk = Desk::open(database).await;
    let old = desk.key(&[Scope::Read, Scope::Spend]).await;
    let admin = desk.premises.admin().await;
    let fields = [("id", old.id.as_str()), ("rotation", "0"), ("overlap", "1")];
    let page = admin.post_form("/developers", "rotate_api_key", &fields).await;
    assert_eq!(page.code(), 200, "{}", page.says());
    let secret = page.texts("[data-testid=api-key-secret]")[0].clone();
    let new = desk.program(old.id.clone(), &secret);
    assert_ne!(secret, old.secret);
    assert_eq!((old.get("/balance").await.status, new.get("/balance").await.status), (200, 200));
    let again = admin.post_form("/developers", "rotate_api_key", &fields).await;
    assert_eq!(again.code(), 409, "a form sent twice rotates once: {}", again.says());

    desk.premises.clock.advance(HOUR + REMEMBERED);
    assert_eq!(old.get("/balance").await.refusal(), (401, "api_key_rotated"));
    assert_eq!(new.get("/balance").await.status, 200);
}

async fn a_cookie_opens_nothing_and_a_key_opens_no_page(database: TestDatabase) {
    let desk = Desk::open(database).await;
    let (admin, key) = (desk.premises.admin().await, desk.key(&[Scope::Read]).await);
    assert_eq!(admin.get("/v1/balance").await.code(), 401);
    let page = desk.client.get(desk.base.replace("/v1", "/live")).bearer_auth(&key.secret);
    assert_eq!(page.send().await.unwrap().status(), 401);
}

async fn a_program_hears_the_balance_until_its_key_is_revoked(database: TestDatabase) {
    let desk = Desk::open(database).await;
    let key = desk.key(&[Scope::Read, Scope::Spend]).await;
    let mut stream = Listening::open(&desk, &key.secret).await;
    assert!(stream.next().await.unwrap().contains("\"available\":\"100\""));
    key.hold("3", "heard").await;
    assert!(stream.next().await.unwrap().contains("\"available\":\"97\""));
    let admin = desk.premises.admin().await;
    let fields = [("id", key.id.as_str()), ("name", "Image worker")];
    admin.post_form("/developers", "revoke_api_key", &fields).await;
    desk.premises.clock.advance(REVIEW_EVERY);
    desk.premises.backend.live.notify(&desk.premises.northwind, "report:rep_1");
    assert_eq!(stream.next().await, None, "who was revoked hears nothing more");
}

/// A stream of events, over real HTTP.
struct Listening(reqwest::Response);

impl Listening {
    async fn open(desk: &Desk, secret: &str) -> Listening {
        let asked = desk.client.get(format!("{}/events", desk.base)).bearer_auth(secret);
        let answer = asked.send().await.unwrap();
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        Listening(answer)
    }

    async fn next(&mut self) -> Option<String> {
        let chunk = tokio::time::timeout(std::time::Duration::from_secs(60), self.0.chunk()).await;
        let chunk = chunk.expect("an event or the end").ok()??;
        Some(String::from_utf8_lossy(&chunk).into_owned())
    }
}

async fn the_use_of_a_key_is_noted_and_its_secret_is_nowhere(database: TestDatabase) {
    let desk = Desk::open(database).await;
    let key = desk.key(&[Scope::Read]).await;
    let admin = desk.premises.admin().await;
    let last_used =
        async || admin.get("/developers").await.texts("[data-fact=last-used]")[0].clone();
    assert_eq!(last_used().await, "Never");
    desk.premises.clock.advance(5 * SECOND);
    key.get("/balance").await;
    assert_ne!(last_used().await, "Never");
    let page = admin.get("/developers").await;
    assert!(page.text.contains(&key.secret[..15]) && !page.text.contains(&key.secret[..20]));
}
