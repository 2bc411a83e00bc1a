//! The whole site over one test's database: two organisations with people and work in them, the payment
//! provider across the street, and visitors of every kind at the door.

use std::time::Duration;

use axum::Router;
use leptos::prelude::LeptosOptions;
use scrip::backend::access::{Access, NewOrganisation, NewUser};
use scrip::backend::alerts;
use scrip::backend::clock::Clock;
use scrip::backend::engine::Engine;
use scrip::backend::jobs::{self, Step};
use scrip::backend::mail::Mail;
use scrip::backend::payments::{Payments, PaymentsConfig, TaxMode};
use scrip::backend::state::{Backend, Installation};
use scrip::backend::store::purchase::{Details, PurchaseStatus};
use scrip::backend::store::{self, department::Department};
use scrip::catalogue::{Catalogue, Plan};
use scrip::ledger::command::Grant;
use scrip::ledger::{
    Actor, Command, DepartmentId, IdempotencyKey, LotId, Order, OrganisationId, Origin, PurchaseId,
    Source, Timestamp,
};
use scrip::model::permission::Role;
use scrip::stripe_sandbox::{Sandbox, SandboxClock, SandboxConfig};
use scrip::web::extract::TrustedProxies;
use scrip::web::router::router;
use scrip::web::security::SecurityPolicy;
use tokio::net::TcpListener;

use super::database::TestDatabase;
use super::mail_server::MailServer;
use super::visitor::{HOST, Page, Visitor, multipart};

/// The instant at which every story begins.
const START: i64 = 1_790_000_000_000_000;
/// Everyone's password.
pub const PASSWORD: &str = "a lamp in the harbour";
const KEY: &str = "sk_test_aaaaaaaaaaaaaaaaaaaaaaaa";
const WEBHOOK_SECRET: &str = "whsec_bbbbbbbbbbbbbbbbbbbbbbbb";

/// Northwind with 100 credits, a department *Brand*, a superadmin `sue`, an admin `ada` and the members
/// `mia` (of Brand) and `ned`; and Southwind with its superadmin `otto`, who is a stranger here.
pub struct Premises {
    pub backend: Backend,
    pub clock: Clock,
    pub router: Router,
    pub northwind: OrganisationId,
    pub brand: DepartmentId,
    /// Where the payment provider answers.
    pub provider: String,
    pub sandbox: Sandbox,
    database: TestDatabase,
    _folder: tempfile::TempDir,
}

impl Premises {
    pub async fn open(database: TestDatabase) -> Premises {
        let catalogue = Catalogue { plans: plans(), ..scrip::catalogue::parse::built_in() };
        Premises::selling(database, catalogue).await
    }

    /// The same people under a catalogue of one's own.
    pub async fn selling(database: TestDatabase, catalogue: Catalogue) -> Premises {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let clock = Clock::manual(START);
        let (provider, sandbox) = provider(&folder).await;
        let payments = PaymentsConfig::sandbox(&provider, KEY, WEBHOOK_SECRET).unwrap();
        let installation = Installation {
            public_url: format!("http://{HOST}"),
            data_folder: folder.path().to_owned(),
            demo: false,
        };
        let db = database.db.clone();
        let backend = Backend::new(db, clock.clone(), catalogue, payments, installation).unwrap();
        let northwind = found(&backend.access, "sue", "Northwind").await;
        found(&backend.access, "otto", "Southwind").await;
        let brand = DepartmentId::parse("dep_brand").unwrap();
        let department = Department {
            organisation: northwind.clone(),
            id: brand.clone(),
            name: "Brand".into(),
            created_at: Timestamp(START),
            archived_at: None,
        };
        store::department::insert(&backend.db, &department).await.unwrap();
        for (name, role, department) in [
            ("ada", Role::Admin, None),
            ("mia", Role::Member, Some(&brand)),
            ("ned", Role::Member, None),
        ] {
            join(&backend.access, &northwind, name, role, department).await;
        }
        grant(&backend, &northwind).await;
        let router = site(&backend, &folder);
        let _folder = folder;
        Premises { backend, clock, router, northwind, brand, provider, sandbox, database, _folder }
    }

