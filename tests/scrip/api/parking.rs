//! Parked holds: they wait, come in their turn, exactly once, and can be called off.

use super::{Desk, Program};
use crate::on_both_databases;
use crate::support::database::TestDatabase;
use scrip::backend::engine::verify;
use scrip::backend::jobs::Step;
use scrip::backend::parking;
use scrip::backend::state::Backend;
use scrip::backend::store::journal;
use scrip::ledger::command::Grant;
use scrip::ledger::time::SECOND;
use scrip::ledger::{Actor, Command, IdempotencyKey, LotId, Order, Origin, Source};
use scrip::model::api_keys::Scope;
use serde_json::json;

on_both_databases!(
    a_parked_hold_is_made_when_credits_come,
    the_highest_priority_comes_first_and_nobody_overtakes,
    a_parked_hold_is_called_off_or_waits_no_longer_than_it_said,
    however_many_nodes_admit_nothing_is_held_twice,
);

const WORKER: [Scope; 2] = [Scope::Read, Scope::Spend];

impl Desk {
    async fn grant(&self, amount: &str, name: &str) {
        let lot = LotId::parse(&format!("lot_{name}")).unwrap();
        let grant = Grant::plain(lot, Source::Purchased, amount.parse().unwrap(), Origin::Signup);
        let order = Order {
            key: IdempotencyKey::parse(&format!("grant:{name}")).unwrap(),
            actor: Actor::System,
            occurred_at: self.premises.backend.now(),
            command: Command::Grant(Box::new(grant)),
        };
        self.premises.backend.engine.submit(&self.premises.northwind, order).await.unwrap();
    }

    async fn admit(&self) {
        while parking::step(&self.premises.backend).await.unwrap() == Step::Done {}
    }

    /// What the journal holds for it: how often.
    async fn times_held(&self, id: &str) -> usize {
        let (db, here) = (&self.premises.backend.db, &self.premises.northwind);
        let journal = journal::range(db, here, 1, 10_000).await.unwrap();
        let holds = journal.iter().filter(|it| it.kind.code() == "hold");
        holds.filter(|it| it.hold().is_some_and(|hold| hold.as_str() == id)).count()
    }
}

/// Parks a hold: its id.
async fn park(program: &Program, key: &str, amount: &str, priority: i64) -> String {
    let body = json!({ "amount": amount, "operation": "chat", "on_insufficient": "park",
        "priority": priority, "wait_for": 3600 });
    let told = program.post("/holds", key, body).await;
    assert_eq!((told.status, told.text("state")), (202, "parked"), "{}", told.body);
    told.text("id").to_owned()
}

async fn state(program: &Program, id: &str) -> String {
    program.get(&format!("/holds/{id}")).await.text("state").to_owned()
}

async fn a_parked_hold_is_made_when_credits_come(database: TestDatabase) {
    let desk = Desk::open(database).await;
    let worker = desk.key(&WORKER).await;
    let id = park(&worker, "big", "150", 0).await;
    let body = json!({ "amount": "150", "operation": "chat", "on_insufficient": "park",
        "priority": 0, "wait_for": 3600 });
    let again = worker.post("/holds", "big", body.clone()).await;
    assert_eq!((again.status, again.header("idempotent-replayed")), (202, "true"));
    assert_eq!(again.body["waiting"]["reason"], "insufficient_credits");
    desk.admit().await;
    assert_eq!(state(&worker, &id).await, "parked", "there is nothing for it yet");
    let listed = worker.get("/holds?state=parked").await;
    assert_eq!(listed.body["items"][0]["id"], id.as_str());

    desk.grant("50", "more").await;
    desk.admit().await;
    assert_eq!(state(&worker, &id).await, "open");
    assert_eq!(worker.balance().await, ("0".into(), "150".into()));
    let again = worker.post("/holds", "big", body).await;
    assert_eq!((again.status, again.text("state")), (202, "parked"), "the first answer");
    let settled =
        worker.post(&format!("/holds/{id}/settle"), "s", json!({ "amount": "120" })).await;
    assert_eq!(settled.status, 200, "{}", settled.body);
    let listed = worker.get("/holds?state=parked").await;
    assert_eq!(listed.body["items"], json!([]));
    let direct = json!({ "amount": "1", "on_insufficient": "park" });
    assert_eq!(worker.post("/holds", "fits", direct).await.status, 201, "what fits does not wait");
}

