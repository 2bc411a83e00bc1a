//! The page *Developers*: keys are made there, shown once, limited and ended.

use super::Desk;
use crate::on_both_databases;
use crate::support::database::TestDatabase;
use scrip::model::api_keys::Scope;

on_both_databases!(
    an_admin_makes_a_key_and_sees_its_secret_once,
    nobody_makes_a_key_that_may_do_more_than_they,
    a_key_is_revoked_only_by_its_name,
    a_limit_is_set_on_the_page_and_holds,
);

async fn an_admin_makes_a_key_and_sees_its_secret_once(database: TestDatabase) {
    let desk = Desk::open(database).await;
    let admin = desk.premises.admin().await;
    let empty = admin.get("/developers").await;
    assert!(empty.text.contains("No API keys yet"));
    assert!(empty.links().iter().any(|link| link == "/developers"), "it is in the menu");
    let form_key = empty.field("create_api_key", "form_key").unwrap();
    let fields = [
        ("name", "  Staging   worker "),
        ("read", "yes"),
        ("spend", "yes"),
        ("cap", "1,000"),
        ("window", "day"),
        ("department", ""),
        ("form_key", form_key.as_str()),
    ];
    let made = admin.post_form("/developers", "create_api_key", &fields).await;
    assert_eq!(made.code(), 200, "{}", made.says());
    let secret = made.texts("[data-testid=api-key-secret]")[0].clone();
    assert!(secret.starts_with("scrip_test_"), "{secret}");
    assert!(made.texts("h3").contains(&"Staging worker".to_owned()));
    assert_eq!(made.texts("[data-fact=cap]"), ["0 of 1,000 a day"]);
    let later = admin.get("/developers").await;
    assert!(!later.text.contains(&secret), "it is shown once");
    let again = admin.post_form("/developers", "create_api_key", &fields).await;
    assert_eq!(again.code(), 409, "{}", again.says());
    assert_eq!(admin.get("/developers").await.texts("article.card").len(), 1);

    let id = later.attributes("article[data-key]", "data-key")[0].parse().unwrap();
    let worker = desk.program(id, &secret);
    worker.hold("2", "first").await;
    assert_eq!(admin.get("/developers").await.texts("[data-fact=cap]"), ["2 of 1,000 a day"]);
    for page in ["/", "/credits", "/team"] {
        assert!(!admin.get(page).await.text.contains(&secret[11..]), "{page}");
    }
}

async fn nobody_makes_a_key_that_may_do_more_than_they(database: TestDatabase) {
    let desk = Desk::open(database).await;
    let (admin, member) = (desk.premises.admin().await, desk.premises.member().await);
    let page = admin.get("/developers").await;
    assert!(
        page.attributes("input[name=grant]", "name").is_empty(),
        "what they may not give is not there"
    );
    let form_key = page.field("create_api_key", "form_key").unwrap();
    let fields = |scope| [("name", "x"), (scope, "yes"), ("form_key", form_key.as_str())];
    let more = admin.post_form("/developers", "create_api_key", &fields("grant")).await;
    assert_eq!(more.code(), 403, "{}", more.says());
    assert_eq!(member.get("/developers").await.code(), 403);
    assert_eq!(member.post_json("create_api_key", &fields("read")).await.code(), 403);
    let nothing = [("name", ""), ("form_key", form_key.as_str())];
    let refused = admin.post_form("/developers", "create_api_key", &nothing).await;
    assert_eq!(refused.code(), 422);
    assert!(refused.text.contains("Choose what the key may do."), "{}", refused.says());
}

async fn a_key_is_revoked_only_by_its_name(database: TestDatabase) {
    let desk = Desk::open(database).await;
    let (key, admin) = (desk.key(&[Scope::Read]).await, desk.premises.admin().await);
    let wrong = [("id", key.id.as_str()), ("name", "image worker")];
    let refused = admin.post_form("/developers", "revoke_api_key", &wrong).await;
    assert_eq!(refused.code(), 422, "{}", refused.says());
    assert_eq!(key.get("/balance").await.status, 200);
    let stranger = desk.premises.stranger().await;
    let right = [("id", key.id.as_str()), ("name", "Image worker")];
    assert_eq!(stranger.post_json("revoke_api_key", &right).await.code(), 404);
    assert_eq!(admin.post_form("/developers", "revoke_api_key", &right).await.code(), 303);
    let page = admin.get("/developers").await;
    assert!(page.texts("article.card").is_empty());
    assert!(page.texts("table tbody th").contains(&"Image worker".to_owned()), "its history stays");
}

async fn a_limit_is_set_on_the_page_and_holds(database: TestDatabase) {
    let desk = Desk::open(database).await;
    let (key, admin) = (desk.key(&[Scope::Read, Scope::Spend]).await, desk.premises.admin().await);
    let form_key = admin.get("/developers").await.field("set_api_key_cap", "form_key").unwrap();
    let set = |cap: &'static str, form_key: String| {
        let (admin, id) = (&admin, key.id.to_string());
        async move {
            let fields =
                [("id", id.as_str()), ("cap", cap), ("window", "ever"), ("form_key", &form_key)];
            admin.post_form("/developers", "set_api_key_cap", &fields).await
        }
    };
    assert_eq!(set("2.5", form_key.clone()).await.code(), 303);
    let refused = key.post("/holds", "h", serde_json::json!({ "amount": "3" })).await;
    assert_eq!(refused.refusal(), (402, "budget_exceeded"));
    assert_eq!(set("many", form_key.clone()).await.code(), 422);
    let form_key = admin.get("/developers").await.field("set_api_key_cap", "form_key").unwrap();
    assert_eq!(set("", form_key).await.code(), 303);
    key.hold("3", "h").await;
}
