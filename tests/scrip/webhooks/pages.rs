//! The pages: an endpoint is added, its secret shown once, looked at, tried out, changed and deleted.

use super::receiver::Mood;
use super::*;
use crate::on_both_databases;
use crate::support::visitor::{Page, Visitor};

on_both_databases!(
    an_admin_adds_a_webhook_and_sees_its_secret_once,
    a_form_that_is_wrong_says_what_is_wrong_and_keeps_what_was_typed,
    a_test_event_shows_at_once_what_came_of_it,
    a_log_is_read_narrowed_down_and_sent_again,
    name_address_and_events_are_changed_by_one_at_a_time,
    a_webhook_is_deleted_only_by_its_name,
    nobody_else_sees_a_webhook,
    there_are_ten_at_most,
    those_who_run_the_installation_see_what_waits,
);

const PAGE: &str = "/developers/webhooks";

/// Adds the receiver through the form: the answer, and what it was sent.
async fn add(visitor: &Visitor, url: &str, form_key: &str) -> Page {
    let fields = [
        ("name", " Image   worker "),
        ("url", url),
        ("kinds[]", "usage.charged"),
        ("kinds[]", "hold.settled"),
        ("form_key", form_key),
    ];
    visitor.post_form(PAGE, "create_webhook", &fields).await
}

async fn an_admin_adds_a_webhook_and_sees_its_secret_once(database: TestDatabase) {
    let street = Street::open(database).await;
    let admin = street.desk.premises.admin().await;
    let empty = admin.get(PAGE).await;
    assert!(empty.text.contains("No webhooks yet"), "{}", empty.says());
    let form_key = empty.field("create_webhook", "form_key").unwrap();
    let made = add(&admin, &street.receiver.url, &form_key).await;
    assert_eq!(made.code(), 200, "{}", made.says());
    let secret = made.texts("[data-testid=webhook-secret]")[0].clone();
    assert!(secret.starts_with("whsec_"), "{secret}");
    let later = admin.get(PAGE).await;
    assert!(!later.text.contains(&secret), "it is shown once");
    assert_eq!(later.texts("tr[data-webhook] a"), ["Image worker"]);
    assert!(later.texts("tr[data-webhook]")[0].contains("hold.settled, usage.charged"));
    let again = add(&admin, &street.receiver.url, &form_key).await;
    assert_eq!(again.code(), 409, "{}", again.says());
    assert_eq!(admin.get(PAGE).await.texts("tr[data-webhook]").len(), 1);

    street.charge("1").await;
    street.grant("1").await;
    street.tell().await;
    let got = street.receiver.got();
    assert_eq!((got.len(), got[0].signed_by(&secret)), (1, 1));
}

async fn a_form_that_is_wrong_says_what_is_wrong_and_keeps_what_was_typed(database: TestDatabase) {
    let street = Street::open(database).await;
    let admin = street.desk.premises.admin().await;
    let form_key = admin.get(PAGE).await.field("create_webhook", "form_key").unwrap();
    let fields = [
        ("name", "Worker"),
        ("url", "ftp://example.com"),
        ("kinds[]", "hold.made"),
        ("form_key", form_key.as_str()),
    ];
    let refused = admin.post_form(PAGE, "create_webhook", &fields).await;
    assert_eq!(refused.code(), 422, "{}", refused.says());
    assert_eq!(refused.field("create_webhook", "url").as_deref(), Some("ftp://example.com"));
    let ticked = refused.attributes("form[action*=create_webhook] input[checked]", "value");
    assert_eq!(ticked, ["hold.made"]);
    let nothing = [("name", ""), ("url", ""), ("form_key", form_key.as_str())];
    let refused = admin.post_form(PAGE, "create_webhook", &nothing).await;
    for message in ["Give it a name", "Write a whole address", "Choose what is told"] {
        assert!(refused.text.contains(message), "{message}: {}", refused.says());
    }
}

