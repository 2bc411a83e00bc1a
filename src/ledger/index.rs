//! What a state keeps sorted, so that no command looks at every lot: the spending order, what falls
//! due, the lots whose time has not begun, and the running sums.
//!
//! Only lots with something left and holds that stand are in it. It is derived: taking every lot and
//! hold of a state gives the same index again, which the invariants check.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::credits::Credits;
use super::hold::Hold;
use super::id::{HoldId, LotId};
use super::lot::Lot;
use super::time::Timestamp;

/// Which lots are spent first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConsumptionOrder {
    /// Lowest priority number, then soonest expiry, then oldest, then id.
    #[default]
    ByPriority,
    /// Soonest expiry, then lowest priority number, then oldest, then id.
    ExpiringFirst,
}

/// A lot's place in the spending order; the smallest is spent first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank {
    first: i64,
    second: i64,
    created_at: Timestamp,
    pub(super) lot: LotId,
}

impl Rank {
    fn of(lot: &Lot, order: ConsumptionOrder) -> Rank {
        let priority = i64::from(lot.priority);
        let expiry = lot.expires_at.map_or(i64::MAX, Timestamp::micros);
        let (first, second) = match order {
            ConsumptionOrder::ByPriority => (priority, expiry),
            ConsumptionOrder::ExpiringFirst => (expiry, priority),
        };
        Rank { first, second, created_at: lot.created_at, lot: lot.id.clone() }
    }
}

/// What the passing of time will book. At one instant, deadlines come before expiries.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Due {
    /// A hold's deadline.
    Deadline(HoldId),
    /// A lot's expiry.
    Expiry(LotId),
}

impl Due {
    /// The lot that expires.
    pub(super) fn expiry(&self) -> Option<&LotId> {
        match self {
            Due::Deadline(_) => None,
            Due::Expiry(lot) => Some(lot),
        }
    }
}

/// Everything a state keeps sorted and summed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Index {
    /// Lots with something left, in the order in which they are spent.
    pub(super) spending: BTreeSet<Rank>,
    /// What falls due, soonest first.
    pub(super) due: BTreeSet<(Timestamp, Due)>,
    /// Lots with something left, by the instant from which they may be spent.
    pub(super) beginning: BTreeSet<(Timestamp, LotId)>,
    /// What all lots have left.
    pub(super) in_lots: Credits,
    /// What all open holds have set aside.
    pub(super) held: Credits,
}

impl Index {
    /// Takes in a lot's remaining; a lot with nothing left leaves no trace.
    pub(super) fn insert_lot(&mut self, lot: &Lot, order: ConsumptionOrder) {
        if lot.remaining.is_zero() {
            return;
        }
        self.in_lots = sum(self.in_lots, lot.remaining);
        self.spending.insert(Rank::of(lot, order));
        self.beginning.insert((lot.effective_at, lot.id.clone()));
        if let Some(expires_at) = lot.expires_at {
            self.due.insert((expires_at, Due::Expiry(lot.id.clone())));
        }
    }

    /// Takes a lot out as it was put in.
    pub(super) fn remove_lot(&mut self, lot: &Lot, order: ConsumptionOrder) {
        if lot.remaining.is_zero() {
            return;
        }
        self.in_lots = difference(self.in_lots, lot.remaining);
        self.spending.remove(&Rank::of(lot, order));
        self.beginning.remove(&(lot.effective_at, lot.id.clone()));
        if let Some(expires_at) = lot.expires_at {
            self.due.remove(&(expires_at, Due::Expiry(lot.id.clone())));
        }
    }

    /// Changes a lot's remaining by an amount that the caller has checked, moving it in or out of
    /// the order only where it becomes empty or is empty no more.
    pub(super) fn change_lot(&mut self, lot: &mut Lot, added: Credits, order: ConsumptionOrder) {
        let remaining = sum(lot.remaining, added);
        if lot.remaining.is_zero() || remaining.is_zero() {
            self.remove_lot(lot, order);
            lot.remaining = remaining;
            self.insert_lot(lot, order);
        } else {
            lot.remaining = remaining;
            self.in_lots = sum(self.in_lots, added);
        }
    }

    /// Takes in a hold, if it stands.
    pub(super) fn insert_hold(&mut self, hold: &Hold) {
        if hold.is_open() {
            self.held = sum(self.held, hold.amount);
            self.due.insert((hold.deadline, Due::Deadline(hold.id.clone())));
        }
    }

    /// Takes out a hold that stands.
    pub(super) fn remove_hold(&mut self, hold: &Hold) {
        if hold.is_open() {
            self.held = difference(self.held, hold.amount);
            self.due.remove(&(hold.deadline, Due::Deadline(hold.id.clone())));
        }
    }
}

/// A sum of parts of what was granted. It fits because the sum of all grants fits, which the grant's
/// decision checks.
pub(super) fn sum(one: Credits, other: Credits) -> Credits {
    one.checked_add(other)
        .expect("parts of what was granted fit, because all that was granted fits")
}

/// A difference of parts of what was granted; see [`sum`].
pub(super) fn difference(one: Credits, other: Credits) -> Credits {
    one.checked_sub(other)
        .expect("parts of what was granted fit, because all that was granted fits")
}
