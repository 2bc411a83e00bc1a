//! Purchases, through the production adapter over HTTP, against the sandbox in this very process, on
//! both databases: bought once whatever happens on the way.

pub mod buying;
mod customers;
mod disputes;
mod killed;
mod orders;
mod own_amount;
mod plans;
mod refunds;
mod requests;
mod saved_cards;
mod taxes;
pub mod top_up;
mod top_up_page;
mod trouble;
mod webhooks;

use crate::support::database::TestDatabase;
use scrip::backend::clock::Clock;
use scrip::backend::engine::Engine;
use scrip::backend::live::Live;
use scrip::backend::payments::{
    PaymentError, Payments, PaymentsConfig, StartPurchase, Started, TaxMode, Why,
};
use scrip::backend::step::Step;
use scrip::backend::store::organisation::{self, Organisation};
use scrip::backend::store::purchase::{self, Purchase, PurchaseStatus};
use scrip::backend::store::{Db, lot};
use scrip::catalogue::{Catalogue, Pack};
use scrip::ledger::{
    Actor, Attribution, Command, IdempotencyKey, Lot, Order, OrganisationId, PurchaseId, Timestamp,
    UserId,
};
use scrip::stripe_sandbox::{Sandbox, SandboxClock, SandboxConfig, Step as SandboxStep};
use serde_json::Value;
use std::time::Duration;
use tokio::net::TcpListener;

/// The instant at which every story begins, in seconds.
pub const START_SECONDS: i64 = 1_790_000_000;
pub const MINUTE: i64 = 60;
pub const HOUR: i64 = 60 * MINUTE;
const KEY: &str = "sk_test_aaaaaaaaaaaaaaaaaaaaaaaa";
const WEBHOOK_SECRET: &str = "whsec_bbbbbbbbbbbbbbbbbbbbbbbb";
pub const SITE: &str = "http://127.0.0.1:3000";

/// An organisation, its till, and the provider across the street. Time stands still unless moved.
pub struct Till {
    pub database: TestDatabase,
    pub payments: Payments,
    pub engine: Engine,
    pub live: Live,
    pub clock: Clock,
    pub sandbox: Sandbox,
    pub sandbox_base: String,
    /// Where webhooks are taken.
    pub webhooks: String,
    pub organisation: OrganisationId,
    pub user: UserId,
    pub catalogue: Catalogue,
    http: reqwest::Client,
    _folder: tempfile::TempDir,
}

impl Till {
    pub async fn open(database: TestDatabase) -> Till {
        Till::open_taxed(database, TaxMode::Off).await
    }

    /// A till whose prices say this about taxes.
    pub async fn open_taxed(database: TestDatabase, tax: TaxMode) -> Till {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let (site, street) = (listener().await, listener().await);
        let webhooks = format!("http://{}/webhooks/stripe", site.local_addr().unwrap());
        let sandbox_base = format!("http://{}", street.local_addr().unwrap());
        let config = SandboxConfig {
            secret_key: KEY.to_owned(),
            webhook_secret: WEBHOOK_SECRET.to_owned(),
            webhook_url: Some(webhooks.clone()),
            public_base: sandbox_base.clone(),
            database: folder.path().join("sandbox.sqlite"),
            merchant_name: "Scrip".to_owned(),
            settlement_delay: Duration::from_secs(20),
        };
        let hands = SandboxClock::manual(START_SECONDS * 1_000);
        let sandbox = Sandbox::open_at(config, hands).await.expect("the sandbox opens");
        serve(street, sandbox.router());

        let clock = Clock::manual(START_SECONDS * 1_000_000);
        let live = Live::new();
        let engine = Engine::start(database.db.clone(), clock.clone(), live.clone());
        let organisation = OrganisationId::parse("org_northwind").unwrap();
        organisation::insert(&database.db, &northwind(&organisation)).await.unwrap();
        let config =
            PaymentsConfig::sandbox(&sandbox_base, KEY, WEBHOOK_SECRET).unwrap().taxed(tax);
        let payments =
            Payments::new(database.db.clone(), engine.clone(), live.clone(), config).unwrap();
        serve(site, scrip::web::webhooks::routes(payments.clone(), clock.clone()));
        Till {
            database,
            payments,
            engine,
            live,
            clock,
            sandbox,
            sandbox_base,
            webhooks,
            organisation,
            user: UserId::parse("usr_ada").unwrap(),
            catalogue: scrip::catalogue::parse::built_in(),
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
            _folder: folder,
        }
    }

