//! Amounts of credits: whole micro-credits with checked arithmetic, never a float.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

/// Micro-credits in one credit.
pub const MICRO_PER_CREDIT: i64 = 1_000_000;

/// Decimal places an amount may have when it is written.
pub const DECIMAL_PLACES: usize = 6;

/// An amount of credits, positive or negative, held as whole micro-credits.
///
/// Written as the shortest decimal number: `12.5`, `3`, `-0.000001`. In JSON it is that text in a
/// string, so that no reader rounds it through a float.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Credits(i64);

/// Why a text is not an amount of credits.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CreditsError {
    /// Not digits with at most one decimal point between digits.
    #[error("\"{0}\" is not an amount of credits: write digits such as 12 or 12.5")]
    NotANumber(String),
    /// More decimal places than a micro-credit has.
    #[error("\"{0}\" has more than {DECIMAL_PLACES} decimal places")]
    TooManyPlaces(String),
    /// Beyond what a ledger can hold.
    #[error("\"{0}\" is too large: the most is {max}", max = Credits::MAX)]
    TooLarge(String),
}

impl Credits {
    /// No credits.
    pub const ZERO: Credits = Credits(0);
    /// The largest amount a ledger can hold, a little over nine million million credits.
    pub const MAX: Credits = Credits(i64::MAX);

    /// An amount of whole micro-credits.
    pub const fn from_micro(micro: i64) -> Self {
        Credits(micro)
    }

    /// An amount of whole credits, or `None` where it is too large.
    pub const fn from_whole(whole: i64) -> Option<Self> {
        match whole.checked_mul(MICRO_PER_CREDIT) {
            Some(micro) => Some(Credits(micro)),
            None => None,
        }
    }

    /// The amount in whole micro-credits.
    pub const fn micro(self) -> i64 {
        self.0
    }

    /// The sum, or `None` where it is too large.
    pub const fn checked_add(self, other: Credits) -> Option<Credits> {
        match self.0.checked_add(other.0) {
            Some(micro) => Some(Credits(micro)),
            None => None,
        }
    }

    /// The difference, or `None` where it is too large.
    pub const fn checked_sub(self, other: Credits) -> Option<Credits> {
        match self.0.checked_sub(other.0) {
            Some(micro) => Some(Credits(micro)),
            None => None,
        }
    }

    /// The amount with the other sign, or `None` for the one amount that has none.
    pub const fn checked_neg(self) -> Option<Credits> {
        match self.0.checked_neg() {
            Some(micro) => Some(Credits(micro)),
            None => None,
        }
    }

    /// `count` times the amount, or `None` where it is too large.
    pub const fn checked_mul(self, count: i64) -> Option<Credits> {
        match self.0.checked_mul(count) {
            Some(micro) => Some(Credits(micro)),
            None => None,
        }
    }

    /// The sum of many, or `None` as soon as it is too large.
    pub fn checked_sum(amounts: impl IntoIterator<Item = Credits>) -> Option<Credits> {
        amounts.into_iter().try_fold(Credits::ZERO, Credits::checked_add)
    }

    /// Nothing at all; for serde, which hands over a reference.
    pub const fn is_nothing(&self) -> bool {
        self.0 == 0
    }

    /// More than nothing.
    pub const fn is_positive(self) -> bool {
        self.0 > 0
    }

    /// Less than nothing.
    pub const fn is_negative(self) -> bool {
        self.0 < 0
    }

    /// Exactly nothing.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }
}

impl From<Credits> for i64 {
    fn from(credits: Credits) -> i64 {
        credits.0
    }
}

impl fmt::Display for Credits {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let magnitude = self.0.unsigned_abs();
        let per_credit = MICRO_PER_CREDIT.unsigned_abs();
        let (whole, fraction) = (magnitude / per_credit, magnitude % per_credit);
        if fraction == 0 {
            return formatter.pad(&format!("{sign}{whole}"));
        }
        let places = format!("{fraction:06}");
        formatter.pad(&format!("{sign}{whole}.{}", places.trim_end_matches('0')))
    }
}

