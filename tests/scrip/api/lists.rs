//! Lists: pages that hold together, filters, sums.

use super::Desk;
use crate::on_both_databases;
use crate::support::database::TestDatabase;
use scrip::ledger::time::DAY;
use scrip::model::api_keys::Scope;
use serde_json::json;

on_both_databases!(
    pages_follow_one_another_without_a_gap_and_without_a_repeat,
    usage_is_found_by_what_it_was_for,
    usage_is_summed_by_day_and_by_who,
    lots_stand_in_the_order_in_which_they_are_spent,
);

const WORKER: [Scope; 2] = [Scope::Read, Scope::Spend];

async fn pages_follow_one_another_without_a_gap_and_without_a_repeat(database: TestDatabase) {
    let desk = Desk::open(database).await;
    let worker = desk.key(&WORKER).await;
    for number in 0..7 {
        worker.post("/charges", &format!("c{number}"), json!({ "amount": "1" })).await;
        desk.premises.clock.advance(1);
        worker.post("/reports", &format!("r{number}"), json!({ "title": "Work" })).await;
    }
    let newest = worker.get("/transactions?limit=1").await;
    let all = newest.body["items"][0]["transaction"].as_u64().unwrap() as usize;
    for (route, name, count) in [("/transactions", "transaction", all), ("/reports", "id", 7)] {
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = worker.get(&format!("{route}?limit=3{cursor}")).await;
            assert_eq!(page.status, 200, "{}", page.body);
            let items = page.body["items"].as_array().unwrap();
            assert!((1..=3).contains(&items.len()));
            seen.extend(items.iter().map(|item| item[name].clone().to_string()));
            match page.body["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(seen.len(), count, "{route}: {seen:?}");
        let mut sorted = seen.clone();
        sorted.sort();
        sorted.dedup();
        assert_eq!(sorted.len(), count, "{route}");
    }
}

async fn usage_is_found_by_what_it_was_for(database: TestDatabase) {
    let desk = Desk::open(database).await;
    let (worker, other) = (desk.key(&WORKER).await, desk.key(&WORKER).await);
    let mia = desk.user("mia@northwind.test").await;
    let report = worker.post("/reports", "r", json!({ "title": "Work" })).await;
    let report = report.text("id");
    let of_mia = json!({ "amount": "1", "operation": "chat", "member": mia, "report": report });
    worker.post("/charges", "a", of_mia).await;
    worker.post("/charges", "b", json!({ "amount": "2", "operation": "image" })).await;
    other.post("/charges", "c", json!({ "amount": "3", "operation": "chat" })).await;
    let amounts = async |query: &str| {
        let page = worker.get(&format!("/transactions?{query}")).await;
        let items = page.body["items"].as_array().unwrap().clone();
        items.iter().map(|item| item["amount"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(amounts("operation=chat").await, ["-3", "-1"]);
    assert_eq!(amounts(&format!("key={}", worker.id)).await, ["-2", "-1"]);
    assert_eq!(amounts(&format!("key={}&operation=image", worker.id)).await, ["-2"]);
    assert_eq!(amounts(&format!("member={mia}")).await, ["-1"]);
    assert_eq!(amounts(&format!("report={report}")).await, ["-1"]);
    assert_eq!(amounts(&format!("department={}", desk.premises.brand)).await, ["-1"]);
    assert_eq!(amounts("direction=addition").await, ["100"]);
    assert_eq!(amounts("direction=usage").await, ["-3", "-2", "-1"]);
    assert_eq!(amounts("direction=addition&operation=chat").await, [""; 0]);
}

async fn usage_is_summed_by_day_and_by_who(database: TestDatabase) {
    let desk = Desk::open(database).await;
    let (worker, other) = (desk.key(&WORKER).await, desk.key(&WORKER).await);
    worker.post("/charges", "a", json!({ "amount": "1.5" })).await;
    desk.premises.clock.advance(DAY);
    worker.post("/charges", "b", json!({ "amount": "2" })).await;
    other.post("/charges", "c", json!({ "amount": "4" })).await;
    desk.premises.clock.advance(1);
    let usage = worker.get("/usage?group_by=key&interval=day").await;
    assert_eq!((usage.status, usage.text("total")), (200, "7.5"), "{}", usage.body);
    let items = usage.body["items"].as_array().unwrap();
    assert!(items.len() >= 30, "empty days are there too");
    let last = items.last().unwrap();
    assert_eq!(last["total"], "6");
    let groups = [&last["groups"][0]["group"], &last["groups"][1]["group"]];
    assert_eq!(groups, [&json!(other.id), &json!(worker.id)], "the largest first");
    let whole = worker.get("/usage").await;
    assert_eq!((whole.text("total"), whole.body["items"].as_array().unwrap().len()), ("7.5", 1));
    for interval in ["week", "month"] {
        assert_eq!(worker.get(&format!("/usage?interval={interval}")).await.text("total"), "7.5");
    }
}

async fn lots_stand_in_the_order_in_which_they_are_spent(database: TestDatabase) {
    let desk = Desk::open(database).await;
    desk.premises.backend.access.set_staff("otto@southwind.test", true).await.unwrap();
    let otto = desk.user("otto@southwind.test").await;
    let scopes = [Scope::Read, Scope::Spend, Scope::Grant];
    let key = desk.key_of(&desk.premises.northwind, &scopes, None, Some(otto)).await;
    let soon = json!({ "amount": "5", "reason": "Trial", "source": "trial",
        "expires_at": "2099-01-01T00:00:00+01:00" });
    let granted = key.post("/grants", "g", soon).await;
    assert_eq!(granted.status, 201, "{}", granted.body);
    let lots = key.get("/lots").await;
    let sources: Vec<_> =
        lots.body["items"].as_array().unwrap().iter().map(|lot| &lot["source"]).collect();
    assert_eq!(sources, ["purchased", "trial"]);
    assert_eq!(lots.body["items"][1]["expires_at"], "2098-12-31T23:00:00.000000Z");
}
