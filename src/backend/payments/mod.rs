//! Payments: purchases of credits, from the press of the button to the grant in the ledger.
//!
//! What is here: [`checkout`] (freeze the terms, open the payment page), [`settle`] (the one function
//! that asks the provider and credits; webhook, return page, recheck and sweep all call it), [`fulfil`]
//! (pure: what the facts mean), [`inbox`] and [`catch_up`] (the provider's events, none lost, none acted
//! on twice), [`sweep`] (purchases that nobody reported on), [`saved_cards`] and [`top_up`] (credits bought
//! by themselves when few are left), [`subscriptions`] (plans that are paid for), `correct` (refunds and
//! disputes: the one function that brings the ledger to the provider's totals) with `claims` (pure: what
//! they come to), [`refund`] (staff give money back), [`views`], [`trail`] and [`money_back`] (what pages
//! show), `customers` (an organisation as the provider's customer, with its billing details) with `tax_ids`
//! (pure: which kind of number it is), [`documents`] (taxes and the provider's own documents), [`oversight`] (what staff see), the
//! [`port`] (the few things asked of a provider), its adapter [`stripe`], and [`signature`].
//!
//! What it never does: keep card data, book credits by itself (the engine does, through the ledger),
//! trust an amount that it did not freeze before the buyer left, read a clock, or print a secret.
//!
//! To add an operation of the provider: a method of [`port::PaymentProvider`] in our words, its request
//! and narrow answer in [`stripe`]. To act on another kind of event: a row in [`inbox`].

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;

use tokio::sync::Notify;

use crate::backend::engine::Engine;
use crate::backend::live::Live;
use crate::backend::store::Db;
use crate::ledger::{OrganisationId, PurchaseId};

pub mod catch_up;
pub mod checkout;
mod claims;
pub mod config;
mod correct;
mod customers;
pub mod documents;
mod error;
pub mod fulfil;
pub mod inbox;
pub mod money_back;
mod money_back_events;
pub mod oversight;
pub mod port;
pub mod refund;
pub mod saved_cards;
pub mod settle;
pub mod signature;
pub mod stripe;
pub mod subscriptions;
pub mod sweep;
mod tax_ids;
mod tell;
pub mod top_up;
pub mod trail;
mod transport;
pub mod views;

pub use checkout::{Payer, StartPurchase, Started};
pub use config::{ConfigError, PaymentsChoice, PaymentsConfig};
pub use error::PaymentError;
pub use settle::Why;

pub use crate::backend::store::purchase::Purchase;
pub use crate::backend::store::purchase_tax::TaxMode;

use port::PaymentProvider;
use signature::WebhookSecret;

/// Everything that buying needs. Cheap to clone; clones share everything.
#[derive(Clone)]
pub struct Payments {
    db: Db,
    engine: Engine,
    live: Live,
    provider: Arc<dyn PaymentProvider>,
    provider_name: &'static str,
    livemode: bool,
    tax: TaxMode,
    webhook_secrets: Arc<[WebhookSecret]>,
    /// When events were last caught up with, in microseconds; `i64::MIN` before the first time.
    caught_up_at: Arc<AtomicI64>,
    /// Rung when an event has come in.
    bell: Arc<Notify>,
}

impl Payments {
    /// Payments through the provider that `config` names.
    ///
    /// # Errors
    /// The TLS library could not be set up.
    pub fn new(
        db: Db,
        engine: Engine,
        live: Live,
        config: PaymentsConfig,
    ) -> Result<Self, reqwest::Error> {
        let provider = Arc::new(stripe::Stripe::new(config.base, config.key)?);
        Ok(Payments {
            db,
            engine,
            live,
            provider,
            provider_name: config.provider,
            livemode: config.livemode,
            tax: config.tax,
            webhook_secrets: config.webhook_secrets.into(),
            caught_up_at: Arc::new(AtomicI64::new(i64::MIN)),
            bell: Arc::new(Notify::new()),
        })
    }

    /// The same payments, crediting through another engine.
    pub fn through(&self, engine: Engine) -> Self {
        Payments { engine, ..self.clone() }
    }

    /// Whether no real money moves: every page and document then says so.
    pub fn is_test(&self) -> bool {
        !self.livemode
    }

    /// What prices say about taxes.
    pub fn tax(&self) -> TaxMode {
        self.tax
    }

    /// The provider's name, and whether real money moves.
    pub fn provider(&self) -> (&'static str, bool) {
        (self.provider_name, self.livemode)
    }

    /// Waits until an event has come in.
    pub async fn event_received(&self) {
        self.bell.notified().await;
    }

    fn tell(&self, organisation: &OrganisationId, id: &PurchaseId) {
        self.live.notify(organisation, format!("purchase:{id}"));
    }
}

impl fmt::Debug for Payments {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Payments")
            .field("provider", &self.provider_name)
            .field("livemode", &self.livemode)
            .finish_non_exhaustive()
    }
}
