//! Whether to buy now. Pure: settings, card, balance, history and an instant come in, a decision goes
//! out. The limits are here and nowhere else.

use crate::backend::store::auto_top_up::{AutoTopUp, Buys, Ended};
use crate::backend::store::purchase::PurchaseStatus;
use crate::backend::store::saved_card::SavedCard;
use crate::backend::store::top_up::TopUp;
use crate::catalogue::{Catalogue, Pack};
use crate::ledger::time::{HOUR, MINUTE};
use crate::ledger::{Credits, Timestamp};

/// At most this many attempts begin within [`ATTEMPTS_WINDOW`].
pub const MAXIMUM_ATTEMPTS: usize = 2;
/// The window of [`MAXIMUM_ATTEMPTS`].
pub const ATTEMPTS_WINDOW: i64 = 10 * MINUTE;
/// After a decline the same card is not charged again for this long.
pub const PAUSE_AFTER_DECLINE: i64 = HOUR;
/// After so many declines in a row the same card is not charged again until someone confirms it.
pub const MAXIMUM_DECLINES: usize = 4;

/// Everything that the decision looks at.
#[derive(Clone, Copy, Debug)]
pub struct Situation<'a> {
    /// What the organisation has set.
    pub set: &'a AutoTopUp,
    /// The card that would be charged.
    pub card: Option<&'a SavedCard>,
    /// What is for sale.
    pub catalogue: &'a Catalogue,
    /// What may be spent now.
    pub available: Credits,
    /// Whether the balance is no limit at all.
    pub unlimited: bool,
    /// The last attempts, the newest first.
    pub recent: &'a [TopUp],
    /// The last attempts with this very card, the newest first.
    pub of_card: &'a [TopUp],
    /// What the attempts of this month cost, in minor units; declined ones cost nothing.
    pub spent_minor: i64,
    /// When the next month begins.
    pub next_month: Timestamp,
    /// The instant it is.
    pub now: Timestamp,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Buy this with the saved card.
    Charge(Box<Pack>),
    /// It cannot go on by itself: turn it off and tell the admins.
    TurnOff(Ended),
    /// Nothing now.
    Nothing(Reason),
}

/// Why nothing is bought now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It is off.
    Off,
    /// The balance is no limit, so it is never too low.
    Unlimited,
    /// There is enough, with what is on its way.
    Enough,
    /// An attempt whose outcome is not known yet.
    UnderWay,
    /// The bank has refused the card so often that someone has to confirm it.
    Stopped,
    /// The bank wants to see the card's owner.
    NeedsOwner,
    /// The bank has refused a moment ago.
    AfterDecline {
        /// When it may be tried again.
        until: Timestamp,
    },
    /// Enough was tried for now.
    TooOften {
        /// When it may be tried again.
        until: Timestamp,
    },
    /// One more would pass the month's limit.
    CapReached {
        /// What it would have bought.
        wanted: Box<Pack>,
        /// When the next month begins.
        until: Timestamp,
    },
    /// What it is to buy is not for sale any more.
    NotForSale,
}

/// What is to be done in this situation.
pub fn decide(here: &Situation<'_>) -> Decision {
    if !here.set.is_on {
        return Decision::Nothing(Reason::Off);
    }
    if let Some(ended) = card_is_gone(here.card, here.now) {
        return Decision::TurnOff(ended);
    }
    match reason_to_wait(here) {
        Some(reason) => Decision::Nothing(reason),
        None => buy(here),
    }
}

/// Why no card can be charged at this instant.
pub fn card_is_gone(card: Option<&SavedCard>, now: Timestamp) -> Option<Ended> {
    match card {
        None => Some(Ended::CardRemoved),
        Some(card) if is_expired(card, now) => Some(Ended::CardExpired),
        Some(_) => None,
    }
}

/// Whether the card's last month is over, by UTC.
pub fn is_expired(card: &SavedCard, now: Timestamp) -> bool {
    card.expires_year * 12 + card.expires_month < month_number(now)
}

/// The years of an instant times twelve, and its month from 1 to 12, by UTC.
pub fn month_number(now: Timestamp) -> i64 {
    use chrono::Datelike;
    let date = chrono::DateTime::from_timestamp_micros(now.micros());
    date.map_or(0, |date| i64::from(date.year()) * 12 + i64::from(date.month()))
}

