//! What four months of usage suggest, in one word and one sentence. Whole numbers only.

use serde::{Deserialize, Serialize};

use crate::ledger::Credits;

/// The pattern of the last four months.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pattern {
    /// Nothing was used.
    Empty,
    /// Too few finished months with usage to compare.
    Beginning,
    /// One month stands out.
    Spike,
    /// Each month used clearly more than the one before.
    Growing,
    /// Each month used clearly less than the one before.
    Falling,
    /// The months are alike.
    Steady,
    /// Up and down, without one that stands out.
    Uneven,
}

/// A pattern and what it suggests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trend {
    pub pattern: Pattern,
    /// One sentence or two, for people.
    pub sentence: String,
}

/// A month for the comparison: its name and what it used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrendMonth {
    pub label: String,
    pub used: Credits,
}

/// A finished month is a spike from this many times the average of the others.
const SPIKE_FACTOR: i128 = 2;
/// A month is clearly more than the one before from this many percent of it.
const GROWING_PERCENT: i128 = 110;
/// A month is clearly less than the one before up to this many percent of it.
const FALLING_PERCENT: i128 = 90;
/// Months are alike while the smallest has at least this many percent of the largest.
const STEADY_PERCENT: i128 = 70;

/// What `finished` (the oldest first) and the running month suggest. The running month is not
/// compared with finished ones, except where it has already passed all of them by far.
pub fn trend(finished: &[TrendMonth], current: &TrendMonth) -> Trend {
    let (pattern, month) = pattern(finished, current);
    Trend { pattern, sentence: sentence(pattern, month.map_or("", |month| &month.label)) }
}

fn pattern<'a>(
    finished: &'a [TrendMonth],
    current: &'a TrendMonth,
) -> (Pattern, Option<&'a TrendMonth>) {
    if finished.iter().chain([current]).all(|month| month.used.is_zero()) {
        return (Pattern::Empty, None);
    }
    let used: Vec<i128> = finished.iter().map(|month| i128::from(month.used.micro())).collect();
    let in_use = used.iter().filter(|amount| **amount > 0).count();
    if in_use < 2 {
        return (Pattern::Beginning, None);
    }
    if let Some(month) = spike(finished, &used, current) {
        return (Pattern::Spike, Some(month));
    }
    let steps = |holds: fn(i128, i128) -> bool| used.windows(2).all(|two| holds(two[0], two[1]));
    let (least, most) = (used.iter().min().unwrap_or(&0), used.iter().max().unwrap_or(&0));
    let found = if least * 100 >= most * STEADY_PERCENT && !steps(grows) && !steps(falls) {
        Pattern::Steady
    } else if steps(grows) {
        Pattern::Growing
    } else if steps(falls) {
        Pattern::Falling
    } else {
        Pattern::Uneven
    };
    (found, None)
}

fn grows(before: i128, after: i128) -> bool {
    after * 100 >= before * GROWING_PERCENT && after > before
}

fn falls(before: i128, after: i128) -> bool {
    after * 100 <= before * FALLING_PERCENT && after < before
}

/// The one month that stands out: the running one above all others together with room to spare, or a
/// finished one that is not simply an end of a climb or of a fall.
fn spike<'a>(
    finished: &'a [TrendMonth],
    used: &[i128],
    current: &'a TrendMonth,
) -> Option<&'a TrendMonth> {
    let most = used.iter().max()?;
    if i128::from(current.used.micro()) > most * SPIKE_FACTOR {
        return Some(current);
    }
    let place = used.iter().position(|amount| amount == most)?;
    let others = i128::try_from(used.len().checked_sub(1)?).ok().filter(|others| *others > 0)?;
    let rest = used.iter().sum::<i128>() - most;
    let every_step = |goes: fn(i128, i128) -> bool| used.windows(2).all(|two| goes(two[0], two[1]));
    let one_way = every_step(grows) || every_step(falls);
    (!one_way && most * others > rest * SPIKE_FACTOR).then(|| &finished[place])
}

fn sentence(pattern: Pattern, month: &str) -> String {
    match pattern {
        Pattern::Empty => "Nothing was used in these four months. Top up only when the next work \
                           is in sight."
            .into(),
        Pattern::Beginning => "There are too few finished months with usage to see a trend yet. \
                               After two of them this says more."
            .into(),
        Pattern::Spike => format!(
            "{month} stands out and the rest is flat: look in the list below for what it was. \
             One large piece of work is no reason to change anything."
        ),
        Pattern::Growing => "Usage grows from month to month. A larger pack costs less per credit \
                             if it goes on like this."
            .into(),
        Pattern::Falling => "Usage falls from month to month. What you have lasts longer than it \
                             did."
            .into(),
        Pattern::Steady => {
            "Usage is steady: the months are alike, and your usual top-up fits.".into()
        }
        Pattern::Uneven => {
            "Usage goes up and down. Compare by work planned rather than by month.".into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn month(label: &str, used: i64) -> TrendMonth {
        TrendMonth { label: label.into(), used: Credits::from_whole(used).expect("small") }
    }

    fn seen(finished: [i64; 3], current: i64) -> Pattern {
        let finished = [("Aug", finished[0]), ("Sep", finished[1]), ("Oct", finished[2])]
            .map(|(label, used)| month(label, used));
        trend(&finished, &month("Nov", current)).pattern
    }

    #[test]
    fn four_months_without_usage_are_empty() {
        assert_eq!(seen([0, 0, 0], 0), Pattern::Empty);
    }

    #[test]
    fn one_finished_month_is_only_a_beginning() {
        assert_eq!(seen([0, 0, 0], 40), Pattern::Beginning);
        assert_eq!(seen([0, 0, 40], 10), Pattern::Beginning);
    }

    #[test]
    fn months_that_are_alike_are_steady_however_little_the_running_one_has() {
        assert_eq!(seen([100, 95, 104], 3), Pattern::Steady);
    }

    #[test]
    fn a_rise_of_a_tenth_each_month_is_growth_and_the_reverse_a_fall() {
        assert_eq!(seen([100, 110, 121], 20), Pattern::Growing);
        assert_eq!(seen([20, 60, 200], 20), Pattern::Growing);
        assert_eq!(seen([200, 120, 60], 20), Pattern::Falling);
    }

    #[test]
    fn one_month_far_above_the_others_is_a_spike_and_is_named() {
        assert_eq!(seen([100, 300, 90], 20), Pattern::Spike);
        let finished = [month("Aug", 50), month("Sep", 60), month("Oct", 55)];
        let found = trend(&finished, &month("Nov", 200));
        assert!(found.sentence.starts_with("Nov stands out"), "{}", found.sentence);
    }

    #[test]
    fn ups_and_downs_are_neither() {
        assert_eq!(seen([100, 60, 110], 20), Pattern::Uneven);
    }
}
