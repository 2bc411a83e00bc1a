//! The whole rule of what is told, driven without a database.

use super::*;
use proptest::prelude::*;

/// A balance that is looked at whenever somebody feels like it.
struct Watcher {
    limit: Limit,
    known: Option<WatchState>,
    since: Vec<i64>,
    told: u32,
}

impl Watcher {
    fn at(limit: i64, balance: i64) -> Watcher {
        Watcher { limit: Limit::falling(limit), known: None, since: vec![balance], told: 0 }
    }

    fn moves(&mut self, balance: i64) -> &mut Self {
        self.since.push(balance);
        self
    }

    fn looks(&mut self) -> bool {
        let now = *self.since.last().unwrap();
        let highest = *self.since.iter().max().unwrap();
        let crossing = cross(self.limit, self.known, Figure { highest, now });
        self.known = Some(crossing.state);
        // What stands when it is looked at was seen; what comes later is new.
        self.since = vec![now];
        self.told += u32::from(crossing.fires);
        crossing.fires
    }
}

#[test]
fn trap_11_the_first_look_at_a_falling_figure_neither_fires_nor_misses_for_want_of_an_earlier_value()
 {
    // It began below the limit: nothing fell.
    assert!(!Watcher::at(100, 0).looks());
    assert!(!Watcher::at(100, 50).moves(70).moves(60).looks());
    // It began above and fell before anybody looked.
    assert!(Watcher::at(100, 1000).moves(50).looks());
    assert!(Watcher::at(100, 0).moves(1000).moves(50).looks());
    // It began below, and tells once it has been above.
    let mut late = Watcher::at(100, 0);
    assert!(!late.looks() && !late.moves(1000).looks() && late.moves(99).looks());
    // Even when it was only just above.
    let mut barely = Watcher::at(100, 0);
    assert!(!barely.looks() && !barely.moves(101).looks() && barely.moves(99).looks());
}

#[test]
fn it_tells_once_for_each_crossing_and_exactly_at_the_limit_not_yet() {
    let mut balance = Watcher::at(100, 1000);
    assert!(!balance.looks() && !balance.moves(100).looks());
    assert!(balance.moves(99).looks());
    assert!(!balance.looks() && !balance.moves(3).looks() && !balance.moves(0).looks());
}

#[test]
fn it_is_armed_again_a_tenth_above_the_limit_and_not_by_fluttering_around_it() {
    let mut balance = Watcher::at(100, 1000);
    balance.moves(99).looks();
    assert!(!balance.moves(101).looks() && !balance.moves(98).looks(), "it flutters");
    assert!(!balance.moves(109).looks() && !balance.moves(98).looks(), "it still does");
    assert!(!balance.moves(110).looks() && balance.moves(98).looks(), "it had recovered");
}

#[test]
fn a_fall_that_recovered_and_came_again_between_two_looks_is_told_of_again() {
    let mut balance = Watcher::at(100, 1000);
    assert!(balance.moves(50).looks());
    assert!(balance.moves(1000).moves(40).looks());
    assert_eq!(balance.told, 2);
}

#[test]
fn of_limits_that_are_crossed_at_once_the_lowest_is_loud_and_each_is_told_of_later() {
    let limits = |known, highest, now| {
        [200, 50, 100, 10]
            .map(|at| Watched {
                watch: at.to_string(),
                limit: Limit::falling(at),
                known,
                figure: Figure { highest, now },
                tell: at,
            })
            .to_vec()
    };
    let fired = |looked: &Looked<i64>| -> Vec<(i64, bool)> {
        looked.fired.iter().map(|(_, at, quiet)| (*at, *quiet)).collect()
    };
    let at_once = look(limits(None, 1000, 40));
    assert_eq!(fired(&at_once), [(200, true), (50, false), (100, true)]);
    assert_eq!(at_once.watches.iter().filter(|(_, state)| *state == WatchState::Armed).count(), 1);
    let recovered = look(limits(Some(WatchState::Crossed), 150, 150));
    assert_eq!((recovered.recovered.len(), recovered.fired.len()), (3, 0), "all but the 200");
}

#[test]
fn a_share_of_something_that_does_not_divide_is_crossed_below_the_exact_share() {
    let base = Credits::from_micro(333);
    assert_eq!(Limit::percent(20, base).at, 67);
    let crosses = |now| {
        cross(Limit::percent(20, base), Some(WatchState::Armed), Figure { highest: 0, now }).fires
    };
    assert!(crosses(66) && !crosses(67), "66.6 is the limit");
}

#[test]
fn a_day_is_unusual_only_against_a_week_at_least_and_never_for_a_few_credits() {
    let whole = |count| Credits::from_whole(count).unwrap();
    assert!(is_spike(whole(30), whole(280), 28, 3) && !is_spike(whole(29), whole(280), 28, 3));
    assert!(!is_spike(whole(30), whole(10), 6, 3), "too early to say");
    assert!(!is_spike(whole(9), whole(7), 28, 3), "nine credits are nothing");
    assert!(!is_spike(whole(500), Credits::ZERO, 28, 3), "nothing to compare with");
}

#[test]
fn credits_that_live_for_a_month_do_not_expire_in_thirty_days_on_their_first_day() {
    let day = |days: i64| Timestamp(days * DAY);
    let level = |ends, now| expiry_level(&[30, 7, 1], day(ends), day(0), day(now));
    assert_eq!(level(365, 334), None);
    assert_eq!([335, 358, 364].map(|now| level(365, now)), [Some(30), Some(7), Some(1)]);
    assert_eq!([0, 22, 24, 30].map(|now| level(30, now)), [None, None, Some(7), None]);
}

#[test]
fn the_past_is_counted_as_it_would_have_been_told() {
    let limit = Limit::falling(100);
    assert_eq!(count_crossings(limit, [1000, 90, 101, 90, 500, 20]), 2);
    assert_eq!(count_crossings(limit, [50, 40, 10]), 0);
    assert_eq!(count_crossings(limit, []), 0);
}

proptest! {
    /// However often somebody looks, each fall from the armed side is told of once at most, and a look
    /// after every movement tells as often as the past is counted.
    #[test]
    fn looking_more_often_never_tells_of_a_fall_twice(
        balances in proptest::collection::vec(0_i64..300, 1..60),
        looks in proptest::collection::vec(any::<bool>(), 60),
    ) {
        let mut always = Watcher::at(100, balances[0]);
        let mut sometimes = Watcher::at(100, balances[0]);
        always.looks();
        for (balance, looks) in balances.iter().skip(1).zip(looks) {
            always.moves(*balance).looks();
            sometimes.moves(*balance);
            if looks {
                sometimes.looks();
            }
        }
        sometimes.looks();
        let counted = count_crossings(Limit::falling(100), balances.iter().copied());
        prop_assert_eq!(always.told, counted);
        prop_assert!(sometimes.told <= always.told);
        // Whoever ends below, having been above, knows it.
        let fell = balances.iter().any(|one| *one >= 100) && *balances.last().unwrap() < 100;
        prop_assert!(!fell || sometimes.told > 0);
    }
}
