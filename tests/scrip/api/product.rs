//! A product's whole day: it looks, holds, settles, releases, charges and gives back.

use super::Desk;
use crate::on_both_databases;
use crate::support::database::TestDatabase;
use scrip::backend::engine::verify;
use scrip::ledger::time::SECOND;
use scrip::model::api_keys::Scope;
use serde_json::json;

on_both_databases!(
    a_hold_is_made_settled_and_what_was_left_of_it_is_there_again,
    the_same_write_sent_again_is_done_once_and_answered_alike,
    a_hold_is_released_by_request_or_by_its_time_and_never_settled_after_a_request,
    a_hold_gets_more_credits_and_more_time,
    usage_is_charged_at_once_and_given_back_once,
    a_hundred_programs_never_spend_more_than_there_is,
    a_balance_is_told_as_of_any_instant,
);

const WORKER: [Scope; 3] = [Scope::Read, Scope::Spend, Scope::Reverse];

async fn a_hold_is_made_settled_and_what_was_left_of_it_is_there_again(database: TestDatabase) {
    let desk = Desk::open(database).await;
    let worker = desk.key(&WORKER).await;
    let mia = desk.user("mia@northwind.test").await;
    assert_eq!(worker.balance().await, ("100".into(), "0".into()));

    let report = worker.post("/reports", "job", json!({ "title": "Spring", "reference": "job-7" }));
    let report = report.await.text("id").to_owned();
    let body = json!({ "amount": "3", "operation": "chat", "member": mia, "report": report });
    let held = worker.post("/holds", "job-hold", body).await;
    assert_eq!((held.status, held.text("state")), (201, "open"), "{}", held.body);
    assert_eq!(held.text("available_after"), "97");
    let purpose = &held.body["purpose"];
    assert_eq!(
        purpose["department"],
        desk.premises.brand.as_str(),
        "the member's own department pays"
    );
    assert_eq!(purpose["key"], worker.id.as_str());
    assert_eq!(worker.balance().await, ("97".into(), "3".into()));

    let hold = held.text("id");
    let settle = format!("/holds/{hold}/settle");
    let settled = worker.post(&settle, "job-settle", json!({ "amount": "2.5" })).await;
    assert_eq!((settled.status, settled.text("amount")), (200, "-2.5"), "{}", settled.body);
    assert_eq!(worker.balance().await, ("97.5".into(), "0".into()));
    let shown = worker.get(&format!("/holds/{hold}")).await;
    assert_eq!((shown.text("state"), shown.text("settled")), ("settled", "2.5"));

    let usage = worker.get("/usage?group_by=report").await;
    assert_eq!(usage.text("total"), "2.5");
    assert_eq!(usage.body["items"][0]["groups"][0]["group"], report.as_str());
    let page = desk.premises.admin().await.get("/credits").await;
    assert!(page.text.contains("2.5") && page.text.contains("Spring"), "people see it");
    assert!(!page.links().contains(&format!("/reports/{report}")), "it has no page here");
    let verified = verify(&desk.premises.backend.db, &desk.premises.northwind).await.unwrap();
    assert_eq!(verified.first_difference(), None);
}

async fn the_same_write_sent_again_is_done_once_and_answered_alike(database: TestDatabase) {
    let desk = Desk::open(database).await;
    let worker = desk.key(&WORKER).await;
    let body = json!({ "amount": "3", "operation": "chat", "expires_in": 60 });
    let first = worker.post("/holds", "once", body.clone()).await;
    worker.hold("1", "another").await;
    let hold = format!("/holds/{}/settle", first.text("id"));
    let settled = worker.post(&hold, "once-settle", json!({ "amount": "1" })).await;
    desk.premises.clock.advance(5 * SECOND);

    let again = worker.post("/holds", "once", body).await;
    assert_eq!((again.status, again.header("idempotent-replayed")), (201, "true"));
    assert_eq!(again.body, first.body, "the first answer, whatever has happened since");
    assert_eq!(first.header("idempotent-replayed"), "");
    let settled_again = worker.post(&hold, "once-settle", json!({ "amount": "1" })).await;
    assert_eq!(settled_again.body, settled.body);
    assert_eq!(settled_again.header("idempotent-replayed"), "true");
    let other = worker.post("/holds", "once", json!({ "amount": "4", "operation": "chat" })).await;
    assert_eq!(other.refusal(), (422, "idempotency_key_reused"));
    let elsewhere = worker.post("/charges", "once", json!({ "amount": "3" })).await;
    assert_eq!(elsewhere.refusal(), (422, "idempotency_key_reused"));
    assert_eq!(worker.balance().await, ("98".into(), "1".into()));

    let report = json!({ "title": "Spring" });
    let first = worker.post("/reports", "report", report.clone()).await;
    let again = worker.post("/reports", "report", report).await;
    assert_eq!((again.header("idempotent-replayed"), &again.body), ("true", &first.body));
    let other = worker.post("/reports", "report", json!({ "title": "Autumn" })).await;
    assert_eq!(other.refusal(), (422, "idempotency_key_reused"));
}

