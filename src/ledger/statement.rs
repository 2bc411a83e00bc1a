//! Statements: where all credits are, and how they came there. The one set of formulas for every
//! figure about a balance that a page, an export or the browser's own recomputing shows.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::credits::Credits;
use super::id::LotId;
use super::index::{difference, sum};
use super::lot::Lot;
use super::state::LedgerState;
use super::time::Timestamp;

/// Where all credits that an organisation ever got are, at one instant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// All that was ever granted, as it was adjusted.
    pub granted: Credits,
    /// All that was ever charged and not given back.
    pub spent: Credits,
    /// All that ever lapsed.
    pub expired: Credits,
    /// All that was taken out because its money went back.
    pub revoked: Credits,
    /// What was charged or taken out and no lot has paid yet.
    pub debt: Credits,
    /// What open holds have set aside.
    pub held: Credits,
    /// What may not be spent until a dispute ends.
    pub frozen: Credits,
    /// What is in lots whose time has not begun.
    pub later: Credits,
    /// What may be spent now.
    pub available: Credits,
}

impl Totals {
    /// What the organisation still owns, wherever it is.
    pub fn owned(&self) -> Credits {
        difference(difference(self.granted, self.gone()), self.expired)
    }

    /// What lots gave for good.
    pub fn gone(&self) -> Credits {
        difference(sum(self.spent, self.revoked), self.debt)
    }

    /// What is owned and may not be spent now.
    pub fn bound(&self) -> Credits {
        sum(sum(self.held, self.frozen), self.later)
    }

    /// Whether everything that was granted is in exactly one place.
    pub fn adds_up(&self) -> bool {
        sum(self.bound(), self.available) == self.owned()
    }
}

/// The way from one instant to another:
/// `opening + came_in − used − expired − revoked + borrowed = closing`, of which `held`, `frozen` and
/// `later` may not be spent now and the rest is `available`. In one period, more may be given back than
/// used and more repaid than borrowed: those lines are less than nothing then.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    /// What was owned when the period began.
    pub opening: Credits,
    /// What came in.
    pub came_in: Credits,
    /// What was charged.
    pub used: Credits,
    /// What lapsed.
    pub expired: Credits,
    /// What was taken out because its money went back.
    pub revoked: Credits,
    /// What was charged or taken out and no lot paid; less than nothing where more was paid later.
    pub borrowed: Credits,
    /// What is owned at its end.
    pub closing: Credits,
    /// Of it, what open holds have set aside.
    pub held: Credits,
    /// Of it, what may not be spent until a dispute ends.
    pub frozen: Credits,
    /// Of it, what may be spent only later.
    pub later: Credits,
    /// What may be spent.
    pub available: Credits,
}

impl Statement {
    /// The statement of the time between two instants of one ledger.
    pub fn between(from: &Totals, to: &Totals) -> Statement {
        Statement {
            opening: from.owned(),
            came_in: difference(to.granted, from.granted),
            used: difference(to.spent, from.spent),
            expired: difference(to.expired, from.expired),
            revoked: difference(to.revoked, from.revoked),
            borrowed: difference(to.debt, from.debt),
            closing: to.owned(),
            held: to.held,
            frozen: to.frozen,
            later: to.later,
            available: to.available,
        }
    }

    /// Whether the lines come to the closing figure, and it to what is available.
    pub fn adds_up(&self) -> bool {
        let gone = difference(sum(sum(self.used, self.expired), self.revoked), self.borrowed);
        let bound = sum(sum(self.held, self.frozen), self.later);
        difference(sum(self.opening, self.came_in), gone) == self.closing
            && difference(self.closing, bound) == self.available
    }
}

/// What became of one lot. An unlimited lot keeps nothing: of it, only what is held is counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LotFigures {
    /// What was granted.
    pub granted: Credits,
    /// What it gave for good: charged, or taken out because its money went back.
    pub used: Credits,
    /// What lapsed.
    pub expired: Credits,
    /// What open holds have set aside.
    pub held: Credits,
    /// What may not be spent until a dispute ends.
    pub frozen: Credits,
    /// What is left and free.
    pub remaining: Credits,
}

