//! Plans: so many credits each month or year, for a price, for nothing, or as agreed.

use serde::{Deserialize, Serialize};

use crate::ledger::plan::{Allowance, Rollover};
use crate::ledger::{Money, Period};

/// A plan as it is offered. What somebody subscribed to is frozen with the subscription.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// Stable code, carried by the lots of its periods.
    pub code: String,
    /// The name people read.
    pub name: String,
    /// One sentence under the name.
    pub description: String,
    /// What each period gives.
    pub allowance: Allowance,
    /// How long a period is.
    pub period: Period,
    /// What becomes of what is left at a period's end.
    pub rollover: Rollover,
    /// What else belongs to it, one short line each: "5 chatbots".
    pub limits: Vec<String>,
    /// How one comes by it.
    pub sale: Sale,
    /// Whether the page marks this plan.
    pub recommended: bool,
}

/// How one comes by a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sale {
    /// Whoever has no other plan has this one.
    Free,
    /// It is paid for at the beginning of each period.
    Paid(Money),
    /// It is agreed with whoever runs the installation.
    Custom,
}

impl Plan {
    /// What a period costs, where it has a price.
    pub fn price(&self) -> Option<Money> {
        match self.sale {
            Sale::Paid(price) => Some(price),
            Sale::Free | Sale::Custom => None,
        }
    }

    /// Whether it has no price and needs no agreement.
    pub fn is_free(&self) -> bool {
        self.sale == Sale::Free
    }
}
