//! Money on its way back: what a provider says about the refunds and disputes of one payment, and the
//! making of a refund.

use async_trait::async_trait;

use super::ProviderError;
use crate::backend::store::dispute::DisputeStanding;

/// Where a refund stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefundStatus {
    /// The money is on its way to the buyer, or there.
    Succeeded,
    /// The bank has not answered yet.
    Pending,
    /// It did not reach the buyer: the money is the merchant's again.
    Failed,
}

/// One refund of a payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefundFacts {
    /// The provider's name for it.
    pub reference: String,
    /// What it gives back, in minor units.
    pub amount_minor: i64,
    /// Where it stands.
    pub status: RefundStatus,
    /// When it was made, in seconds since the Unix epoch.
    pub created_seconds: i64,
    /// The key of our form that asked for it; `None` for one made at the provider.
    pub request: Option<String>,
}

/// One dispute about a payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DisputeFacts {
    /// The provider's name for it.
    pub reference: String,
    /// What is disputed, in minor units of the payment's currency.
    pub amount_minor: i64,
    /// How it stands.
    pub standing: DisputeStanding,
    /// The provider's own word for that.
    pub status: String,
    /// Why the buyer disputes, in the provider's word.
    pub reason: String,
    /// Whether the money is away now.
    pub is_away: bool,
    /// Whether its money has ever moved.
    pub has_moved: bool,
    /// Whether the payment can be refunded all the same.
    pub allows_refund: bool,
    /// When it began, in seconds since the Unix epoch.
    pub created_seconds: i64,
}

/// Everything that the provider says about one payment, read afresh.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentTotals {
    /// The provider's name for it.
    pub payment_ref: String,
    /// Real money, or a test.
    pub livemode: bool,
    /// The purchase we named when the payment began, as its metadata has it now.
    pub metadata_purchase: Option<String>,
    /// What was received, in minor units; nothing while it was not.
    pub paid_minor: i64,
    /// ISO-4217 code in lower case.
    pub currency: String,
    /// What can still be refunded, in minor units: refunds that wait are off already.
    pub refundable_minor: i64,
    /// Its refunds, the oldest first.
    pub refunds: Vec<RefundFacts>,
    /// Its disputes, the oldest first.
    pub disputes: Vec<DisputeFacts>,
}

impl PaymentTotals {
    /// All refunds that succeeded, in minor units.
    pub fn refunded_minor(&self) -> i64 {
        let succeeded = self.refunds.iter().filter(|it| it.status == RefundStatus::Succeeded);
        succeeded.map(|refund| refund.amount_minor).fold(0, i64::saturating_add)
    }

    /// The dispute that keeps the payment from being refunded.
    pub fn blocking_dispute(&self) -> Option<&DisputeFacts> {
        self.disputes.iter().find(|dispute| !dispute.allows_refund)
    }

    /// Whether more is to be expected: a refund that waits, a dispute that goes on, money that is
    /// still to come back.
    pub fn is_unfinished(&self) -> bool {
        let waits = |refund: &RefundFacts| refund.status == RefundStatus::Pending;
        let goes_on = |dispute: &DisputeFacts| {
            dispute.standing.is_unfinished()
                || (dispute.is_away && dispute.standing != DisputeStanding::Lost)
        };
        self.refunds.iter().any(waits) || self.disputes.iter().any(goes_on)
    }
}

/// A refund to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefundDraft {
    /// The payment.
    pub payment_ref: String,
    /// How much, in minor units of its currency.
    pub amount_minor: i64,
    /// The key of our form, which the provider keeps with the refund.
    pub request: String,
}

/// What is asked of a provider when money goes back.
#[async_trait]
pub trait MoneyBack: Send + Sync {
    /// Reads a payment with its refunds and disputes afresh.
    async fn payment_totals(&self, payment_ref: &str) -> Result<PaymentTotals, ProviderError>;

    /// The payments of which a refund or dispute was made since `since_seconds` (Unix), each once. For
    /// who was away for longer than the provider keeps its events.
    async fn payments_with_money_back(
        &self,
        since_seconds: i64,
    ) -> Result<Vec<String>, ProviderError>;

    /// Gives money back; the same key gives it back once.
    async fn refund(&self, draft: &RefundDraft, key: &str) -> Result<RefundFacts, ProviderError>;
}
