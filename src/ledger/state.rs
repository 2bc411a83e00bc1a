//! The state of one organisation's ledger: what the journal comes to.
//!
//! Reading is public; changing is for [`record`](super::record) alone. The engine may drop what is
//! over ([`forget_closed`](LedgerState::forget_closed)) and bring a single lot or hold back before a
//! command that concerns it ([`with_lot`](LedgerState::with_lot),
//! [`with_hold`](LedgerState::with_hold)).

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::apply::book_due;
use super::attribution::{Attribution, Operation};
use super::budget::{Budget, Subject, Window};
use super::command::SetBudget;
use super::credits::Credits;
use super::entry::Hash;
use super::hold::{Draw, Hold};
use super::id::{HoldId, LotId, OrganisationId};
pub use super::index::ConsumptionOrder;
use super::index::{Due, Index, difference, sum};
use super::lot::Lot;
use super::source::Source;
use super::time::Timestamp;

/// Where the journal stands, beside the lots, holds and budgets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// The organisation.
    pub organisation: OrganisationId,
    /// Which lots are spent first.
    pub order: ConsumptionOrder,
    /// The last transaction's sequence; 0 before the first.
    pub sequence: u64,
    /// The last transaction's hash; before the first, that of the organisation's id.
    pub hash: Hash,
    /// When the last transaction took effect.
    pub recorded_at: Timestamp,
    /// All that was ever granted.
    pub granted: Credits,
    /// All that was ever charged.
    pub spent: Credits,
    /// All that ever lapsed.
    pub expired: Credits,
}

/// What an organisation has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Balance {
    /// What may be held or charged now: balance − held − frozen.
    pub available: Credits,
    /// What open holds have set aside.
    pub held: Credits,
    /// What may not be spent until a dispute ends.
    pub frozen: Credits,
    /// What the lots still contain.
    pub balance: Credits,
}

impl Balance {
    fn of(contained: Credits, held: Credits, frozen: Credits) -> Balance {
        let available = difference(difference(contained, held), frozen);
        Balance { available, held, frozen, balance: contained }
    }
}

/// What the usable lots lack for a draw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shortfall {
    /// What they have.
    pub available: Credits,
}

/// What lapses next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NextExpiry {
    /// When.
    pub at: Timestamp,
    /// How much, unless it is spent before.
    pub amount: Credits,
}

/// The state of one organisation's ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerState {
    pub(super) head: Head,
    pub(super) lots: BTreeMap<LotId, Lot>,
    pub(super) holds: BTreeMap<HoldId, Hold>,
    pub(super) budgets: BTreeMap<Subject, Budget>,
    pub(super) index: Index,
}

impl LedgerState {
    /// A ledger in which nothing has happened.
    pub fn new(organisation: OrganisationId, order: ConsumptionOrder) -> Self {
        let head = Head {
            hash: super::chain::genesis(&organisation),
            organisation,
            order,
            sequence: 0,
            recorded_at: Timestamp::EARLIEST,
            granted: Credits::ZERO,
            spent: Credits::ZERO,
            expired: Credits::ZERO,
        };
        Self::restore(head, [], [], [])
    }

    /// A ledger from what the store kept: every lot with something left, every open hold and the
    /// lots it drew on, and every budget.
    pub fn restore(
        head: Head,
        lots: impl IntoIterator<Item = Lot>,
        holds: impl IntoIterator<Item = Hold>,
        budgets: impl IntoIterator<Item = Budget>,
    ) -> Self {
        let budgets = budgets.into_iter().map(|budget| (budget.subject.clone(), budget)).collect();
        let mut state = LedgerState {
            head,
            lots: BTreeMap::new(),
            holds: BTreeMap::new(),
            budgets,
            index: Index::default(),
        };
        lots.into_iter().for_each(|lot| state.with_lot(lot));
        holds.into_iter().for_each(|hold| state.with_hold(hold));
        state
    }

