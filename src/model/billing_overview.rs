//! Settings › Billing: where the balance comes from, in the order in which it is spent, and the proof.

use serde::{Deserialize, Serialize};

use crate::ledger::{Credits, Statement};
use crate::model::Moment;
use crate::model::billing_details::BillingDetailsView;
use crate::model::credits::BalanceFigures;

/// The whole page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BillingOverview {
    pub figures: BalanceFigures,
    /// In spending order.
    pub sources: Vec<SourceCard>,
    /// Which lots go first, as a sentence.
    pub order: String,
    /// How the number is made, from the first transaction on.
    pub statement: Statement,
    /// The instants at which something lapses, the soonest first.
    pub expiring: Vec<ExpiryLine>,
    /// Whole days that the balance lasts at the pace of four weeks.
    pub days_left: Option<u32>,
    /// Who is billed; none where the viewer may not see it.
    pub details: Option<BillingDetailsView>,
}

/// One source and its lots.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SourceCard {
    pub label: String,
    /// What of it may be spent now.
    pub available: Credits,
    /// Its share of all that is available, in thousandths.
    pub share: u32,
    pub lots: Vec<LotLine>,
}

/// One lot that still has something, or that running work holds something of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LotLine {
    pub id: String,
    /// Its place in the spending order, from 1; none where it cannot be spent yet.
    pub place: Option<u32>,
    pub origin: String,
    pub amount: Credits,
    pub remaining: Credits,
    pub held: Credits,
    pub expires: Option<Moment>,
    /// When it may be spent, where that is still to come.
    pub starts: Option<Moment>,
    /// What was paid for it, with the price of one credit; none where the viewer may not see money.
    pub paid: Option<String>,
}

/// What lapses at one instant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExpiryLine {
    pub at: Moment,
    pub credits: Credits,
    /// The sources concerned.
    pub sources: String,
    /// Whole days from now.
    pub in_days: u32,
    /// How much of it would be left at the pace of four weeks; none without a pace.
    pub unused_at_this_pace: Option<Credits>,
}