    pub fn db(&self) -> &Db {
        &self.database.db
    }

    pub fn now(&self) -> Timestamp {
        Timestamp(self.clock.now_microseconds())
    }

    /// Moves time here and at the provider.
    pub fn pass(&self, seconds: i64) {
        self.clock.advance(seconds * 1_000_000);
        self.sandbox.clock().advance(seconds * 1_000);
    }

    pub fn pack(&self, index: usize) -> &Pack {
        &self.catalogue.packs[index]
    }

    /// Payments through another provider's address, on the same database.
    pub fn payments_through(&self, base: &str) -> Payments {
        let config = PaymentsConfig::sandbox(base, KEY, WEBHOOK_SECRET).unwrap();
        let config = config.taxed(self.payments.tax());
        let (db, engine, live) = (self.db().clone(), self.engine.clone(), self.live.clone());
        Payments::new(db, engine, live, config).unwrap()
    }

    pub async fn start_through(
        &self,
        payments: &Payments,
        form_key: &str,
        pack: usize,
    ) -> Result<Started, PaymentError> {
        let request = StartPurchase {
            organisation: &self.organisation,
            organisation_name: "Northwind",
            user: &self.user,
            pack: self.pack(pack),
            form_key,
            base_url: SITE,
        };
        payments.start_purchase(request, self.now()).await
    }

    pub async fn start(&self, form_key: &str, pack: usize) -> Result<Started, PaymentError> {
        self.start_through(&self.payments, form_key, pack).await
    }

    /// A purchase of the smallest pack whose payment page is open, with the page's reference.
    pub async fn open_purchase(&self) -> (PurchaseId, String) {
        let started = self.start("form-1", 0).await.expect("the payment page opens");
        let Started::PayAt { purchase, .. } = started else { panic!("{started:?}") };
        let session = self.purchase(&purchase).await.session_ref.expect("the page is noted");
        (purchase, session)
    }

    pub async fn purchase(&self, id: &PurchaseId) -> Purchase {
        self.payments.purchase(&self.organisation, id).await.expect("the purchase is there")
    }

    pub async fn status(&self, id: &PurchaseId) -> PurchaseStatus {
        self.purchase(id).await.status
    }

    pub async fn newest_purchase(&self) -> PurchaseId {
        purchase::list(self.db(), &self.organisation, None, 1).await.unwrap()[0].id.clone()
    }

    /// The status as its page words it, from what is written down.
    pub async fn seen_status(&self, id: &PurchaseId) -> String {
        let seen = self.payments.recall(&self.organisation, id, self.now(), buying::plain);
        seen.await.unwrap().status
    }

    pub async fn settle(&self, id: &PurchaseId, why: Why) -> PurchaseStatus {
        let settled = self.payments.settle(&self.organisation, id, why, self.now()).await;
        settled.expect("the provider answers").status
    }

    /// Every lot that the organisation was ever granted.
    pub async fn lots(&self) -> Vec<Lot> {
        lot::all(self.db(), &self.organisation).await.expect("the lots can be read")
    }

    /// Asks the provider's control routes or its API.
    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> (u16, Value) {
        let request = self.http.post(format!("{}{path}", self.sandbox_base)).bearer_auth(KEY);
        let answer = request.form(fields).send().await.expect("the sandbox answers");
        (answer.status().as_u16(), answer.json().await.unwrap_or_default())
    }

    pub async fn get(&self, path: &str) -> Value {
        let request = self.http.get(format!("{}{path}", self.sandbox_base)).bearer_auth(KEY);
        request.send().await.unwrap().json().await.expect("the sandbox answers with JSON")
    }

    /// Pays on the payment page with a card; the status of the answer.
    pub async fn pay(&self, session: &str, card: &str) -> u16 {
        self.post(&format!("/control/sessions/{session}/pay"), &[("card", card)]).await.0
    }

