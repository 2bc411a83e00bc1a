//! Days, weeks, months and years as one organisation counts them, without a time-zone database.
//!
//! A zone's rules change when a government says so; a journal must replay to the same figures for
//! ever. So the ledger keeps the UTC offsets themselves: `SetTerms` writes them into the journal, and
//! every window and plan period is worked out from there. The backend makes a [`Calendar`] from a
//! zone's name; after the last change that it knows, the last offset stays.
//!
//! **Clock changes.** A reading that happens twice is the earlier instant; one that is skipped is the
//! instant at which the clock skips it.
//!
//! **Months.** A period is counted from its anchor, not from the period before: 31 January, 28 (or
//! 29) February, 31 March.

use std::fmt;

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveDateTime, NaiveTime};
use serde::{Deserialize, Serialize};

use super::time::{SECOND, Timestamp};

/// The most changes of the offset that a calendar may have.
pub const MOST_CHANGES: usize = 512;

/// The offsets of one zone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Calendar {
    /// Seconds east of UTC before the first change.
    pub offset: i32,
    /// When the offset changed, in order of time.
    pub changes: Vec<OffsetChange>,
}

/// From `at` on, clocks are `offset` seconds ahead of UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OffsetChange {
    /// The first instant with this offset.
    pub at: Timestamp,
    /// Seconds east of UTC.
    pub offset: i32,
}

/// A stretch of time, from its first instant up to, but not with, `until`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Span {
    /// Its first instant.
    pub from: Timestamp,
    /// The first instant after it.
    pub until: Timestamp,
}

/// How long a plan's period is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Period {
    /// A month from the anchor's day of the month.
    Month,
    /// A year from the anchor's day of the year.
    Year,
}

/// After what a budget's window begins anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Every {
    /// A calendar day.
    Day,
    /// A week that begins on Monday.
    Week,
    /// A calendar month.
    Month,
    /// A calendar year.
    Year,
    /// The plan's period; a calendar month where there is no plan.
    BillingPeriod,
}

impl Span {
    /// All of time.
    pub const ALWAYS: Span = Span { from: Timestamp(i64::MIN), until: Timestamp(i64::MAX) };

    /// Whether the instant is in it.
    pub fn contains(&self, instant: Timestamp) -> bool {
        (self.from..self.until).contains(&instant)
    }
}

impl Period {
    /// The name that the journal and the API use.
    pub const fn code(self) -> &'static str {
        match self {
            Period::Month => "month",
            Period::Year => "year",
        }
    }

    const fn months(self) -> u32 {
        match self {
            Period::Month => 1,
            Period::Year => 12,
        }
    }
}

impl Every {
    /// The name that the journal and the API use.
    pub const fn code(self) -> &'static str {
        match self {
            Every::Day => "day",
            Every::Week => "week",
            Every::Month => "month",
            Every::Year => "year",
            Every::BillingPeriod => "billing_period",
        }
    }
}

impl fmt::Display for Every {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.code())
    }
}

impl Calendar {
    /// Whether its changes are in order of time and not too many, with offsets of less than a day.
    pub fn is_sound(&self) -> bool {
        let in_order = self.changes.windows(2).all(|two| two[0].at < two[1].at);
        let mut offsets = self.changes.iter().map(|change| change.offset).chain([self.offset]);
        in_order
            && self.changes.len() <= MOST_CHANGES
            && offsets.all(|offset| offset.abs() < 24 * 60 * 60)
    }

    /// The calendar day, week, month or year that contains `instant`. A billing period without a
    /// plan is a calendar month.
    pub fn span(&self, every: Every, instant: Timestamp) -> Span {
        let day = self.reading(instant).date();
        let first = match every {
            Every::Day => day,
            Every::Week => {
                let since_monday = Days::new(day.weekday().num_days_from_monday().into());
                day.checked_sub_days(since_monday).unwrap_or(day)
            }
            Every::Month | Every::BillingPeriod => day.with_day(1).unwrap_or(day),
            Every::Year => day.with_ordinal(1).unwrap_or(day),
        };
        let next = match every {
            Every::Day => first.checked_add_days(Days::new(1)),
            Every::Week => first.checked_add_days(Days::new(7)),
            Every::Month | Every::BillingPeriod => first.checked_add_months(Months::new(1)),
            Every::Year => first.checked_add_months(Months::new(12)),
        };
        Span { from: self.midnight(first), until: self.midnight(next.unwrap_or(NaiveDate::MAX)) }
    }

