//! The calendar of billing: where periods begin and end. Pure.

use chrono::{DateTime, Months, TimeDelta, Utc};
use serde_json::Value;

use super::super::work::{integer, text};

/// The instant, in seconds, `count` intervals after `anchor`. Months end on their last day at most.
fn after(anchor: i64, interval: &str, count: i64) -> i64 {
    let Some(start) = DateTime::<Utc>::from_timestamp(anchor, 0) else { return anchor };
    let months = |each: i64| {
        let months = u32::try_from(count.saturating_mul(each)).unwrap_or(u32::MAX);
        start.checked_add_months(Months::new(months))
    };
    let end = match interval {
        "day" => start.checked_add_signed(TimeDelta::days(count)),
        "week" => start.checked_add_signed(TimeDelta::weeks(count)),
        "year" => months(12),
        _ => months(1),
    };
    end.map_or(i64::MAX, |end| end.timestamp())
}

/// The first boundary of a price's rhythm that lies after `instant`, counted from `anchor`.
pub(super) fn boundary_after(anchor: i64, recurring: &Value, instant: i64) -> i64 {
    let each = integer(recurring, "interval_count").max(1);
    let mut count = 0;
    loop {
        let boundary = after(anchor, text(recurring, "interval"), count);
        if boundary > instant {
            return boundary;
        }
        count += each;
    }
}

/// The part of an amount that falls on `[from, end)` of `[start, end)`, rounded to the nearest unit.
pub(super) fn share(amount: i64, start: i64, end: i64, from: i64) -> i64 {
    let whole = i128::from((end - start).max(1));
    let part = i128::from((end - from.max(start)).max(0));
    let share = (i128::from(amount) * part * 2 + whole) / (whole * 2);
    i64::try_from(share).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn instant(text: &str) -> i64 {
        text.parse::<DateTime<Utc>>().expect("an instant").timestamp()
    }

    #[test]
    fn months_end_on_their_last_day_and_remember_the_anchor() {
        let monthly = json!({ "interval": "month", "interval_count": 1 });
        let anchor = instant("2026-01-31T10:00:00Z");
        let february = boundary_after(anchor, &monthly, anchor);
        assert_eq!(february, instant("2026-02-28T10:00:00Z"));
        assert_eq!(boundary_after(anchor, &monthly, february), instant("2026-03-31T10:00:00Z"));
    }

    #[test]
    fn years_and_several_intervals_are_counted() {
        let anchor = instant("2024-02-29T00:00:00Z");
        let yearly = json!({ "interval": "year", "interval_count": 1 });
        assert_eq!(boundary_after(anchor, &yearly, anchor), instant("2025-02-28T00:00:00Z"));
        let quarterly = json!({ "interval": "month", "interval_count": 3 });
        assert_eq!(boundary_after(anchor, &quarterly, anchor), instant("2024-05-29T00:00:00Z"));
    }

    #[test]
    fn a_share_is_rounded_to_the_nearest_unit() {
        assert_eq!(share(1000, 0, 30, 15), 500);
        assert_eq!(share(1000, 0, 3, 1), 667);
        assert_eq!(share(1000, 0, 30, 0), 1000);
        assert_eq!(share(1000, 0, 30, 30), 0);
    }
}
