//! Instants as the ledger writes them. Nothing here reads a clock.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One second, in microseconds.
pub const SECOND: i64 = 1_000_000;
/// One minute, in microseconds.
pub const MINUTE: i64 = 60 * SECOND;
/// One hour, in microseconds.
pub const HOUR: i64 = 60 * MINUTE;
/// Twenty-four hours, in microseconds.
pub const DAY: i64 = 24 * HOUR;

/// An instant: microseconds since the Unix epoch, in UTC.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// Before every instant that a ledger can record.
    pub const EARLIEST: Timestamp = Timestamp(i64::MIN);

    /// The instant that many microseconds after the Unix epoch.
    pub const fn from_micros(microseconds: i64) -> Self {
        Timestamp(microseconds)
    }

    /// Microseconds since the Unix epoch.
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// The instant `microseconds` later (earlier where negative); stops at the ends of time.
    pub const fn plus(self, microseconds: i64) -> Timestamp {
        Timestamp(self.0.saturating_add(microseconds))
    }

    /// Microseconds from `earlier` to this instant; stops at the ends of time.
    pub const fn since(self, earlier: Timestamp) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl fmt::Display for Timestamp {
    /// The plain number: what people read is printed by the pages, in their own time zone.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_travels_as_a_plain_number() {
        let instant = Timestamp(1_795_000_000_000_000);
        assert_eq!(serde_json::to_string(&instant).unwrap(), "1795000000000000");
        assert_eq!(serde_json::from_str::<Timestamp>("1795000000000000").unwrap(), instant);
    }

    #[test]
    fn arithmetic_stops_at_the_ends_of_time() {
        assert_eq!(Timestamp(5).plus(-7), Timestamp(-2));
        assert_eq!(Timestamp(i64::MAX).plus(DAY), Timestamp(i64::MAX));
        assert_eq!(Timestamp(DAY).since(Timestamp(HOUR)), 23 * HOUR);
    }
}
