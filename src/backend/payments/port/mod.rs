//! What Scrip asks of a payment provider, in Scrip's own words. Knows no provider's types.
//!
//! `Ok` is a definite answer. [`ProviderError::is_unknown`] marks the answers after which nobody knows
//! whether the provider acted: such a call is repeated with the *same* key, never with a new one.

pub mod saved_cards;

use async_trait::async_trait;

use crate::backend::store::purchase_tax::TaxMode;

pub mod corrections;
pub mod customers;
pub mod documents;
pub mod subscriptions;

/// What the buyer is sent to pay for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckoutDraft {
    /// Our purchase; the provider hands it back with everything it reports.
    pub purchase: String,
    /// The organisation's customer at the provider.
    pub customer: String,
    /// What the payment page calls the goods.
    pub product: String,
    /// The line under it.
    pub description: String,
    /// What is to be paid, in minor units.
    pub amount_minor: i64,
    /// ISO-4217 code, in any case.
    pub currency: String,
    /// What the amount says about taxes.
    pub tax: TaxMode,
    /// Where the buyer comes back after paying.
    pub success_url: String,
    /// Where the buyer comes back without paying.
    pub cancel_url: String,
    /// When the payment page closes, in seconds since the Unix epoch.
    pub expires_at_seconds: i64,
}

/// A payment page that the provider has opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckoutOpened {
    /// The provider's name for it.
    pub session_ref: String,
    /// Where the buyer pays; absent once the page has closed.
    pub url: Option<String>,
}

/// Whether the payment page may still be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionStatus {
    /// The buyer may pay.
    Open,
    /// The buyer is through; the money may still be on its way.
    Complete,
    /// Closed without payment.
    Expired,
    /// A word we don't know.
    Unknown,
}

/// Where the money is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaymentStatus {
    /// It has been received.
    Paid,
    /// Nothing was to be paid.
    NothingDue,
    /// Not received (yet).
    Unpaid,
    /// A word we don't know.
    Unknown,
}

/// What became of a slow payment after the page was complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaymentProgress {
    /// Under way, or nothing said about it.
    Underway,
    /// The bank refused or it was cancelled: it will not come.
    Failed,
}

/// Everything that the provider says about one payment page, read afresh.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionFacts {
    /// The provider's name for the page.
    pub session_ref: String,
    /// Whether the page may still be used.
    pub status: SessionStatus,
    /// Where the money is.
    pub payment_status: PaymentStatus,
    /// What became of a slow payment.
    pub progress: PaymentProgress,
    /// What is charged in minor units of `currency`, in the currency we asked for.
    pub amount_minor: Option<i64>,
    /// The same before a tax that comes on top.
    pub subtotal_minor: Option<i64>,
    /// The tax within what is charged, as reckoned by now.
    pub tax_minor: i64,
    /// ISO-4217 code in lower case.
    pub currency: Option<String>,
    /// Real money, or a test.
    pub livemode: bool,
    /// The purchase we named when the page was opened. It cannot be edited at the provider.
    pub client_reference: Option<String>,
    /// The purchase as the page's metadata has it. It can be edited at the provider.
    pub metadata_purchase: Option<String>,
    /// The provider's name for the payment, once there is one.
    pub payment_ref: Option<String>,
    /// Where the buyer pays, while the page is open.
    pub url: Option<String>,
}

/// One event as the provider lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedEvent {
    /// The provider's id of it.
    pub id: String,
    /// For example `checkout.session.completed`.
    pub kind: String,
    /// Real money, or a test.
    pub livemode: bool,
    /// The whole event as JSON text.
    pub payload: String,
}

/// A page of events, the newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventPage {
    /// The events.
    pub events: Vec<ListedEvent>,
    /// What to pass as `after` for the next page; `None` at the end.
    pub next: Option<String>,
}

/// Why the provider gave no answer that can be used. Texts carry no secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProviderError {
    /// The payment was refused for good.
    #[error("the payment was declined: {message}")]
    Declined {
        /// The provider's code for the reason; the bank's own where it gives one.
        code: Option<String>,
        /// The provider's name for the payment that was refused, where there is one.
        payment_ref: Option<String>,
        /// The provider's sentence.
        message: String,
    },
    /// The provider does not take the request as it is.
    #[error("the payment provider refused the request{}: {message}", about(.param))]
    InvalidRequest {
        /// The parameter it complains about.
        param: Option<String>,
        /// The provider's code for the reason, for example `resource_missing`.
        code: Option<String>,
        /// The provider's sentence.
        message: String,
    },
    /// Our key is wrong, revoked, or not allowed to do this.
    #[error("the payment provider does not accept the configured key: {message}")]
    Authentication {
        /// The provider's sentence.
        message: String,
    },
    /// Too many requests.
    #[error("the payment provider asks to slow down")]
    RateLimited,
    /// Not reached, too slow, or broken at its end.
    #[error("the payment provider cannot be reached or is in trouble: {cause}")]
    Unavailable {
        /// What happened, for the log.
        cause: String,
        /// Whether the provider did answer (with a fault of its own).
        answered: bool,
    },
    /// It answered something that cannot be read.
    #[error("the payment provider's answer cannot be read: {cause}")]
    Garbled {
        /// What was wrong with it, for the log.
        cause: String,
    },
}

fn about(param: &Option<String>) -> String {
    param.as_ref().map(|param| format!(" ({param})")).unwrap_or_default()
}

impl ProviderError {
    /// Whether the provider may have acted although we have no answer.
    pub fn is_unknown(&self) -> bool {
        matches!(self, ProviderError::Unavailable { .. } | ProviderError::Garbled { .. })
    }

    /// Whether the same request may pass later without anyone changing anything.
    pub fn is_passing(&self) -> bool {
        self.is_unknown() || matches!(self, ProviderError::RateLimited)
    }

    /// Whether the request named something that is not there (any more).
    pub fn is_missing(&self) -> bool {
        matches!(self, ProviderError::InvalidRequest { code, .. }
            if code.as_deref() == Some("resource_missing"))
    }
}

/// A payment provider. Every method is one call, bounded in time, retried inside with one key.
#[async_trait]
pub trait PaymentProvider:
    corrections::MoneyBack
    + customers::Customers
    + documents::DocumentProvider
    + saved_cards::SavedCards
    + subscriptions::Subscriptions
    + Send
    + Sync
{
    /// Opens a payment page; the same key gives the same page.
    async fn create_checkout(
        &self,
        draft: &CheckoutDraft,
        key: &str,
    ) -> Result<CheckoutOpened, ProviderError>;

    /// Reads a payment page afresh.
    async fn fetch_checkout(&self, session_ref: &str) -> Result<SessionFacts, ProviderError>;

    /// Events of these kinds since `since_seconds` (Unix), newest first; `after` continues a listing.
    async fn list_events(
        &self,
        since_seconds: i64,
        kinds: &[&str],
        after: Option<&str>,
    ) -> Result<EventPage, ProviderError>;
}