impl FromStr for Credits {
    type Err = CreditsError;

    fn from_str(text: &str) -> Result<Self, CreditsError> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (whole, fraction) = match digits.split_once('.') {
            Some((whole, fraction)) => (whole, Some(fraction)),
            None => (digits, None),
        };
        if !is_digits(whole) || !fraction.is_none_or(is_digits) {
            return Err(CreditsError::NotANumber(excerpt(text)));
        }
        let fraction = fraction.unwrap_or("");
        if fraction.len() > DECIMAL_PLACES {
            return Err(CreditsError::TooManyPlaces(excerpt(text)));
        }
        micro_from_digits(whole, fraction, negative)
            .map(Credits)
            .ok_or_else(|| CreditsError::TooLarge(excerpt(text)))
    }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Counts downwards for negative amounts, so that the smallest `i64` can be read too.
fn micro_from_digits(whole: &str, fraction: &str, negative: bool) -> Option<i64> {
    let padding = std::iter::repeat_n(b'0', DECIMAL_PLACES - fraction.len());
    whole.bytes().chain(fraction.bytes()).chain(padding).try_fold(0_i64, |micro, byte| {
        let digit = i64::from(byte - b'0');
        let shifted = micro.checked_mul(10)?;
        if negative { shifted.checked_sub(digit) } else { shifted.checked_add(digit) }
    })
}

/// What an error quotes of a text that may be of any length.
fn excerpt(text: &str) -> String {
    const LONGEST: usize = 32;
    text.chars().take(LONGEST).collect()
}

impl Serialize for Credits {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Credits {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_written_as_the_shortest_decimal() {
        for (micro, text) in [
            (0, "0"),
            (3_000_000, "3"),
            (12_500_000, "12.5"),
            (-3_000_000, "-3"),
            (-1, "-0.000001"),
            (i64::MAX, "9223372036854.775807"),
            (i64::MIN, "-9223372036854.775808"),
        ] {
            assert_eq!(Credits::from_micro(micro).to_string(), text);
            assert_eq!(text.parse(), Ok(Credits::from_micro(micro)));
        }
    }

    #[test]
    fn what_is_not_an_amount_is_refused_with_the_reason() {
        for text in ["", "-", ".", "5.", ".5", "+5", "1e3", "1,5", " 5", "5 ", "1.2.3", "--1", "٣"]
        {
            let refused = text.parse::<Credits>();
            assert!(matches!(refused, Err(CreditsError::NotANumber(_))), "{text:?}");
        }
        assert!(matches!("0.1234567".parse::<Credits>(), Err(CreditsError::TooManyPlaces(_))));
        for text in ["9223372036854.775808", "-9223372036854.775809", &"9".repeat(400)] {
            assert!(matches!(text.parse::<Credits>(), Err(CreditsError::TooLarge(_))), "{text:?}");
        }
    }

    #[test]
    fn a_sum_that_is_too_large_is_an_error_and_never_wraps() {
        let one = Credits::from_micro(1);
        assert_eq!(Credits::MAX.checked_add(one), None);
        assert_eq!(Credits::from_micro(i64::MIN).checked_sub(one), None);
        assert_eq!(Credits::from_micro(i64::MIN).checked_neg(), None);
        assert_eq!(Credits::MAX.checked_mul(2), None);
        assert_eq!(Credits::from_whole(i64::MAX), None);
        assert_eq!(Credits::checked_sum([Credits::MAX, one]), None);
    }

    #[test]
    fn json_carries_an_amount_as_text_and_refuses_a_number() {
        let amount: Credits = serde_json::from_str("\"12.50\"").unwrap();
        assert_eq!(serde_json::to_string(&amount).unwrap(), "\"12.5\"");
        assert!(serde_json::from_str::<Credits>("12.5").is_err());
    }
}
