//! Decimal numbers that are not negative, held exactly: quantities, steps and factors.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error as ThisError;

/// Digits that may be written before the point.
pub const MOST_WHOLE_DIGITS: usize = 12;
/// Digits that may be written after the point.
pub const MOST_PLACES: usize = 6;

/// `digits` divided by ten to the power of `places`, without needless zeros at its end.
///
/// Written as the shortest decimal number: `12.5`, `1000`. In JSON it is that text; a JSON number without
/// a point is read as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Decimal {
    digits: i128,
    places: u32,
}

/// Why a text is not such a number.
#[derive(Clone, Debug, PartialEq, Eq, ThisError)]
pub enum DecimalError {
    /// Not digits with at most one point between them.
    #[error("it is not a number: write digits such as 12 or 12.5")]
    NotANumber,
    /// More digits than are kept.
    #[error("it has more than {MOST_WHOLE_DIGITS} digits before or {MOST_PLACES} after the point")]
    TooLong,
}

impl Decimal {
    /// None.
    pub const ZERO: Decimal = Decimal { digits: 0, places: 0 };
    /// One.
    pub const ONE: Decimal = Decimal { digits: 1, places: 0 };

    /// A whole number.
    pub const fn whole(number: u32) -> Decimal {
        Decimal { digits: number as i128, places: 0 }
    }

    /// A whole number that may be large; for amounts in micro-credits.
    pub(super) const fn of(digits: i128) -> Decimal {
        Decimal { digits, places: 0 }
    }

    /// Without the zeros at its end, so that equal numbers are equal.
    fn shortest(mut self) -> Decimal {
        while self.places > 0 && self.digits % 10 == 0 {
            self.digits /= 10;
            self.places -= 1;
        }
        self
    }

    /// The product, or `None` where it has too many digits.
    pub fn checked_mul(self, other: Decimal) -> Option<Decimal> {
        let digits = self.digits.checked_mul(other.digits)?;
        let places = self.places.checked_add(other.places)?;
        Some(Decimal { digits, places }.shortest())
    }

    /// The sum, or `None` where it has too many digits.
    pub fn checked_add(self, other: Decimal) -> Option<Decimal> {
        let (one, two, places) = aligned(self, other)?;
        Some(Decimal { digits: one.checked_add(two)?, places }.shortest())
    }

    /// 1 + 2 + … up to this number, or `None` where it is not whole or too large.
    pub fn counted_up(self) -> Option<Decimal> {
        if !self.is_whole() {
            return None;
        }
        let twice = self.digits.checked_mul(self.digits.checked_add(1)?)?;
        Some(Decimal { digits: twice / 2, places: 0 })
    }

    /// Whether it has nothing after the point.
    pub fn is_whole(self) -> bool {
        self.places == 0
    }

    /// Whether it is nothing at all.
    pub fn is_zero(self) -> bool {
        self.digits == 0
    }

    /// Whether it is some whole number times `step`, which is more than nothing.
    pub fn is_multiple_of(self, step: Decimal) -> bool {
        aligned(self, step).is_some_and(|(number, step, _)| step != 0 && number % step == 0)
    }

    /// The number as a fraction of whole numbers: what is divided, and by what. `None` where the
    /// divisor would have too many digits.
    pub(super) fn fraction(self) -> Option<(i128, i128)> {
        Some((self.digits, 10_i128.checked_pow(self.places)?))
    }
}

/// Both numbers with the same number of places.
fn aligned(one: Decimal, two: Decimal) -> Option<(i128, i128, u32)> {
    let places = one.places.max(two.places);
    let scaled =
        |number: Decimal| number.digits.checked_mul(10_i128.checked_pow(places - number.places)?);
    Some((scaled(one)?, scaled(two)?, places))
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        match aligned(*self, *other) {
            Some((one, two, _)) => one.cmp(&two),
            // Too many digits to be lined up: the one that needs scaling has fewer before the point.
            None => other.places.cmp(&self.places),
        }
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let places = usize::try_from(self.places).unwrap_or(usize::MAX);
        let digits = format!("{:0>width$}", self.digits, width = places.saturating_add(1));
        let (whole, fraction) = digits.split_at(digits.len() - places);
        match fraction {
            "" => formatter.pad(whole),
            fraction => formatter.pad(&format!("{whole}.{fraction}")),
        }
    }
}

impl FromStr for Decimal {
    type Err = DecimalError;

    fn from_str(text: &str) -> Result<Self, DecimalError> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let is_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || text.ends_with('.') || !is_digits(whole) || !is_digits(fraction) {
            return Err(DecimalError::NotANumber);
        }
        let whole = whole.trim_start_matches('0');
        if whole.len() > MOST_WHOLE_DIGITS || fraction.len() > MOST_PLACES {
            return Err(DecimalError::TooLong);
        }
        let digits = format!("0{whole}{fraction}").parse().map_err(|_| DecimalError::TooLong)?;
        let places = u32::try_from(fraction.len()).map_err(|_| DecimalError::TooLong)?;
        Ok(Decimal { digits, places }.shortest())
    }
}

impl Serialize for Decimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Written)
    }
}

struct Written;

impl Visitor<'_> for Written {
    type Value = Decimal;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a number in quotes, such as \"12\" or \"12.5\"")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Decimal, E> {
        text.parse().map_err(|error: DecimalError| E::custom(format!("“{text}”: {error}")))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Decimal, E> {
        self.visit_str(&number.to_string())
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Decimal, E> {
        self.visit_str(&number.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Decimal {
        text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn a_number_is_read_exactly_and_written_as_short_as_it_can_be() {
        for (text, shown) in [("0", "0"), ("007", "7"), ("1.50", "1.5"), ("0.000001", "0.000001")] {
            assert_eq!(read(text).to_string(), shown);
        }
        assert_eq!(read("1.50"), read("1.5"));
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in ["", ".", "5.", ".5", "-1", "+1", "1e3", "1,5", " 1", "٣", "1.2.3"] {
            assert_eq!(text.parse::<Decimal>(), Err(DecimalError::NotANumber), "{text:?}");
        }
        for text in ["1234567890123", "0.1234567", &"9".repeat(400)] {
            assert_eq!(text.parse::<Decimal>(), Err(DecimalError::TooLong), "{text:?}");
        }
    }

    #[test]
    fn products_and_sums_are_exact_and_never_wrap() {
        assert_eq!(read("0.1").checked_add(read("0.2")), Some(read("0.3")));
        assert_eq!(read("1.5").checked_mul(read("0.2")), Some(read("0.3")));
        let vast = Decimal::of(i128::MAX);
        assert_eq!(vast.checked_mul(read("2")), None);
        assert_eq!(vast.checked_add(read("1")), None);
    }

    #[test]
    fn numbers_are_compared_by_their_size() {
        assert!(read("2") > read("1.999999") && read("0.5") < read("0.51"));
        assert!(read("10").is_multiple_of(read("2.5")) && !read("10").is_multiple_of(read("3")));
        assert!(!read("1").is_multiple_of(Decimal::ZERO));
    }

    #[test]
    fn counting_up_adds_every_number_on_the_way() {
        assert_eq!(read("4").counted_up(), Some(read("10")));
        assert_eq!(read("0").counted_up(), Some(Decimal::ZERO));
        assert_eq!(read("1.5").counted_up(), None);
    }
}
