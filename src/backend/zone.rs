//! An organisation's time zone: instants as people read them, and where its months begin and end.
//!
//! With the ledger's calendar the only user of `chrono`. It reads no clock: every instant is an argument. Months are calendar
//! months in the zone, so a month that contains a clock change is an hour longer or shorter.

use std::fmt;
use std::str::FromStr;

use chrono::{
    DateTime, Datelike, LocalResult, NaiveDate, NaiveDateTime, Offset, TimeDelta, TimeZone, Utc,
};
use chrono_tz::Tz;
use thiserror::Error;

use crate::ledger::time::{DAY, SECOND};
use crate::ledger::{Calendar, OffsetChange, Timestamp};
use crate::model::Moment;

/// A zone by its IANA name. Copies are cheap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Zone(Tz);

/// A name that the time-zone database does not have.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("there is no time zone \"{0}\": use an IANA name such as Europe/Berlin")]
pub struct UnknownZone(pub String);

/// One calendar month. As text: `2026-11`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month {
    year: i32,
    /// 0 for January.
    index: u32,
}

/// Months of a year, in English.
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

impl Zone {
    /// Coordinated universal time.
    pub const UTC: Zone = Zone(Tz::UTC);

    /// The names of every zone, in alphabetical order.
    pub fn names() -> impl Iterator<Item = &'static str> {
        chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name())
    }

    /// The zone of that name.
    ///
    /// # Errors
    /// The time-zone database does not have the name.
    pub fn of(name: &str) -> Result<Zone, UnknownZone> {
        Tz::from_str(name).map(Zone).map_err(|_| UnknownZone(name.to_owned()))
    }

    /// The zone's IANA name.
    pub fn name(self) -> &'static str {
        self.0.name()
    }

    /// The instant as people in the zone read it.
    pub fn moment(self, at: Timestamp) -> Moment {
        let local = self.local(at);
        Moment {
            machine: local.to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
            text: local.format("%-d %b %Y, %H:%M").to_string(),
            day: local.format("%-d %b %Y").to_string(),
        }
    }

    /// The day in the zone.
    pub fn day(self, at: Timestamp) -> chrono::NaiveDate {
        self.local(at).date_naive()
    }

    /// A clock reading in the zone, to the millisecond, as a form's field holds it:
    /// `2026-11-27T21:15:03.250`.
    pub fn reading(self, at: Timestamp) -> String {
        self.local(at).format("%Y-%m-%dT%H:%M:%S%.3f").to_string()
    }

    /// "27 Nov 2026, 21:15:03.250000": an instant to the microsecond.
    pub fn exact_text(self, at: Timestamp) -> String {
        self.local(at).format("%-d %b %Y, %H:%M:%S%.6f").to_string()
    }

    /// The instant to the microsecond with the zone's offset, which [`Zone::instant_of`] reads back.
    pub fn exact(self, at: Timestamp) -> String {
        self.local(at).to_rfc3339_opts(chrono::SecondsFormat::Micros, true)
    }

    /// The instant that a text names: a clock reading in the zone (`2026-11-27T21:15`, to the
    /// microsecond where that is wanted) or one with its own offset. Of a reading that the clock shows
    /// twice it is the first; one that the clock skips is the next there is.
    pub fn instant_of(self, text: &str) -> Option<Timestamp> {
        let in_time = |year: i32| (1970..10_000).contains(&year);
        if let Ok(at) = DateTime::parse_from_rfc3339(text) {
            return in_time(at.year()).then(|| Timestamp::from_micros(at.timestamp_micros()));
        }
        let forms = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%dT%H:%M"];
        let read = |form| NaiveDateTime::parse_from_str(text, form).ok();
        let reading = forms.into_iter().find_map(read)?;
        in_time(reading.year()).then(|| self.instant(reading))
    }

    /// The first instant after a day such as `2026-12-31` in the zone.
    pub fn end_of_day(self, text: &str) -> Option<Timestamp> {
        let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
        let in_time = (1970..10_000).contains(&day.year());
        let next = day.succ_opt().filter(|_| in_time)?;
        Some(self.instant(next.and_time(chrono::NaiveTime::MIN)))
    }

    /// The first instant of a day such as `2026-12-31` in the zone.
    pub fn start_of_day(self, text: &str) -> Option<Timestamp> {
        let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
        let in_time = (1970..10_000).contains(&day.year());
        in_time.then(|| self.instant(day.and_time(chrono::NaiveTime::MIN)))
    }

    /// The same reading of the clock that many calendar months later: 31 January and one month is 28
    /// February. Beyond the calendar's end there is none.
    pub fn months_after(self, at: Timestamp, months: u16) -> Option<Timestamp> {
        let reading = self.local(at).naive_local();
        let later = reading.checked_add_months(chrono::Months::new(u32::from(months)))?;
        (later.year() < 10_000).then(|| self.instant(later))
    }

    /// The month that contains the instant.
    pub fn month(self, at: Timestamp) -> Month {
        let local = self.local(at);
        Month { year: local.year(), index: local.month0() }
    }

    /// The zone's offsets from 2000 to 2060, for the ledger: see [`crate::ledger::calendar`].
    pub fn calendar(self) -> Calendar {
        const FIRST: Timestamp = Timestamp(946_684_800 * SECOND);
        const DAYS: i64 = 60 * 365 + 15;
        let mut calendar = Calendar { offset: self.offset(FIRST), changes: Vec::new() };
        let mut offset = calendar.offset;
        for day in (0..DAYS).map(|day| FIRST.plus(day * DAY)) {
            if self.offset(day.plus(DAY)) != offset {
                let at = self.change_between(day, day.plus(DAY));
                offset = self.offset(at);
                calendar.changes.push(OffsetChange { at, offset });
            }
        }
        calendar
    }

    fn offset(self, at: Timestamp) -> i32 {
        self.local(at).offset().fix().local_minus_utc()
    }

    /// The first second with another offset than at `from`, which `until` has.
    fn change_between(self, from: Timestamp, until: Timestamp) -> Timestamp {
        let offset = self.offset(from);
        let (mut before, mut after) = (from.micros() / SECOND, until.micros() / SECOND);
        while after - before > 1 {
            let middle = i64::midpoint(before, after);
            if self.offset(Timestamp(middle * SECOND)) == offset {
                before = middle;
            } else {
                after = middle;
            }
        }
        Timestamp(after * SECOND)
    }

    /// The hour of the day, 0 to 23, for a greeting.
    pub fn hour(self, at: Timestamp) -> u32 {
        chrono::Timelike::hour(&self.local(at))
    }

    /// The calendar year that contains the instant.
    pub fn year(self, at: Timestamp) -> i32 {
        self.local(at).year()
    }

    /// The first instant of the month.
    pub fn start_of(self, month: Month) -> Timestamp {
        let first =
            NaiveDate::from_ymd_opt(month.year, month.index + 1, 1).unwrap_or(NaiveDate::MIN);
        self.instant(first.and_time(chrono::NaiveTime::MIN))
    }

    /// The first instant of the calendar year that contains `at`, and the first after it.
    pub fn year_around(self, at: Timestamp) -> (Timestamp, Timestamp) {
        let january = Month { index: 0, ..self.month(at) };
        (self.start_of(january), self.start_of(january.plus(12)))
    }

    /// The first instant of the day that contains `at`, and the first after it.
    pub fn day_around(self, at: Timestamp) -> (Timestamp, Timestamp) {
        let day = self.local(at).date_naive();
        let next = day.succ_opt().unwrap_or(NaiveDate::MAX);
        let first = |day: NaiveDate| self.instant(day.and_time(chrono::NaiveTime::MIN));
        (first(day), first(next))
    }

    fn local(self, at: Timestamp) -> DateTime<Tz> {
        let utc = DateTime::<Utc>::from_timestamp_micros(at.micros());
        utc.unwrap_or(DateTime::<Utc>::UNIX_EPOCH).with_timezone(&self.0)
    }

    /// A clock reading as an instant: the earlier of two, and the next one there is where the clock
    /// skips it.
    fn instant(self, mut reading: NaiveDateTime) -> Timestamp {
        const STEP: TimeDelta = TimeDelta::minutes(15);
        loop {
            match self.0.from_local_datetime(&reading) {
                LocalResult::Single(at) | LocalResult::Ambiguous(at, _) => {
                    return Timestamp::from_micros(at.timestamp_micros());
                }
                LocalResult::None => reading += STEP,
            }
        }
    }
}

