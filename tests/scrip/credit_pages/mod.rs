//! The pages about credits show the ledger's own figures, and only to those who may see them.

mod allotments;
mod analytics;
mod exports;
mod figures;
mod roles;
mod spending_order;
mod statement_files;
mod statements;

use crate::support::database::TestDatabase;
use scrip::backend::access::{Caller, NewOrganisation, NewUser};
use scrip::backend::clock::Clock;
use scrip::backend::credits::{self, Eyes, HistoryQuery};
use scrip::backend::engine::{Receipt, SubmitError};
use scrip::backend::payments::PaymentsConfig;
use scrip::backend::state::{Backend, Installation};
use scrip::backend::store::Db;
use scrip::backend::store::department::{self, Department};
use scrip::backend::store::history::UsageFilter;
use scrip::backend::store::organisation::Organisation;
use scrip::ledger::command::{Grant, MakeHold};
use scrip::ledger::{
    Actor, Attribution, Command, Credits, DepartmentId, HoldId, IdempotencyKey, LotId, Operation,
    Order, OrganisationId, Origin, OverSettle, Source, Timestamp, UserId,
};
use scrip::model::credits::{CreditsPage, UsageRow};
use scrip::model::permission::Role;
use std::sync::atomic::{AtomicU32, Ordering};

/// 2026-10-24 10:00 UTC: noon in Vienna, a day before its clocks change.
const START: Timestamp = Timestamp(1_792_836_000_000_000);
const HOUR: i64 = scrip::ledger::time::HOUR;
const DAY: i64 = scrip::ledger::time::DAY;
const PASSWORD: &str = "a lamp in the harbour";

/// Northwind in Vienna with its superadmin, an admin, a member and two departments; and Southwind.
struct Office {
    backend: Backend,
    organisation: Organisation,
    other_organisation: OrganisationId,
    superadmin: Caller,
    member: UserId,
    design: DepartmentId,
    sales: DepartmentId,
    made: AtomicU32,
    test: TestDatabase,
}

impl Office {
    async fn open(test: TestDatabase) -> Office {
        let backend = node(test.db.clone(), Clock::manual(START.micros()));
        let (sue, id) = found(&backend, "sue@northwind.test", "Northwind").await;
        let (_, other_organisation) = found(&backend, "otto@southwind.test", "Southwind").await;
        let office = Office {
            organisation: backend.organisation(&id).await.unwrap(),
            superadmin: caller(&sue, &id),
            member: UserId::parse("usr_none").unwrap(),
            design: a_department(&backend, &id, "dep_design", "Design").await,
            sales: a_department(&backend, &id, "dep_sales", "Sales").await,
            made: AtomicU32::new(0),
            backend,
            other_organisation,
            test,
        };
        let member = office.person("mia@northwind.test", Role::Member).await;
        office.person("ada@northwind.test", Role::Admin).await;
        Office { member, ..office }
    }

    /// With an annual package of 1,000 credits that began at the start.
    async fn with_package(test: TestDatabase) -> Office {
        let office = Office::open(test).await;
        let period = Origin::PlanPeriod { plan: "annual".into(), period_start: START };
        let mut terms = office.terms(Source::Subscription, "1000", period);
        terms.expires_at = Some(START.plus(365 * DAY));
        office.must(Command::Grant(Box::new(terms))).await;
        office
    }

    async fn person(&self, email: &str, role: Role) -> UserId {
        let (access, now) = (&self.backend.access, self.backend.now());
        let user = access.create_user(&new_user(email), now).await.unwrap();
        let department = Some(&self.design);
        access.add_member(&self.organisation.id, &user, role, department, now).await.unwrap();
        user
    }

    fn number(&self) -> u32 {
        self.made.fetch_add(1, Ordering::Relaxed) + 1
    }

    fn advance(&self, microseconds: i64) {
        self.backend.clock.advance(microseconds);
    }

    async fn submit(&self, command: Command) -> Result<Receipt, SubmitError> {
        let order = Order {
            key: IdempotencyKey::parse(&format!("test:{}", self.number())).unwrap(),
            actor: Actor::Member(self.member.clone()),
            occurred_at: self.backend.now(),
            command,
        };
        self.backend.engine.submit(&self.organisation.id, order).await
    }

    async fn must(&self, command: Command) -> Receipt {
        self.submit(command).await.unwrap_or_else(|error| panic!("{error}"))
    }

