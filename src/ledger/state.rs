//! The state of one organisation's ledger: what the journal comes to.
//!
//! Reading is public, here and in [`balance`](super::balance); changing is for `record` alone. The
//! engine may drop what is over ([`forget_closed`](LedgerState::forget_closed)) and bring a single
//! lot or hold back before a command that concerns it ([`with_lot`](LedgerState::with_lot),
//! [`with_hold`](LedgerState::with_hold)).

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::attribution::Attribution;
use super::budget::{Budget, Subject, Window};
use super::command::SetBudget;
use super::credits::Credits;
use super::hash::Hash;
use super::hold::Hold;
use super::id::{HoldId, LotId, OrganisationId};
pub use super::index::ConsumptionOrder;
use super::index::{Due, Index};
use super::lot::Lot;
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

    /// What a `SetBudget` must be told of the journal up to this state: whose usage, in which
    /// window. `None` where the state knows it by itself; `used_so_far` is then not read.
    pub fn usage_wanted<'a>(
        &self,
        set: &'a SetBudget,
        now: Timestamp,
    ) -> Option<(&'a Subject, &'a Window)> {
        let known = self.budget(&set.subject).is_some_and(|budget| budget.window == set.window);
        let wanted = set.limit.is_some() && !known && set.window.has_begun(self.no_earlier(now));
        wanted.then_some((&set.subject, &set.window))
    }

    /// `now`, or the last transaction's instant where that is later.
    pub(super) fn no_earlier(&self, now: Timestamp) -> Timestamp {
        now.max(self.head.recorded_at)
    }

    pub(super) fn first_due(&self, now: Timestamp) -> Option<(Timestamp, Due)> {
        self.index.due.first().filter(|(at, _)| *at <= now).cloned()
    }
}