    /// Pays from a country, with a tax number where there is one.
    pub async fn pay_from(&self, session: &str, country: &str, tax_id: Option<&str>) {
        let mut fields = vec![("card", "4242424242424242"), ("country", country)];
        fields.extend([("line1", "Kai 1"), ("city", "Hamburg")]);
        fields.extend(tax_id.map(|number| ("tax_id", number)));
        let path = format!("/control/sessions/{session}/pay");
        let (status, answer) = self.post(&path, &fields).await;
        assert_eq!(status, 200, "{answer}");
    }

    /// Pays with a bank debit that takes a while.
    pub async fn debit(&self, session: &str, outcome: &str) {
        let path = format!("/control/sessions/{session}/pay");
        assert_eq!(self.post(&path, &[("debit", outcome)]).await.0, 200);
    }

    /// Lets the provider do what is due: close pages, hear from banks, send webhooks.
    pub async fn provider_works(&self) {
        while self.sandbox.step().await.expect("the sandbox works") == SandboxStep::Done {}
    }

    /// Lets our worker act on the events that came in.
    pub async fn inbox_works(&self) {
        while self.payments.process_inbox_step(self.now()).await.unwrap() == Step::Done {}
    }

    pub async fn sweep_works(&self) {
        while self.payments.sweep_step(self.now()).await.unwrap() == Step::Done {}
    }

    /// Posts an event as the provider would, signed at this instant.
    pub async fn send_event(&self, event: &Value) -> u16 {
        let body = event.to_string();
        let seconds = self.now().0 / 1_000_000;
        let signature = scrip::stripe_sandbox::sign(WEBHOOK_SECRET, seconds, body.as_bytes());
        self.send_raw(&signature, body.into_bytes()).await
    }

    pub async fn send_raw(&self, signature: &str, body: Vec<u8>) -> u16 {
        let request = self.http.post(&self.webhooks).header("Stripe-Signature", signature);
        request.body(body).send().await.expect("the site answers").status().as_u16()
    }

    pub fn signed(&self, body: &[u8]) -> String {
        scrip::stripe_sandbox::sign(WEBHOOK_SECRET, self.now().0 / 1_000_000, body)
    }

    /// A purchase of the smallest pack, paid and credited, with its charge at the provider.
    pub async fn bought(&self, form_key: &str) -> (PurchaseId, String) {
        let started = self.start(form_key, 0).await.expect("the payment page opens");
        let Started::PayAt { purchase, .. } = started else { panic!("{started:?}") };
        let session = self.purchase(&purchase).await.session_ref.expect("the page is noted");
        assert_eq!(self.pay(&session, "4242424242424242").await, 200);
        assert_eq!(self.settle(&purchase, Why::ReturnPage).await, PurchaseStatus::Credited);
        let charge = self.charge_of(&purchase).await;
        (purchase, charge)
    }

    /// The provider's charge behind a purchase.
    pub async fn charge_of(&self, id: &PurchaseId) -> String {
        let payment = self.purchase(id).await.payment_ref.expect("it was paid");
        let intent = self.get(&format!("/v1/payment_intents/{payment}")).await;
        intent["latest_charge"].as_str().expect("a charge").to_owned()
    }

    /// Refunds as someone does in the provider's own dashboard.
    pub async fn refund_there(&self, charge: &str, amount: i64) -> Value {
        let amount = amount.to_string();
        let fields = [("charge", charge), ("amount", amount.as_str())];
        let (status, refund) = self.post("/v1/refunds", &fields).await;
        assert_eq!(status, 200, "{refund}");
        refund
    }

    /// Changes a word in what the provider says of an object, as no real one would.
    pub async fn sandbox_says(&self, object: &str, field: &str, word: &str) {
        let file = self._folder.path().join("sandbox.sqlite");
        let db = Db::open_file(&file).await.expect("the sandbox's file opens a second time");
        let statement = "update objects set body = json_set(body, '$.' || $2, $3) where id = $1";
        scrip::on!(&db, write pool => sqlx::query(statement).bind(object).bind(field).bind(word)
            .execute(pool).await.map(|_| ()))
        .expect("the object is there");
    }

    /// As [`Till::sandbox_says`], of a number.
    pub async fn sandbox_says_number(&self, object: &str, field: &str, number: i64) {
        let file = self._folder.path().join("sandbox.sqlite");
        let db = Db::open_file(&file).await.expect("the sandbox's file opens a second time");
        let statement = "update objects set body = json_set(body, '$.' || $2, $3) where id = $1";
        scrip::on!(&db, write pool => sqlx::query(statement).bind(object).bind(field).bind(number)
            .execute(pool).await.map(|_| ()))
        .expect("the object is there");
    }

