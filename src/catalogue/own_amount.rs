//! An own number of credits: sold at one price for each, from so many up to so many.
//!
//! The price is exact: a whole number of credits times the price of one, which may be finer than the
//! currency's smallest coin. Only the total is rounded, half up, to that coin; it is the only rounding
//! there is, and it is done here, for the server and for the browser.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::PricePerCredit;
use super::pack::{Pack, Validity};
use super::price::decimal_places;
use crate::ledger::credits::MICRO_PER_CREDIT;
use crate::ledger::{Credits, Currency, Money};

/// The code that a purchase of an own amount carries in the place of a pack's.
pub const OWN_AMOUNT_CODE: &str = "own-amount";
/// How people read it.
pub const OWN_AMOUNT_NAME: &str = "Own amount";
/// Places that a price of one credit may have beyond those of its currency.
pub const FINER_PLACES: usize = 3;
/// Parts of a minor unit that [`FINER_PLACES`] tell apart.
const PARTS: i128 = 1_000;
/// The most that one payment may come to, in minor units: what Stripe takes.
pub const MOST_MINOR: i64 = 99_999_999;

/// The terms on which an own number of credits is sold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnAmount {
    /// The price of one credit, in thousandths of the currency's minor unit.
    pub thousandths_per_credit: i64,
    /// The currency.
    pub currency: Currency,
    /// The fewest credits that may be bought.
    pub minimum: Credits,
    /// The most credits that may be bought.
    pub maximum: Credits,
    /// How long the credits may be spent.
    pub validity: Validity,
}

/// Why a number of credits cannot be bought, as a sentence for who typed it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum OwnAmountRefusal {
    /// Nothing was typed.
    #[error("Write how many credits you want, from {minimum} to {maximum}.")]
    Missing { minimum: String, maximum: String },
    /// Not a whole number.
    #[error("“{typed}” is not a whole number of credits. Write digits only, such as {minimum}.")]
    NotWhole { typed: String, minimum: String },
    /// Fewer than are sold.
    #[error("{typed} is too few: the fewest that can be bought are {minimum} credits.")]
    TooFew { typed: String, minimum: String },
    /// More than are sold.
    #[error("{typed} is too many at once: the most that can be bought are {maximum} credits.")]
    TooMany { typed: String, maximum: String },
}

impl OwnAmount {
    /// Reads what a person typed: "120", "1,200", "1 200".
    ///
    /// # Errors
    /// It is not a whole number between the minimum and the maximum.
    pub fn read(&self, typed: &str) -> Result<Credits, OwnAmountRefusal> {
        let (minimum, maximum) = (self.minimum.to_string(), self.maximum.to_string());
        let digits: String =
            typed.chars().filter(|it| !it.is_whitespace() && *it != ',' && *it != '\'').collect();
        if digits.is_empty() {
            return Err(OwnAmountRefusal::Missing { minimum, maximum });
        }
        let typed = typed.trim().chars().take(24).collect::<String>();
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(OwnAmountRefusal::NotWhole { typed, minimum });
        }
        let credits = digits.parse().ok().and_then(Credits::from_whole);
        match credits {
            Some(credits) if credits < self.minimum => {
                Err(OwnAmountRefusal::TooFew { typed, minimum })
            }
            Some(credits) if credits <= self.maximum => Ok(credits),
            _ => Err(OwnAmountRefusal::TooMany { typed, maximum }),
        }
    }

    /// What so many credits cost; `None` beyond every sum of money.
    pub fn price(&self, credits: Credits) -> Option<Money> {
        let exact = i128::from(self.thousandths_per_credit) * i128::from(credits.micro());
        let unit = PARTS * i128::from(MICRO_PER_CREDIT);
        let minor = i64::try_from((2 * exact + unit) / (2 * unit)).ok()?;
        Some(Money { minor, currency: self.currency })
    }

    /// So many credits as something for sale, with its terms; `None` where they are not sold.
    pub fn pack(&self, credits: Credits) -> Option<Pack> {
        let is_sold = self.minimum <= credits && credits <= self.maximum;
        let price = self.price(credits).filter(|_| is_sold)?;
        Some(Pack {
            code: OWN_AMOUNT_CODE.to_owned(),
            name: OWN_AMOUNT_NAME.to_owned(),
            tagline: None,
            credits,
            price,
            validity: self.validity,
            recommended: false,
        })
    }

    /// The whole number of credits that is at least `credits` and may be bought, or the most there is.
    pub fn at_least(&self, credits: Credits) -> Credits {
        let rest = credits.micro().rem_euclid(MICRO_PER_CREDIT);
        let up = if rest == 0 { 0 } else { MICRO_PER_CREDIT - rest };
        let whole = credits.micro().saturating_add(up);
        Credits::from_micro(whole).clamp(self.minimum, self.maximum)
    }

    /// The price of one credit, for people.
    pub fn price_per_credit(&self) -> PricePerCredit {
        let price = Money { minor: self.thousandths_per_credit, currency: self.currency };
        // A thousand credits cost as many minor units as one costs thousandths of them.
        PricePerCredit::new(&price, Credits::from_micro(1_000 * MICRO_PER_CREDIT))
    }
}

