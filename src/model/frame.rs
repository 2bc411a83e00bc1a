//! What stands around every page: who looks, and the balance in the header.

use serde::{Deserialize, Serialize};

use crate::ledger::Credits;
use crate::model::alerts::AlertView;
use crate::model::balance::BalanceView;
use crate::model::{Moment, Viewer};

/// Everything the layout prints around a page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Frame {
    pub viewer: Viewer,
    /// `None` where the ledger could not be read: shown as unknown, never as 0.
    pub balance: Option<BalanceDetails>,
    /// The organisation's time zone by its IANA name, printed once on every page.
    pub time_zone: String,
    /// What the viewer should know first.
    pub banner: Option<AlertView>,
    /// How many alerts in the viewer's inbox are unread.
    pub unread: u32,
}

/// The balance with what the header's popover shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BalanceDetails {
    pub view: BalanceView,
    /// What is available by source, in spending order.
    pub sources: Vec<SourceLine>,
    /// The lots that lapse next, when any does.
    pub expiring: Option<Expiring>,
    /// Whole days that the balance lasts at the pace of the last 28 days; none without usage.
    pub days_left: Option<u32>,
}

/// What one source still holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SourceLine {
    /// "Purchased", "Subscription", …
    pub label: String,
    pub available: Credits,
}

/// Credits that lapse at one instant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Expiring {
    pub credits: Credits,
    pub at: Moment,
}