    /// The first instant of the period with this number; number 0 begins at the anchor.
    pub fn period_start(&self, anchor: Timestamp, period: Period, number: u32) -> Timestamp {
        self.months_after(anchor, number.saturating_mul(period.months()))
    }

    /// The period with this number.
    pub fn period(&self, anchor: Timestamp, period: Period, number: u32) -> Span {
        Span {
            from: self.period_start(anchor, period, number),
            until: self.period_start(anchor, period, number.saturating_add(1)),
        }
    }

    /// The number of the period that contains `instant`; 0 for every instant before the anchor.
    pub fn period_number(&self, anchor: Timestamp, period: Period, instant: Timestamp) -> u32 {
        let (from, to) = (self.reading(anchor), self.reading(instant));
        let months = (to.year() - from.year()) * 12 + (to.month0() as i32 - from.month0() as i32);
        let guess = u32::try_from(months.max(0)).unwrap_or(0) / period.months();
        let begun = |number: &u32| self.period_start(anchor, period, *number) <= instant;
        (guess.saturating_sub(1)..=guess + 1).rev().find(begun).unwrap_or(0)
    }

    /// The number of the first period that begins after `instant`.
    pub fn period_after(&self, anchor: Timestamp, period: Period, instant: Timestamp) -> u32 {
        match instant < anchor {
            true => 0,
            false => self.period_number(anchor, period, instant).saturating_add(1),
        }
    }

    /// The same clock reading that many months later; the month's last day where it has no such day.
    pub fn months_after(&self, instant: Timestamp, months: u32) -> Timestamp {
        let reading = self.reading(instant);
        let later = reading.checked_add_months(Months::new(months));
        let part = instant.micros().rem_euclid(SECOND);
        later.map_or(Timestamp(i64::MAX), |later| self.instant(later).plus(part))
    }

    /// What a clock there shows, in whole seconds; beyond the calendar's ends, what it shows there.
    fn reading(&self, instant: Timestamp) -> NaiveDateTime {
        let seconds = instant.micros().div_euclid(SECOND) + i64::from(self.offset_at(instant));
        let end = if seconds < 0 { NaiveDateTime::MIN } else { NaiveDateTime::MAX };
        DateTime::from_timestamp(seconds, 0).map_or(end, |utc| utc.naive_utc())
    }

    fn offset_at(&self, instant: Timestamp) -> i32 {
        let passed = self.changes.partition_point(|change| change.at <= instant);
        passed.checked_sub(1).map_or(self.offset, |last| self.changes[last].offset)
    }

    fn midnight(&self, day: NaiveDate) -> Timestamp {
        self.instant(day.and_time(NaiveTime::MIN))
    }

    /// The first instant at which a clock there shows `reading`, or would have.
    fn instant(&self, reading: NaiveDateTime) -> Timestamp {
        let shown = reading.and_utc().timestamp();
        let mut begin = Timestamp(i64::MIN);
        let mut offset = self.offset;
        for change in &self.changes {
            let at = utc(shown, offset);
            if at < change.at {
                return at.max(begin);
            }
            (begin, offset) = (change.at, change.offset);
        }
        utc(shown, offset).max(begin)
    }
}