    /// The provider keeps its events for a month only.
    pub async fn forget_events(&self) {
        let file = self._folder.path().join("sandbox.sqlite");
        let db = Db::open_file(&file).await.expect("the sandbox's file opens a second time");
        let statement = "delete from objects where kind = 'event'";
        scrip::on!(&db, write pool => sqlx::query(statement).execute(pool).await.map(|_| ()))
            .expect("the events are there");
    }

    /// Lets the buyer's bank open a dispute.
    pub async fn dispute(&self, charge: &str, fields: &[(&str, &str)]) -> String {
        let (status, dispute) =
            self.post(&format!("/control/charges/{charge}/dispute"), fields).await;
        assert_eq!(status, 200, "{dispute}");
        dispute["id"].as_str().expect("an id").to_owned()
    }

    /// The next turn of a dispute.
    pub async fn turn(&self, dispute: &str, turn: &str, fields: &[(&str, &str)]) {
        let (status, answer) =
            self.post(&format!("/control/disputes/{dispute}/{turn}"), fields).await;
        assert_eq!(status, 200, "{answer}");
    }

    /// Everything that the provider has to say reaches us and is acted on.
    pub async fn hear(&self) {
        self.provider_works().await;
        self.inbox_works().await;
    }

    /// Uses credits.
    pub async fn spend(&self, key: &str, credits: &str) {
        let order = Order {
            key: IdempotencyKey::parse(key).unwrap(),
            actor: Actor::System,
            occurred_at: self.now(),
            command: Command::Charge {
                amount: credits.parse().unwrap(),
                attribution: Attribution::default(),
            },
        };
        self.engine.submit(&self.organisation, order).await.expect("there are enough credits");
    }

    /// What may be spent, and what is owed.
    pub async fn balance(&self) -> (String, String) {
        let state = self.engine.state(&self.organisation).await.unwrap();
        let balance = state.balance(self.now());
        (balance.available.to_string(), balance.debt.to_string())
    }

    /// The lot that a purchase paid for.
    pub async fn lot(&self, id: &PurchaseId) -> Lot {
        let lot = self.purchase(id).await.lot().unwrap();
        lot::find(self.db(), &self.organisation, &lot).await.unwrap().expect("it was granted")
    }

    /// Everything in the database follows from the journal.
    pub async fn must_verify(&self) {
        let report = scrip::backend::engine::verify(self.db(), &self.organisation).await.unwrap();
        assert_eq!(report.first_difference(), None, "{report}");
    }

    /// How many payment pages the provider has ever opened.
    pub async fn pages_opened(&self) -> usize {
        let list = self.get("/v1/checkout/sessions?limit=100").await;
        list["data"].as_array().map_or(0, Vec::len)
    }

    /// The newest event of this kind, as the provider lists it.
    pub async fn event(&self, kind: &str) -> Value {
        let list = self.get(&format!("/v1/events?type={kind}&limit=1")).await;
        list["data"][0].clone()
    }
}

/// An event about a payment page, with nothing else in it.
pub fn event_about(id: &str, kind: &str, session: &str) -> Value {
    serde_json::json!({"id": id, "object": "event", "type": kind, "livemode": false,
        "data": {"object": {"id": session, "object": "checkout.session"}}})
}

async fn listener() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").await.expect("a free port")
}

/// Serves until the test's runtime ends.
pub fn serve(listener: TcpListener, router: axum::Router) {
    tokio::spawn(async move { axum::serve(listener, router).await });
}

/// Serves on a free port; the address.
pub async fn serve_anywhere(router: axum::Router) -> String {
    let listener = listener().await;
    let address = format!("http://{}", listener.local_addr().unwrap());
    serve(listener, router);
    address
}

fn northwind(id: &OrganisationId) -> Organisation {
    Organisation {
        id: id.clone(),
        name: "Northwind".to_owned(),
        currency: "USD".to_owned(),
        time_zone: "Europe/Berlin".to_owned(),
        catalogue: "ad-compliance".to_owned(),
        created_at: Timestamp(START_SECONDS * 1_000_000),
    }
}