/// Reads "1.20" or "0.091" as thousandths of the currency's minor unit. Exact: nothing is rounded.
/// `None` where it is no such price.
pub fn parse_price_per_credit(text: &str, currency: Currency) -> Option<i64> {
    let places = decimal_places(currency) + FINER_PLACES;
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let is_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let is_price = !whole.is_empty() && is_digits(whole) && is_digits(fraction);
    if !is_price || text.ends_with('.') || fraction.len() > places {
        return None;
    }
    format!("{whole}{fraction:0<places$}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::pack::whole_credits;

    fn terms(price: &str) -> OwnAmount {
        let currency = Currency::parse("USD").expect("a currency");
        OwnAmount {
            thousandths_per_credit: parse_price_per_credit(price, currency).expect("a price"),
            currency,
            minimum: whole_credits(50),
            maximum: whole_credits(5_000),
            validity: Validity::NeverExpires,
        }
    }

    fn minor(price: &str, credits: i64) -> i64 {
        terms(price).price(whole_credits(credits)).expect("a sum").minor
    }

    #[test]
    fn the_price_is_exact_to_the_last_coin() {
        assert_eq!(minor("1.20", 50), 6_000);
        assert_eq!(minor("1.20", 4_999), 599_880);
        assert_eq!(minor("0.091", 1_100), 10_010);
    }

    #[test]
    fn only_the_total_is_rounded_and_half_a_coin_goes_up() {
        assert_eq!(minor("0.005", 51), 26, "25.5 cents");
        assert_eq!(minor("0.00499", 51), 25, "25.449 cents");
        assert_eq!(minor("0.00001", 5_000), 5);
    }

    #[test]
    fn what_was_typed_is_read_as_people_write_it() {
        let read = |typed| terms("1.20").read(typed);
        assert_eq!(read("120"), Ok(whole_credits(120)));
        assert_eq!(read(" 1,200 "), Ok(whole_credits(1_200)));
        assert_eq!(read("50"), Ok(whole_credits(50)), "the minimum itself");
        assert_eq!(read("5000"), Ok(whole_credits(5_000)), "the maximum itself");
    }

    #[test]
    fn what_cannot_be_bought_is_refused_with_what_would_be_right() {
        let said = |typed| terms("1.20").read(typed).expect_err("refused").to_string();
        assert_eq!(said(""), "Write how many credits you want, from 50 to 5000.");
        assert!(said("12.5").contains("not a whole number"), "{}", said("12.5"));
        assert!(said("-5").contains("not a whole number"));
        assert!(said("49").contains("fewest that can be bought are 50"));
        assert!(said("5001").contains("most that can be bought are 5000"));
        assert!(said("99999999999999999999999").contains("too many"));
    }

    #[test]
    fn what_is_sold_is_frozen_as_a_pack_is() {
        let pack = terms("1.20").pack(whole_credits(75)).expect("sold");
        assert_eq!((pack.code.as_str(), pack.price.minor), (OWN_AMOUNT_CODE, 9_000));
        assert_eq!(terms("1.20").pack(whole_credits(49)), None);
        assert_eq!(terms("1.20").price_per_credit().tenths_of_minor(), 1_200);
    }

    #[test]
    fn a_gap_is_filled_with_whole_credits_within_what_is_sold() {
        let gap = |micro| terms("1.20").at_least(Credits::from_micro(micro));
        assert_eq!(gap(60_000_001), whole_credits(61));
        assert_eq!(gap(60_000_000), whole_credits(60));
        assert_eq!(gap(1), whole_credits(50));
        assert_eq!(gap(i64::MAX), whole_credits(5_000));
    }
}
