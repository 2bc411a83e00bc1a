//! What is told: what happened since somebody listens, in the API's own shapes, signed, in order.

use super::receiver::Got;
use super::*;
use crate::on_both_databases;
use scrip::backend::parking;
use scrip::ledger::time::{DAY, HOUR};
use scrip::model::api_keys::Scope;
use serde_json::json;

on_both_databases!(
    a_charge_is_told_once_signed_and_as_the_api_shows_it,
    nobody_is_told_of_what_happened_before_or_was_not_asked_for,
    a_hold_is_told_of_from_its_beginning_to_its_end,
    parked_work_is_told_of_when_it_resumes_and_when_it_waited_in_vain,
    a_balance_below_a_level_is_told_of_but_nobodys_own_business,
    many_things_arrive_in_the_order_in_which_they_happened,
    after_a_rotation_both_secrets_sign_for_a_day,
    what_was_told_long_ago_is_forgotten,
);

async fn a_charge_is_told_once_signed_and_as_the_api_shows_it(database: TestDatabase) {
    let street = Street::open(database).await;
    let issued = street.listen("usage.charged").await;
    street.charge("2.5").await;
    street.tell().await;
    street.tell().await;
    let [got] = <[Got; 1]>::try_from(street.receiver.got()).unwrap();
    assert_eq!((got.signed_by(&issued.secret), got.path.as_str()), (1, "/hook"));
    let now = street.backend().now().0 / 1_000_000;
    assert_eq!(got.seconds, now.to_string());
    assert!(got.id.starts_with("msg_") && !got.id.contains('.'), "{}", got.id);
    let reader = street.desk.key(&[Scope::Read]).await;
    let newest = reader.get("/transactions?limit=1").await.body["items"][0].clone();
    assert_eq!(newest["amount"], "-2.5");
    let expected =
        json!({ "type": "usage.charged", "timestamp": newest["recorded_at"], "data": newest });
    assert_eq!(got.body(), expected);
    let log = street.log(&issued.id).await;
    assert_eq!((log.len(), log[0].state.as_str(), log[0].attempts), (1, "delivered", 1));
    assert_eq!(log[0].id, got.id);
}

async fn nobody_is_told_of_what_happened_before_or_was_not_asked_for(database: TestDatabase) {
    let street = Street::open(database).await;
    street.charge("1").await;
    street.listen("credits.granted").await;
    street.charge("1").await;
    street.grant("5").await;
    street.tell().await;
    assert_eq!(street.receiver.kinds(), ["credits.granted"]);
    let off = street.listen("*").await;
    street.endpoints().switch_off(&off.id).await.unwrap();
    street.charge("1").await;
    street.tell().await;
    assert_eq!(street.receiver.kinds().len(), 1, "it is off");
    street.endpoints().switch_on(&off.id, false).await.unwrap();
    street.charge("1").await;
    street.tell().await;
    assert_eq!(street.receiver.kinds()[1..], ["usage.charged"], "and told of nothing it missed");
    street.endpoints().switch_off(&off.id).await.unwrap();
    street.charge("1").await;
    street.endpoints().switch_on(&off.id, true).await.unwrap();
    street.tell().await;
    assert_eq!(street.receiver.kinds().len(), 3, "unless somebody wants that");
}

async fn a_hold_is_told_of_from_its_beginning_to_its_end(database: TestDatabase) {
    let street = Street::open(database).await;
    street.listen("*").await;
    let worker = street.desk.key(&[Scope::Read, Scope::Spend, Scope::Reverse]).await;
    let settled = worker.hold("3", "one").await;
    worker.post(&format!("/holds/{settled}/settle"), "s", json!({ "amount": "2" })).await;
    let released = worker.hold("3", "two").await;
    worker.post(&format!("/holds/{released}/release"), "r", json!({})).await;
    let expired = worker.hold("3", "three").await;
    let charged = worker.post("/charges", "c", json!({ "amount": "4" })).await;
    let of = charged.body["transaction"].as_u64().unwrap();
    let back = json!({ "transaction": of, "amount": "1" });
    assert!(worker.post("/reversals", "b", back).await.status < 300);
    street.pass(HOUR);
    street.backend().engine.step_due(street.backend().now()).await.unwrap();
    street.tell().await;
    let kinds = street.receiver.kinds();
    let expected = [
        "hold.made",
        "hold.settled",
        "hold.made",
        "hold.released",
        "hold.made",
        "usage.charged",
        "usage.reversed",
        "hold.expired",
    ];
    assert_eq!(kinds, expected);
    let last = street.receiver.got().last().unwrap().body();
    assert_eq!(last["data"]["hold"], expired.as_str());
    assert_eq!(last["data"]["reason"], "deadline");
}