async fn a_test_event_shows_at_once_what_came_of_it(database: TestDatabase) {
    let street = Street::open(database).await;
    let issued = street.listen("usage.charged").await;
    let admin = street.desk.premises.admin().await;
    let page = format!("{PAGE}/{}", issued.id);
    let test = async |key: &str| {
        let fields = [("id", issued.id.as_str()), ("form_key", key)];
        admin.post_form(&page, "send_test_webhook", &fields).await
    };
    let sent = test("one").await;
    assert_eq!(sent.code(), 303, "{}", sent.says());
    let shown = admin.get(sent.location()).await;
    assert_eq!(shown.texts("[data-fact=state]"), ["Delivered"]);
    assert!(shown.texts("table tbody tr")[0].contains("204"), "{}", shown.says());
    assert!(shown.texts("pre.code")[0].contains("Events arrive."));
    assert_eq!(test("one").await.location(), sent.location());
    assert_eq!(street.receiver.kinds(), ["webhook.test"], "the same press sends one");

    street.endpoints().switch_off(&issued.id).await.unwrap();
    street.receiver.will([Mood::Answers(500)]);
    let failed = admin.get(test("two").await.location()).await;
    assert_eq!(failed.texts("[data-fact=state]"), ["Failed"], "it is tried once, also when off");
    assert!(failed.text.contains("Answered 500."));
    assert_eq!(street.endpoint(&issued.id).await.failing_since, None);
}

async fn a_log_is_read_narrowed_down_and_sent_again(database: TestDatabase) {
    let street = Street::open(database).await;
    let issued = street.listen("*").await;
    for _ in 0..30 {
        street.charge("0.5").await;
    }
    street.receiver.will([Mood::Answers(500)]);
    street.tell().await;
    let admin = street.desk.premises.admin().await;
    let page = format!("{PAGE}/{}", issued.id);
    let log = admin.get(&page).await;
    assert_eq!(log.texts("tr[data-delivery]").len(), 25);
    assert_eq!(log.texts("[data-fact=waiting]"), ["30"]);
    let older = log.links().into_iter().find(|link| link.contains("before=")).unwrap();
    assert_eq!(admin.get(&older).await.texts("tr[data-delivery]").len(), 5);
    street.endpoints().switch_off(&issued.id).await.unwrap();
    street.endpoints().switch_on(&issued.id, false).await.unwrap();
    let failed = admin.get(&format!("{page}?only=failed")).await;
    assert_eq!(failed.texts("tr[data-delivery]").len(), 25);
    assert!(admin.get(&format!("{page}?only=delivered")).await.text.contains("None in this state"));

    let since = failed.field("replay_failed_webhooks", "since").unwrap();
    let fields = [("id", issued.id.as_str()), ("since", since.as_str())];
    let again = admin.post_form(&page, "replay_failed_webhooks", &fields).await;
    assert_eq!((again.code(), again.location()), (303, page.as_str()), "{}", again.says());
    street.send().await;
    assert_eq!(street.receiver.got().len(), 31);
    let wrong = [("id", issued.id.as_str()), ("since", "yesterday")];
    assert_eq!(admin.post_form(&page, "replay_failed_webhooks", &wrong).await.code(), 422);

    let one = admin.get(&page).await.attributes("tr[data-delivery]", "data-delivery")[0].clone();
    let delivery = format!("{page}/{one}");
    let shown = admin.get(&delivery).await;
    assert!(shown.links().iter().any(|link| link.starts_with("/credits/transactions/")));
    let attempts = shown.field("replay_webhook", "attempts").unwrap();
    let fields =
        [("id", issued.id.as_str()), ("delivery", one.as_str()), ("attempts", attempts.as_str())];
    for _ in 0..2 {
        let again = admin.post_form(&delivery, "replay_webhook", &fields).await;
        assert_eq!((again.code(), again.location()), (303, delivery.as_str()), "{}", again.says());
    }
    assert_eq!(street.receiver.got().len(), 32, "a press sends it once");
    assert_eq!(street.receiver.got().last().unwrap().id, one);
}

