//! The program is killed right before and right after everything it asks of the payment provider, and
//! started again, while somebody buys and somebody refunds: in the end each was done once.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::Response;
use scrip::backend::engine::verify;
use scrip::backend::store::purchase;
use scrip::stripe_sandbox::{Sandbox, SandboxConfig};

use super::{KEY, WEBHOOK_SECRET, listener, serve, serve_anywhere};
use crate::on_both_databases;
use crate::support::database::TestDatabase;
use crate::support::premises::{PASSWORD, Premises};
use crate::support::program::{Program, forward, signal};
use crate::support::visitor::{HOST, Visitor};

on_both_databases!(killed_at_every_step_a_purchase_and_a_refund_are_made_once);

/// The wire between the program and the provider, on which the program's last word can be chosen.
struct Wire {
    provider: String,
    process: AtomicU32,
    /// Requests until the program is killed; `usize::MAX`: it lives.
    left: AtomicUsize,
    when: When,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum When {
    BeforeTheProviderHears,
    BeforeTheAnswerComes,
}

impl Wire {
    fn kill(&self) {
        signal(self.process.load(Ordering::SeqCst), "-KILL");
    }
}

async fn carry(State(wire): State<Arc<Wire>>, request: Request) -> Response<Body> {
    // What jobs ask by themselves has a time of its own.
    let counts = !request.uri().path().ends_with("/events");
    let is_last = counts && wire.left.fetch_sub(1, Ordering::SeqCst) == 1;
    if is_last && wire.when == When::BeforeTheProviderHears {
        wire.kill();
        return Response::new(Body::empty());
    }
    let answer = forward(&wire.provider, request).await;
    if is_last {
        wire.kill();
    }
    answer
}

/// An organisation whose program may be killed, and the provider across the street.
struct Stage {
    premises: Premises,
    wire: Arc<Wire>,
    base: String,
    program: Program,
    _folder: tempfile::TempDir,
}

impl Stage {
    async fn set(database: TestDatabase, when: When) -> Stage {
        let premises = Premises::open(database).await;
        premises.backend.access.set_staff("otto@southwind.test", true).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let provider = provider(&folder).await;
        let (process, left) = (AtomicU32::new(0), AtomicUsize::new(usize::MAX));
        let wire = Arc::new(Wire { provider, process, left, when });
        let base = serve_anywhere(Router::new().fallback(carry).with_state(wire.clone())).await;
        let program = start(premises.url(), &base).await;
        wire.process.store(program.id(), Ordering::SeqCst);
        Stage { premises, wire, base, program, _folder: folder }
    }

    /// Someone signed in, at the program as it runs now.
    async fn signed_in(&self, email: &str) -> Visitor {
        let visitor = self.program.visitor();
        let fields = [("email", email), ("password", PASSWORD)];
        let answer = visitor.post_form("/login", "sign_in", &fields).await;
        assert_eq!(answer.code(), 303, "{}", answer.says());
        visitor
    }

    /// Does it with the program killed at its so-manieth request, and again after a new start. Whether
    /// it came to that many.
    async fn killed_at(&mut self, number: usize, job: &Job) -> bool {
        self.wire.left.store(number, Ordering::SeqCst);
        let done = self.try_to(job).await;
        let left = self.wire.left.swap(usize::MAX, Ordering::SeqCst);
        let was_killed = left == 0 || left > number;
        if was_killed {
            let program = start(self.premises.url(), &self.base).await;
            self.wire.process.store(program.id(), Ordering::SeqCst);
            self.program = program;
        }
        if !done || was_killed {
            assert!(self.try_to(job).await, "{job:?} after {number} requests");
        }
        was_killed
    }

    async fn try_to(&self, job: &Job) -> bool {
        match job {
            Job::Buy { form_key } => self.buys(form_key).await,
            Job::Refund { purchase, form_key } => self.refunds(purchase, form_key).await,
        }
    }

    /// Sends the form, pays unless that was done, and comes back.
    async fn buys(&self, form_key: &str) -> bool {
        let ada = self.signed_in("ada@northwind.test").await;
        let pack = self.premises.backend.catalogue.packs[0].code.clone();
        let fields = [("pack", pack.as_str()), ("form_key", form_key)];
        let answer = ada.post_form("/credits/buy", "buy_pack", &fields).await;
        if answer.code() != 303 {
            return false;
        }
        let to = answer.location().to_owned();
        let back = match to.rsplit_once("/c/pay/") {
            Some((_, session)) => self.pays(session).await,
            None => to,
        };
        ada.get(&back).await.texts("h1") == ["Your credits are here"]
    }