async fn parked_work_is_told_of_when_it_resumes_and_when_it_waited_in_vain(database: TestDatabase) {
    let street = Street::open(database).await;
    let issued = street.listen("parked_hold.admitted parked_hold.expired").await;
    let worker = street.desk.key(&[Scope::Read, Scope::Spend]).await;
    let park = async |key: &str, amount: &str| {
        let body = json!({ "amount": amount, "operation": "chat", "on_insufficient": "park",
            "wait_for": 3600 });
        let told = worker.post("/holds", key, body).await;
        assert_eq!(told.status, 202, "{}", told.body);
        told.text("id").to_owned()
    };
    let first = park("big", "150").await;
    // The older comes first.
    street.pass(SECOND);
    let second = park("huge", "900").await;
    street.tell().await;
    assert!(street.receiver.got().is_empty());
    street.grant("60").await;
    while parking::step(street.backend()).await.unwrap() == Step::Done {}
    street.tell().await;
    let got = street.receiver.got();
    assert_eq!(got[0].kind(), "parked_hold.admitted");
    let data = got[0].body()["data"].clone();
    assert_eq!((data["id"].as_str(), data["state"].as_str()), (Some(first.as_str()), Some("open")));
    assert_eq!(data["waiting"]["reason"], "insufficient_credits");
    street.pass(2 * HOUR);
    while parking::step(street.backend()).await.unwrap() == Step::Done {}
    street.tell().await;
    street.tell().await;
    let got = street.receiver.got();
    assert_eq!(street.receiver.kinds(), ["parked_hold.admitted", "parked_hold.expired"]);
    let read = worker.get(&format!("/holds/{second}")).await;
    assert_eq!(got[1].body()["data"], read.body);
    assert!(got.iter().all(|got| got.signed_by(&issued.secret) == 1));
}

async fn a_balance_below_a_level_is_told_of_but_nobodys_own_business(database: TestDatabase) {
    let street = Street::open(database).await;
    street.gather().await;
    street.listen("alert.told").await;
    street.charge("97").await;
    street.tell().await;
    street.tell().await;
    let got = street.receiver.got();
    assert!(!got.is_empty());
    let mut ids: Vec<_> = got.iter().map(|got| got.id.clone()).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), got.len(), "each is told once");
    let worst = got.iter().map(|got| got.body()["data"].clone());
    let worst = worst.into_iter().find(|data| data["severity"] == "bad").expect("3 are few");
    assert_eq!(worst["link"], "http://127.0.0.1:3000/credits/buy");
    assert!(worst["detail"].as_str().unwrap().contains("3 credits left"), "{worst}");
}

async fn many_things_arrive_in_the_order_in_which_they_happened(database: TestDatabase) {
    let street = Street::open(database).await;
    street.listen("*").await;
    for _ in 0..30 {
        street.charge("0.5").await;
    }
    street.tell().await;
    let told: Vec<u64> = street.receiver.got().iter().map(Got::transaction).collect();
    assert_eq!(told.len(), 30);
    assert!(told.is_sorted(), "{told:?}");
}

async fn after_a_rotation_both_secrets_sign_for_a_day(database: TestDatabase) {
    let street = Street::open(database).await;
    let before = street.listen("usage.charged").await;
    let after = street.endpoints().rotate(&before.id, 0).await.unwrap();
    assert!(street.endpoints().rotate(&before.id, 0).await.is_err(), "a form acts once");
    assert_ne!(before.secret, after.secret);
    street.charge("1").await;
    street.tell().await;
    street.pass(DAY);
    street.charge("1").await;
    street.tell().await;
    let [during, later] = <[Got; 2]>::try_from(street.receiver.got()).unwrap();
    assert_eq!((during.signed_by(&after.secret), during.signed_by(&before.secret)), (1, 1));
    assert_eq!((later.signed_by(&after.secret), later.signed_by(&before.secret)), (1, 0));
}

async fn what_was_told_long_ago_is_forgotten(database: TestDatabase) {
    let street = Street::open(database).await;
    let issued = street.listen("usage.charged").await;
    street.charge("1").await;
    street.tell().await;
    street.pass(20 * DAY);
    street.charge("1").await;
    street.tell().await;
    street.pass(11 * DAY);
    while send::forget_step(street.backend()).await.unwrap() == Step::Done {}
    let log = street.log(&issued.id).await;
    assert_eq!(log.len(), 1);
    street.tell().await;
    assert_eq!(street.receiver.got().len(), 2, "what is forgotten is not told again");
}
