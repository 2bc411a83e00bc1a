//! From words in an address to days: the period, the days it is compared with, and its bars. Pure.

use chrono::{Datelike, Days, Months, NaiveDate};

use crate::model::analytics::{Period, Step};

/// The longest period, in days.
pub const LONGEST_DAYS: i64 = 366 * 3;
/// The most bars that a trend has.
const MOST_BARS: usize = 93;
/// Periods up to so many days are shown by day, up to [`WEEKS_UP_TO`] by week, longer ones by month.
const DAYS_UP_TO: i64 = 35;
const WEEKS_UP_TO: i64 = 190;

/// Days, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    pub from: NaiveDate,
    pub to: NaiveDate,
}

/// What is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// The days; they do not go beyond today.
    pub days: Range,
    /// The days before, up to the same day.
    pub before: Range,
}

/// Why days cannot be looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoDays {
    /// One of them is no day.
    #[error("Write both days, such as 2026-11-01 and 2026-11-28.")]
    NotDays,
    /// They end before they begin.
    #[error("The last day is before the first.")]
    Backwards,
    /// They are too many.
    #[error("These are more than three years. Choose fewer days.")]
    TooLong,
    /// The first is still to come.
    #[error("The first day is still to come.")]
    ToCome,
}

impl Range {
    /// How many days.
    pub fn length(self) -> i64 {
        (self.to - self.from).num_days() + 1
    }

    /// "28 Nov 2026", "1–28 Nov 2026", "28 Oct – 3 Nov 2026".
    pub fn text(self) -> String {
        let (from, to) = (self.from, self.to);
        let end = to.format("%-d %b %Y");
        if from == to {
            end.to_string()
        } else if (from.year(), from.month()) == (to.year(), to.month()) {
            format!("{}–{end}", from.day())
        } else if from.year() == to.year() {
            format!("{} – {end}", from.format("%-d %b"))
        } else {
            format!("{} – {end}", from.format("%-d %b %Y"))
        }
    }
}

/// What a period looks at, today.
///
/// # Errors
/// The chosen days cannot be looked at.
pub fn look(period: Period, (from, to): (&str, &str), today: NaiveDate) -> Result<Look, NoDays> {
    let month = first_of_month(today);
    match period {
        Period::ThisMonth => Ok(up_to_the_same_day(month, today, Months::new(1))),
        Period::LastMonth => {
            let from = back(month, Months::new(1));
            let before = Range { from: back(from, Months::new(1)), to: yesterday(from) };
            Ok(Look { days: Range { from, to: yesterday(month) }, before })
        }
        Period::ThisYear => {
            let from = NaiveDate::from_ymd_opt(today.year(), 1, 1).unwrap_or(month);
            Ok(up_to_the_same_day(from, today, Months::new(12)))
        }
        Period::SevenDays => Ok(last_days(7, today)),
        Period::FourWeeks => Ok(last_days(28, today)),
        Period::NinetyDays => Ok(last_days(90, today)),
        Period::Days => chosen(from, to, today),
    }
}

fn chosen(from: &str, to: &str, today: NaiveDate) -> Result<Look, NoDays> {
    let day = |text: &str| {
        let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok();
        day.filter(|day| (1970..10_000).contains(&day.year())).ok_or(NoDays::NotDays)
    };
    let days = Range { from: day(from)?, to: day(to)? };
    if days.to < days.from {
        return Err(NoDays::Backwards);
    }
    if days.from > today {
        return Err(NoDays::ToCome);
    }
    if days.length() > LONGEST_DAYS {
        return Err(NoDays::TooLong);
    }
    Ok(against_as_many(Range { to: days.to.min(today), ..days }))
}

/// From `from` to today, and the same days so many months before.
fn up_to_the_same_day(from: NaiveDate, today: NaiveDate, months: Months) -> Look {
    let before = Range { from: back(from, months), to: back(today, months) };
    Look { days: Range { from, to: today }, before }
}

fn last_days(count: u64, today: NaiveDate) -> Look {
    let from = today.checked_sub_days(Days::new(count - 1)).unwrap_or(today);
    against_as_many(Range { from, to: today })
}

/// Against as many days before.
fn against_as_many(days: Range) -> Look {
    let length = Days::new(days.length().unsigned_abs());
    let to = yesterday(days.from);
    let from = days.from.checked_sub_days(length).unwrap_or(to);
    Look { days, before: Range { from, to } }
}

fn first_of_month(day: NaiveDate) -> NaiveDate {
    day.with_day(1).unwrap_or(day)
}

/// The same day so many months before; of a month that has no such day, its last.
fn back(day: NaiveDate, months: Months) -> NaiveDate {
    day.checked_sub_months(months).unwrap_or(day)
}

fn yesterday(day: NaiveDate) -> NaiveDate {
    day.pred_opt().unwrap_or(day)
}

