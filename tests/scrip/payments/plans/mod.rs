//! Plans: subscribed to at the payment page, credited by each paid invoice, changed, unpaid, ended.

mod beginnings;
mod changes;
mod events;
mod free;
mod renewals;

use super::{HOUR, SITE, Till};
use crate::support::database::TestDatabase;
use scrip::backend::engine::{self, Engine};
use scrip::backend::payments::subscriptions::Acting;
use scrip::backend::payments::subscriptions::begin::Begun;
use scrip::backend::payments::{PaymentError, Payments, TaxMode};
use scrip::backend::step::Step;
use scrip::backend::store::purchase::{self, Purchase, PurchaseKind};
use scrip::backend::store::subscription::{Subscription, SubscriptionStatus};
use scrip::catalogue::parse::from_toml;
use scrip::catalogue::{Catalogue, Plan};
use scrip::ledger::{
    Actor, Attribution, Command, Credits, IdempotencyKey, Lot, Order, OrganisationId, Timestamp,
};
use serde_json::Value;

/// Seconds.
pub const DAY: i64 = 24 * HOUR;
pub const VISA: &str = "4242424242424242";

pub fn photos() -> Catalogue {
    let text = include_str!("../../../../catalogues/event-photos.toml");
    from_toml("event-photos.toml", text).unwrap()
}

pub fn plan(code: &str) -> Plan {
    photos().plan(code).unwrap().clone()
}

pub fn credits(text: &str) -> Credits {
    text.parse().unwrap()
}

/// An organisation that may subscribe to the plans of the event-photos catalogue.
pub struct Office {
    pub till: Till,
}

impl Office {
    pub async fn open(database: TestDatabase) -> Office {
        Office { till: Till::open(database).await }
    }

    /// An office where prices say this about taxes.
    pub async fn open_taxed(database: TestDatabase, tax: TaxMode) -> Office {
        Office { till: Till::open_taxed(database, tax).await }
    }

    pub fn acting<'a>(&'a self, form_key: &'a str) -> Acting<'a> {
        Acting {
            organisation: &self.till.organisation,
            organisation_name: "Northwind",
            user: &self.till.user,
            base_url: SITE,
            form_key,
        }
    }

    pub async fn begin(&self, form_key: &str, code: &str) -> Result<Begun, PaymentError> {
        let (acting, plan) = (self.acting(form_key), plan(code));
        self.till.payments.subscribe(acting, &plan, self.till.now()).await
    }

    /// Opens the payment page of a plan; the page's reference.
    pub async fn page_of(&self, form_key: &str, code: &str) -> String {
        match self.begin(form_key, code).await.expect("the payment page opens") {
            Begun::PayAt(url) => url.rsplit('/').next().unwrap().to_owned(),
            Begun::AlreadyThere => panic!("they have a plan"),
        }
    }

    /// Subscribes and pays, and hears of it.
    pub async fn subscribe(&self, code: &str) {
        let page = self.page_of(&format!("form-{code}-{}", self.till.now().0), code).await;
        assert_eq!(self.till.pay(&page, VISA).await, 200);
        self.hear().await;
        assert_eq!(self.status().await, SubscriptionStatus::Active);
    }

    /// The provider does what is due and reports it, and our worker acts on it.
    pub async fn hear(&self) {
        self.till.provider_works().await;
        self.till.inbox_works().await;
    }

    /// Time passes on both sides of the street, and everybody does what is due.
    pub async fn pass(&self, seconds: i64) {
        self.till.pass(seconds);
        self.hear().await;
        while self.till.engine.step_due(self.till.now()).await.unwrap() == Step::Done {}
    }

    pub async fn settle(&self) -> Option<Subscription> {
        let (organisation, now) = (&self.till.organisation, self.till.now());
        self.till.payments.settle_subscription(organisation, None, now).await.unwrap()
    }

    pub async fn sweep(&self) {
        while self.till.payments.subscriptions_step(self.till.now()).await.unwrap() == Step::Done {}
    }

    pub async fn row(&self) -> Subscription {
        let row = self.till.payments.plan_row(&self.till.organisation, self.till.now()).await;
        row.unwrap().expect("there is a row")
    }

