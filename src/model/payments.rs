//! *Billing & Transactions*: the payments of an organisation, and the trail of one.

use serde::{Deserialize, Serialize};

use crate::ledger::{Credits, Money};
use crate::model::Moment;
use crate::model::billing::PurchaseView;

/// What became of a payment, as the list tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentStatus {
    /// Begun, nothing paid that we know of.
    Pending,
    /// The buyer is through, the bank is not.
    Processing,
    /// Paid, the credits are being booked.
    Crediting,
    /// The credits are there.
    Credited,
    /// All of the money went back.
    Refunded,
    /// A part of the money went back.
    PartlyRefunded,
    /// The bank has taken it back, or asks whether it may.
    Disputed,
    /// The bank refused.
    Failed,
    /// The payment page closed unpaid.
    NotPaid,
    /// Someone must look.
    Review,
    /// Someone has looked, and no credits are due.
    Closed,
}

impl PaymentStatus {
    /// The state in words.
    pub const fn words(self) -> &'static str {
        match self {
            PaymentStatus::Pending => "Pending",
            PaymentStatus::Processing => "Waiting for the bank",
            PaymentStatus::Crediting => "Paid, crediting",
            PaymentStatus::Credited => "Credited",
            PaymentStatus::Refunded => "Refunded",
            PaymentStatus::PartlyRefunded => "Partly refunded",
            PaymentStatus::Disputed => "Disputed",
            PaymentStatus::Failed => "Failed",
            PaymentStatus::NotPaid => "Not paid",
            PaymentStatus::Review => "In review",
            PaymentStatus::Closed => "Closed",
        }
    }

    /// Whether asking the provider once more may bring news.
    pub const fn may_be_rechecked(self) -> bool {
        matches!(
            self,
            PaymentStatus::Pending
                | PaymentStatus::Processing
                | PaymentStatus::Crediting
                | PaymentStatus::Review
        )
    }
}

/// Which payments the list shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentFilter {
    #[default]
    All,
    /// More is to be expected.
    Pending,
    Credited,
    /// With money that went back.
    Refunded,
    Disputed,
    /// Failed, or never paid.
    Unpaid,
    Review,
}

impl PaymentFilter {
    /// All, in the order of the tabs.
    pub const ALL: [PaymentFilter; 7] = [
        PaymentFilter::All,
        PaymentFilter::Pending,
        PaymentFilter::Credited,
        PaymentFilter::Refunded,
        PaymentFilter::Disputed,
        PaymentFilter::Unpaid,
        PaymentFilter::Review,
    ];

    /// The word in the address; empty for all.
    pub const fn code(self) -> &'static str {
        match self {
            PaymentFilter::All => "",
            PaymentFilter::Pending => "pending",
            PaymentFilter::Credited => "credited",
            PaymentFilter::Refunded => "refunded",
            PaymentFilter::Disputed => "disputed",
            PaymentFilter::Unpaid => "unpaid",
            PaymentFilter::Review => "review",
        }
    }

    /// The word on the tab.
    pub const fn label(self) -> &'static str {
        match self {
            PaymentFilter::All => "All",
            PaymentFilter::Pending => "Pending",
            PaymentFilter::Credited => "Credited",
            PaymentFilter::Refunded => "Refunded",
            PaymentFilter::Disputed => "Disputed",
            PaymentFilter::Unpaid => "Failed or unpaid",
            PaymentFilter::Review => "In review",
        }
    }

    /// The filter with this code.
    pub fn parse(code: &str) -> Option<PaymentFilter> {
        PaymentFilter::ALL.into_iter().find(|filter| filter.code() == code)
    }
}

/// The page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentsPage {
    pub filter: PaymentFilter,
    /// The newest first.
    pub rows: Vec<PaymentRow>,
    /// Where the next page begins.
    pub next: Option<String>,
    /// Whether there are newer ones on a page before this one.
    pub is_later_page: bool,
    /// The year that the sums are of.
    pub year: String,
    /// One for each currency.
    pub totals: Vec<YearTotal>,
    /// Whether anyone has said who is billed.
    pub has_billing_details: bool,
    /// When the provider last reported anything.
    pub last_report: Option<Moment>,
    /// Whether no real money moves.
    pub test: bool,
}

/// One payment in the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentRow {
    /// The purchase.
    pub id: String,
    /// "Pack", "Plan" and so on.
    pub kind: String,
    /// What was bought.
    pub name: String,
    pub status: PaymentStatus,
    pub amount: Money,
    /// The tax within it, where any was reported.
    pub tax: Option<Money>,
    /// What reached the balance, less what was taken back.
    pub credits: Credits,
    pub begun: Moment,
    /// The receipt or invoice first, then credit notes.
    pub documents: Vec<DocumentLink>,
    /// Whether the provider has a document of its own.
    pub provider_document: bool,
    /// Whether no real money moved.
    pub test: bool,
}

/// A document to open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentLink {
    pub number: String,
    /// "Invoice", "Credit note" and so on.
    pub title: String,
}

/// What a year's documents come to in one currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct YearTotal {
    pub paid: Money,
    /// Positive.
    pub refunded: Money,
    /// Within what was paid and not refunded.
    pub tax: Money,
    /// Delivered and not taken back.
    pub credits: Credits,
}

/// One payment with everything that is known about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentView {
    pub purchase: PurchaseView,
    pub trail: Vec<TrailStep>,
    /// When the provider last reported anything, about whatever payment.
    pub last_report: Option<Moment>,
    pub documents: Vec<DocumentLink>,
    pub provider_document: bool,
}

/// How far a step of a payment's way has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TrailState {
    /// It happened.
    Done,
    /// It is what everything waits for.
    Waiting,
    /// It comes after what is waited for.
    Ahead,
    /// It went wrong, and nothing follows.
    Stopped,
    /// It will not happen, and need not.
    Skipped,
}

/// One step of a payment's way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrailStep {
    pub label: String,
    pub state: TrailState,
    pub at: Option<Moment>,
    /// What happened, or what is waited for.
    pub sentence: String,
}