impl Month {
    /// The month of a text such as `2026-11`.
    pub fn parse(text: &str) -> Option<Month> {
        let first = NaiveDate::parse_from_str(&format!("{text}-01"), "%Y-%m-%d").ok()?;
        let month = Month { year: first.year(), index: first.month0() };
        ((1970..10_000).contains(&month.year) && month.to_string() == text).then_some(month)
    }

    /// The month `count` months later.
    pub fn plus(self, count: u32) -> Month {
        let index = self.index + count;
        Month { year: self.year + i32::try_from(index / 12).unwrap_or(0), index: index % 12 }
    }

    /// The month before.
    pub fn before(self) -> Month {
        match self.index {
            0 => Month { year: self.year - 1, index: 11 },
            index => Month { year: self.year, index: index - 1 },
        }
    }

    /// "November 2026".
    pub fn label(self) -> String {
        format!("{} {}", MONTHS[self.index as usize], self.year)
    }

    /// "Nov".
    pub fn short(self) -> &'static str {
        &MONTHS[self.index as usize][..3]
    }
}

impl fmt::Display for Month {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:04}-{:02}", self.year, self.index + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::time::HOUR;

    fn at(text: &str) -> Timestamp {
        let instant: DateTime<Utc> = text.parse().expect("an RFC 3339 instant");
        Timestamp::from_micros(instant.timestamp_micros())
    }

    #[test]
    fn an_instant_is_printed_in_the_zone_with_its_offset() {
        let moment = Zone::of("Europe/Berlin").unwrap().moment(at("2026-11-22T13:05:00Z"));
        assert_eq!(moment.text, "22 Nov 2026, 14:05");
        assert_eq!(moment.day, "22 Nov 2026");
        assert_eq!(moment.machine, "2026-11-22T14:05:00+01:00");
    }

    #[test]
    fn a_month_ends_at_the_zones_own_midnight() {
        let zone = Zone::of("America/New_York").unwrap();
        let november = zone.month(at("2026-12-01T04:59:59Z"));
        assert_eq!(november.to_string(), "2026-11");
        assert_eq!(zone.start_of(november.plus(1)), at("2026-12-01T05:00:00Z"));
        assert_eq!(zone.month(at("2026-12-01T05:00:00Z")).to_string(), "2026-12");
    }

    #[test]
    fn a_month_with_a_clock_change_is_an_hour_longer() {
        let zone = Zone::of("Europe/Berlin").unwrap();
        let october = zone.month(at("2026-10-10T00:00:00Z"));
        let length = zone.start_of(october.plus(1)).since(zone.start_of(october));
        assert_eq!(length / HOUR, 31 * 24 + 1);
    }

    #[test]
    fn a_midnight_that_the_clock_skips_is_the_next_reading_there_is() {
        // Paraguay's clocks went from 23:59 to 01:00 on 1 October 2017.
        let zone = Zone::of("America/Asuncion").unwrap();
        let october = zone.month(at("2017-10-15T00:00:00Z"));
        assert_eq!(zone.start_of(october), at("2017-10-01T04:00:00Z"));
    }

    #[test]
    fn the_ledgers_calendar_has_the_zones_own_months() {
        use crate::ledger::Every;
        for name in ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Pacific/Apia"] {
            let zone = Zone::of(name).unwrap();
            let calendar = zone.calendar();
            assert!(calendar.is_sound());
            for month in
                (0..600).map(|month| Zone::UTC.month(Timestamp(946_684_800 * SECOND)).plus(month))
            {
                let from = zone.start_of(month);
                let span = calendar.span(Every::Month, from);
                assert_eq!(
                    (span.from, span.until),
                    (from, zone.start_of(month.plus(1))),
                    "{name} {month}"
                );
            }
        }
    }

    #[test]
    fn an_exact_instant_is_read_back_from_its_text_even_where_the_clock_shows_it_twice() {
        let zone = Zone::of("Europe/Berlin").unwrap();
        for text in ["2026-10-25T00:30:00.000001Z", "2026-10-25T01:30:00.999999Z"] {
            assert_eq!(zone.instant_of(&zone.exact(at(text))), Some(at(text)));
        }
        assert_eq!(zone.instant_of("2026-10-25T02:30"), Some(at("2026-10-25T00:30:00Z")));
        assert_eq!(zone.reading(at("2026-10-25T00:30:00.250999Z")), "2026-10-25T02:30:00.250");
        let quarter = Some(at("2026-11-27T20:15:03.25Z"));
        assert_eq!(zone.instant_of("2026-11-27T21:15:03.250"), quarter);
    }

    #[test]
    fn what_is_no_instant_is_none() {
        for text in ["", "yesterday", "2026-13-01T00:00", "-9999-01-01T00:00", "99999-01-01T00:00"]
        {
            assert_eq!(Zone::UTC.instant_of(text), None, "{text}");
        }
    }

    #[test]
    fn a_day_ends_at_the_zones_own_midnight() {
        let zone = Zone::of("Europe/Berlin").unwrap();
        assert_eq!(zone.end_of_day("2026-12-31"), Some(at("2026-12-31T23:00:00Z")));
        for text in ["", "31.12.2026", "2026-02-30", "9999999-01-01", "2026-12-31T10:00"] {
            assert_eq!(zone.end_of_day(text), None, "{text}");
        }
    }

    #[test]
    fn months_count_across_the_year() {
        let november = Zone::of("UTC").unwrap().month(at("2026-11-22T00:00:00Z"));
        assert_eq!(november.plus(3).to_string(), "2027-02");
        assert_eq!(november.plus(2).before().to_string(), "2026-12");
        assert_eq!(november.plus(2).before().label(), "December 2026");
        assert_eq!(november.short(), "Nov");
    }

    #[test]
    fn a_month_is_read_back_from_its_text_and_from_no_other() {
        let month = Month::parse("2026-11").unwrap();
        assert_eq!((month.to_string(), month.label()), ("2026-11".into(), "November 2026".into()));
        for text in
            ["", "2026", "2026-13", "2026-1", "2026-11-01", "+2026-11", "99999-01", "2026-11 "]
        {
            assert_eq!(Month::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_name_that_is_no_zone_is_refused() {
        assert_eq!(Zone::of("Europe/Atlantis"), Err(UnknownZone("Europe/Atlantis".into())));
    }
}
