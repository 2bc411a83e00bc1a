//! Which credits are spent first: as it is, and as it would be.

use serde::{Deserialize, Serialize};

use crate::ledger::{ConsumptionOrder, Credits};
use crate::model::Moment;

/// The page on which admins choose.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SpendingOrderPage {
    /// The order that holds now.
    pub now: ConsumptionOrder,
    /// The order that would hold.
    pub then: ConsumptionOrder,
    /// What may be spent, in the order that holds now.
    pub lots: Vec<LotTurn>,
    /// What would lapse unused at the pace of the last four weeks, in the order that holds now; none
    /// where nothing is used.
    pub lapses_now: Option<Credits>,
    /// The same in the order that would hold.
    pub lapses_then: Option<Credits>,
    /// Names the form, so that sent twice it acts once.
    pub form_key: String,
}

/// When a lot's turn comes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LotTurn {
    pub id: String,
    pub origin: String,
    pub remaining: Credits,
    pub expires: Option<Moment>,
    /// Its place in the order that holds now, from 1.
    pub place_now: u32,
    /// Its place in the order that would hold, from 1.
    pub place_then: u32,
}
