//! The state of one organisation's ledger: what the journal comes to.
//!
//! Reading is public, here and in [`balance`](super::balance); changing is for `record` alone. The
//! engine may drop what is over ([`forget_closed`](LedgerState::forget_closed)) and bring a single
//! lot or hold back before a command that concerns it ([`with_lot`](LedgerState::with_lot),
//! [`with_hold`](LedgerState::with_hold)).

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::attribution::Attribution;
use super::budget::{Budget, BudgetKind, Subject};
use super::calendar::Span;
use super::command::SetBudget;
use super::credits::Credits;
use super::hash::Hash;
use super::hold::Hold;
use super::id::{HoldId, LotId, OrganisationId};
use super::index::{Due, Index};
use super::lot::Lot;
use super::outflow::Outflow;
use super::terms::Terms;
use super::time::Timestamp;

/// Where the journal stands, beside the lots, holds and budgets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// The organisation.
    pub organisation: OrganisationId,
    /// The last transaction's sequence; 0 before the first.
    pub sequence: u64,
    /// The last transaction's hash; before the first, that of the organisation's id.
    pub hash: Hash,
    /// When the last transaction took effect.
    pub recorded_at: Timestamp,
    /// All that was ever granted, as adjusted; of unlimited lots, what they gave.
    pub granted: Credits,
    /// All that was ever charged and not given back.
    pub spent: Credits,
    /// All that ever lapsed.
    pub expired: Credits,
    /// All that was ever revoked and not given back.
    pub revoked: Credits,
    /// What was used or revoked and no lot has paid yet.
    pub debt: Credits,
}

/// The parts that a state is made of, for whoever keeps one: see [`LedgerState::restore`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parts {
    /// Where the journal stands.
    pub head: Head,
    /// What was agreed.
    pub terms: Terms,
    /// Every lot that gives or has something frozen, and those that open holds drew on.
    pub lots: Vec<Lot>,
    /// Every open hold.
    pub holds: Vec<Hold>,
    /// Every budget.
    pub budgets: Vec<Budget>,
    /// Every outflow of which something is owed.
    pub outflows: Vec<Outflow>,
}

/// The state of one organisation's ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerState {
    pub(super) head: Head,
    pub(super) terms: Terms,
    pub(super) lots: BTreeMap<LotId, Lot>,
    pub(super) holds: BTreeMap<HoldId, Hold>,
    pub(super) budgets: BTreeMap<Subject, Budget>,
    pub(super) outflows: BTreeMap<u64, Outflow>,
    pub(super) index: Index,
}

impl LedgerState {
    /// A ledger in which nothing has happened.
    pub fn new(organisation: OrganisationId) -> Self {
        let head = Head {
            hash: super::chain::genesis(&organisation),
            organisation,
            sequence: 0,
            recorded_at: Timestamp::EARLIEST,
            granted: Credits::ZERO,
            spent: Credits::ZERO,
            expired: Credits::ZERO,
            revoked: Credits::ZERO,
            debt: Credits::ZERO,
        };
        LedgerState {
            head,
            terms: Terms::default(),
            lots: BTreeMap::new(),
            holds: BTreeMap::new(),
            budgets: BTreeMap::new(),
            outflows: BTreeMap::new(),
            index: Index::default(),
        }
    }

    /// A ledger from the parts that were kept.
    pub fn restore(parts: Parts) -> Self {
        let Parts { head, terms, lots, holds, budgets, outflows } = parts;
        let mut state = LedgerState::new(head.organisation.clone());
        state.head = head;
        state.terms = terms;
        state.budgets =
            budgets.into_iter().map(|budget| (budget.subject.clone(), budget)).collect();
        state.index.earmarks = earmarks_of(&state);
        state.index.change_period(None, state.next_period());
        lots.into_iter().for_each(|lot| state.with_lot(lot));
        holds.into_iter().for_each(|hold| state.with_hold(hold));
        outflows.into_iter().for_each(|outflow| state.with_outflow(outflow));
        state
    }

    /// The parts to be kept, everything in memory among them.
    pub fn parts(&self) -> Parts {
        Parts {
            head: self.head.clone(),
            terms: self.terms.clone(),
            lots: self.lots.values().cloned().collect(),
            holds: self.holds.values().cloned().collect(),
            budgets: self.budgets.values().cloned().collect(),
            outflows: self.outflows.values().cloned().collect(),
        }
    }

