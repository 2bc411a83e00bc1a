//! When a delivery is sent again, and when an endpoint is given up. Pure.

use crate::backend::store::webhook_sending::Ending;
use crate::ledger::Timestamp;
use crate::ledger::time::{DAY, HOUR, MINUTE, SECOND};
use crate::model::webhook_pages::DeliveryState;

/// How long a delivery rests after each try that failed; a tenth more at most, by chance.
pub const WAITS: [i64; 10] = [
    5 * SECOND,
    MINUTE,
    5 * MINUTE,
    30 * MINUTE,
    2 * HOUR,
    5 * HOUR,
    10 * HOUR,
    14 * HOUR,
    18 * HOUR,
    22 * HOUR,
];
/// A delivery is tried so often.
pub const TRIES: i64 = WAITS.len() as i64 + 1;
/// For so many retries a delivery holds back those behind it.
pub const HOLDS_BACK: i64 = 2;
/// The longest that an answer may ask us to wait.
pub const LONGEST_ASKED: i64 = 6 * HOUR;
/// The admins are warned of an endpoint that has taken nothing for so long.
pub const WARNED_AFTER: i64 = DAY;
/// An endpoint that has taken nothing for so long is switched off.
pub const OFF_AFTER: i64 = 3 * DAY;

/// How an attempt went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Went {
    /// It was taken: the status is 2xx.
    Taken,
    /// It was not; the answer may ask us to wait so long.
    Failed {
        /// What the answer asks for, in microseconds.
        asked: Option<i64>,
    },
    /// The endpoint is gone for good: 410.
    Gone,
}

/// What is known when an attempt ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Tries of the delivery, this one included.
    pub tries: i64,
    /// Tries that it gets.
    pub most: i64,
    /// Since when the endpoint has taken nothing.
    pub failing_since: Option<Timestamp>,
    /// Now.
    pub now: Timestamp,
    /// From 0 to 1,000: how much of the tenth a wait is longer.
    pub chance: i64,
}

/// What becomes of the delivery and its endpoint.
pub fn ending(went: Went, facts: Facts, result: String) -> Ending {
    let (asked, now) = match went {
        Went::Taken => {
            return Ending {
                state: DeliveryState::Delivered,
                next_try_at: None,
                result,
                failing_since: None,
                rests_until: facts.now,
            };
        }
        Went::Failed { asked } => (asked, facts.now),
        Went::Gone => (None, facts.now),
    };
    let wait = wait(facts, asked).filter(|_| went != Went::Gone);
    let next_try_at = wait.map(|wait| now.plus(wait));
    let holds_back = facts.tries <= HOLDS_BACK;
    Ending {
        state: if wait.is_some() { DeliveryState::Waiting } else { DeliveryState::Failed },
        next_try_at,
        result,
        failing_since: Some(facts.failing_since.unwrap_or(now)),
        rests_until: next_try_at.filter(|_| holds_back).unwrap_or(now),
    }
}

fn wait(facts: Facts, asked: Option<i64>) -> Option<i64> {
    if facts.tries >= facts.most {
        return None;
    }
    let place = usize::try_from(facts.tries - 1).unwrap_or_default();
    let wait = *WAITS.get(place)?;
    let wait = wait + wait / 10 * facts.chance.clamp(0, 1_000) / 1_000;
    Some(wait.max(asked.unwrap_or_default().clamp(0, LONGEST_ASKED)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_790_000_000 * SECOND);
    const FACTS: Facts = Facts { tries: 1, most: TRIES, failing_since: None, now: NOW, chance: 0 };

    fn failed(facts: Facts, asked: Option<i64>) -> Ending {
        ending(Went::Failed { asked }, facts, String::new())
    }

    #[test]
    fn a_delivery_is_tried_for_about_three_days_and_then_given_up() {
        let all: i64 = WAITS.iter().sum();
        assert!((70 * HOUR..80 * HOUR).contains(&all), "{} hours", all / HOUR);
        assert!(WAITS.is_sorted());
        let last = failed(Facts { tries: TRIES, ..FACTS }, None);
        assert_eq!((last.state, last.next_try_at), (DeliveryState::Failed, None));
        let before = failed(Facts { tries: TRIES - 1, ..FACTS }, None);
        assert_eq!(before.next_try_at, Some(NOW.plus(22 * HOUR)));
    }

    #[test]
    fn chance_makes_a_wait_longer_by_a_tenth_at_most_and_never_shorter() {
        let last = Facts { tries: 2, chance: 1_000, ..FACTS };
        assert_eq!(failed(last, None).next_try_at, Some(NOW.plus(66 * SECOND)));
        assert_eq!(failed(FACTS, None).next_try_at, Some(NOW.plus(5 * SECOND)));
    }

    #[test]
    fn an_answer_that_asks_for_patience_gets_it_within_reason() {
        let wait = |asked| failed(FACTS, Some(asked)).next_try_at.unwrap().since(NOW);
        assert_eq!(wait(2 * MINUTE), 2 * MINUTE);
        assert_eq!(wait(SECOND), 5 * SECOND);
        assert_eq!(wait(365 * DAY), LONGEST_ASKED);
        assert_eq!(wait(-5), 5 * SECOND);
    }

    #[test]
    fn the_first_retries_hold_the_others_back_and_later_ones_do_not() {
        let rests = |tries| failed(Facts { tries, ..FACTS }, None).rests_until.since(NOW);
        assert_eq!((rests(1), rests(2), rests(3)), (5 * SECOND, MINUTE, 0));
    }

    #[test]
    fn what_is_taken_ends_the_failing_and_what_is_not_begins_it_once() {
        let since = NOW.plus(-HOUR);
        let known = Facts { failing_since: Some(since), ..FACTS };
        assert_eq!(failed(known, None).failing_since, Some(since));
        assert_eq!(failed(FACTS, None).failing_since, Some(NOW));
        assert_eq!(ending(Went::Taken, known, String::new()).failing_since, None);
    }

    #[test]
    fn who_is_gone_is_not_asked_again() {
        let gone = ending(Went::Gone, FACTS, String::new());
        assert_eq!((gone.state, gone.next_try_at), (DeliveryState::Failed, None));
    }
}
