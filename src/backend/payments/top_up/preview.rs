//! What auto top-up would have done in a month that is over: its own rules, played over the balances
//! that the journal has. Pure.
//!
//! What was bought automatically in that month is taken out of the balances first, so that the answer is
//! the same whether it was on or not. Work that was refused for want of credits is not in the journal,
//! so nothing is bought for it here either.

use super::decide::{ATTEMPTS_WINDOW, MAXIMUM_ATTEMPTS, offer};
use crate::backend::store::auto_top_up::AutoTopUp;
use crate::backend::store::top_up::BalancePoint;
use crate::catalogue::Catalogue;
use crate::ledger::{Credits, Timestamp};

/// What would have happened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Played {
    /// When it would have bought, each time.
    pub purchases: Vec<Timestamp>,
    /// How many credits, all in all.
    pub credits: Credits,
    /// What they would have cost, in minor units.
    pub cost_minor: i64,
    /// When the month's limit would have stopped it first.
    pub stopped_by_cap: Option<Timestamp>,
    /// The lowest that was really available; none in a month without transactions.
    pub lowest: Option<Credits>,
}

/// Plays `set` over the balances of one month, the oldest first.
pub fn play(points: &[BalancePoint], set: &AutoTopUp, catalogue: &Catalogue) -> Played {
    let mut played = Played::default();
    // What is there beyond what the journal says: bought here, less what was really bought by itself.
    let mut beyond = 0_i64;
    for point in points {
        beyond = beyond.saturating_sub(point.topped_up.micro());
        played.lowest = Some(played.lowest.map_or(point.available, |low| low.min(point.available)));
        loop {
            let there = Credits::from_micro(point.available.micro().saturating_add(beyond));
            match played.buy(point.at, there, set, catalogue) {
                Some(bought) => beyond = beyond.saturating_add(bought.micro()),
                None => break,
            }
        }
    }
    played
}

impl Played {
    /// Buys once, if the rules say so at this instant.
    fn buy(
        &mut self,
        at: Timestamp,
        there: Credits,
        set: &AutoTopUp,
        catalogue: &Catalogue,
    ) -> Option<Credits> {
        let since = at.plus(-ATTEMPTS_WINDOW);
        let lately = self.purchases.iter().rev().take_while(|bought| **bought > since).count();
        if there >= set.threshold || lately >= MAXIMUM_ATTEMPTS {
            return None;
        }
        let pack = offer(catalogue, &set.buys, there)?;
        let cost = self.cost_minor.checked_add(pack.price.minor)?;
        if cost > set.cap.minor {
            self.stopped_by_cap.get_or_insert(at);
            return None;
        }
        self.credits = self.credits.checked_add(pack.credits)?;
        self.cost_minor = cost;
        self.purchases.push(at);
        Some(pack.credits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::payments::top_up::decide::tests::settings;
    use crate::backend::store::auto_top_up::Buys;
    use crate::catalogue::parse::built_in;
    use crate::ledger::time::HOUR;

    fn whole(count: i64) -> Credits {
        Credits::from_whole(count).unwrap()
    }

    /// Hours and what was available then.
    fn points(hours: &[(i64, i64)]) -> Vec<BalancePoint> {
        let point = |(hour, available): &(i64, i64)| BalancePoint {
            at: Timestamp(hour * HOUR),
            available: whole(*available),
            topped_up: Credits::ZERO,
        };
        hours.iter().map(point).collect()
    }

    #[test]
    fn it_buys_below_the_threshold_and_what_it_bought_lasts() {
        // 25 and the pack of 200: at 20 it buys once, and 220 lasts for the rest.
        let played = play(&points(&[(1, 100), (2, 20), (3, 10), (4, 0)]), &settings(), &built_in());
        assert_eq!(played.purchases, [Timestamp(2 * HOUR)]);
        assert_eq!((played.credits, played.cost_minor), (whole(200), 22_000));
        assert_eq!((played.lowest, played.stopped_by_cap), (Some(Credits::ZERO), None));
    }

    #[test]
    fn exactly_the_threshold_is_enough() {
        assert_eq!(play(&points(&[(1, 25)]), &settings(), &built_in()).purchases, []);
    }

    #[test]
    fn the_months_limit_stops_it_as_it_would_have() {
        let journal = points(&[(1, 10), (2, -190), (3, -390)]);
        let played = play(&journal, &settings(), &built_in());
        assert_eq!(played.purchases.len(), 2, "the limit is 500.00, one costs 220.00");
        assert_eq!(played.stopped_by_cap, Some(Timestamp(3 * HOUR)));
    }

    #[test]
    fn at_one_instant_it_buys_as_often_as_the_rules_allow() {
        let deep = play(&points(&[(1, -900), (2, -900)]), &settings(), &built_in());
        assert_eq!(deep.purchases, [Timestamp(HOUR), Timestamp(HOUR)]);
    }

    #[test]
    fn filling_up_buys_what_is_missing_at_the_price_of_an_own_amount() {
        let mut set = settings();
        set.buys = Buys::UpTo(whole(150));
        let played = play(&points(&[(1, 20)]), &set, &built_in());
        assert_eq!((played.credits, played.cost_minor), (whole(130), 15_600));
    }

    #[test]
    fn what_was_really_bought_by_itself_is_taken_out_first() {
        let mut journal = points(&[(1, 20), (1, 220), (2, 210)]);
        journal[1].topped_up = whole(200);
        let played = play(&journal, &settings(), &built_in());
        assert_eq!(played.purchases, [Timestamp(HOUR)], "once, as it was");
    }

    #[test]
    fn a_month_without_transactions_has_nothing_to_tell() {
        assert_eq!(play(&[], &settings(), &built_in()), Played::default());
    }
}
