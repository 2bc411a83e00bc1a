//! Reading a state: what there is, what may be spent, and in which order.
//!
//! One function decides the order of lots ([`LedgerState::usable_lots`]); what a quote shows, what
//! the gate counts and what a draw takes all come from it, so they cannot differ.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::apply::book_due;
use super::attribution::Operation;
use super::credits::Credits;
use super::hold::Draw;
use super::index::{difference, sum};
use super::lot::Lot;
use super::source::Source;
use super::state::LedgerState;
use super::time::Timestamp;

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
    /// What was used or revoked and no lot has paid: the next grant pays it first.
    #[serde(default)]
    pub debt: Credits,
    /// What of the available is set aside for a part of the organisation.
    #[serde(default)]
    pub earmarked: Credits,
    /// There is a lot that gives as much as is asked: what is available is no limit.
    #[serde(default)]
    pub unlimited: bool,
}

impl Balance {
    fn of(free: Credits, held: Credits, frozen: Credits) -> Balance {
        let balance = sum(sum(free, held), frozen);
        Balance { available: free, held, frozen, balance, ..Balance::default() }
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

impl LedgerState {
    /// The state as it is at `now`: with everything that fell due by then booked.
    pub fn caught_up(&self, now: Timestamp) -> Cow<'_, LedgerState> {
        if self.next_due().is_none_or(|at| at > now) {
            return Cow::Borrowed(self);
        }
        let mut state = self.clone();
        let _for_this_reading_only = book_due(&mut state, now);
        Cow::Owned(state)
    }

    /// What the organisation has at `now`.
    pub fn balance(&self, now: Timestamp) -> Balance {
        self.caught_up(now).standing(now)
    }

    /// What may be held or charged at `now` for `operation`, by the very order that a draw follows;
    /// [`Credits::MAX`] where a lot gives as much as is asked.
    pub fn available_for(&self, operation: Option<&Operation>, now: Timestamp) -> Credits {
        let state = self.caught_up(now);
        if state.usable_lots(operation, now).any(|lot| lot.unlimited) {
            return Credits::MAX;
        }
        remaining_of(state.usable_lots(operation, now))
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
        let (draws, missing) = self.draw_up_to(amount, operation, now);
        if missing.is_positive() {
            return Err(Shortfall { available: difference(amount, missing) });
        }
        Ok(draws)
    }

    /// Which lots would pay `amount` as far as they can, and what would be missing.
    pub(super) fn draw_up_to(
        &self,
        amount: Credits,
        operation: Option<&Operation>,
        now: Timestamp,
    ) -> (Vec<Draw>, Credits) {
        let mut missing = amount;
        let mut draws = Vec::new();
        for lot in self.usable_lots(operation, now) {
            if !missing.is_positive() {
                break;
            }
            let taken = if lot.unlimited { missing } else { lot.remaining.min(missing) };
            missing = difference(missing, taken);
            draws.push(Draw { lot: lot.id.clone(), amount: taken });
        }
        (draws, missing)
    }

    /// What the organisation has at `now`. Lots whose time is not yet or no longer do not count.
    pub(super) fn standing(&self, now: Timestamp) -> Balance {
        let to_come = self.index.beginning.iter().rev().take_while(|(at, _)| *at > now);
        let not_yet = remaining_of(to_come.filter_map(|(_, lot)| self.lots.get(lot)));
        let over = self.index.due.iter().take_while(|(at, _)| *at <= now);
        let over = over.filter_map(|(_, due)| self.lots.get(due.expiry()?));
        let no_longer = over
            .filter(|lot| lot.is_effective(now))
            .map(|lot| difference(lot.remaining, lot.remaining.min(lot.may_keep(now))))
            .fold(Credits::ZERO, sum);
        let free = difference(difference(self.index.in_lots, not_yet), no_longer);
        let (held, frozen) = (self.index.held, self.index.frozen);
        let balance = Balance::of(free, held, frozen);
        let earmarked = self.earmarked(None, now).min(free);
        let mut unlimited = self.index.unlimited.iter().filter_map(|id| self.lots.get(id));
        let unlimited = unlimited.any(|lot| lot.is_effective(now) && !lot.is_expired(now));
        Balance { debt: self.head.debt, earmarked, unlimited, ..balance }
    }

    fn in_order(&self) -> impl Iterator<Item = &Lot> {
        self.index.spending.iter().filter_map(|rank| self.lots.get(&rank.lot))
    }
}

/// What lots have left together.
fn remaining_of<'a>(lots: impl Iterator<Item = &'a Lot>) -> Credits {
    lots.map(|lot| lot.remaining).fold(Credits::ZERO, sum)
}
