//! The credits page: what is available, four months of usage, and the ledger's two lists.

use serde::{Deserialize, Serialize};

use crate::ledger::Credits;
use crate::model::Moment;
use crate::model::balance::BalanceView;
use crate::model::trend::Trend;

/// The figures that every page about credits begins with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BalanceFigures {
    /// Available, held and balance, at one version of the ledger.
    pub view: BalanceView,
    /// All that was ever charged.
    pub spent: Credits,
    /// What was used or taken back and no credits have paid yet.
    pub owed: Credits,
    /// What may not be spent until a dispute ends.
    pub frozen: Credits,
    /// The last transaction that people would call one: usage or credits that came in.
    pub last: Option<LastTransaction>,
}

/// The newest usage or addition, in a line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LastTransaction {
    pub sequence: u64,
    /// "Ad analysis", "Purchase" …
    pub label: String,
    /// Negative for usage.
    pub credits: Credits,
    pub at: Moment,
}

/// One month of usage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MonthCard {
    /// "November 2026".
    pub label: String,
    /// "Nov".
    pub short: String,
    /// What was charged, 0 or more.
    pub used: Credits,
    /// In how many transactions.
    pub transactions: u64,
    /// Whether the month is still running.
    pub is_current: bool,
    /// For the running month: what the month before had used by the same day and hour.
    pub by_now_last_month: Option<Credits>,
}

/// What one credit costs, from one offer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CostLine {
    /// The pack or package.
    pub offer: String,
    /// "$1.05 per credit".
    pub price: String,
}

/// One row of the usage list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UsageRow {
    pub sequence: u64,
    /// What it was spent on, as people read it.
    pub operation: String,
    /// Negative: credits spent. 0 for work that was free.
    pub credits: Credits,
    pub report: Option<ReportRef>,
    /// Who, or "System".
    pub user: String,
    pub department: Option<String>,
    pub at: Moment,
}

/// A piece of work by its id and title.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportRef {
    pub id: String,
    /// The id where there is no title.
    pub title: String,
    /// Whether the viewer may open it.
    pub is_open: bool,
}

/// One row of the purchase list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AdditionRow {
    pub sequence: u64,
    /// "Purchase", "Free Credits", "Admin Grant", "Refund", "Dispute" or "Plan".
    pub kind: String,
    /// Where it came from, in words.
    pub origin: String,
    /// Positive: credits added.
    pub credits: Credits,
    /// What was paid for it; none where the viewer may not see money.
    pub paid: Option<String>,
    /// Who, or "System".
    pub user: String,
    /// When what is left of it lapses.
    pub expires: Option<Moment>,
    pub at: Moment,
}

/// What the usage list is narrowed to; empty texts narrow nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsageChoice {
    pub operation: String,
    pub user: String,
    pub department: String,
}

impl UsageChoice {
    /// Whether it lets everything through.
    pub fn is_open(&self) -> bool {
        self.operation.is_empty() && self.user.is_empty() && self.department.is_empty()
    }
}

/// Something to choose in a filter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    pub value: String,
    pub label: String,
}

/// What the filters offer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choices {
    pub operations: Vec<Choice>,
    pub users: Vec<Choice>,
    pub departments: Vec<Choice>,
}

/// The list below the figures: one of two views of the one ledger.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum History {
    /// What was spent.
    Usage {
        rows: Vec<UsageRow>,
        chosen: UsageChoice,
        choices: Choices,
        /// Everything that the filter lets through, on all pages; 0 or less.
        total: Credits,
        /// In how many transactions.
        transactions: u64,
    },
    /// What came in.
    Additions { rows: Vec<AdditionRow> },
}

/// The whole page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CreditsPage {
    pub figures: BalanceFigures,
    pub costs: Vec<CostLine>,
    /// The running month first, then the three before it.
    pub months: Vec<MonthCard>,
    pub trend: Trend,
    pub history: History,
    /// Whether this is not the newest page of the list.
    pub is_later_page: bool,
    /// The cursor of the next page, where there is one.
    pub next: Option<u64>,
    /// The word for a piece of work: "report", and for several.
    pub report_noun: String,
    pub reports_noun: String,
}

/// One transaction with everything that is behind it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TransactionPage {
    pub sequence: u64,
    /// "Usage", "Hold", "Purchase" …
    pub kind: String,
    /// One sentence on what it did.
    pub summary: String,
    pub at: Moment,
    pub user: String,
    pub department: Option<String>,
    pub operation: Option<String>,
    pub report: Option<ReportRef>,
    /// The transaction that this one ends or corrects.
    pub follows: Option<u64>,
    pub entries: Vec<EntryLine>,
    /// The lots that paid or gave, in spending order.
    pub lots: Vec<LotDraw>,
    pub available_after: Credits,
    /// The instant it took effect, to the microsecond, for a link to the balance of that moment.
    pub exact: String,
    /// The name it was booked under once.
    pub key: String,
    pub hash: String,
    pub report_noun: String,
}

/// One line of a transaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryLine {
    /// The account in words.
    pub account: String,
    /// The account as the journal names it.
    pub code: String,
    pub credits: Credits,
}

/// What one lot gave.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LotDraw {
    /// "Purchased", with where it came from.
    pub label: String,
    pub id: String,
    pub credits: Credits,
    pub expires: Option<Moment>,
}
