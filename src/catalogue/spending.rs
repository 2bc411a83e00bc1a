//! Which credits are spent first: a rank for every source, and whether rank or expiry decides first.

use serde::{Deserialize, Serialize};

use crate::ledger::{ConsumptionOrder, Source};

/// A rank for each source; the lowest is spent first. Copied onto every lot when it is granted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Priorities {
    /// Credits of a plan period or an annual package.
    pub subscription: i32,
    /// Credits bought in packs.
    pub purchased: i32,
    /// Credits given by a campaign or a code.
    pub promotional: i32,
    /// Credits earned by inviting others.
    pub referral: i32,
    /// Free credits to begin with.
    pub trial: i32,
    /// Credits granted by staff.
    pub admin: i32,
}

/// The catalogue's default spending order; an organisation may switch its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spending {
    /// Whether rank or expiry decides first.
    pub order: ConsumptionOrder,
    /// The ranks.
    pub priorities: Priorities,
}

impl Spending {
    /// The rank of lots from this source.
    pub fn priority(&self, source: Source) -> i32 {
        match source {
            Source::Subscription => self.priorities.subscription,
            Source::Purchased => self.priorities.purchased,
            Source::Promotional => self.priorities.promotional,
            Source::Referral => self.priorities.referral,
            Source::Trial => self.priorities.trial,
            Source::Admin => self.priorities.admin,
        }
    }
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;
    use crate::catalogue::parse::built_in;

    #[test]
    fn the_shipped_catalogue_keeps_the_ledgers_default_order() {
        let spending = built_in().spending;
        assert_eq!(spending.order, ConsumptionOrder::default());
        for source in Source::ALL {
            assert_eq!(spending.priority(source), source.default_priority(), "{source}");
        }
    }
}
