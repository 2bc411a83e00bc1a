//! A Stripe-compatible test server: API, hosted checkout page, test cards, signed webhooks.
//!
//! It stands beside the rest of the program and imports nothing from it; the rest knows no more of
//! it than its address, its key and its webhook secret. Money never moves and only Stripe's public
//! test numbers are taken. State lives in an SQLite file of its own, so restarts keep it. It speaks
//! the API version [`API_VERSION`] in the shapes that the official clients parse.
//!
//! What it never does: talk to Stripe, read the clock except through [`SandboxClock`], keep a card
//! number, show a secret on a page.
//!
//! To add a noun: one file with `create/retrieve/list_all/…` over [`work::Work`], its lines in
//! `routes`, its expandable fields in `expansion`. Events come from `events::emit`; what must happen
//! later by itself is an object's `due_at`, acted on in `overdue`.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use sqlx::{SqliteConnection, SqlitePool};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

mod api;
mod authentication_page;
mod balance_transactions;
mod billing;
mod cards;
mod charges;
mod checkout;
mod checkout_page;
mod clock;
mod collection;
mod configuration;
mod control;
mod customers;
mod database;
mod delivery;
mod dispute_turns;
mod disputes;
mod documents;
mod events;
mod expansion;
mod failure;
mod form;
mod front_page;
mod html;
mod idempotency;
mod identifier;
mod intent_states;
mod listing;
mod means;
mod money;
mod overdue;
mod parameters;
mod payment_intent_attempts;
mod payment_intents;
mod payment_method_api;
mod payment_method_details;
mod payment_methods;
mod pdf;
mod portal;
mod prices;
mod products;
mod refunds;
mod routes;
mod setup_intent_api;
mod setup_intents;
mod signature;
mod standalone;
mod taxes;
mod test_cards;
mod trouble;
mod webhook_endpoints;
mod work;
mod worker;

pub use clock::SandboxClock;
pub use configuration::{SandboxConfig, SandboxError};
pub use database::SandboxKeys;
pub use delivery::{ATTEMPT_DELAYS, Step};
pub use identifier::{new_secret_key, new_webhook_secret};
pub use signature::sign;
pub use standalone::{StandaloneOptions, serve_alone};

use failure::{Answer, Failure};
use work::{Cause, Work};

/// The API version whose shapes the sandbox answers in.
pub const API_VERSION: &str = "2026-09-30.endive";

/// A running or embeddable sandbox. Cheap to clone.
#[derive(Clone)]
pub struct Sandbox(Arc<Inner>);

struct Inner {
    config: SandboxConfig,
    pool: SqlitePool,
    clock: SandboxClock,
    /// How far the test clock is ahead of `clock`, in milliseconds.
    ahead: AtomicI64,
    client: reqwest::Client,
    wake: Notify,
    stepping: tokio::sync::Mutex<()>,
    keys_in_use: Mutex<HashSet<String>>,
}

/// The tasks of a sandbox that was spawned.
pub struct RunningSandbox {
    /// The address it listens on.
    pub address: SocketAddr,
    server: JoinHandle<()>,
    worker: Option<JoinHandle<()>>,
}

impl RunningSandbox {
    /// Ends both tasks at once; what was committed stays.
    pub fn stop(&self) {
        self.server.abort();
        if let Some(worker) = &self.worker {
            worker.abort();
        }
    }

    /// Waits until the server ends.
    pub async fn wait(self) {
        self.server.await.unwrap_or_default();
        if let Some(worker) = self.worker {
            worker.abort();
        }
    }
}

impl Sandbox {
    /// Opens the sandbox on the system's clock.
    pub async fn open(config: SandboxConfig) -> Result<Self, SandboxError> {
        Self::open_at(config, SandboxClock::System).await
    }