fn utc(shown: i64, offset: i32) -> Timestamp {
    Timestamp((shown - i64::from(offset)).saturating_mul(SECOND))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp(text.parse::<DateTime<chrono::Utc>>().unwrap().timestamp_micros())
    }

    fn shown(instant: Timestamp) -> String {
        let utc = DateTime::from_timestamp_micros(instant.micros()).unwrap();
        utc.format("%Y-%m-%dT%H:%MZ").to_string()
    }

    /// Central European time from 2026 to 2028.
    fn berlin() -> Calendar {
        let change = |text, offset| OffsetChange { at: at(text), offset };
        Calendar {
            offset: 3600,
            changes: vec![
                change("2026-03-29T01:00:00Z", 7200),
                change("2026-10-25T01:00:00Z", 3600),
                change("2027-03-28T01:00:00Z", 7200),
                change("2027-10-31T01:00:00Z", 3600),
                change("2028-03-26T01:00:00Z", 7200),
            ],
        }
    }

    #[test]
    fn days_begin_at_the_zones_own_midnight_and_are_longer_or_shorter_when_clocks_change() {
        let spring = berlin().span(Every::Day, at("2026-03-29T12:00:00Z"));
        assert_eq!(
            [shown(spring.from), shown(spring.until)],
            ["2026-03-28T23:00Z", "2026-03-29T22:00Z"]
        );
        let autumn = berlin().span(Every::Day, at("2026-10-25T12:00:00Z"));
        assert_eq!(autumn.until.since(autumn.from), 25 * super::super::time::HOUR);
    }

    #[test]
    fn a_week_begins_on_monday_and_a_year_on_new_years_day() {
        let week = berlin().span(Every::Week, at("2026-11-29T22:59:59Z"));
        assert_eq!(
            [shown(week.from), shown(week.until)],
            ["2026-11-22T23:00Z", "2026-11-29T23:00Z"]
        );
        let year = berlin().span(Every::Year, at("2026-12-31T23:30:00Z"));
        assert_eq!(
            [shown(year.from), shown(year.until)],
            ["2026-12-31T23:00Z", "2027-12-31T23:00Z"]
        );
    }

    #[test]
    fn periods_from_the_31st_come_back_to_the_31st() {
        let anchor = at("2027-01-31T09:30:00Z");
        let starts: Vec<String> = (0..4)
            .map(|number| shown(Calendar::default().period_start(anchor, Period::Month, number)))
            .collect();
        assert_eq!(
            starts,
            ["2027-01-31T09:30Z", "2027-02-28T09:30Z", "2027-03-31T09:30Z", "2027-04-30T09:30Z"]
        );
    }

    #[test]
    fn a_year_from_29_february_is_28_february_and_the_fourth_is_the_29th_again() {
        let anchor = at("2028-02-29T00:00:00Z");
        let starts = |number| shown(Calendar::default().period_start(anchor, Period::Year, number));
        assert_eq!(starts(1), "2029-02-28T00:00Z");
        assert_eq!(starts(4), "2032-02-29T00:00Z");
    }

    #[test]
    fn a_period_keeps_its_clock_reading_across_a_clock_change() {
        let anchor = at("2026-03-15T11:00:00Z");
        let april = berlin().period_start(anchor, Period::Month, 1);
        assert_eq!(shown(april), "2026-04-15T10:00Z", "noon in Berlin, an hour earlier in UTC");
    }

    #[test]
    fn a_reading_that_is_skipped_is_the_instant_of_the_change_and_one_that_comes_twice_the_first() {
        let skipped = berlin().months_after(at("2026-02-28T01:30:00Z"), 0);
        assert_eq!(shown(skipped), "2026-02-28T01:30Z");
        let from_february = at("2027-02-28T01:30:00Z"); // 02:30 in Berlin
        assert_eq!(shown(berlin().months_after(from_february, 1)), "2027-03-28T01:00Z");
        let from_september = at("2026-09-25T00:30:00Z"); // 02:30 in Berlin, summer
        assert_eq!(shown(berlin().months_after(from_september, 1)), "2026-10-25T00:30Z");
    }

    #[test]
    fn the_ends_of_time_have_stretches_and_periods_too() {
        for instant in [i64::MIN, i64::MIN + 1, i64::MAX - 1, i64::MAX].map(Timestamp) {
            for every in [Every::Day, Every::Week, Every::Month, Every::Year] {
                let span = berlin().span(every, instant);
                assert!(span.from <= span.until, "{every}");
            }
            let anchor = at("2027-01-01T00:00:00Z");
            let _some_number = berlin().period_number(anchor, Period::Month, instant);
            let _another = berlin().period_number(instant, Period::Year, anchor);
        }
    }

    #[test]
    fn every_instant_is_in_the_period_with_its_number() {
        let anchor = at("2026-01-31T22:15:00Z");
        for period in [Period::Month, Period::Year] {
            for step in 0..900_i64 {
                let instant = anchor.plus(step * 26 * super::super::time::HOUR);
                let number = berlin().period_number(anchor, period, instant);
                assert!(berlin().period(anchor, period, number).contains(instant), "{step}");
            }
        }
        assert_eq!(berlin().period_number(anchor, Period::Month, anchor.plus(-1)), 0);
    }
}