    fn terms(&self, source: Source, amount: &str, origin: Origin) -> Grant {
        let lot = LotId::parse(&format!("lot_{}", self.number())).unwrap();
        Grant::plain(lot, source, amount_of(amount), origin)
    }

    async fn grant(&self, source: Source, amount: &str) {
        self.must(Command::Grant(Box::new(self.terms(source, amount, Origin::Signup)))).await;
    }

    fn attribution(&self, department: &DepartmentId) -> Attribution {
        Attribution {
            department: Some(department.clone()),
            member: Some(self.member.clone()),
            operation: Some(Operation::parse("analysis").unwrap()),
            ..Attribution::default()
        }
    }

    async fn charge(&self, amount: &str, department: &DepartmentId) {
        let attribution = self.attribution(department);
        self.must(Command::Charge { amount: amount_of(amount), attribution }).await;
    }

    async fn hold(&self, amount: &str, department: &DepartmentId) -> Result<Receipt, SubmitError> {
        self.submit(Command::Hold(MakeHold {
            hold: HoldId::parse(&format!("hold_{}", self.number())).unwrap(),
            amount: amount_of(amount),
            deadline: self.backend.now().plus(HOUR),
            over_settle: OverSettle::Refuse,
            attribution: self.attribution(department),
        }))
        .await
    }

    /// Those of an admin.
    fn eyes(&self) -> Eyes {
        Eyes { user: self.member.clone(), sees_everyone: true, sees_money: true }
    }

    async fn usage(&self, filter: UsageFilter, before: Option<u64>) -> CreditsPage {
        let eyes = self.eyes();
        let query = HistoryQuery::Usage(filter);
        credits::page(&self.backend, &self.organisation, &eyes, &query, before).await.unwrap()
    }

    /// Every usage row, by walking the pages as a reader does.
    async fn all_usage(&self) -> Vec<UsageRow> {
        let (mut rows, mut before) = (Vec::new(), None);
        loop {
            let page = self.usage(UsageFilter::default(), before).await;
            let scrip::model::credits::History::Usage { rows: more, .. } = page.history else {
                panic!("usage was asked for")
            };
            rows.extend(more);
            match page.next {
                Some(next) => before = Some(next),
                None => return rows,
            }
        }
    }
}

/// One running program on this database.
fn node(db: Db, clock: Clock) -> Backend {
    let installation = Installation {
        public_url: "http://127.0.0.1:3000".into(),
        data_folder: std::env::temp_dir(),
        demo: false,
    };
    let catalogue = scrip::backend::catalogue::load(None).expect("the shipped catalogue");
    Backend::new(db, clock, catalogue, no_payments(), installation).unwrap()
}

/// A provider that these stories never ask.
fn no_payments() -> PaymentsConfig {
    PaymentsConfig::sandbox("http://127.0.0.1:9", "sk_test_unused", "whsec_dW51c2Vk").unwrap()
}

async fn found(backend: &Backend, email: &str, name: &str) -> (UserId, OrganisationId) {
    let organisation = NewOrganisation {
        name: name.into(),
        currency: "USD".into(),
        time_zone: "Europe/Vienna".into(),
        catalogue: "ad-compliance".into(),
    };
    let now = backend.now();
    backend.access.found_organisation(&new_user(email), &organisation, now).await.unwrap()
}

fn new_user(email: &str) -> NewUser {
    let name = email.split('@').next().unwrap_or_default();
    NewUser { name: name.into(), email: email.into(), password: PASSWORD.into() }
}

fn caller(user: &UserId, organisation: &OrganisationId) -> Caller {
    Caller {
        user: user.clone(),
        name: "sue".into(),
        email: "sue@northwind.test".into(),
        staff: false,
        organisation: organisation.clone(),
        organisation_name: "Northwind".into(),
        role: Role::Superadmin,
        department: None,
        department_name: None,
    }
}

async fn a_department(
    backend: &Backend,
    organisation: &OrganisationId,
    id: &str,
    name: &str,
) -> DepartmentId {
    let id = DepartmentId::parse(id).unwrap();
    let made = Department {
        organisation: organisation.clone(),
        id: id.clone(),
        name: name.into(),
        created_at: backend.now(),
        archived_at: None,
    };
    department::insert(&backend.db, &made).await.unwrap();
    id
}

fn amount_of(text: &str) -> Credits {
    text.parse().unwrap()
}

fn sum(amounts: impl IntoIterator<Item = Credits>) -> Credits {
    Credits::checked_sum(amounts).unwrap()
}