async fn name_address_and_events_are_changed_by_one_at_a_time(database: TestDatabase) {
    let street = Street::open(database).await;
    let issued = street.listen("usage.charged").await;
    let admin = street.desk.premises.admin().await;
    let page = format!("{PAGE}/{}", issued.id);
    let version = admin.get(&page).await.field("change_webhook", "version").unwrap();
    let change = async |name: &str| {
        let fields = [
            ("id", issued.id.as_str()),
            ("name", name),
            ("url", street.receiver.url.as_str()),
            ("kinds[]", "credits.granted"),
            ("version", version.as_str()),
        ];
        admin.post_form(&page, "change_webhook", &fields).await
    };
    assert_eq!(change("Billing").await.code(), 303);
    assert_eq!(change("Billing").await.code(), 303, "the same form again changes nothing more");
    let late = change("Something else").await;
    assert_eq!(late.code(), 409, "{}", late.says());
    assert_eq!(admin.get(&page).await.texts("h1"), ["Billing"]);
    street.charge("1").await;
    street.grant("1").await;
    street.tell().await;
    assert_eq!(street.receiver.kinds(), ["credits.granted"]);
}

async fn a_webhook_is_deleted_only_by_its_name(database: TestDatabase) {
    let street = Street::open(database).await;
    let issued = street.listen("*").await;
    street.charge("1").await;
    street.tell().await;
    let admin = street.desk.premises.admin().await;
    let page = format!("{PAGE}/{}", issued.id);
    let delete = async |name: &str| {
        let fields = [("id", issued.id.as_str()), ("confirm", name)];
        admin.post_form(&page, "delete_webhook", &fields).await
    };
    let refused = delete("worker").await;
    assert_eq!(refused.code(), 422, "{}", refused.says());
    let deleted = delete(&issued.name).await;
    assert_eq!((deleted.code(), deleted.location()), (303, PAGE), "{}", deleted.says());
    assert_eq!(admin.get(&page).await.code(), 404);
    assert!(street.log(&issued.id).await.is_empty());
}

async fn nobody_else_sees_a_webhook(database: TestDatabase) {
    let street = Street::open(database).await;
    let issued = street.listen("*").await;
    street.charge("1").await;
    street.tell().await;
    let delivery = street.log(&issued.id).await[0].id.clone();
    let page = format!("{PAGE}/{}", issued.id);
    let stranger = street.desk.premises.stranger().await;
    for address in [page.clone(), format!("{page}/{delivery}")] {
        assert_eq!(stranger.get(&address).await.code(), 404, "{address}");
        assert_eq!(street.desk.premises.member().await.get(&address).await.code(), 403);
    }
    assert!(!stranger.get(PAGE).await.text.contains(&issued.name));
    let admin = street.desk.premises.admin().await;
    assert_eq!(admin.get(&format!("{page}/msg_none")).await.code(), 404);
}

async fn there_are_ten_at_most(database: TestDatabase) {
    let street = Street::open(database).await;
    for _ in 0..10 {
        street.pass(1);
        street.listen("*").await;
    }
    let admin = street.desk.premises.admin().await;
    let full = admin.get(PAGE).await;
    assert_eq!(full.texts("tr[data-webhook]").len(), 10);
    assert_eq!(full.field("create_webhook", "form_key"), None, "there is no form for another");
    let more = add(&admin, &street.receiver.url, &"a".repeat(32)).await;
    assert_eq!(more.code(), 409, "{}", more.says());
}

async fn those_who_run_the_installation_see_what_waits(database: TestDatabase) {
    let street = Street::open(database).await;
    street.listen("usage.charged").await;
    street.receiver.will([Mood::Answers(500)]);
    street.charge("1").await;
    street.tell().await;
    street.pass(scrip::ledger::time::HOUR);
    let page = street.desk.premises.staff().await.get("/admin/health").await;
    let said = page.texts("main").join(" ");
    assert!(said.contains("Webhooks to be sent1"), "{said}");
    assert!(said.contains("Webhooks that take nothing1"), "{said}");
}