fn reason_to_wait(here: &Situation<'_>) -> Option<Reason> {
    if here.unlimited {
        return Some(Reason::Unlimited);
    }
    if here.recent.iter().any(is_undecided) {
        return Some(Reason::UnderWay);
    }
    if expected(here) >= here.set.threshold {
        return Some(Reason::Enough);
    }
    rest(here.of_card, here.set.resumed_at)
        .or_else(|| after_decline(here))
        .or_else(|| too_often(here))
}

/// What is there, with what is on its way.
fn expected(here: &Situation<'_>) -> Credits {
    let on_its_way = here.recent.iter().filter(|attempt| is_on_its_way(attempt));
    let sum = Credits::checked_sum(on_its_way.map(|attempt| attempt.credits));
    sum.and_then(|sum| sum.checked_add(here.available)).unwrap_or(Credits::MAX)
}

/// The outcome is not known, or someone must look at it.
fn is_undecided(attempt: &TopUp) -> bool {
    let waits = matches!(attempt.status, PurchaseStatus::Created | PurchaseStatus::Open);
    let known = attempt.declined_at.is_some() || attempt.needs_owner_at.is_some();
    waits && !known || attempt.status == PurchaseStatus::Review
}

/// The bank is at work on it, or its owner is asked.
fn is_on_its_way(attempt: &TopUp) -> bool {
    attempt.status == PurchaseStatus::Processing
        || attempt.status.is_unfinished() && attempt.needs_owner_at.is_some()
}

/// Whether the bank has refused it for good.
pub fn is_declined(attempt: &TopUp) -> bool {
    let over = attempt.status == PurchaseStatus::Failed;
    over || attempt.declined_at.is_some() && attempt.status != PurchaseStatus::Credited
}

/// Why the card of these attempts (the newest first) rests until someone confirms it.
pub fn rest(of_card: &[TopUp], resumed_at: Timestamp) -> Option<Reason> {
    let counted = || of_card.iter().filter(|attempt| attempt.begun_at > resumed_at);
    let newest = counted().next()?;
    if newest.needs_owner_at.is_some() && newest.status != PurchaseStatus::Credited {
        return Some(Reason::NeedsOwner);
    }
    // One that never reached the provider says nothing about the card.
    let told = counted().filter(|attempt| attempt.status != PurchaseStatus::Expired);
    let declines = told.take_while(|attempt| is_declined(attempt)).count();
    (declines >= MAXIMUM_DECLINES).then_some(Reason::Stopped)
}

fn after_decline(here: &Situation<'_>) -> Option<Reason> {
    let counted = here.of_card.iter().filter(|attempt| attempt.begun_at > here.set.resumed_at);
    let last = counted.filter(|attempt| is_declined(attempt)).filter_map(|it| it.declined_at).max();
    let until = last?.plus(PAUSE_AFTER_DECLINE);
    (here.now < until).then_some(Reason::AfterDecline { until })
}

fn too_often(here: &Situation<'_>) -> Option<Reason> {
    let since = here.now.plus(-ATTEMPTS_WINDOW);
    let mut within = here.recent.iter().filter(|attempt| attempt.begun_at > since);
    let oldest_that_counts = within.nth(MAXIMUM_ATTEMPTS - 1)?;
    Some(Reason::TooOften { until: oldest_that_counts.begun_at.plus(ATTEMPTS_WINDOW) })
}

fn buy(here: &Situation<'_>) -> Decision {
    let set = here.set;
    let Some(pack) = offer(here.catalogue, &set.buys, expected(here)) else {
        return Decision::Nothing(Reason::NotForSale);
    };
    if pack.price.currency != set.cap.currency {
        return Decision::Nothing(Reason::NotForSale);
    }
    if here.spent_minor.saturating_add(pack.price.minor) > set.cap.minor {
        let reason = Reason::CapReached { wanted: Box::new(pack), until: here.next_month };
        return Decision::Nothing(reason);
    }
    Decision::Charge(Box::new(pack))
}

/// What would be bought with so much there; `None` where it is not for sale.
pub fn offer(catalogue: &Catalogue, buys: &Buys, available: Credits) -> Option<Pack> {
    match buys {
        Buys::Pack(code) => catalogue.pack(code).cloned(),
        Buys::Own(credits) => catalogue.own_amount?.pack(*credits),
        Buys::UpTo(target) => {
            let own = catalogue.own_amount?;
            own.pack(own.at_least(target.checked_sub(available)?))
        }
    }
}

#[cfg(test)]
#[path = "decide_tests.rs"]
pub(super) mod tests;
