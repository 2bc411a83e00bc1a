//! What programs are told when something is not there, not theirs, not enough or not understood.

use super::Desk;
use crate::on_both_databases;
use crate::support::database::TestDatabase;
use scrip::backend::developers::set_cap;
use scrip::ledger::Actor;
use scrip::ledger::time::SECOND;
use scrip::model::api_keys::{CapWindow, Scope};
use serde_json::json;

on_both_databases!(
    too_few_credits_are_refused_with_the_shortfall_and_where_to_buy,
    a_keys_own_limit_stops_it_and_nobody_else,
    a_stranger_finds_nothing_of_ours,
    work_of_the_app_is_not_ended_by_a_program,
    a_write_without_a_key_of_its_own_is_refused,
    what_is_not_understood_is_named,
    nonsense_never_breaks_anything,
    a_key_that_calls_too_often_waits,
);

const WORKER: [Scope; 3] = [Scope::Read, Scope::Spend, Scope::Reverse];

async fn too_few_credits_are_refused_with_the_shortfall_and_where_to_buy(database: TestDatabase) {
    let desk = Desk::open(database).await;
    let worker = desk.key(&WORKER).await;
    let refused = worker.post("/holds", "big", json!({ "amount": "100.000001" })).await;
    assert_eq!(refused.refusal(), (402, "insufficient_credits"), "{}", refused.body);
    let numbers = &refused.body["numbers"];
    assert_eq!((&numbers["shortfall"], &numbers["available"]), (&json!("0.000001"), &json!("100")));
    let buy = refused.body["links"]["buy"].as_str().unwrap();
    assert!(buy.ends_with("/credits/buy"), "{buy}");
    let exactly = worker.post("/holds", "big", json!({ "amount": "100" })).await;
    assert_eq!(exactly.status, 201, "a refusal uses up no key: {}", exactly.body);
}

async fn a_keys_own_limit_stops_it_and_nobody_else(database: TestDatabase) {
    let desk = Desk::open(database).await;
    let (limited, free) = (desk.key(&WORKER).await, desk.key(&WORKER).await);
    let cap = Some(("5".parse().unwrap(), CapWindow::Month));
    let (backend, here) = (&desk.premises.backend, &desk.premises.northwind);
    set_cap(backend, here, Actor::System, &limited.id, cap, "form").await.unwrap();
    limited.hold("4", "within").await;
    let refused = limited.post("/holds", "beyond", json!({ "amount": "1.5" })).await;
    assert_eq!(refused.refusal(), (402, "budget_exceeded"), "{}", refused.body);
    let subject = refused.body["numbers"]["subject"].as_str().unwrap();
    assert_eq!(subject, format!("key:{}", limited.id));
    assert_eq!(refused.body["numbers"]["left"], "1");
    limited.hold("1", "exactly").await;
    free.hold("50", "free").await;
    let budgets = free.get("/budgets").await;
    assert_eq!(budgets.body["items"][0]["left"], "0", "{}", budgets.body);
    set_cap(backend, here, Actor::System, &limited.id, None, "form-2").await.unwrap();
    limited.hold("10", "without a limit").await;
}

async fn a_stranger_finds_nothing_of_ours(database: TestDatabase) {
    let desk = Desk::open(database).await;
    let (ours, southwind) = (desk.key(&WORKER).await, desk.southwind().await);
    let stranger = desk.key_of(&southwind, &WORKER, None, None).await;
    let hold = ours.hold("10", "ours").await;
    let report = ours.post("/reports", "r", json!({ "title": "Ours" })).await;
    let (report, mia) = (report.text("id"), desk.user("mia@northwind.test").await);
    assert_eq!(stranger.get(&format!("/holds/{hold}")).await.refusal(), (404, "not_found"));
    for (end, body) in [
        ("settle", json!({ "amount": "1" })),
        ("release", json!({})),
        ("extend", json!({ "by": "1" })),
    ] {
        let told = stranger.post(&format!("/holds/{hold}/{end}"), end, body).await;
        assert_eq!((told.status, told.text("title")), (404, "Not found"), "{end}");
    }
    for named in [
        json!({ "amount": "1", "report": report }),
        json!({ "amount": "1", "member": mia }),
        json!({ "amount": "1", "department": desk.premises.brand }),
    ] {
        for route in ["/holds", "/charges"] {
            let told = stranger.post(route, "theirs", named.clone()).await;
            assert_eq!(told.refusal(), (404, "not_found"), "{route} {named}");
        }
    }
    assert_eq!(stranger.balance().await, ("0".into(), "0".into()));
    assert_eq!(stranger.get("/reports").await.body["items"], json!([]));
    assert_eq!(stranger.get("/lots").await.body["items"], json!([]));
    let seen = stranger.get("/transactions").await.body.to_string();
    assert!(!seen.contains(&hold), "{seen}");
    assert_eq!(ours.get(&format!("/holds/{hold}")).await.text("state"), "open");
}

