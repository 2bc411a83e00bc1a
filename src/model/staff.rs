//! What those who run the installation see: the payments of all organisations.

use serde::{Deserialize, Serialize};

use crate::ledger::{Credits, Money};
use crate::model::Moment;
use crate::model::billing::{MoneyBack, PurchaseView};

/// *Payments of this installation*.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StaffPayments {
    pub webhooks: WebhookHealth,
    /// Payments that someone must look into, the newest first.
    pub reviews: Vec<StaffPaymentLine>,
    /// Disputes that are not over, the newest first.
    pub disputes: Vec<StaffDispute>,
    /// What was searched for; empty for nothing.
    pub search: String,
    /// All payments that the search finds, the newest first, a page at a time.
    pub payments: Vec<StaffPaymentLine>,
    /// Whether this is not the newest page of them.
    pub is_later_page: bool,
    /// The cursor of the next page, where there is one.
    pub next: Option<String>,
    /// Whether no real money moves.
    pub test: bool,
}

/// Whether the provider's reports reach us.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WebhookHealth {
    /// The last report, whatever it was about.
    pub last: Option<WebhookLine>,
    /// How many reports wait to be acted on.
    pub waiting: u64,
    /// Reports that could not be acted on yet, the newest first.
    pub failed: Vec<WebhookLine>,
}

/// One report of the provider.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WebhookLine {
    /// The provider's id of it.
    pub id: String,
    /// For example `checkout.session.completed`.
    pub kind: String,
    pub received: Moment,
    /// How often it was tried to act on it.
    pub attempts: u64,
    /// Why that failed the last time.
    pub problem: Option<String>,
}

/// One payment in a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StaffPaymentLine {
    pub id: String,
    pub organisation: String,
    pub organisation_name: String,
    pub pack_name: String,
    pub credits: Credits,
    pub price: Money,
    /// The state in two or three words.
    pub status: String,
    /// Why it is under review, or was closed.
    pub note: Option<String>,
    pub begun: Moment,
}

/// One dispute in the list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StaffDispute {
    pub reference: String,
    pub purchase: String,
    pub organisation_name: String,
    pub amount: Money,
    /// How it stands, in words.
    pub state: String,
    /// The provider's own word.
    pub status: String,
    /// Why the buyer disputes, in the provider's word.
    pub reason: String,
    /// The provider uses a word that we don't know: someone must look there.
    pub is_unknown: bool,
    pub opened: Moment,
}

/// One payment with everything that is known of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StaffPayment {
    pub purchase: PurchaseView,
    pub organisation: String,
    pub organisation_name: String,
    pub buyer: String,
    /// The provider's names for the page, the payment and the invoice, with what each is.
    pub references: Vec<(String, String)>,
    /// Why it is under review, or was closed.
    pub note: Option<String>,
    /// Who of the staff closed it.
    pub closed_by: Option<String>,
    pub is_under_review: bool,
    pub back: Option<MoneyBack>,
    /// Refunds that staff asked for and that did not come to be.
    pub refused: Vec<RefusedRefund>,
    /// What can be refunded; none while the provider does not answer.
    pub refundable: Option<RefundOffer>,
}

/// A refund that staff asked for without success.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RefusedRefund {
    pub amount: Money,
    pub reason: String,
    pub by: String,
    pub at: Moment,
    /// What the provider said; none where it has not been heard.
    pub problem: Option<String>,
}

/// What can be refunded of a payment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RefundOffer {
    pub paid: Money,
    /// What can still be refunded.
    pub left: Money,
    /// The unspent share, as a form has it: "30.00"; empty where nothing is unspent.
    pub proposed: String,
    /// The credits that are unspent.
    pub unspent: Credits,
    /// Why nothing can be refunded.
    pub blocked: Option<String>,
}

/// The refund dialog: what is asked for, and what it would do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RefundDialog {
    pub purchase: String,
    pub organisation_name: String,
    pub pack_name: String,
    pub credits: Credits,
    pub offer: RefundOffer,
    /// What was asked for, with what it would do; none before.
    pub preview: Option<RefundPreview>,
}

/// What a refund would do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RefundPreview {
    pub amount: Money,
    /// As the form had it.
    pub amount_text: String,
    pub reason: String,
    /// The credits that are taken back.
    pub credits: Credits,
    /// What of them has been spent already.
    pub owed: Credits,
    /// What the organisation may spend now, and afterwards.
    pub available_now: Credits,
    pub available: Credits,
    /// What it owes in all afterwards.
    pub debt: Credits,
    /// The key of the form that confirms: sent twice it refunds once.
    pub form_key: String,
}
