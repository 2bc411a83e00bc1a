//! Whether something is told. Pure: figures, levels and what was known come in, decisions go out. The
//! promises (once for each crossing, armed again above the limit) are kept here and nowhere else.
//!
//! **A limit has an earlier value even when nobody looked.** A figure falls below a limit only from above
//! it. So a look brings the highest that the figure was since the last look, and, where there was none,
//! since the limit began to apply; both are read from the journal. A balance that starts below a limit is
//! not told of, one that fell below it before anybody looked is, and one that recovered and fell again
//! between two looks is told of twice.
//!
//! **No flutter.** A limit that was crossed is armed again a tenth above it, not at it.

use crate::backend::store::alert_turn::WatchState;
use crate::ledger::time::DAY;
use crate::ledger::{Credits, Timestamp};

/// The fewest credits that make a day unusual.
const LEAST_SPIKE: Credits = Credits::from_micro(10 * MICRO);
/// Days that must have passed before any is called unusual.
pub const SPIKE_NEEDS_DAYS: i64 = 7;
/// Days that are averaged over.
pub const SPIKE_LOOKS_BACK: i64 = 28;
/// A level of days speaks only of credits that lived so many times longer: those of a month's plan have
/// not "only 30 days left" on their first day.
const LIFETIME: i64 = 2;
const MICRO: i64 = crate::ledger::credits::MICRO_PER_CREDIT;

/// A limit that a figure may fall below.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// Crossed below it: exactly so much is not yet crossed.
    pub at: i64,
    /// Armed again from here on.
    pub again_at: i64,
}

impl Limit {
    /// A limit that is armed again a tenth above it.
    pub fn falling(at: i64) -> Limit {
        Limit { at, again_at: at.saturating_add((at / 10).max(1)) }
    }

    /// Crossed when nothing is left, armed again with the first whole credit.
    pub fn empty() -> Limit {
        Limit { at: 1, again_at: MICRO }
    }

    /// So many percents of `base`, in micro-credits.
    pub fn percent(percent: i64, base: Credits) -> Limit {
        let micro = i128::from(base.micro()) * i128::from(percent);
        // Rounded up: whatever lies below the exact share is below the limit.
        Limit::falling(i64::try_from((micro + 99) / 100).unwrap_or(i64::MAX))
    }
}

/// A figure as a look finds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Figure {
    /// The highest since the last look or, where there was none, since the limit applies.
    pub highest: i64,
    /// What it is now.
    pub now: i64,
}

/// What a look makes of one limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Crossing {
    /// How the limit stands from now on.
    pub state: WatchState,
    /// Whether it was crossed and is told of.
    pub fires: bool,
    /// Whether it recovered since it was told of.
    pub recovers: bool,
}

/// Looks at one limit; `known` is how it stood, none where nobody ever looked.
pub fn cross(limit: Limit, known: Option<WatchState>, figure: Figure) -> Crossing {
    let was_told = known == Some(WatchState::Crossed);
    let enough = if was_told { limit.again_at } else { limit.at };
    let armed = known == Some(WatchState::Armed) || figure.highest.max(figure.now) >= enough;
    let fires = armed && figure.now < limit.at;
    let state = match (fires, armed) {
        (true, _) => WatchState::Crossed,
        (false, true) => WatchState::Armed,
        (false, false) => known.unwrap_or(WatchState::Waiting),
    };
    Crossing { state, fires, recovers: armed && was_told }
}

/// A limit with what is told when it is crossed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watched<Tell> {
    /// Its name among all limits.
    pub watch: String,
    /// The limit.
    pub limit: Limit,
    /// How it stood; none where nobody ever looked.
    pub known: Option<WatchState>,
    /// The figure.
    pub figure: Figure,
    /// What is told.
    pub tell: Tell,
}

/// What a look makes of limits of one figure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Looked<Tell> {
    /// Each limit, and how it stands.
    pub watches: Vec<(String, WatchState)>,
    /// Those that recovered.
    pub recovered: Vec<String>,
    /// Those that were crossed, with what is told and whether a lower one tells it louder.
    pub fired: Vec<(String, Tell, bool)>,
}

/// Looks at all limits of one figure: of several that are crossed at once the lowest is loud.
pub fn look<Tell>(limits: Vec<Watched<Tell>>) -> Looked<Tell> {
    let mut looked = Looked { watches: Vec::new(), recovered: Vec::new(), fired: Vec::new() };
    let crossed: Vec<Crossing> =
        limits.iter().map(|one| cross(one.limit, one.known, one.figure)).collect();
    let fired = limits.iter().zip(&crossed).filter(|(_, crossing)| crossing.fires);
    let lowest = fired.map(|(one, _)| one.limit.at).min();
    let mut is_told = false;
    for (one, crossing) in limits.into_iter().zip(crossed) {
        if crossing.recovers {
            looked.recovered.push(one.watch.clone());
        }
        if crossing.fires {
            let loud = Some(one.limit.at) == lowest && !is_told;
            is_told |= loud;
            looked.fired.push((one.watch.clone(), one.tell, !loud));
        }
        looked.watches.push((one.watch, crossing.state));
    }
    looked
}

/// How often a balance would have fallen below a limit on its way through these points.
pub fn count_crossings(limit: Limit, points: impl IntoIterator<Item = i64>) -> u32 {
    let mut points = points.into_iter();
    let Some(first) = points.next() else { return 0 };
    let mut state = cross(limit, None, Figure { highest: first, now: first }).state;
    points.fold(0, |count, now| {
        let crossing = cross(limit, Some(state), Figure { highest: now, now });
        state = crossing.state;
        count + u32::from(crossing.fires)
    })
}

/// Whether a day with so much usage is unusual, where the `days` before it used `before`.
pub fn is_spike(today: Credits, before: Credits, days: i64, times: i64) -> bool {
    let usual = i128::from(before.micro()) * i128::from(times);
    days >= SPIKE_NEEDS_DAYS
        && before.is_positive()
        && today >= LEAST_SPIKE
        && i128::from(today.micro()) * i128::from(days) >= usual
}

/// The level of days that speaks of credits which end at `ends`, the lowest of those that do; `lived_from`
/// is when the last of them came.
pub fn expiry_level(
    levels: &[i64],
    ends: Timestamp,
    lived_from: Timestamp,
    now: Timestamp,
) -> Option<i64> {
    let (left, lifetime) = (ends.since(now), ends.since(lived_from));
    let speaks = |days: &&i64| left <= **days * DAY && lifetime >= LIFETIME * **days * DAY;
    levels.iter().filter(speaks).min().copied().filter(|_| left > 0)
}

#[cfg(test)]
#[path = "decide_tests.rs"]
mod tests;
