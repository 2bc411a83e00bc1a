//! The engine keeps the ledger's promises under concurrency, restarts and several nodes.

mod books;
mod concurrency;
mod costs;
mod due;
mod exports;
mod killed;
mod nodes;
mod outcome;
mod outflows;
mod pages;
mod past;
mod pressure;
mod simulated;
mod traps;
mod trouble;
mod verifies;

use crate::support::database::TestDatabase;
use scrip::backend::clock::Clock;
use scrip::backend::engine::{Engine, Receipt, SubmitError};
use scrip::backend::live::Live;
use scrip::backend::store::organisation::{self, Organisation};
use scrip::backend::store::{Db, journal};
use scrip::ledger::command::{Grant, MakeHold, SetBudget};
use scrip::ledger::{
    Actor, Attribution, BudgetKind, Command, Credits, DepartmentId, HoldId, IdempotencyKey, LotId,
    Operation, Order, OrganisationId, Origin, OverSettle, Source, Timestamp, Transaction, UserId,
    Window,
};

/// 2026-01-31 23:30 UTC, when it is February already in Berlin.
const BEGINNING: Timestamp = Timestamp(1_769_902_200_000_000);
const MINUTE: i64 = scrip::ledger::time::MINUTE;

/// One organisation with an engine on a fresh database, and a clock that stands still.
struct Office {
    test: TestDatabase,
    clock: Clock,
    live: Live,
    engine: Engine,
    organisation: OrganisationId,
}

impl Office {
    async fn open(test: TestDatabase) -> Office {
        let organisation = an_organisation(&test.db, "org_1").await;
        let (clock, live) = (Clock::manual(BEGINNING.micros()), Live::new());
        let engine = Engine::start(test.db.clone(), clock.clone(), live.clone());
        Office { test, clock, live, engine, organisation }
    }

    /// With credits to spend.
    async fn with_credits(test: TestDatabase, amount: &str) -> Office {
        let office = Office::open(test).await;
        office.must(grant("lot_first", amount)).await;
        office
    }

    fn db(&self) -> &Db {
        &self.test.db
    }

    async fn submit(&self, order: Order) -> Result<Receipt, SubmitError> {
        self.engine.submit(&self.organisation, order).await
    }

    async fn must(&self, order: Order) -> Receipt {
        let key = order.key.clone();
        self.submit(order).await.unwrap_or_else(|error| panic!("{key}: {error}"))
    }

    /// The engine ends and another one begins, with nothing in memory.
    async fn restart(&mut self) {
        self.engine.drain().await;
        self.engine = Engine::start(self.test.db.clone(), self.clock.clone(), self.live.clone());
    }

    async fn journal(&self) -> Vec<Transaction> {
        journal::range(self.db(), &self.organisation, 1, 1_000_000).await.unwrap()
    }

    async fn available(&self) -> Credits {
        let now = Timestamp(self.clock.now_microseconds());
        self.engine.balance(&self.organisation, now).await.unwrap().available
    }

    async fn must_verify(&self) {
        must_verify(self.db(), &self.organisation).await;
    }
}

async fn must_verify(db: &Db, organisation: &OrganisationId) {
    let report = scrip::backend::engine::verify(db, organisation).await.unwrap();
    assert_eq!(report.first_difference(), None, "{report}");
}

async fn an_organisation(db: &Db, id: &str) -> OrganisationId {
    let id = OrganisationId::parse(id).unwrap();
    let organisation = Organisation {
        id: id.clone(),
        name: "Team".into(),
        currency: "USD".into(),
        time_zone: "Europe/Berlin".into(),
        catalogue: "ad-compliance".into(),
        created_at: BEGINNING,
    };
    organisation::insert(db, &organisation).await.unwrap();
    id
}

fn credits(text: &str) -> Credits {
    text.parse().unwrap()
}

fn order(key: &str, command: Command) -> Order {
    Order {
        key: IdempotencyKey::parse(key).unwrap(),
        actor: Actor::System,
        occurred_at: BEGINNING,
        command,
    }
}

fn grant(lot: &str, amount: &str) -> Order {
    order(&format!("grant:{lot}"), Command::Grant(Box::new(terms(lot, amount))))
}

fn terms(lot: &str, amount: &str) -> Grant {
    Grant::plain(LotId::parse(lot).unwrap(), Source::Trial, credits(amount), Origin::Signup)
}

fn hold(id: &str, amount: &str) -> Order {
    let make = MakeHold {
        hold: HoldId::parse(id).unwrap(),
        amount: credits(amount),
        deadline: BEGINNING.plus(60 * MINUTE),
        over_settle: OverSettle::Refuse,
        attribution: attribution(),
    };
    order(&format!("hold:{id}"), Command::Hold(make))
}

fn attribution() -> Attribution {
    Attribution {
        department: Some(DepartmentId::parse("dep_1").unwrap()),
        member: Some(UserId::parse("usr_1").unwrap()),
        operation: Some(Operation::parse("analysis").unwrap()),
        ..Attribution::default()
    }
}

fn settle(id: &str, amount: &str) -> Order {
    let hold = HoldId::parse(id).unwrap();
    order(&format!("settle:{id}"), Command::Settle { hold, amount: credits(amount) })
}

fn release(id: &str) -> Order {
    order(&format!("release:{id}"), Command::Release { hold: HoldId::parse(id).unwrap() })
}

fn charge(key: &str, amount: &str) -> Order {
    order(key, Command::Charge { amount: credits(amount), attribution: attribution() })
}

fn budget(key: &str, subject: &str, limit: &str) -> Order {
    let set = SetBudget {
        subject: subject.parse().unwrap(),
        kind: BudgetKind::Cap,
        window: Window::Forever,
        limit: Some(credits(limit)),
        used_so_far: Credits::ZERO,
    };
    order(key, Command::SetBudget(set))
}
