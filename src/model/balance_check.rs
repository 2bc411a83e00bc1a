//! What one looks at when a balance seems wrong.

use serde::{Deserialize, Serialize};

use crate::ledger::Credits;
use crate::model::Moment;
use crate::model::payments::PaymentRow;
use crate::model::proof::ProofPage;
use crate::model::team::TopLine;

/// The whole page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BalanceCheck {
    /// How the number is made now.
    pub proof: ProofPage,
    /// What used most this month, the most first.
    pub largest: Vec<TopLine>,
    /// "report", "campaign" and so on, many of them.
    pub reports_noun: String,
    /// What lapsed last, the newest first.
    pub lapsed: Vec<LapsedLine>,
    /// Payments of which more is to be expected; none for those who may not see payments.
    pub pending: Option<Vec<PaymentRow>>,
    /// Names the form, so that sent twice it asks once.
    pub form_key: String,
}

/// Credits that lapsed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LapsedLine {
    /// The transaction.
    pub sequence: u64,
    pub at: Moment,
    pub credits: Credits,
}
