//! What people are told: once for each crossing, to whom it concerns, in the inbox, as the banner and by
//! mail over real SMTP.

mod crossings;
mod letters;
mod nodes;
mod pages;
mod payments;

use crate::support::database::TestDatabase;
use crate::support::mail_server::MailServer;
use crate::support::premises::Premises;
use scrip::backend::store::inbox::{self, Reader};
use scrip::backend::store::membership;
use scrip::ledger::command::{Grant, SetBudget};
use scrip::ledger::{
    Actor, Attribution, BudgetKind, Command, Credits, DepartmentId, IdempotencyKey, LotId,
    Operation, Order, OrganisationId, Origin, Source, Subject, UserId, Window,
};
use std::sync::atomic::{AtomicU32, Ordering};

const SECOND: i64 = scrip::ledger::time::SECOND;
const HOUR: i64 = scrip::ledger::time::HOUR;
const DAY: i64 = scrip::ledger::time::DAY;

/// The premises with a mail server across the street.
struct Watch {
    premises: Premises,
    server: MailServer,
    made: AtomicU32,
}

impl Watch {
    /// Northwind with its hundred credits, which somebody has looked at.
    async fn open(database: TestDatabase) -> Watch {
        let watch = Watch::unseen(database).await;
        watch.premises.tell().await;
        watch
    }

    /// Northwind as nobody has looked at it yet.
    async fn unseen(database: TestDatabase) -> Watch {
        let mut premises = Premises::open(database).await;
        let server = MailServer::open().await;
        premises.mail_through(&server);
        Watch { premises, server, made: AtomicU32::new(0) }
    }

    fn number(&self) -> u32 {
        self.made.fetch_add(1, Ordering::Relaxed) + 1
    }

    async fn book(&self, organisation: &OrganisationId, command: Command) {
        let order = Order {
            key: IdempotencyKey::parse(&format!("watch:{}", self.number())).unwrap(),
            actor: Actor::System,
            occurred_at: self.premises.backend.now(),
            command,
        };
        self.premises.backend.engine.submit(organisation, order).await.expect("it is booked");
    }

    async fn grant(&self, credits: &str, terms: impl FnOnce(&mut Grant)) {
        self.grant_to(&self.premises.northwind, credits, terms).await;
    }

    async fn grant_to(
        &self,
        organisation: &OrganisationId,
        credits: &str,
        terms: impl FnOnce(&mut Grant),
    ) {
        let lot = LotId::parse(&format!("lot_watch_{}", self.number())).unwrap();
        let mut grant = Grant::plain(lot, Source::Admin, credits.parse().unwrap(), Origin::Signup);
        terms(&mut grant);
        self.book(organisation, Command::Grant(Box::new(grant))).await;
    }

    async fn spend(&self, credits: &str) {
        self.spend_as(credits, None, None).await;
    }

    async fn spend_as(
        &self,
        credits: &str,
        department: Option<&DepartmentId>,
        member: Option<&UserId>,
    ) {
        let attribution = Attribution {
            department: department.cloned(),
            member: member.cloned(),
            operation: Some(Operation::parse("analysis").unwrap()),
            ..Attribution::default()
        };
        let amount = credits.parse().unwrap();
        // No two at the same instant: the newest is the last.
        self.pass(SECOND);
        self.book(&self.premises.northwind, Command::Charge { amount, attribution }).await;
    }

    async fn limit(&self, subject: Subject, limit: &str) {
        let set = SetBudget {
            subject,
            kind: BudgetKind::Cap,
            window: Window::Forever,
            limit: Some(limit.parse().unwrap()),
            used_so_far: Credits::ZERO,
        };
        self.book(&self.premises.northwind, Command::SetBudget(set)).await;
    }

    async fn user(&self, name: &str) -> UserId {
        let members =
            membership::members(&self.premises.backend.db, &self.premises.northwind).await;
        let found = members.unwrap().into_iter().find(|member| member.name == name);
        found.expect("they belong to Northwind").membership.user
    }

    /// The titles in someone's inbox, the newest first, after everybody was told.
    async fn told(&self, name: &str) -> Vec<String> {
        self.premises.tell().await;
        let user = self.user(name).await;
        let reader = Reader { organisation: &self.premises.northwind, user: &user };
        let page = inbox::page(&self.premises.backend.db, reader, None, 100).await.unwrap();
        page.into_iter().map(|alert| alert.title).collect()
    }

    /// The title of someone's banner.
    async fn banner(&self, name: &str) -> Option<String> {
        self.premises.tell().await;
        let (user, now) = (self.user(name).await, self.premises.backend.now());
        let reader = Reader { organisation: &self.premises.northwind, user: &user };
        let banner = inbox::banner(&self.premises.backend.db, reader, now).await.unwrap();
        banner.map(|alert| alert.title)
    }

    /// The subjects of the letters that someone of Northwind got.
    fn letters(&self, name: &str) -> Vec<String> {
        self.server.subjects_to(&format!("{name}@northwind.test"))
    }

    fn pass(&self, microseconds: i64) {
        self.premises.clock.advance(microseconds);
    }
}