    /// The database's address: another program may open it too.
    pub fn url(&self) -> &str {
        &self.database.url
    }

    /// Asks the payment provider's API or its control routes; what it answers.
    pub async fn provider_post(&self, path: &str, fields: &[(&str, &str)]) -> serde_json::Value {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let request = client.post(format!("{}{path}", self.provider)).bearer_auth(KEY);
        let answer = request.form(fields).send().await.expect("the provider answers");
        answer.json().await.expect("with JSON")
    }

    /// From now on the site's letters go to this mail server.
    pub fn mail_through(&mut self, server: &MailServer) {
        self.backend = self.backend.mailing_through(&server.settings()).unwrap();
        self.router = site(&self.backend, &self._folder);
    }

    /// From now on the site has this outbox, such as one whose letters nobody sends.
    pub fn send_no_mail(&mut self, mail: Mail) {
        self.backend.mail = mail;
        self.router = site(&self.backend, &self._folder);
    }

    /// Everybody who is to be told of something is, and the letters are sent.
    pub async fn tell(&self) {
        while alerts::look::step(&self.backend).await.unwrap() == Step::Done {}
        while self.backend.mail.step(self.backend.now()).await.unwrap() == Step::Done {}
    }

    /// From now on this backend is behind the site.
    pub fn serve(&mut self, backend: Backend) {
        self.backend = backend;
        self.router = site(&self.backend, &self._folder);
    }

    /// From now on nobody answers where the payment provider was.
    pub fn cut_off(&mut self) {
        let config = PaymentsConfig::sandbox("http://127.0.0.1:9", KEY, WEBHOOK_SECRET).unwrap();
        self.pay_through(config.taxed(self.backend.payments.tax()));
    }

    /// From now on prices say this about taxes.
    pub fn tax(&mut self, mode: TaxMode) {
        let config = PaymentsConfig::sandbox(&self.provider, KEY, WEBHOOK_SECRET).unwrap();
        self.pay_through(config.taxed(mode));
    }

    fn pay_through(&mut self, config: PaymentsConfig) {
        let (db, engine) = (self.backend.db.clone(), self.backend.engine.clone());
        let live = self.backend.live.clone();
        let payments = Payments::new(db, engine, live, config).unwrap();
        self.backend.documents = self.backend.documents.through(payments.clone());
        self.backend.payments = payments;
        self.router = site(&self.backend, &self._folder);
    }

    /// From now on this engine books for the site.
    pub fn work_with(&mut self, engine: Engine) {
        self.backend.engine = engine;
        self.router = site(&self.backend, &self._folder);
    }

    /// Nobody: a browser that has never been here.
    pub fn anonymous(&self) -> Visitor {
        Visitor::new(self.router.clone())
    }

    pub async fn superadmin(&self) -> Visitor {
        self.signed_in("sue@northwind.test").await
    }

    pub async fn admin(&self) -> Visitor {
        self.signed_in("ada@northwind.test").await
    }

    pub async fn member(&self) -> Visitor {
        self.signed_in("mia@northwind.test").await
    }

    /// The superadmin of the other organisation.
    pub async fn stranger(&self) -> Visitor {
        self.signed_in("otto@southwind.test").await
    }

    /// Whoever has this role in Northwind.
    pub async fn in_role(&self, role: Role) -> Visitor {
        match role {
            Role::Superadmin => self.superadmin().await,
            Role::Admin => self.admin().await,
            Role::Member => self.member().await,
        }
    }

    /// The superadmin of the other organisation, who also runs the installation.
    pub async fn staff(&self) -> Visitor {
        self.backend.access.set_staff("otto@southwind.test", true).await.unwrap();
        self.stranger().await
    }

    /// Asks the payment provider's control routes or its API.
    pub async fn provider_does(&self, path: &str, fields: &[(&str, &str)]) -> serde_json::Value {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let request = client.post(format!("{}{path}", self.provider)).bearer_auth(KEY);
        let answer = request.form(fields).send().await.expect("the provider answers");
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        answer.json().await.expect("the provider answers with JSON")
    }

