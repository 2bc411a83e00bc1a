//! What a state keeps sorted, so that no command looks at every lot: the spending order, what falls
//! due, the lots whose time has not begun, and the running sums.
//!
//! Only lots with something to give or frozen and holds that stand are in it. It is derived: taking every lot and
//! hold of a state gives the same index again, which the invariants check.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::budget::Subject;
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

impl ConsumptionOrder {
    /// The name that the journal and the API use.
    pub const fn code(self) -> &'static str {
        match self {
            ConsumptionOrder::ByPriority => "by_priority",
            ConsumptionOrder::ExpiringFirst => "expiring_first",
        }
    }
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

/// What the passing of time will book. At one instant, deadlines come before expiries, and both before
/// the plan's next period.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Due {
    /// A hold's deadline.
    Deadline(HoldId),
    /// A lot's expiry, or that of what it may not carry over.
    Expiry(LotId),
    /// The plan's next period begins.
    Period,
}

impl Due {
    /// The lot that expires.
    pub(super) fn expiry(&self) -> Option<&LotId> {
        match self {
            Due::Deadline(_) | Due::Period => None,
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
    /// What all lots have frozen.
    pub(super) frozen: Credits,
    /// Lots that give as much as is asked.
    pub(super) unlimited: BTreeSet<LotId>,
    /// Whose budget is an earmark.
    pub(super) earmarks: BTreeSet<Subject>,
}

impl Index {
    /// Takes in a lot; one that gives nothing and has nothing frozen leaves no trace.
    pub(super) fn insert_lot(&mut self, lot: &Lot, order: ConsumptionOrder) {
        self.frozen = sum(self.frozen, lot.frozen);
        self.in_lots = sum(self.in_lots, lot.remaining);
        if lot.unlimited {
            self.unlimited.insert(lot.id.clone());
        }
        if lot.gives() {
            self.spending.insert(Rank::of(lot, order));
            self.beginning.insert((lot.effective_at, lot.id.clone()));
        }
        if let Some(at) = lot.lapses_at() {
            self.due.insert((at, Due::Expiry(lot.id.clone())));
        }
    }

    /// Takes a lot out as it was put in.
    pub(super) fn remove_lot(&mut self, lot: &Lot, order: ConsumptionOrder) {
        self.frozen = difference(self.frozen, lot.frozen);
        self.in_lots = difference(self.in_lots, lot.remaining);
        if lot.unlimited {
            self.unlimited.remove(&lot.id);
        }
        if lot.gives() {
            self.spending.remove(&Rank::of(lot, order));
            self.beginning.remove(&(lot.effective_at, lot.id.clone()));
        }
        if let Some(at) = lot.lapses_at() {
            self.due.remove(&(at, Due::Expiry(lot.id.clone())));
        }
    }

    /// Changes what a lot has free by an amount that the caller has checked, moving it in the order
    /// only where it begins or ceases to give or lapses at another time.
    pub(super) fn change_lot(&mut self, lot: &mut Lot, added: Credits, order: ConsumptionOrder) {
        let before = (lot.gives(), lot.lapses_at());
        let was = lot.remaining;
        lot.remaining = sum(was, added);
        if before == (lot.gives(), lot.lapses_at()) {
            self.in_lots = sum(self.in_lots, added);
            return;
        }
        let now = std::mem::replace(&mut lot.remaining, was);
        self.remove_lot(lot, order);
        lot.remaining = now;
        self.insert_lot(lot, order);
    }

    /// Changes what a lot has frozen by an amount that the caller has checked.
    pub(super) fn change_frozen(&mut self, lot: &mut Lot, added: Credits) {
        lot.frozen = sum(lot.frozen, added);
        self.frozen = sum(self.frozen, added);
    }

    /// Notes whether the subject's budget is an earmark.
    pub(super) fn change_earmark(&mut self, subject: &Subject, is_earmark: bool) {
        if is_earmark {
            self.earmarks.insert(subject.clone());
        } else {
            self.earmarks.remove(subject);
        }
    }

    /// Puts the plan's next period where the one before was.
    pub(super) fn change_period(&mut self, before: Option<Timestamp>, after: Option<Timestamp>) {
        before.into_iter().for_each(|at| _ = self.due.remove(&(at, Due::Period)));
        after.into_iter().for_each(|at| _ = self.due.insert((at, Due::Period)));
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
