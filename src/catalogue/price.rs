//! Prices as decimal text: how many places a currency has, and reading "60.00" without a float.

use thiserror::Error;

use crate::ledger::{Currency, Money};

/// Most places after the point that any currency has.
const MOST_PLACES: usize = 3;

/// Currencies whose minor unit is the whole unit (ISO 4217).
const WITHOUT_PLACES: [&str; 12] =
    ["CLP", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "XAF", "XOF"];
/// Currencies with a thousandth as minor unit (ISO 4217).
const WITH_THREE_PLACES: [&str; 7] = ["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"];

/// Places after the point in an amount of this currency: 2 for USD, 0 for JPY.
pub fn decimal_places(currency: Currency) -> usize {
    match currency.as_str() {
        code if WITHOUT_PLACES.contains(&code) => 0,
        code if WITH_THREE_PLACES.contains(&code) => MOST_PLACES,
        _ => 2,
    }
}

/// Why a text is no price.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PriceError {
    /// Something other than digits and one point.
    #[error("“{0}” is not an amount of money.")]
    NotDecimal(String),
    /// More places than the currency has.
    #[error("“{text}” has more than the {places} decimal places of {currency}.")]
    TooManyPlaces {
        /// What was written.
        text: String,
        /// What the currency allows.
        places: usize,
        /// The currency.
        currency: Currency,
    },
    /// Beyond what can be kept.
    #[error("“{0}” is too large.")]
    TooLarge(String),
}

/// Reads "60", "60.5" or "60.00" as money of this currency. Exact: nothing is rounded.
pub fn parse_money(text: &str, currency: Currency) -> Result<Money, PriceError> {
    let places = decimal_places(currency);
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let is_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !is_digits(whole) || !is_digits(fraction) || text.ends_with('.') {
        return Err(PriceError::NotDecimal(text.to_owned()));
    }
    if fraction.len() > places {
        return Err(PriceError::TooManyPlaces { text: text.to_owned(), places, currency });
    }
    let digits = format!("{whole}{fraction:0<places$}");
    let minor = digits.parse().map_err(|_| PriceError::TooLarge(text.to_owned()))?;
    Ok(Money { minor, currency })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minor(text: &str, currency: &str) -> Option<i64> {
        let currency = Currency::parse(currency).expect("a currency");
        parse_money(text, currency).ok().map(|money| money.minor)
    }

    #[test]
    fn prices_are_read_exactly() {
        assert_eq!(minor("60.00", "USD"), Some(6_000));
        assert_eq!(minor("60.5", "USD"), Some(6_050));
        assert_eq!(minor("60", "USD"), Some(6_000));
        assert_eq!(minor("1200", "JPY"), Some(1_200));
        assert_eq!(minor("1.234", "KWD"), Some(1_234));
    }

    #[test]
    fn what_is_not_a_price_is_refused() {
        for text in ["", ".5", "60.", "60.005", "-1", "1,000.00", "$60", "99999999999999999999"] {
            assert_eq!(minor(text, "USD"), None, "{text}");
        }
        assert_eq!(minor("1.5", "JPY"), None);
    }
}
