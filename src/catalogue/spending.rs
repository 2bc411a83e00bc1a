//! Which credits are spent first: a rank for every source, and which rule comes first.

use serde::{Deserialize, Serialize};

/// Whether rank or expiry decides first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SpendingOrder {
    /// By rank, then soonest expiry, then oldest.
    ByPriority,
    /// By soonest expiry, then rank, then oldest.
    ExpiringFirst,
}

/// A rank for each source; the lowest is spent first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Priorities {
    /// Credits of a plan period or an annual package.
    pub subscription: u8,
    /// Credits bought in packs.
    pub purchased: u8,
    /// Credits given by a campaign or a code.
    pub promotional: u8,
    /// Credits earned by inviting others.
    pub referral: u8,
    /// Free credits to begin with.
    pub trial: u8,
    /// Credits granted by staff.
    pub admin: u8,
}

/// The catalogue's default spending order; an organisation may switch its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spending {
    /// Whether rank or expiry decides first.
    pub order: SpendingOrder,
    /// The ranks.
    pub priorities: Priorities,
}