/// How long a bar is: as asked, or as it suits; longer where there would be too many.
pub fn step(asked: Option<Step>, days: Range) -> Step {
    let suits = match days.length() {
        length if length <= DAYS_UP_TO => Step::Day,
        length if length <= WEEKS_UP_TO => Step::Week,
        _ => Step::Month,
    };
    let at_least = asked.unwrap_or(suits);
    let fits = |step: &Step| bars(*step, days).len() <= MOST_BARS;
    Step::ALL.into_iter().filter(|step| *step >= at_least).find(fits).unwrap_or(Step::Month)
}

/// The bars of a trend: each the days of a whole day, week or month that are looked at.
pub fn bars(step: Step, days: Range) -> Vec<Range> {
    let mut bars = Vec::new();
    let mut from = days.from;
    while from <= days.to {
        let next = match step {
            Step::Day => from.succ_opt(),
            Step::Week => {
                let left = 7 - u64::from(from.weekday().num_days_from_monday());
                from.checked_add_days(Days::new(left))
            }
            Step::Month => first_of_month(from).checked_add_months(Months::new(1)),
        };
        let Some(next) = next else { break };
        bars.push(Range { from, to: yesterday(next).min(days.to) });
        from = next;
    }
    bars
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn range(from: &str, to: &str) -> Range {
        Range { from: day(from), to: day(to) }
    }

    fn looked(period: Period, today: &str) -> (Range, Range) {
        let look = look(period, ("", ""), day(today)).unwrap();
        (look.days, look.before)
    }

    #[test]
    fn a_running_period_is_compared_up_to_the_same_day() {
        let (days, before) = looked(Period::ThisMonth, "2026-11-28");
        assert_eq!(days, range("2026-11-01", "2026-11-28"));
        assert_eq!(before, range("2026-10-01", "2026-10-28"));
        // February has no 31st: its last day stands for it.
        let (_, before) = looked(Period::ThisMonth, "2027-03-31");
        assert_eq!(before, range("2027-02-01", "2027-02-28"));
        let (_, before) = looked(Period::ThisYear, "2028-02-29");
        assert_eq!(before, range("2027-01-01", "2027-02-28"));
    }

    #[test]
    fn a_month_that_is_over_is_compared_with_the_whole_month_before() {
        let (days, before) = looked(Period::LastMonth, "2027-01-31");
        assert_eq!(days, range("2026-12-01", "2026-12-31"));
        assert_eq!(before, range("2026-11-01", "2026-11-30"));
    }

    #[test]
    fn days_are_compared_with_as_many_before() {
        let (days, before) = looked(Period::SevenDays, "2026-11-03");
        assert_eq!(days, range("2026-10-28", "2026-11-03"));
        assert_eq!(before, range("2026-10-21", "2026-10-27"));
        let own = look(Period::Days, ("2026-11-01", "2026-12-31"), day("2026-11-10")).unwrap();
        assert_eq!(own.days, range("2026-11-01", "2026-11-10"), "what is to come is left out");
        assert_eq!(own.before, range("2026-10-22", "2026-10-31"));
    }

    #[test]
    fn days_that_cannot_be_looked_at_are_refused() {
        let refused = |from, to| look(Period::Days, (from, to), day("2026-11-28")).unwrap_err();
        assert_eq!(refused("", "2026-11-01"), NoDays::NotDays);
        assert_eq!(refused("2026-02-30", "2026-11-01"), NoDays::NotDays);
        assert_eq!(refused("2026-11-02", "2026-11-01"), NoDays::Backwards);
        assert_eq!(refused("2026-11-29", "2026-11-30"), NoDays::ToCome);
        assert_eq!(refused("2020-01-01", "2026-11-01"), NoDays::TooLong);
    }

    #[test]
    fn bars_cover_every_day_once_and_are_never_too_many() {
        for (from, to) in [
            ("2026-11-01", "2026-11-28"),
            ("2026-10-28", "2026-11-03"),
            ("2024-02-01", "2027-01-31"),
            ("2026-12-31", "2026-12-31"),
        ] {
            let days = range(from, to);
            for asked in [None, Some(Step::Day), Some(Step::Week), Some(Step::Month)] {
                let bars = bars(step(asked, days), days);
                assert!(bars.len() <= MOST_BARS);
                assert_eq!((bars[0].from, bars[bars.len() - 1].to), (days.from, days.to));
                assert!(bars.windows(2).all(|two| two[0].to.succ_opt() == Some(two[1].from)));
            }
        }
        assert_eq!(bars(Step::Week, range("2026-10-28", "2026-11-03")).len(), 2);
        assert_eq!(step(Some(Step::Day), range("2024-02-01", "2027-01-31")), Step::Month);
    }

    #[test]
    fn days_are_told_as_people_write_them() {
        assert_eq!(range("2026-11-28", "2026-11-28").text(), "28 Nov 2026");
        assert_eq!(range("2026-11-01", "2026-11-28").text(), "1–28 Nov 2026");
        assert_eq!(range("2026-10-28", "2026-11-03").text(), "28 Oct – 3 Nov 2026");
        assert_eq!(range("2026-12-28", "2027-01-03").text(), "28 Dec 2026 – 3 Jan 2027");
    }
}
