//! What lapses if work goes on as it did: lots are spent in their order at an even pace, and what is
//! left of one when its time is over is lost. Pure; only whole numbers.

use crate::ledger::time::DAY;
use crate::ledger::{Credits, Lot, Timestamp};

use super::balance::PACE_DAYS;

/// What is lost at one instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lapse {
    /// When.
    pub at: Timestamp,
    /// What the lots that end then have now.
    pub credits: Credits,
    /// What they would still have at that instant.
    pub unused: Credits,
}

/// The instants at which lots end, the soonest first. `lots` in spending order; `used` is what went in
/// the last [`PACE_DAYS`] days.
pub fn lapses<'a>(
    lots: impl IntoIterator<Item = &'a Lot>,
    used: Credits,
    now: Timestamp,
) -> Vec<Lapse> {
    let mut left: Vec<(Option<Timestamp>, i64)> =
        lots.into_iter().map(|lot| (lot.expires_at, lot.remaining.micro())).collect();
    let before = left.clone();
    let mut ends: Vec<Timestamp> = left.iter().filter_map(|(end, _)| *end).collect();
    ends.sort_unstable();
    ends.dedup();
    let mut since = now;
    ends.into_iter()
        .map(|at| {
            spend(&mut left, pace(used, at.since(since)));
            since = at;
            let credits = ending(&before, at);
            let unused = ending(&left, at);
            left.iter_mut().filter(|(end, _)| *end == Some(at)).for_each(|(_, rest)| *rest = 0);
            Lapse { at, credits, unused }
        })
        .filter(|lapse| lapse.credits.is_positive())
        .collect()
}

/// What goes in a stretch of time when `used` goes in [`PACE_DAYS`] days.
pub fn pace(used: Credits, microseconds: i64) -> Credits {
    let spent =
        i128::from(used.micro()) * i128::from(microseconds.max(0)) / i128::from(PACE_DAYS * DAY);
    Credits::from_micro(i64::try_from(spent).unwrap_or(i64::MAX))
}

fn spend(left: &mut [(Option<Timestamp>, i64)], amount: Credits) {
    let mut missing = amount.micro();
    for (_, rest) in left {
        let taken = missing.min(*rest);
        *rest -= taken;
        missing -= taken;
    }
}

fn ending(lots: &[(Option<Timestamp>, i64)], at: Timestamp) -> Credits {
    let ending = lots.iter().filter(|(end, _)| *end == Some(at));
    Credits::checked_sum(ending.map(|(_, rest)| Credits::from_micro(*rest))).unwrap_or(Credits::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::{Grant, LotId, Origin, Source};

    fn lot(id: &str, whole: i64, ends_in_days: Option<i64>) -> Lot {
        let amount = Credits::from_whole(whole).unwrap();
        let id = LotId::parse(id).unwrap();
        let expires_at = ends_in_days.map(|days| Timestamp(days * DAY));
        let plain = Grant::plain(id, Source::Purchased, amount, Origin::Signup);
        Grant { expires_at, ..plain }.lot(Timestamp(0), 1)
    }

    fn unused(lots: &[Lot], used: i64) -> Vec<i64> {
        let used = Credits::from_whole(used).unwrap();
        let lapses = lapses(lots, used, Timestamp(0));
        lapses.iter().map(|lapse| lapse.unused.micro() / 1_000_000).collect()
    }

    #[test]
    fn without_usage_everything_that_ends_is_lost() {
        assert_eq!(unused(&[lot("lot_a", 50, Some(10)), lot("lot_b", 10, None)], 0), [50]);
    }

    #[test]
    fn what_is_spent_first_is_saved_first() {
        // One credit a day: 10 of the first lot by its end, then 18 more of the second by its own.
        let lots = [lot("lot_a", 50, Some(10)), lot("lot_b", 20, Some(28))];
        assert_eq!(unused(&lots, 28), [40, 2]);
    }

    #[test]
    fn a_lot_behind_one_that_never_ends_waits_for_it() {
        assert_eq!(unused(&[lot("lot_a", 100, None), lot("lot_b", 20, Some(28))], 28), [20]);
    }
}