    /// Brings back a lot that was dropped. One that is there stays as it is.
    pub fn with_lot(&mut self, lot: Lot) {
        if !self.lots.contains_key(&lot.id) {
            self.index.insert_lot(&lot, self.terms.order);
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

    /// Brings back an outflow. One that is there stays as it is.
    pub fn with_outflow(&mut self, outflow: Outflow) {
        self.outflows.entry(outflow.transaction).or_insert(outflow);
    }

    /// Drops what is over: closed holds, outflows of which nothing is owed, and lots that give nothing,
    /// have nothing frozen and may get nothing back from an open hold.
    pub fn forget_closed(&mut self) {
        let at = self.head.recorded_at;
        self.holds.retain(|_, hold| hold.is_open());
        self.outflows.retain(|_, outflow| outflow.owed.is_positive());
        let drawn: BTreeSet<&LotId> =
            self.holds.values().flat_map(|hold| hold.draws.iter().map(|draw| &draw.lot)).collect();
        let (index, order) = (&mut self.index, self.terms.order);
        self.lots.retain(|id, lot| {
            let kept = lot.remaining.is_positive()
                || lot.frozen.is_positive()
                || (lot.unlimited && !lot.is_expired(at))
                || drawn.contains(id);
            if !kept {
                index.remove_lot(lot, order);
            }
            kept
        });
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

    /// What was agreed.
    pub fn terms(&self) -> &Terms {
        &self.terms
    }

    /// The outflow that a transaction made, if it is in memory.
    pub fn outflow(&self, transaction: u64) -> Option<&Outflow> {
        self.outflows.get(&transaction)
    }

    /// Every outflow in memory, by its transaction.
    pub fn outflows(&self) -> impl Iterator<Item = &Outflow> {
        self.outflows.values()
    }

    /// The budget of that subject, as it was when it last counted something.
    pub fn budget(&self, subject: &Subject) -> Option<&Budget> {
        self.budgets.get(subject)
    }

    /// Every budget, by subject, as it was when it last counted something.
    pub fn budgets(&self) -> impl Iterator<Item = &Budget> {
        self.budgets.values()
    }

    /// The budget of that subject as credits counted at `instant` find it.
    pub fn budget_at(&self, subject: &Subject, instant: Timestamp) -> Option<Cow<'_, Budget>> {
        self.budgets.get(subject).map(|budget| budget.at(&self.terms, instant))
    }

    /// The budgets that credits counted at `counted_at` fall under, the widest first.
    pub fn budgets_for<'a>(
        &'a self,
        attribution: &'a Attribution,
        counted_at: Timestamp,
    ) -> impl Iterator<Item = Cow<'a, Budget>> {
        Subject::all_of(attribution)
            .filter_map(move |subject| self.budget_at(&subject, counted_at))
            .filter(move |budget| budget.span.contains(counted_at))
    }

    /// What earmarks keep at `now` from work of this attribution; `None` from everybody.
    pub fn earmarked(&self, attribution: Option<&Attribution>, now: Timestamp) -> Credits {
        self.earmarks(now)
            .filter(|budget| attribution.is_none_or(|of| !budget.subject.covers(of)))
            .map(|budget| budget.left())
            .fold(Credits::ZERO, |total, left| total.checked_add(left).unwrap_or(Credits::MAX))
    }

    fn earmarks(&self, now: Timestamp) -> impl Iterator<Item = Cow<'_, Budget>> {
        self.index
            .earmarks
            .iter()
            .filter_map(move |subject| self.budget_at(subject, now))
            .filter(move |budget| budget.span.contains(now))
    }

    /// The next instant at which something falls due, for the sweeper.
    pub fn next_due(&self) -> Option<Timestamp> {
        self.index.due.first().map(|(at, _)| *at)
    }

    /// What a `SetBudget` must be told of the journal up to this state: whose usage, in which
    /// stretch. `None` where the state knows it by itself; `used_so_far` is then not read.
    pub fn usage_wanted<'a>(
        &self,
        set: &'a SetBudget,
        now: Timestamp,
    ) -> Option<(&'a Subject, Span)> {
        let now = self.no_earlier(now);
        let span = set.window.span(&self.terms, now);
        let present = self.budget_at(&set.subject, now);
        let known = present.is_some_and(|it| it.window == set.window && it.span == span);
        let wanted = set.limit.is_some() && !known && span.from <= now;
        wanted.then_some((&set.subject, span))
    }

    /// When the passing of time will grant the plan's next period.
    pub(super) fn next_period(&self) -> Option<Timestamp> {
        self.terms.plan.as_ref().and_then(|plan| plan.next_grant_at(&self.terms.calendar))
    }

    /// `now`, or the last transaction's instant where that is later.
    pub(super) fn no_earlier(&self, now: Timestamp) -> Timestamp {
        now.max(self.head.recorded_at)
    }

    pub(super) fn first_due(&self, now: Timestamp) -> Option<(Timestamp, Due)> {
        self.index.due.first().filter(|(at, _)| *at <= now).cloned()
    }
}

/// Whose budget is an earmark.
pub(super) fn earmarks_of(state: &LedgerState) -> BTreeSet<Subject> {
    let earmarks = state.budgets.values().filter(|budget| budget.kind == BudgetKind::Earmark);
    earmarks.map(|budget| budget.subject.clone()).collect()
}