async fn the_highest_priority_comes_first_and_nobody_overtakes(database: TestDatabase) {
    let desk = Desk::open(database).await;
    let worker = desk.key(&WORKER).await;
    worker.hold("100", "all of it").await;
    let small = park(&worker, "small", "5", 0).await;
    desk.premises.clock.advance(SECOND);
    let large = park(&worker, "large", "60", 5).await;
    desk.grant("20", "little").await;
    desk.admit().await;
    assert_eq!(state(&worker, &small).await, "parked", "what comes first is not overtaken");
    desk.grant("42", "enough").await;
    desk.admit().await;
    assert_eq!(
        (state(&worker, &large).await, state(&worker, &small).await),
        ("open".into(), "parked".into())
    );
    desk.grant("3", "rest").await;
    desk.admit().await;
    assert_eq!(state(&worker, &small).await, "open");
}

async fn a_parked_hold_is_called_off_or_waits_no_longer_than_it_said(database: TestDatabase) {
    let desk = Desk::open(database).await;
    let worker = desk.key(&WORKER).await;
    let (off, over) = (park(&worker, "off", "150", 0).await, park(&worker, "over", "150", 0).await);
    let cancel = format!("/holds/{off}/cancel");
    for _ in 0..2 {
        let told = worker.post(&cancel, "off-1", json!({})).await;
        assert_eq!((told.status, told.text("state")), (200, "cancelled"), "{}", told.body);
    }
    desk.premises.clock.advance(3601 * SECOND);
    desk.admit().await;
    desk.grant("500", "plenty").await;
    desk.admit().await;
    assert_eq!(
        (state(&worker, &off).await, state(&worker, &over).await),
        ("cancelled".into(), "expired".into())
    );
    assert_eq!(worker.balance().await, ("600".into(), "0".into()));
    let late = worker.post(&format!("/holds/{over}/cancel"), "late", json!({})).await;
    assert_eq!(late.refusal(), (409, "hold_not_parked"));
    let southwind = desk.southwind().await;
    let stranger = desk.key_of(&southwind, &WORKER, None, None).await;
    let theirs = stranger.post(&cancel, "theirs", json!({})).await;
    assert_eq!(theirs.refusal(), (404, "not_found"));
}

/// Another node of the same installation.
fn node(desk: &Desk) -> Backend {
    desk.premises.backend.at(desk.premises.clock.clone())
}

async fn however_many_nodes_admit_nothing_is_held_twice(database: TestDatabase) {
    let desk = Desk::open(database).await;
    let worker = desk.key(&WORKER).await;
    worker.hold("100", "all of it").await;
    let mut parked = Vec::new();
    for number in 0..20 {
        parked.push(park(&worker, &format!("crowd-{number}"), "7", number % 3).await);
    }
    let nodes = [node(&desk), node(&desk), desk.premises.backend.clone()];
    for (round, id) in parked.iter().take(6).enumerate() {
        let steps = nodes.clone().map(|node| {
            tokio::spawn(async move {
                for _ in 0..3 {
                    // A node that finds another one at work tries again, as the job does.
                    let _ = parking::step(&node).await;
                }
            })
        });
        let called_off = format!("/holds/{id}/cancel");
        let key = format!("off-{round}");
        let cancelling = worker.post(&called_off, &key, json!({}));
        desk.grant("25", &format!("round{round}")).await;
        let told = cancelling.await;
        assert!([200, 409].contains(&told.status), "{}", told.body);
        for step in steps {
            step.await.unwrap();
        }
    }
    desk.admit().await;
    let (mut open, mut cancelled) = (0, 0);
    for id in &parked {
        let times = desk.times_held(id).await;
        match state(&worker, id).await.as_str() {
            "open" => {
                assert_eq!(times, 1, "{id}");
                open += 1;
            }
            "cancelled" => {
                assert_eq!(times, 0, "{id}");
                cancelled += 1;
            }
            "released" => assert_eq!(times, 1, "called off on the way: {id}"),
            other => assert_eq!((other, times), ("parked", 0), "{id}"),
        }
    }
    assert!(open <= 21 && open + cancelled > 0);
    let (available, held) = worker.balance().await;
    let held: u32 = held.parse().unwrap();
    assert_eq!(held, 100 + 7 * open);
    assert_eq!(available, (150 - 7 * open).to_string());
    let verified = verify(&desk.premises.backend.db, &desk.premises.northwind).await.unwrap();
    assert_eq!(verified.first_difference(), None);
}