async fn work_of_the_app_is_not_ended_by_a_program(database: TestDatabase) {
    use scrip::ledger::command::MakeHold;
    use scrip::ledger::{Attribution, Command, HoldId, IdempotencyKey, Order, OverSettle};
    let desk = Desk::open(database).await;
    let (worker, backend) = (desk.key(&WORKER).await, &desk.premises.backend);
    let command = Command::Hold(MakeHold {
        hold: HoldId::parse("hold_of_a_person").unwrap(),
        amount: "5".parse().unwrap(),
        deadline: backend.now().plus(900 * SECOND),
        over_settle: OverSettle::Refuse,
        attribution: Attribution::default(),
    });
    let key = IdempotencyKey::parse("report:rep_1:hold").unwrap();
    let order = Order { key, actor: Actor::System, occurred_at: backend.now(), command };
    backend.engine.submit(&desk.premises.northwind, order).await.unwrap();
    let told = worker.post("/holds/hold_of_a_person/settle", "s", json!({ "amount": "5" })).await;
    assert_eq!(told.refusal(), (404, "not_found"));
    assert_eq!(worker.get("/holds/hold_of_a_person").await.text("state"), "open");
}

async fn a_write_without_a_key_of_its_own_is_refused(database: TestDatabase) {
    let desk = Desk::open(database).await;
    let worker = desk.key(&WORKER).await;
    for route in ["/holds", "/charges", "/reversals", "/reports", "/holds/hold_1/settle"] {
        let body = Some(json!({ "amount": "1", "title": "x", "transaction": 1 }).to_string());
        let told = worker.send("post", route, None, body).await;
        assert_eq!(told.refusal(), (400, "idempotency_key_missing"), "{route}");
    }
    let long = "k".repeat(201);
    for key in ["", " ", long.as_str()] {
        let told = worker.post("/holds", key, json!({ "amount": "1" })).await;
        assert_eq!(told.refusal(), (400, "idempotency_key_missing"), "{key:?}");
    }
    assert_eq!(worker.balance().await.0, "100");
}

async fn what_is_not_understood_is_named(database: TestDatabase) {
    let desk = Desk::open(database).await;
    let worker = desk.key(&WORKER).await;
    let field = |told: &super::Told| told.body["fields"][0]["field"].as_str().map(str::to_owned);
    for (body, wrong) in [
        (json!({ "amonut": "1", "amount": "1" }), "amonut"),
        (json!({}), "amount"),
        (json!({ "amount": 1 }), "amount"),
        (json!({ "amount": "1,5" }), "amount"),
        (json!({ "amount": "1", "operation": "Chat!" }), "operation"),
        (json!({ "amount": "1", "department": "usr_1" }), "department"),
        (json!({ "amount": "1", "expires_in": 0 }), "expires_in"),
        (json!({ "amount": "1", "over_settle": "maybe" }), "over_settle"),
    ] {
        let told = worker.post("/holds", "wrong", body.clone()).await;
        assert_eq!(told.refusal(), (422, "invalid"), "{body}: {}", told.body);
        assert_eq!(field(&told).as_deref(), Some(wrong), "{body}: {}", told.body);
    }
    let zero = worker.post("/holds", "zero", json!({ "amount": "0" })).await;
    assert_eq!(zero.refusal(), (422, "amount_not_positive"));
    for (query, wrong) in [
        ("/transactions?limt=5", "limt"),
        ("/transactions?limit=0", "limit"),
        ("/transactions?limit=x", "limit"),
        ("/transactions?cursor=x", "cursor"),
        ("/usage?group_by=mood", "group_by"),
        ("/usage?interval=day&from=2020-01-01T00:00:00Z", "interval"),
        ("/balance?as_of=x", "as_of"),
    ] {
        let told = worker.get(query).await;
        assert_eq!(told.refusal(), (422, "invalid"), "{query}: {}", told.body);
        assert_eq!(field(&told).as_deref(), Some(wrong), "{query}: {}", told.body);
    }
    assert_eq!(worker.get("/nowhere").await.refusal(), (404, "not_found"));
    assert_eq!(
        worker.post("/balance", "x", json!({})).await.refusal(),
        (405, "method_not_allowed")
    );
}