    /// Pays for a purchase of Northwind on its payment page, and comes back to the return page.
    pub async fn pay(&self, visitor: &Visitor, purchase: &str) -> Page {
        let id = scrip::ledger::PurchaseId::parse(purchase).unwrap();
        let found = store::purchase::find(&self.backend.db, &self.northwind, &id).await.unwrap();
        let session = found.unwrap().session_ref.unwrap();
        let path = format!("/control/sessions/{session}/pay");
        self.provider_does(&path, &[("card", "4242424242424242")]).await;
        let page = visitor.get(&format!("/credits/return/{purchase}")).await;
        assert_eq!(page.texts("h1"), ["Your credits are here"], "{}", page.says());
        page
    }

    /// Signs in through the form.
    pub async fn signed_in(&self, email: &str) -> Visitor {
        let visitor = self.anonymous();
        let fields = [("email", email), ("password", PASSWORD)];
        let answer = visitor.post_form("/login", "sign_in", &fields).await;
        assert_eq!((answer.code(), answer.location()), (303, "/"), "{}", answer.says());
        visitor
    }

    /// Hands in an ad's text as `visitor` and has it analysed: the report's id.
    pub async fn report_of(&self, visitor: &Visitor, form_key: &str) -> String {
        let fields = [
            ("form_key", form_key),
            ("title", "Spring"),
            ("text", "Tea for everyone."),
            ("quoted", "1"),
        ];
        let body = multipart(&fields);
        let answer = visitor.post("start_analysis", "text/html", body, &[]).await;
        while jobs::analysis::step(&self.backend, self.backend.now()).await.unwrap() == Step::Done {
        }
        let id = answer.location().strip_prefix("/reports/");
        id.unwrap_or_else(|| panic!("no report: {}", answer.says())).to_owned()
    }

    /// Subscribes to *Pro* as `visitor` and pays for it.
    pub async fn subscribed_by(&self, visitor: &Visitor, form_key: &str) {
        let fields = [("plan", "pro"), ("form_key", form_key)];
        let answer = visitor.post_form("/credits/subscription", "subscribe_plan", &fields).await;
        let page = answer.location().rsplit('/').next().unwrap_or_default().to_owned();
        let card = [("card", "4242424242424242")];
        self.ask_provider(&format!("/control/sessions/{page}/pay"), &card).await;
        let shown = visitor.get("/credits/subscription").await;
        assert_eq!(shown.texts("[data-testid=plan]"), ["Pro"]);
    }

    /// Posts to the provider's API or control routes.
    pub async fn ask_provider(&self, path: &str, fields: &[(&str, &str)]) -> serde_json::Value {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let request = client.post(format!("{}{path}", self.provider)).bearer_auth(KEY);
        let answer = request.form(fields).send().await.expect("the provider answers");
        assert_eq!(answer.status().as_u16(), 200, "{path}");
        answer.json().await.expect("JSON")
    }

    /// Time passes here and at the provider, which does what is due; then we ask about the plans.
    pub async fn pass(&self, seconds: i64) {
        self.clock.advance(seconds * 1_000_000);
        self.sandbox.clock().advance(seconds * 1_000);
        while self.sandbox.step().await.unwrap() == scrip::stripe_sandbox::Step::Done {}
        let payments = &self.backend.payments;
        while payments.subscriptions_step(self.backend.now()).await.unwrap() == Step::Done {}
    }

    /// Chooses the first pack as `visitor` and leaves the payment page open: the purchase's id.
    pub async fn purchase_of(&self, visitor: &Visitor, form_key: &str) -> String {
        // No two begin at the same instant: the newest is the one just begun.
        self.clock.advance(1);
        let pack = self.backend.catalogue.packs[0].code.clone();
        let fields = [("pack", pack.as_str()), ("form_key", form_key)];
        let answer = visitor.post_json("buy_pack", &fields).await;
        assert!(answer.status.is_success() || answer.status.is_redirection(), "{}", answer.says());
        let list = store::purchase::list(&self.backend.db, &self.northwind, None, 1).await.unwrap();
        list[0].id.to_string()
    }
}