    /// Opens the sandbox on a given clock.
    pub async fn open_at(config: SandboxConfig, clock: SandboxClock) -> Result<Self, SandboxError> {
        configuration::check(&config)?;
        let pool = database::open(&config.database).await?;
        let ahead = AtomicI64::new(database::clock_ahead(&pool).await?);
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()?;
        let sandbox = Sandbox(Arc::new(Inner {
            config,
            pool,
            clock,
            ahead,
            client,
            wake: Notify::new(),
            stepping: tokio::sync::Mutex::new(()),
            keys_in_use: Mutex::new(HashSet::new()),
        }));
        sandbox.configure_endpoint().await?;
        Ok(sandbox)
    }

    async fn configure_endpoint(&self) -> Result<(), SandboxError> {
        let mut transaction = self.begin_writing().await?;
        let mut work = self.work(&mut transaction, Cause::default());
        webhook_endpoints::configure(&mut work).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// The sandbox's clock.
    pub fn clock(&self) -> &SandboxClock {
        &self.0.clock
    }

    /// The API, the pages and the control routes.
    pub fn router(&self) -> axum::Router {
        router(self.clone())
    }

    /// Serves on `listener` and runs the worker, until stopped.
    pub fn spawn(&self, listener: TcpListener) -> std::io::Result<RunningSandbox> {
        let mut running = self.serve(listener)?;
        let sandbox = self.clone();
        running.worker = Some(tokio::spawn(async move { sandbox.run_worker().await }));
        Ok(running)
    }

    /// Serves on `listener` without the worker: nothing is delivered, expires or settles until
    /// somebody calls [`Sandbox::step`].
    pub fn serve(&self, listener: TcpListener) -> std::io::Result<RunningSandbox> {
        let address = listener.local_addr()?;
        let router = self.router();
        let server = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                tracing::error!(%error, "the Stripe sandbox stopped serving");
            }
        });
        Ok(RunningSandbox { address, server, worker: None })
    }

    /// The machine's time, in milliseconds.
    fn now(&self) -> i64 {
        self.0.clock.now_milliseconds()
    }

    /// The test clock's time, in milliseconds: the machine's, unless somebody moved it ahead.
    fn moment(&self) -> i64 {
        self.now().saturating_add(self.0.ahead.load(Ordering::SeqCst))
    }

    /// Moves the test clock ahead. A manual clock's hands move; beside the machine's own clock the
    /// distance is kept.
    async fn advance(&self, milliseconds: i64) -> Result<(), sqlx::Error> {
        if !self.0.clock.advance(milliseconds) {
            let before = self.0.ahead.fetch_add(milliseconds, Ordering::SeqCst);
            database::keep_clock_ahead(&self.0.pool, before + milliseconds).await?;
        }
        self.0.wake.notify_one();
        Ok(())
    }

    async fn begin_writing(&self) -> Result<sqlx::Transaction<'static, sqlx::Sqlite>, sqlx::Error> {
        self.0.pool.begin_with("begin immediate").await
    }

    async fn begin_reading(&self) -> Result<sqlx::Transaction<'static, sqlx::Sqlite>, sqlx::Error> {
        self.0.pool.begin().await
    }

    fn work<'a>(&'a self, connection: &'a mut SqliteConnection, cause: Cause) -> Work<'a> {
        let moment = self.moment();
        Work { connection, now: self.now(), moment, config: &self.0.config, cause }
    }

    /// Commits and tells the worker that there may be something to deliver.
    async fn commit(&self, transaction: sqlx::Transaction<'static, sqlx::Sqlite>) -> Answer<()> {
        transaction.commit().await.map_err(Failure::from)?;
        self.0.wake.notify_one();
        Ok(())
    }

    /// A token for forms of one page: proves that the form came from here.
    fn form_token(&self, page: &str) -> String {
        signature::keyed_hash(&self.0.config.secret_key, format!("form:{page}").as_bytes())
    }
}

/// The API, the pages and the control routes as one router.
pub fn router(sandbox: Sandbox) -> axum::Router {
    axum::Router::new()
        .merge(front_page::router())
        .merge(checkout_page::router())
        .merge(authentication_page::router())
        .merge(documents::router())
        .merge(portal::page::router())
        .merge(control::router())
        .merge(api::router())
        .with_state(sandbox)
}
