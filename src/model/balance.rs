//! The balance as every page shows it.

use crate::ledger::{Credits, Timestamp};
use serde::{Deserialize, Serialize};

/// What an organisation has, at one version of its ledger.
///
/// A higher version is always newer: who has seen one ignores every lower one. A balance that is not
/// known has no view at all, and is never shown as 0.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BalanceView {
    /// The sequence number of the last transaction in it; 0 before the first.
    pub version: u64,
    /// What may be spent now; the header shows this.
    pub available: Credits,
    /// What open holds have set aside.
    pub held: Credits,
    /// What the lots still contain, held credits among them.
    pub balance: Credits,
    /// The instant at which it was true.
    pub as_of: Timestamp,
}