    /// Pays at the provider's page: where one is sent then.
    async fn pays(&self, session: &str) -> String {
        let path = format!("/control/sessions/{session}/pay");
        let paid = self.ask_provider("POST", &path, &[("card", "4242424242424242")]).await;
        let purchase = paid["client_reference_id"].as_str().expect("the session names it");
        format!("/credits/return/{purchase}")
    }

    async fn refunds(&self, purchase: &str, form_key: &str) -> bool {
        let staff = self.signed_in("otto@southwind.test").await;
        let address = format!("/admin/payments/{purchase}");
        let fields =
            [("id", purchase), ("amount", "1"), ("reason", "A gesture"), ("form_key", form_key)];
        let form = format!("{address}/refund");
        let answer = staff.post_form(&form, "refund_payment", &fields).await;
        answer.code() == 303 && answer.location() == address
    }

    async fn ask_provider(&self, method: &str, path: &str, fields: &[(&str, &str)]) -> Answer {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let url = format!("{}{path}", self.wire.provider);
        let request = client.request(method.parse().unwrap(), url).bearer_auth(KEY);
        let answer = if method == "GET" { request } else { request.form(fields) }.send().await;
        answer.unwrap().json().await.expect("the provider answers with JSON")
    }

    /// How many of these the provider has that are as asked.
    async fn at_provider(&self, path: &str, is_counted: impl Fn(&Answer) -> bool) -> usize {
        let list = self.ask_provider("GET", &format!("/v1/{path}?limit=100"), &[]).await;
        list["data"].as_array().unwrap().iter().filter(|it| is_counted(it)).count()
    }

    async fn newest_purchase(&self) -> String {
        let (db, here) = (&self.premises.backend.db, &self.premises.northwind);
        purchase::list(db, here, None, 1).await.unwrap()[0].id.to_string()
    }

    /// The balance as the newest page shows it.
    async fn balance(&self) -> String {
        let page = self.signed_in("ada@northwind.test").await.get("/").await;
        page.texts("[data-balance=available]")[0].clone()
    }
}

type Answer = serde_json::Value;

#[derive(Debug)]
enum Job {
    Buy { form_key: String },
    Refund { purchase: String, form_key: String },
}

async fn provider(folder: &tempfile::TempDir) -> String {
    let street = listener().await;
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
    let sandbox = Sandbox::open(config).await.expect("the sandbox opens");
    serve(street, sandbox.router());
    base
}

async fn start(url: &str, provider: &str) -> Program {
    let public = format!("http://{HOST}");
    let settings = [
        ("SCRIP_PUBLIC_URL", public.as_str()),
        ("STRIPE_SECRET_KEY", KEY),
        ("STRIPE_WEBHOOK_SECRET", WEBHOOK_SECRET),
        ("STRIPE_API_BASE", provider),
    ];
    Program::start(url, &settings).await
}

async fn killed_at_every_step_a_purchase_and_a_refund_are_made_once(database: TestDatabase) {
    // Each moment on one of the two: it is the provider's answer that matters, not the database.
    let when = match database.db {
        scrip::backend::store::Db::Sqlite { .. } => When::BeforeTheProviderHears,
        scrip::backend::store::Db::Postgres(_) => When::BeforeTheAnswerComes,
    };
    let mut stage = Stage::set(database, when).await;
    let mut bought = 0;
    loop {
        bought += 1;
        let job = Job::Buy { form_key: format!("form-{bought}") };
        let was_killed = stage.killed_at(bought, &job).await;
        let paid = stage.at_provider("payment_intents", |it| it["status"] == "succeeded").await;
        assert_eq!(paid, bought, "{job:?} is paid once");
        assert_eq!(stage.balance().await, (100 + 50 * bought).to_string(), "{job:?}");
        if !was_killed {
            break;
        }
    }
    assert!(bought > 3, "a customer, a page, and what became of it were asked for");

    let purchase = stage.newest_purchase().await;
    let mut refunded = 0;
    loop {
        refunded += 1;
        let form_key = format!("refund-{refunded}");
        let job = Job::Refund { purchase: purchase.clone(), form_key };
        let was_killed = stage.killed_at(refunded, &job).await;
        let at_provider = stage.at_provider("refunds", |it| it["amount"] == 100).await;
        assert_eq!(at_provider, refunded, "{job:?} is made once");
        if !was_killed {
            break;
        }
    }
    assert!(refunded > 2, "the payment was looked at, and money sent back");
    let db = &stage.premises.backend.db;
    let verified = verify(db, &stage.premises.northwind).await.unwrap();
    assert_eq!(verified.first_difference(), None);
}