    /// Brings back a lot that was dropped. One that is there stays as it is.
    pub fn with_lot(&mut self, lot: Lot) {
        if !self.lots.contains_key(&lot.id) {
            self.index.insert_lot(&lot, self.head.order);
            self.lots.insert(lot.id.clone(), lot);
        }
    }

    /// Brings back a hold that was dropped. One that is there stays as it is.
    pub fn with_hold(&mut self, hold: Hold) {
        if !self.holds.contains_key(&hold.id) {
            self.index.insert_hold(&hold);
            self.holds.insert(hold.id.clone(), hold);
        }
    }

    /// Drops closed holds, and empty lots that no open hold may give back to.
    pub fn forget_closed(&mut self) {
        self.holds.retain(|_, hold| hold.is_open());
        let drawn: BTreeSet<&LotId> =
            self.holds.values().flat_map(|hold| hold.draws.iter().map(|draw| &draw.lot)).collect();
        self.lots.retain(|id, lot| !lot.remaining.is_zero() || drawn.contains(id));
    }

    /// Changes which lots are spent first from now on. What is drawn stays drawn.
    pub fn set_consumption_order(&mut self, order: ConsumptionOrder) {
        let before = std::mem::replace(&mut self.head.order, order);
        for lot in self.lots.values() {
            self.index.remove_lot(lot, before);
            self.index.insert_lot(lot, order);
        }
    }

    /// Where the journal stands.
    pub fn head(&self) -> &Head {
        &self.head
    }

    /// The lot of that id, if it is in memory.
    pub fn lot(&self, id: &LotId) -> Option<&Lot> {
        self.lots.get(id)
    }

    /// Every lot in memory, by id.
    pub fn lots(&self) -> impl Iterator<Item = &Lot> {
        self.lots.values()
    }

    /// The hold of that id, if it is in memory.
    pub fn hold(&self, id: &HoldId) -> Option<&Hold> {
        self.holds.get(id)
    }

    /// Every hold in memory, by id.
    pub fn holds(&self) -> impl Iterator<Item = &Hold> {
        self.holds.values()
    }

    /// The budget of that subject.
    pub fn budget(&self, subject: &Subject) -> Option<&Budget> {
        self.budgets.get(subject)
    }

    /// Every budget, by subject.
    pub fn budgets(&self) -> impl Iterator<Item = &Budget> {
        self.budgets.values()
    }

