//! Holds: credits set aside before work starts, drawn from named lots, with a deadline.

use serde::{Deserialize, Serialize};

use super::attribution::Attribution;
use super::credits::Credits;
use super::id::{HoldId, LotId};
use super::time::Timestamp;

/// What one lot gave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draw {
    /// The lot.
    pub lot: LotId,
    /// How much it gave; always more than nothing.
    pub amount: Credits,
}

/// What happens when a settle reports more than was held. Declared with the hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OverSettle {
    /// The settle is refused; the hold stays as it is.
    Refuse,
    /// What was held is charged; the rest is recorded as absorbed.
    Absorb,
    /// The rest is drawn from what is available now, within the budgets; refused where that is
    /// not enough.
    Draw,
}

impl OverSettle {
    /// The name that the journal and the API use.
    pub const fn code(self) -> &'static str {
        match self {
            OverSettle::Refuse => "refuse",
            OverSettle::Absorb => "absorb",
            OverSettle::Draw => "draw",
        }
    }
}

/// Credits set aside for one piece of work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// Its id.
    pub id: HoldId,
    /// How much was set aside.
    pub amount: Credits,
    /// The lots it was drawn from, in the order in which they are spent.
    pub draws: Vec<Draw>,
    /// When it was made; it counts in the budget windows that contain this instant.
    pub made_at: Timestamp,
    /// The first instant at which it no longer stands.
    pub deadline: Timestamp,
    /// What it is for.
    pub attribution: Attribution,
    /// What happens when more is settled than was held.
    pub over_settle: OverSettle,
    /// The transaction that made it.
    pub made_by: u64,
    /// Whether it still stands, and how it ended if not.
    pub state: HoldState,
}

impl Hold {
    /// Whether it still stands.
    pub fn is_open(&self) -> bool {
        self.state == HoldState::Open
    }
}

/// Whether a hold still stands, and how it ended if not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum HoldState {
    /// The credits are set aside.
    Open,
    /// The actual usage was booked.
    Settled {
        /// What was charged.
        amount: Credits,
        /// What was used beyond that and charged to nobody, by the policy `absorb`.
        absorbed: Credits,
        /// The lots that paid, in order.
        paid: Vec<Draw>,
        /// When.
        at: Timestamp,
        /// The transaction that booked it.
        transaction: u64,
    },
    /// Everything went back.
    Released {
        /// Why.
        cause: ReleaseCause,
        /// When.
        at: Timestamp,
        /// The transaction that booked it.
        transaction: u64,
    },
}

/// Why a hold was released.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReleaseCause {
    /// Somebody asked for it: the work failed or was called off.
    Requested,
    /// Its deadline passed.
    Deadline,
}

impl ReleaseCause {
    /// The name that the journal and the API use.
    pub const fn code(self) -> &'static str {
        match self {
            ReleaseCause::Requested => "requested",
            ReleaseCause::Deadline => "deadline",
        }
    }
}