    pub async fn status(&self) -> SubscriptionStatus {
        self.row().await.status
    }

    pub async fn available(&self) -> Credits {
        let balance = self.till.engine.balance(&self.till.organisation, self.till.now()).await;
        balance.unwrap().available
    }

    pub async fn is_available(&self, text: &str) {
        assert_eq!(self.available().await, credits(text));
    }

    /// Uses credits at once; whether there were enough.
    pub async fn uses(&self, amount: &str) -> bool {
        let now = self.till.now();
        let key = format!("use:{}:{amount}:{}", now.0, scrip::backend::id::uuid_simple(now));
        let command =
            Command::Charge { amount: credits(amount), attribution: Attribution::default() };
        let order = Order {
            key: IdempotencyKey::parse(&key).unwrap(),
            actor: Actor::System,
            occurred_at: now,
            command,
        };
        self.till.engine.submit(&self.till.organisation, order).await.is_ok()
    }

    /// The periods that were paid for, the newest first.
    pub async fn paid(&self) -> Vec<Purchase> {
        let list =
            purchase::list(self.till.db(), &self.till.organisation, None, 100).await.unwrap();
        list.into_iter().filter(|bought| bought.kind == PurchaseKind::Plan).collect()
    }

    pub async fn lots(&self) -> Vec<Lot> {
        let mut lots = self.till.lots().await;
        lots.sort_by_key(|lot| lot.granted_by);
        lots
    }

    /// The end of the period that runs, in seconds.
    pub async fn period_end(&self) -> i64 {
        self.row().await.mirror.period_end.expect("a period runs").0 / 1_000_000
    }

    pub fn seconds(&self) -> i64 {
        self.till.now().0 / 1_000_000
    }

    /// The subscription's name at the provider.
    pub async fn name(&self) -> String {
        self.row().await.mirror.subscription.expect("there is a subscription")
    }

    pub async fn customer(&self) -> String {
        let path = format!("/v1/subscriptions/{}", self.name().await);
        self.till.get(&path).await["customer"].as_str().unwrap().to_owned()
    }

    /// From now on the plan is paid with this test card.
    pub async fn pay_with(&self, card: &str) {
        let customer = self.customer().await;
        let path = format!("/v1/payment_methods/{card}/attach");
        let (_, method) = self.till.post(&path, &[("customer", &customer)]).await;
        let path = format!("/v1/subscriptions/{}", self.name().await);
        let fields = [("default_payment_method", method["id"].as_str().unwrap())];
        assert_eq!(self.till.post(&path, &fields).await.0, 200);
    }

    /// The subscription is ended at once, in the provider's dashboard.
    pub async fn end_at_provider(&self) {
        let till = &self.till;
        let url = format!("{}/v1/subscriptions/{}", till.sandbox_base, self.name().await);
        let ended = till.http.delete(url).bearer_auth(super::KEY).send().await.unwrap();
        assert_eq!(ended.status().as_u16(), 200);
    }

    /// The subscription's invoices at the provider, the newest first.
    pub async fn invoices(&self) -> Vec<Value> {
        let path = format!("/v1/invoices?subscription={}", self.name().await);
        self.till.get(&path).await["data"].as_array().unwrap().clone()
    }

    pub async fn change(&self, form_key: &str, code: &str) -> Result<(), PaymentError> {
        let (acting, now) = (self.acting(form_key), self.till.now());
        self.till.payments.change_to(acting, &plan(code), self.seconds(), now).await
    }

    /// Payments of another node, with an engine of its own on the same database.
    pub fn another_node(&self) -> Payments {
        let till = &self.till;
        let engine = Engine::start(till.db().clone(), till.clock.clone(), till.live.clone());
        till.payments.through(engine)
    }

    /// Every figure can be rebuilt from the journal.
    pub async fn must_verify(&self) {
        let report = engine::verify(self.till.db(), &self.till.organisation).await.unwrap();
        assert!(report.difference.is_none(), "{:?}", report.difference);
    }
}

pub fn at(seconds: i64) -> Timestamp {
    Timestamp(seconds * 1_000_000)
}

pub fn stranger() -> OrganisationId {
    OrganisationId::parse("org_southwind").unwrap()
}
