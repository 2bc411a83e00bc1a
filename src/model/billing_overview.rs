//! Settings › Billing: where the balance comes from, in the order in which it is spent, and the proof.

use serde::{Deserialize, Serialize};

use crate::ledger::Credits;
use crate::model::Moment;
use crate::model::credits::BalanceFigures;

/// The whole page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BillingOverview {
    pub figures: BalanceFigures,
    /// In spending order.
    pub sources: Vec<SourceCard>,
    /// Which lots go first, as a sentence.
    pub order: String,
    pub proof: Proof,
    pub month: MonthProof,
    /// The instants at which something lapses, the soonest first.
    pub expiring: Vec<ExpiryLine>,
    /// Whole days that the balance lasts at the pace of four weeks.
    pub days_left: Option<u32>,
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

/// How the number is made, from the first transaction on: two ways to the same figure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    /// All that was ever granted, by the journal.
    pub granted: Credits,
    /// All that was ever charged.
    pub spent: Credits,
    /// All that ever lapsed.
    pub expired: Credits,
    /// What open holds have set aside.
    pub held: Credits,
    /// What may be spent only later.
    pub later: Credits,
    /// Available: granted − spent − expired − held − later.
    pub available: Credits,
    /// What the lots listed have left, counted one by one.
    pub in_lots: Credits,
    /// How many open holds there are.
    pub holds: u64,
    /// The transaction up to which this is true.
    pub sequence: u64,
    /// The journal's hash there.
    pub hash: String,
}

impl Proof {
    /// Whether both ways come to the same figure.
    pub fn adds_up(&self) -> bool {
        let outgoing = [self.spent, self.expired, self.held, self.later];
        let by_journal = outgoing.into_iter().try_fold(self.granted, Credits::checked_sub);
        by_journal == Some(self.available) && self.in_lots == self.available
    }
}

/// The same for the running month: opening + in − out − expired − held = available.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MonthProof {
    /// "November 2026".
    pub label: String,
    /// The balance, held credits among it, when the month began.
    pub opening: Credits,
    pub added: Credits,
    pub used: Credits,
    pub expired: Credits,
    pub held: Credits,
    pub later: Credits,
    pub available: Credits,
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
