//! One organisation at the writer: its state, what is decided on it, and what waits.
//!
//! A request that memory has everything for is decided when it comes, also while the group before it
//! is being written: that state is a promise which only the writing keeps. One that needs a look into
//! the journal first (a closed hold, a budget's usage, a state that is not in memory) waits, and all
//! after it, until nothing is under way, and goes the careful way.

use super::SubmitError;
use super::cache::Cached;
use super::careful::Part;
use super::decide::{Before, Keys};
use super::flight::{Flight, Group};
use super::request::What;
use super::rows;
use crate::backend::store::head;
use crate::ledger::{Command, IdempotencyKey, LedgerState, OrganisationId, Timestamp};
use std::collections::{HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Groups that look their keys up first, after one that met a key, a hold or a lot that was there.
const WARY: u32 = 16;

/// One organisation's place.
#[derive(Default)]
pub struct Lane {
    /// The state behind everything that was decided.
    cached: Option<Cached>,
    /// Decided and not yet under way.
    open: Group,
    /// Not decided, in order of arrival.
    waiting: Vec<What>,
    /// The keys of the group under way.
    flying: Keys,
    /// Keys of a write of ours of which we do not know whether it went through.
    in_doubt: HashSet<IdempotencyKey>,
    wary: u32,
    /// Whether a group is under way.
    pub under_way: bool,
    /// Whether it stands in the writer's queue of those to depart.
    pub queued: bool,
    /// When it was used last.
    pub used: u64,
}

/// A group that goes, and how.
pub enum Departure {
    /// Decided; to be written.
    Decided(Flight),
    /// To be looked up, decided and written.
    Careful(Part),
}

impl Lane {
    /// Requests that are here and not under way.
    pub fn len(&self) -> usize {
        self.open.requests.len() + self.waiting.len()
    }

    /// Whether nothing is here and nothing under way.
    pub fn is_idle(&self) -> bool {
        self.len() == 0 && !self.under_way
    }

    /// Whether what goes next goes the careful way.
    pub fn is_careful(&self) -> bool {
        self.open.requests.is_empty()
    }

    /// Takes a request in: decides it, or lets it wait.
    pub fn take(&mut self, mut what: What, now: Timestamp) {
        let ready = self.waiting.is_empty() && self.wary == 0;
        let cached = self.cached.as_mut().filter(|it| ready && suffices(&it.state, &what));
        let Some(cached) = cached else { return self.waiting.push(what) };
        if self.open.requests.is_empty() {
            self.open.expected = cached.state.head().sequence;
        }
        let before = Before { keys: &self.flying, used: &HashMap::new(), now };
        let decided = &mut self.open.decided;
        let outcome = catch_unwind(AssertUnwindSafe(|| decided.decide(cached, &mut what, &before)));
        self.open.requests.push(what);
        self.open.now = now;
        if outcome.is_err() {
            tracing::error!("deciding panicked: a group is given up");
            self.cached = None;
            let group = std::mem::take(&mut self.open);
            group.requests.into_iter().for_each(|what| what.fail(SubmitError::given_up()));
        }
    }

    /// What goes next, `at_most` so many where they wait.
    pub fn depart(&mut self, organisation: &OrganisationId, at_most: usize) -> Departure {
        self.under_way = true;
        let cached = if self.is_careful() { None } else { self.cached.as_mut() };
        let Some(cached) = cached else {
            return Departure::Careful(self.part(organisation, at_most));
        };
        let group = std::mem::take(&mut self.open);
        let write = (!group.decided.booked.is_empty())
            .then(|| rows::figures(organisation, group.expected, cached, &group.decided));
        let view = head::balance_view(&cached.state, group.now);
        self.flying.clone_from(&group.decided.keys);
        cached.forget_closed(group.decided.booked.len());
        Departure::Decided(Flight { organisation: organisation.clone(), group, write, view })
    }

    fn part(&mut self, organisation: &OrganisationId, at_most: usize) -> Part {
        self.wary = self.wary.saturating_sub(1);
        let rest = self.waiting.split_off(self.waiting.len().min(at_most));
        Part {
            organisation: organisation.clone(),
            requests: std::mem::replace(&mut self.waiting, rest),
            cached: self.cached.take(),
            in_doubt: std::mem::take(&mut self.in_doubt),
        }
    }

    /// The group under way is durable.
    pub fn landed(&mut self) {
        self.under_way = false;
        self.flying.clear();
    }

    /// The group under way went the careful way and left this state, if any. What waited has its turn.
    pub fn careful_landed(&mut self, cached: Option<Cached>, now: Timestamp) {
        self.under_way = false;
        self.cached = cached;
        for what in std::mem::take(&mut self.waiting) {
            self.take(what, now);
        }
    }

    /// The group under way was not written, or we do not know: it and all after it start again.
    pub fn failed(&mut self, flown: Group, in_doubt: bool, met_what_was_there: bool) {
        self.under_way = false;
        self.cached = None;
        self.flying.clear();
        if in_doubt {
            self.in_doubt.extend(flown.decided.keys.into_keys());
        }
        if met_what_was_there {
            self.wary = WARY;
        }
        let after = std::mem::take(&mut self.open).requests;
        let waiting = std::mem::take(&mut self.waiting);
        self.waiting = flown.requests.into_iter().chain(after).chain(waiting).collect();
    }

    /// The group under way is lost with everyone in it, by a panic. What came after starts again.
    pub fn lost(&mut self) {
        self.failed(Group::default(), false, false);
    }
}

/// Whether a request can be decided on what is in memory. New ids are believed to be new: the tables'
/// keys say so when they are written.
fn suffices(state: &LedgerState, what: &What) -> bool {
    let What::Order { order, .. } = what else { return true };
    match &order.command {
        Command::Grant(_) | Command::Hold(_) | Command::Charge { .. } => true,
        Command::Settle { hold, .. }
        | Command::Release { hold }
        | Command::ExtendHold { hold, .. } => state.hold(hold).is_some(),
        _ => false,
    }
}