impl LotFigures {
    /// What became of `lot` when open holds have `held` of it set aside.
    fn of(lot: &Lot, held: Credits) -> LotFigures {
        let kept = sum(sum(lot.remaining, lot.frozen), held);
        let granted = if lot.unlimited { kept } else { lot.amount };
        LotFigures {
            granted,
            used: difference(difference(granted, kept), lot.expired),
            expired: lot.expired,
            held,
            frozen: lot.frozen,
            remaining: lot.remaining,
        }
    }

    /// The sum of several lots.
    pub fn sum<'a>(lots: impl IntoIterator<Item = &'a LotFigures>) -> LotFigures {
        lots.into_iter().fold(LotFigures::default(), |all, one| all.with(one, sum))
    }

    /// What all lots come to, by the totals of the ledger.
    pub fn all(totals: &Totals) -> LotFigures {
        LotFigures {
            granted: totals.granted,
            used: totals.gone(),
            expired: totals.expired,
            held: totals.held,
            frozen: totals.frozen,
            remaining: sum(totals.later, totals.available),
        }
    }

    /// What the lots beside these come to.
    pub fn without(&self, these: &LotFigures) -> LotFigures {
        self.with(these, difference)
    }

    fn with(&self, other: &LotFigures, put: fn(Credits, Credits) -> Credits) -> LotFigures {
        LotFigures {
            granted: put(self.granted, other.granted),
            used: put(self.used, other.used),
            expired: put(self.expired, other.expired),
            held: put(self.held, other.held),
            frozen: put(self.frozen, other.frozen),
            remaining: put(self.remaining, other.remaining),
        }
    }
}

impl LedgerState {
    /// Where all credits are at `now`, with everything that fell due by then counted.
    pub fn totals(&self, now: Timestamp) -> Totals {
        let state = self.caught_up(now);
        let balance = state.standing(now);
        let to_come = state.lots().filter(|lot| !lot.is_effective(now)).map(|lot| lot.remaining);
        Totals {
            granted: state.head.granted,
            spent: state.head.spent,
            expired: state.head.expired,
            revoked: state.head.revoked,
            debt: state.head.debt,
            held: balance.held,
            frozen: balance.frozen,
            later: to_come.fold(Credits::ZERO, sum),
            available: balance.available,
        }
    }

    /// The lots that still have something, free or held, with what became of each: those that are
    /// spent first come first, then the others. What fell due has to be booked already.
    pub fn open_lots(&self, now: Timestamp) -> Vec<(&Lot, LotFigures)> {
        let held = self.held_by_lot();
        let of = |lot: &Lot| held.get(&lot.id).copied().unwrap_or_default();
        let mut lots: Vec<&Lot> = self.spendable_lots(now).collect();
        let spendable: Vec<&LotId> = lots.iter().map(|lot| &lot.id).collect();
        let mut others: Vec<&Lot> =
            self.lots().filter(|lot| !spendable.contains(&&lot.id)).collect();
        others.retain(|lot| lot.gives() || !lot.frozen.is_zero() || !of(lot).is_zero());
        others.sort_by_key(|lot| (lot.effective_at, lot.created_at));
        lots.extend(others);
        lots.into_iter().map(|lot| (lot, LotFigures::of(lot, of(lot)))).collect()
    }

    /// What open holds have set aside of each lot.
    pub fn held_by_lot(&self) -> BTreeMap<LotId, Credits> {
        let mut held: BTreeMap<LotId, Credits> = BTreeMap::new();
        let open = self.holds().filter(|hold| hold.is_open());
        for draw in open.flat_map(|hold| &hold.draws) {
            let all = held.entry(draw.lot.clone()).or_default();
            *all = sum(*all, draw.amount);
        }
        held
    }
}
