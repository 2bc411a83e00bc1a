//! Webhooks as the programs that listen meet them: over real HTTP, signed, once, in order, again when they
//! were not taken, and never inwards.

mod nodes;
mod pages;
mod receiver;
mod refused;
mod told;

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use crate::api::Desk;
use crate::support::database::TestDatabase;
use receiver::Receiver;
use scrip::backend::jobs::Step;
use scrip::backend::state::Backend;
use scrip::backend::store::webhook_delivery::{self, Attempt, Delivery, Wanted};
use scrip::backend::store::webhook_endpoint::{self, Endpoint};
use scrip::backend::webhooks::address::Reach;
use scrip::backend::webhooks::courier::Courier;
use scrip::backend::webhooks::endpoints::{Endpoints, Issued, Typed};
use scrip::backend::webhooks::{gather, send};
use scrip::backend::{alerts, id};
use scrip::ledger::command::Grant;
use scrip::ledger::time::SECOND;
use scrip::ledger::{
    Actor, Attribution, Command, IdempotencyKey, LotId, Operation, Order, OrganisationId, Origin,
    Source,
};
use scrip::web::api::told::SHAPES;

/// How long an attempt waits for an answer here.
const PATIENCE: Duration = Duration::from_millis(400);

/// Northwind with its API, and a program that listens across the street.
struct Street {
    desk: Desk,
    receiver: Receiver,
    made: AtomicU32,
}

impl Street {
    async fn open(database: TestDatabase) -> Street {
        let mut desk = Desk::open(database).await;
        let courier = Courier::new(Reach::Anywhere, PATIENCE).unwrap();
        let backend = desk.premises.backend.telling_through(courier);
        desk.premises.serve(backend);
        Street { desk, receiver: Receiver::open().await, made: AtomicU32::new(0) }
    }

    fn backend(&self) -> &Backend {
        &self.desk.premises.backend
    }

    fn here(&self) -> &OrganisationId {
        &self.desk.premises.northwind
    }

    fn number(&self) -> u32 {
        self.made.fetch_add(1, Ordering::Relaxed) + 1
    }

    fn pass(&self, microseconds: i64) {
        self.desk.premises.clock.advance(microseconds);
    }

    /// The receiver listens to Northwind: `*` for everything, else kinds with a space between.
    async fn listen(&self, kinds: &str) -> Issued {
        self.listen_at(&self.receiver.url, kinds).await
    }

    async fn listen_at(&self, url: &str, kinds: &str) -> Issued {
        let typed = Typed {
            name: format!("Worker {}", self.number()),
            url: url.to_owned(),
            kinds: kinds.parse().unwrap(),
        };
        let form_key = id::uuid_simple(self.backend().now());
        self.endpoints().create(&typed, &form_key, None).await.unwrap()
    }

    fn endpoints(&self) -> Endpoints<'_> {
        Endpoints::of(self.backend(), self.here())
    }

    async fn endpoint(&self, id: &str) -> Endpoint {
        let found = webhook_endpoint::find(&self.backend().db, self.here(), id).await.unwrap();
        found.expect("it is there")
    }

    async fn book(&self, command: Command) {
        // No two at the same instant: the newest is the last.
        self.pass(1);
        let order = Order {
            key: IdempotencyKey::parse(&format!("street:{}", self.number())).unwrap(),
            actor: Actor::System,
            occurred_at: self.backend().now(),
            command,
        };
        self.backend().engine.submit(self.here(), order).await.expect("it is booked");
    }

    async fn charge(&self, credits: &str) {
        let operation = Some(Operation::parse("analysis").unwrap());
        let attribution = Attribution { operation, ..Attribution::default() };
        self.book(Command::Charge { amount: credits.parse().unwrap(), attribution }).await;
    }

    async fn grant(&self, credits: &str) {
        let lot = LotId::parse(&format!("lot_street_{}", self.number())).unwrap();
        let grant = Grant::plain(lot, Source::Admin, credits.parse().unwrap(), Origin::Signup);
        self.book(Command::Grant(Box::new(grant))).await;
    }

    /// What happened is written down.
    async fn gather(&self) {
        while alerts::look::step(self.backend()).await.unwrap() == Step::Done {}
        while gather::step(self.backend(), &SHAPES).await.unwrap() == Step::Done {}
    }

    /// What is due is sent.
    async fn send(&self) {
        while send::step(self.backend()).await.unwrap() == Step::Done {}
    }

    /// What happened is told.
    async fn tell(&self) {
        self.gather().await;
        self.send().await;
    }

    /// An endpoint's log, the oldest first.
    async fn log(&self, endpoint: &str) -> Vec<Delivery> {
        let (db, here) = (&self.backend().db, self.here());
        let log = webhook_delivery::log(db, here, endpoint, Wanted::default(), 1_000).await;
        log.unwrap().into_iter().rev().collect()
    }

    /// How a delivery was sent, the oldest first.
    async fn attempts(&self, endpoint: &str, delivery: &str) -> Vec<Attempt> {
        let (db, here) = (&self.backend().db, self.here());
        let attempts = webhook_delivery::attempts(db, here, endpoint, delivery, 1_000).await;
        attempts.unwrap().into_iter().rev().collect()
    }

    /// The titles in the inbox of Northwind's admin.
    async fn inbox(&self) -> Vec<String> {
        self.desk.premises.admin().await.get("/inbox").await.texts(".alert-title")
    }

    /// Time passes until the next retry is due for sure.
    fn pass_wait(&self, wait: i64) {
        self.pass(wait + wait / 10 + SECOND);
    }
}