async fn a_hold_is_released_by_request_or_by_its_time_and_never_settled_after_a_request(
    database: TestDatabase,
) {
    let desk = Desk::open(database).await;
    let worker = desk.key(&WORKER).await;
    let called_off = worker.hold("10", "called-off").await;
    let release = format!("/holds/{called_off}/release");
    let released = worker.send("post", &release, Some("off"), None).await;
    assert_eq!((released.status, released.text("held")), (200, "-10"), "{}", released.body);
    assert_eq!(worker.post(&release, "off-2", json!({})).await.status, 200, "twice is once");
    let late =
        worker.post(&format!("/holds/{called_off}/settle"), "s", json!({ "amount": "1" })).await;
    assert_eq!(late.refusal(), (409, "hold_already_released"));

    let forgotten = worker.hold("10", "forgotten").await;
    desk.premises.clock.advance(901 * SECOND);
    let shown = worker.get(&format!("/holds/{forgotten}")).await;
    assert_eq!((shown.text("state"), shown.text("cause")), ("released", "deadline"));
    assert_eq!(worker.balance().await, ("100".into(), "0".into()));
    let late =
        worker.post(&format!("/holds/{forgotten}/settle"), "late", json!({ "amount": "4" })).await;
    assert_eq!((late.status, late.text("amount")), (200, "-4"), "late work is drawn anew");
    assert_eq!(worker.balance().await.0, "96");
}

async fn a_hold_gets_more_credits_and_more_time(database: TestDatabase) {
    let desk = Desk::open(database).await;
    let worker = desk.key(&WORKER).await;
    let hold = worker.hold("10", "long").await;
    let extend = format!("/holds/{hold}/extend");
    let more = worker.post(&extend, "more", json!({ "by": "5", "expires_in": 3600 })).await;
    assert_eq!((more.status, more.text("held")), (200, "5"), "{}", more.body);
    desk.premises.clock.advance(1800 * SECOND);
    let shown = worker.get(&format!("/holds/{hold}")).await;
    assert_eq!((shown.text("state"), shown.text("amount")), ("open", "15"));
    let shorter = worker.post(&extend, "shorter", json!({ "expires_in": 60 })).await;
    assert_eq!(shorter.refusal(), (409, "deadline_not_later"));
    assert_eq!(worker.post(&extend, "nothing", json!({})).await.refusal(), (422, "invalid"));
    let too_much = worker.post(&extend, "too-much", json!({ "by": "90" })).await;
    assert_eq!(too_much.refusal(), (402, "insufficient_credits"));
}

async fn usage_is_charged_at_once_and_given_back_once(database: TestDatabase) {
    let desk = Desk::open(database).await;
    let worker = desk.key(&WORKER).await;
    let charged =
        worker.post("/charges", "c", json!({ "amount": "7.25", "operation": "image" })).await;
    assert_eq!((charged.status, charged.text("amount")), (201, "-7.25"), "{}", charged.body);
    let of = charged.body["transaction"].as_u64().unwrap();
    let back = worker.post("/reversals", "r", json!({ "transaction": of, "amount": "2" })).await;
    assert_eq!((back.status, back.text("amount")), (201, "2"), "{}", back.body);
    let rest = worker.post("/reversals", "r2", json!({ "transaction": of })).await;
    assert_eq!(rest.text("amount"), "5.25");
    let more = worker.post("/reversals", "r3", json!({ "transaction": of, "amount": "1" })).await;
    assert_eq!(more.refusal(), (409, "reversal_too_large"));
    assert_eq!(worker.balance().await.0, "100");
    for nothing in [json!(1), json!(9_999), json!(u64::MAX)] {
        let none = worker.post("/reversals", "r4", json!({ "transaction": nothing })).await;
        assert_eq!(none.refusal(), (404, "nothing_to_reverse"), "{nothing}");
    }
}

async fn a_hundred_programs_never_spend_more_than_there_is(database: TestDatabase) {
    let desk = Desk::open(database).await;
    let worker = desk.key(&WORKER).await;
    let asked = (0..120).map(|number| {
        let worker = &worker;
        async move {
            let key = format!("crowd-{number}");
            worker
                .post("/holds", &key, json!({ "amount": "1.5", "operation": "chat" }))
                .await
                .status
        }
    });
    let mut answers = std::collections::BTreeMap::new();
    for status in futures_of(asked).await {
        *answers.entry(status).or_insert(0) += 1;
    }
    assert_eq!(
        answers,
        std::collections::BTreeMap::from([(201, 66), (402, 54)]),
        "66 × 1.5 = 99 of 100"
    );
    assert_eq!(worker.balance().await, ("1".into(), "99".into()));
}

/// All of them at once.
async fn futures_of<Each: Future>(all: impl Iterator<Item = Each>) -> Vec<Each::Output> {
    let mut running: Vec<_> = all.map(|one| Some(Box::pin(one))).collect();
    let mut done: Vec<Option<Each::Output>> = running.iter().map(|_| None).collect();
    std::future::poll_fn(|context| {
        for (place, slot) in running.iter_mut().enumerate() {
            let Some(one) = slot else { continue };
            if let std::task::Poll::Ready(output) = one.as_mut().poll(context) {
                done[place] = Some(output);
                *slot = None;
            }
        }
        match running.iter().all(Option::is_none) {
            true => std::task::Poll::Ready(()),
            false => std::task::Poll::Pending,
        }
    })
    .await;
    done.into_iter().flatten().collect()
}

async fn a_balance_is_told_as_of_any_instant(database: TestDatabase) {
    let desk = Desk::open(database).await;
    let worker = desk.key(&WORKER).await;
    let before = worker.get("/balance").await;
    desk.premises.clock.advance(60 * SECOND);
    worker.post("/charges", "c", json!({ "amount": "40" })).await;
    let then = worker.get(&format!("/balance?as_of={}", before.text("as_of"))).await;
    assert_eq!((then.status, then.text("available")), (200, "100"), "{}", then.body);
    assert_eq!(worker.balance().await.0, "60");
    for wrong in ["2999-01-01T00:00:00Z", "yesterday", "2026-11-27T00:00:00", ""] {
        let told = worker.get(&format!("/balance?as_of={wrong}")).await;
        assert_eq!(told.refusal(), (422, "invalid"), "{wrong}");
    }
}