    /// The budgets that credits counted at `counted_at` fall under, the widest first.
    pub fn budgets_for<'a>(
        &'a self,
        attribution: &'a Attribution,
        counted_at: Timestamp,
    ) -> impl Iterator<Item = &'a Budget> {
        Subject::all_of(attribution)
            .filter_map(|subject| self.budgets.get(&subject))
            .filter(move |budget| budget.window.contains(counted_at))
    }

    /// The next instant at which something falls due, for the sweeper.
    pub fn next_due(&self) -> Option<Timestamp> {
        self.index.due.first().map(|(at, _)| *at)
    }

    /// The state as it is at `now`: with everything that fell due by then booked.
    pub fn caught_up(&self, now: Timestamp) -> Cow<'_, LedgerState> {
        if self.next_due().is_none_or(|at| at > now) {
            return Cow::Borrowed(self);
        }
        let mut state = self.clone();
        book_due(&mut state, now);
        Cow::Owned(state)
    }

    /// What the organisation has at `now`.
    pub fn balance(&self, now: Timestamp) -> Balance {
        self.caught_up(now).standing(now)
    }

    /// What may be held or charged at `now` for `operation`, by the very order that a draw follows.
    pub fn available_for(&self, operation: Option<&Operation>, now: Timestamp) -> Credits {
        remaining_of(self.caught_up(now).usable_lots(operation, now))
    }

    /// What each source has available at `now`.
    pub fn available_by_source(&self, now: Timestamp) -> BTreeMap<Source, Credits> {
        let state = self.caught_up(now);
        let mut by_source = BTreeMap::new();
        for lot in state.spendable_lots(now) {
            let available = by_source.entry(lot.source).or_insert(Credits::ZERO);
            *available = sum(*available, lot.remaining);
        }
        by_source
    }

    /// What lapses next, and when, of what is available at `now`.
    pub fn next_expiry(&self, now: Timestamp) -> Option<NextExpiry> {
        let expiring = |lot: &&Lot| lot.expires_at.is_some_and(|at| at > now);
        let at =
            self.spendable_lots(now).filter(expiring).filter_map(|lot| lot.expires_at).min()?;
        let together = self.spendable_lots(now).filter(|lot| lot.expires_at == Some(at));
        Some(NextExpiry { at, amount: remaining_of(together) })
    }

    /// The lots that are spent at `now`, for whatever operation, in the order in which they are.
    pub fn spendable_lots(&self, now: Timestamp) -> impl Iterator<Item = &Lot> {
        self.in_order().filter(move |lot| lot.is_effective(now) && !lot.is_expired(now))
    }

    /// The lots that may pay for `operation` at `now`, in the order in which they will.
    ///
    /// The one function that decides the order: quote, gate and draw all follow it.
    pub fn usable_lots<'a>(
        &'a self,
        operation: Option<&'a Operation>,
        now: Timestamp,
    ) -> impl Iterator<Item = &'a Lot> {
        self.in_order().filter(move |lot| lot.is_usable(operation, now))
    }

    /// Which lots would pay `amount` for `operation` at `now`, as this state stands.
    pub fn draw(
        &self,
        amount: Credits,
        operation: Option<&Operation>,
        now: Timestamp,
    ) -> Result<Vec<Draw>, Shortfall> {
        let mut missing = amount;
        let mut draws = Vec::new();
        for lot in self.usable_lots(operation, now) {
            if !missing.is_positive() {
                break;
            }
            let taken = lot.remaining.min(missing);
            missing = difference(missing, taken);
            draws.push(Draw { lot: lot.id.clone(), amount: taken });
        }
        if missing.is_positive() {
            return Err(Shortfall { available: difference(amount, missing) });
        }
        Ok(draws)
    }

    /// What a `SetBudget` must be told of the journal: whose usage, in which window. `None` where
    /// the state knows it by itself; `used_so_far` is then not read.
    pub fn usage_wanted<'a>(
        &self,
        set: &'a SetBudget,
        now: Timestamp,
    ) -> Option<(&'a Subject, &'a Window)> {
        let known = self.budget(&set.subject).is_some_and(|budget| budget.window == set.window);
        let wanted = set.limit.is_some() && !known && set.window.begins_before(now);
        wanted.then_some((&set.subject, &set.window))
    }

    /// `now`, or the last transaction's instant where that is later.
    pub(super) fn no_earlier(&self, now: Timestamp) -> Timestamp {
        now.max(self.head.recorded_at)
    }

    /// What the organisation has at `now`. Lots whose time is not yet or no longer do not count.
    pub(super) fn standing(&self, now: Timestamp) -> Balance {
        let to_come = self.index.beginning.iter().rev().take_while(|(at, _)| *at > now);
        let not_yet = remaining_of(to_come.filter_map(|(_, lot)| self.lots.get(lot)));
        let over = self.index.due.iter().take_while(|(at, _)| *at <= now);
        let no_longer = remaining_of(over.filter_map(|(_, due)| self.lots.get(due.expiry()?)));
        let free = difference(difference(self.index.in_lots, not_yet), no_longer);
        let (held, frozen) = (self.index.held, Credits::ZERO);
        Balance::of(sum(sum(free, held), frozen), held, frozen)
    }

    pub(super) fn first_due(&self, now: Timestamp) -> Option<(Timestamp, Due)> {
        self.index.due.first().filter(|(at, _)| *at <= now).cloned()
    }

    fn in_order(&self) -> impl Iterator<Item = &Lot> {
        self.index.spending.iter().filter_map(|rank| self.lots.get(&rank.lot))
    }
}

/// What lots have left together.
fn remaining_of<'a>(lots: impl Iterator<Item = &'a Lot>) -> Credits {
    lots.map(|lot| lot.remaining).fold(Credits::ZERO, sum)
}