async fn nonsense_never_breaks_anything(database: TestDatabase) {
    let desk = Desk::open(database).await;
    let grants = [Scope::Read, Scope::Spend, Scope::Reverse, Scope::Grant];
    let otto = desk.user("otto@southwind.test").await;
    let worker = desk.key_of(&desk.premises.northwind, &grants, None, Some(otto)).await;
    let routes: Vec<(String, String)> = super::described::routes(&worker.file.text);
    let long = "a".repeat(70 * 1024);
    let values = ["", "x", "-1", "\\u0000", "99999999999999999999", "💥'; drop table lot; --"];
    for (method, route) in routes.iter().filter(|(_, route)| !route.ends_with("/events")) {
        for id in ["x", "hold_", "hold_%00", "..%2f..", "hold_💥"] {
            let path = route.trim_start_matches("/v1").replace("{id}", id);
            let mut bodies = vec!["", "{", "[]", "null", "\u{feff}{}", "{\"amount\":{}}"];
            let fields: Vec<String> =
                ["amount", "title", "reason", "transaction", "report", "source"]
                    .iter()
                    .flat_map(|field| {
                        values.iter().map(move |value| format!("{{\"{field}\":\"{value}\"}}"))
                    })
                    .collect();
            if id == "x" {
                bodies.extend(fields.iter().map(String::as_str));
            }
            for body in bodies {
                desk.premises.clock.advance(SECOND);
                let told = worker.send(method, &path, Some("junk"), Some(body.to_owned())).await;
                assert!(told.status < 500, "{method} {path} {body:.40}: {}", told.body);
            }
        }
        for value in ["%00", "x", "%F0%9F%92%A5", "-1", "99999999999999999999"] {
            for name in
                ["as_of", "limit", "cursor", "from", "until", "group_by", "report", "member"]
            {
                desk.premises.clock.advance(SECOND);
                let path = route.trim_start_matches("/v1").replace("{id}", "hold_1");
                let told = worker.send(method, &format!("{path}?{name}={value}"), None, None).await;
                assert!(told.status < 500, "{method} {path}?{name}={value}: {}", told.body);
            }
        }
    }
    let big = worker.send("post", "/holds", Some("big"), Some(long)).await;
    assert_eq!(big.refusal(), (413, "too_large"));
    assert_eq!(worker.balance().await.0, "100");
}

async fn a_key_that_calls_too_often_waits(database: TestDatabase) {
    let desk = Desk::open(database).await;
    let (busy, calm) = (desk.key(&WORKER).await, desk.key(&WORKER).await);
    let first = busy.get("/budgets").await;
    let limit: u32 = first.header("ratelimit-limit").parse().unwrap();
    assert_eq!(first.header("ratelimit-remaining"), (limit - 1).to_string());
    for _ in 1..limit {
        assert_eq!(busy.get("/budgets").await.status, 200);
    }
    let refused = busy.get("/budgets").await;
    assert_eq!(refused.refusal(), (429, "too_many"));
    assert_eq!((refused.header("retry-after"), refused.header("ratelimit-remaining")), ("1", "0"));
    assert_eq!(calm.get("/budgets").await.status, 200, "another key has its own");
    desk.premises.clock.advance(SECOND);
    assert_eq!(busy.get("/budgets").await.status, 200);
}
