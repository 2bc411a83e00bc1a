//! When a balance is low: percents of the allowance and plain numbers, both at once. What an organisation
//! is told of, until its admins set something else.

use serde::{Deserialize, Serialize};

use crate::ledger::Credits;

/// The limits below which people are warned, highest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Thresholds {
    /// Percents of this period's allowance, or of the last purchase where there is none.
    pub percent_of_allowance: Vec<u8>,
    /// Plain numbers of credits.
    pub credits_left: Vec<Credits>,
}