/// The plans that are sold here.
fn plans() -> Vec<Plan> {
    let text = include_str!("../../../catalogues/event-photos.toml");
    scrip::catalogue::parse::from_toml("event-photos.toml", text).unwrap().plans
}

impl Premises {
    /// Buys the first pack as `visitor` and has it credited, as if it had been paid; no document is
    /// written yet.
    pub async fn credited_purchase_of(&self, visitor: &Visitor, form_key: &str) -> PurchaseId {
        let id = PurchaseId::parse(&self.purchase_of(visitor, form_key).await).unwrap();
        let (db, now) = (&self.backend.db, self.backend.now());
        store::purchase::fix_paid_at(db, &self.northwind, &id, now).await.unwrap();
        let purchase = store::purchase::find(db, &self.northwind, &id).await.unwrap().unwrap();
        let details = Details { payment_ref: Some("pi_of_a_story"), note: None };
        let to = PurchaseStatus::Credited;
        assert!(store::purchase::advance(db, &purchase, to, details, now).await.unwrap());
        id
    }

    /// The number of such a purchase's receipt.
    pub async fn document_of(&self, visitor: &Visitor, form_key: &str) -> String {
        let id = self.credited_purchase_of(visitor, form_key).await;
        let purchase = self.backend.payments.purchase(&self.northwind, &id).await.unwrap();
        let number = self.backend.documents.issue(&purchase, self.backend.now()).await.unwrap();
        number.expect("a credited purchase has a document")
    }
}

/// The payment provider, in this process, with hands of its own.
async fn provider(folder: &tempfile::TempDir) -> (String, Sandbox) {
    let street = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let base = format!("http://{}", street.local_addr().unwrap());
    let config = SandboxConfig {
        secret_key: KEY.to_owned(),
        webhook_secret: WEBHOOK_SECRET.to_owned(),
        webhook_url: None,
        public_base: base.clone(),
        database: folder.path().join("sandbox.sqlite"),
        merchant_name: "Scrip".to_owned(),
        settlement_delay: Duration::from_secs(20),
    };
    let hands = SandboxClock::manual(START / 1_000);
    let sandbox = Sandbox::open_at(config, hands).await.expect("the sandbox opens");
    let router = sandbox.router();
    tokio::spawn(async move { axum::serve(street, router).await });
    (base, sandbox)
}

fn site(backend: &Backend, folder: &tempfile::TempDir) -> Router {
    let root = folder.path().display().to_string();
    let options = LeptosOptions::builder().output_name("scrip").site_root(root).build();
    let policy = SecurityPolicy::new(&backend.installation.public_url, Vec::new());
    router(backend.clone(), options, policy, TrustedProxies::default())
}

fn new_user(name: &str, organisation: &str) -> NewUser {
    NewUser {
        name: name.into(),
        email: format!("{name}@{}.test", organisation.to_lowercase()),
        password: PASSWORD.into(),
    }
}

async fn found(access: &Access, owner: &str, name: &str) -> OrganisationId {
    let terms = NewOrganisation {
        name: name.into(),
        currency: "USD".into(),
        time_zone: "Europe/Vienna".into(),
        catalogue: "ad-compliance".into(),
    };
    let owner = new_user(owner, name);
    access.found_organisation(&owner, &terms, Timestamp(START)).await.unwrap().1
}

async fn join(
    access: &Access,
    organisation: &OrganisationId,
    name: &str,
    role: Role,
    department: Option<&DepartmentId>,
) {
    let user = access.create_user(&new_user(name, "Northwind"), Timestamp(START)).await.unwrap();
    access.add_member(organisation, &user, role, department, Timestamp(START)).await.unwrap();
}

async fn grant(backend: &Backend, organisation: &OrganisationId) {
    let lot = LotId::parse("lot_first").unwrap();
    let grant = Grant::plain(lot, Source::Purchased, "100".parse().unwrap(), Origin::Signup);
    let order = Order {
        key: IdempotencyKey::parse("grant:first").unwrap(),
        actor: Actor::System,
        occurred_at: backend.now(),
        command: Command::Grant(Box::new(grant)),
    };
    backend.engine.submit(organisation, order).await.unwrap();
}
