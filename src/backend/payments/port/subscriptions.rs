//! What Scrip asks of a payment provider about subscriptions, in Scrip's own words.
//!
//! A plan is known to the provider as a *product*: one for each set of terms that was ever sold, so that
//! the product on an invoice's line says for ever what was bought.

use async_trait::async_trait;

use super::{CheckoutOpened, PaymentStatus, ProviderError, SessionStatus};
use crate::backend::store::purchase_tax::TaxMode;
use crate::ledger::{Money, Period};

/// A plan at a price, as the provider is to ask for it again and again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecurringPrice {
    /// The provider's name for the plan's terms.
    pub product: String,
    /// What a period costs.
    pub price: Money,
    /// How long a period is.
    pub period: Period,
    /// What the price says about taxes.
    pub tax: TaxMode,
}

/// A payment page on which a subscription begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubscriptionDraft {
    /// The organisation; the provider hands it back with the page.
    pub organisation: String,
    /// The organisation's customer at the provider.
    pub customer: String,
    /// What is subscribed to.
    pub plan: RecurringPrice,
    /// Where the buyer comes back after paying.
    pub success_url: String,
    /// Where the buyer comes back without paying.
    pub cancel_url: String,
    /// When the payment page closes, in seconds since the Unix epoch.
    pub expires_at_seconds: i64,
}

/// A payment page on which a subscription begins, read afresh.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubscriptionPage {
    /// Whether it may still be used.
    pub status: SessionStatus,
    /// Where the money is.
    pub payment_status: PaymentStatus,
    /// The subscription that it began.
    pub subscription: Option<String>,
}

/// Where a subscription stands at the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubscriptionState {
    /// It goes on.
    Active,
    /// It goes on, and nothing was to be paid yet.
    Trialing,
    /// An invoice of it could not be paid.
    PastDue,
    /// The very first payment has not come.
    Incomplete,
    /// It is over.
    Ended,
    /// A word we don't know.
    Unknown,
}

/// Everything that we read of a subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubscriptionFacts {
    /// The provider's name for it.
    pub subscription: String,
    /// Whose it is.
    pub customer: String,
    /// Where it stands.
    pub state: SubscriptionState,
    /// The provider's name for its one item.
    pub item: String,
    /// What the next period will be billed as.
    pub product: String,
    /// The first second of the period.
    pub period_start_seconds: i64,
    /// The first second after it.
    pub period_end_seconds: i64,
    /// Whether it ends with its period.
    pub ends_with_period: bool,
    /// Real money, or a test.
    pub livemode: bool,
}

/// What became of an invoice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvoiceState {
    /// The money is there, or none was due.
    Paid,
    /// It waits for its money.
    Open,
    /// Not sent out yet, taken back, or a word we don't know.
    Other,
}

/// One line of an invoice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvoiceLine {
    /// What it is for; absent for what has no product.
    pub product: Option<String>,
    /// What it costs in minor units; less than nothing for what is given back.
    pub amount_minor: i64,
    /// Whether it is for a part of a period, after a change.
    pub is_proration: bool,
    /// The first second that it is for.
    pub from_seconds: i64,
    /// The first second after that.
    pub until_seconds: i64,
}

/// Everything that we read of an invoice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvoiceFacts {
    /// The provider's name for it.
    pub invoice: String,
    /// The subscription that it belongs to.
    pub subscription: Option<String>,
    /// What became of it.
    pub state: InvoiceState,
    /// What was paid, in minor units.
    pub paid_minor: i64,
    /// The taxes of the invoice, in minor units.
    pub tax_minor: i64,
    /// What of them comes on top of its lines.
    pub tax_on_top_minor: i64,
    /// ISO-4217 code, in any case.
    pub currency: String,
    /// Its lines.
    pub lines: Vec<InvoiceLine>,
    /// The provider's name for the payment, once there is one.
    pub payment: Option<String>,
    /// Where the customer pays it or sees it.
    pub page: Option<String>,
    /// When it was written, in seconds since the Unix epoch.
    pub created_seconds: i64,
    /// Real money, or a test.
    pub livemode: bool,
}

/// From when on another plan is charged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeFrom {
    /// From this second on: the rest of the period is charged now.
    Now {
        /// Seconds since the Unix epoch, within the period.
        at_seconds: i64,
    },
    /// From the next period on.
    NextPeriod,
}

/// Another plan for a subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanChange {
    /// Which subscription.
    pub subscription: String,
    /// Its item.
    pub item: String,
    /// The new plan.
    pub plan: RecurringPrice,
    /// From when on.
    pub from: ChangeFrom,
}

/// What a provider does about subscriptions. Every method is one call, as in
/// [`PaymentProvider`](super::PaymentProvider).
#[async_trait]
pub trait Subscriptions: Send + Sync {
    /// Makes the product of a plan's terms; one that is there already stays.
    async fn ensure_product(
        &self,
        product: &str,
        name: &str,
        description: &str,
        key: &str,
    ) -> Result<(), ProviderError>;

    /// Opens a payment page on which a subscription begins; the same key gives the same page.
    async fn open_subscription_page(
        &self,
        draft: &SubscriptionDraft,
        key: &str,
    ) -> Result<CheckoutOpened, ProviderError>;

    /// Reads such a page afresh.
    async fn fetch_subscription_page(&self, page: &str) -> Result<SubscriptionPage, ProviderError>;

    /// Closes such a page, so that nobody pays there any more. Refused when somebody has paid.
    async fn close_subscription_page(&self, page: &str, key: &str) -> Result<(), ProviderError>;

    /// Reads a subscription afresh.
    async fn fetch_subscription(
        &self,
        subscription: &str,
    ) -> Result<SubscriptionFacts, ProviderError>;

    /// The newest invoices of a subscription, the newest first.
    async fn subscription_invoices(
        &self,
        subscription: &str,
    ) -> Result<Vec<InvoiceFacts>, ProviderError>;

    /// What a change at once would cost now, in minor units, with what is given back counted. Changes
    /// nothing.
    async fn preview_change(&self, change: &PlanChange, key: &str) -> Result<i64, ProviderError>;

    /// Changes the plan. A change at once is refused when its payment does not go through.
    async fn change_plan(&self, change: &PlanChange, key: &str) -> Result<(), ProviderError>;

    /// Says whether the subscription ends with its period.
    async fn set_ends_with_period(
        &self,
        subscription: &str,
        ends: bool,
        key: &str,
    ) -> Result<(), ProviderError>;

    /// A page of the provider's own for cards and invoices, for this customer, for a while.
    async fn customer_page(
        &self,
        customer: &str,
        return_url: &str,
        key: &str,
    ) -> Result<String, ProviderError>;
}
