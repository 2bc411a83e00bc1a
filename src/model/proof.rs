//! `/credits/proof`: how a balance is made, now or at any instant before.

use serde::{Deserialize, Serialize};

use crate::ledger::{Credits, LedgerState, LotFigures, Statement, Timestamp, Totals};
use crate::model::Moment;
use crate::model::format::format_credits;

/// The whole page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProofPage {
    /// The instant that was asked for, where it is not the present.
    pub as_of: Option<AsOf>,
    /// When the figures were true.
    pub at: Moment,
    /// Whether the statement begins with the running month, and not with the first transaction.
    pub is_month: bool,
    /// "November 2026": the month that contains the instant.
    pub month: String,
    pub statement: Statement,
    /// The lots that still have something, those that are spent first first.
    pub lots: Vec<LotProof>,
    /// What all other lots come to.
    pub earlier: LotFigures,
    /// What all lots come to: the statement's own figures since the beginning.
    pub all: LotFigures,
    /// The newest open holds.
    pub holds: Vec<HoldProof>,
    /// The open holds that are not listed, and what they have set aside.
    pub further_holds: (u64, Credits),
    pub claim: Claim,
}

/// An instant of the past that a page is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AsOf {
    /// For the field that asks for it: `2026-11-27T21:15:03.250` in the organisation's time zone.
    pub field: String,
    /// "27 Nov 2026, 21:15:03.250000": to the microsecond.
    pub text: String,
}

/// One lot and what became of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LotProof {
    pub id: String,
    /// "Purchased", "Subscription", …
    pub source: String,
    pub origin: String,
    pub figures: LotFigures,
    pub expires: Option<Moment>,
    /// When it may be spent, where that is still to come.
    pub starts: Option<Moment>,
    /// What was paid for it, with the price of one credit; none for those who may not see it.
    pub paid: Option<String>,
}

/// One open hold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HoldProof {
    /// The transaction that made it.
    pub sequence: u64,
    /// What it is for.
    pub operation: String,
    /// For whom.
    pub user: String,
    pub credits: Credits,
    pub since: Moment,
    /// When it is released by itself.
    pub deadline: Moment,
}

/// What the page says, for the browser to find out by itself from the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// The transaction up to which the journal is read.
    pub sequence: u64,
    /// The journal's hash there.
    pub hash: String,
    /// When the figures are true.
    pub at: Timestamp,
    pub totals: Totals,
}

impl Claim {
    /// What a journal that was replayed to its end comes to instead, in words; nothing where it
    /// agrees with the claim in its hash and in every total.
    pub fn difference(&self, state: &LedgerState) -> Option<String> {
        let head = state.head();
        if head.hash.to_string() != self.hash {
            return Some(format!(
                "The journal ends with the hash {}, and the page says {}.",
                head.hash, self.hash
            ));
        }
        let totals = state.totals(self.at);
        (totals != self.totals).then(|| {
            format!(
                "The journal comes to {} available, and the page says {}. Reload the page; where \
                 that changes nothing, please report this.",
                format_credits(totals.available),
                format_credits(self.totals.available)
            )
        })
    }
}
