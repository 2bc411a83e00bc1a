//! Packs and the annual package: how many credits for how much money, and for how long.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::ledger::{Credits, Money};

/// How long credits may be spent after they were bought.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Validity {
    /// They stay until they are spent.
    NeverExpires,
    /// They lapse this many calendar months after the purchase.
    Months(u16),
}

impl fmt::Display for Validity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Validity::NeverExpires => formatter.write_str("never expire"),
            Validity::Months(1) => formatter.write_str("valid for 1 month"),
            Validity::Months(months) => write!(formatter, "valid for {months} months"),
        }
    }
}

/// Credits for sale at one price. Its terms are copied onto the lot that a purchase makes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pack {
    /// Stable code, carried by purchases.
    pub code: String,
    /// The name people read.
    pub name: String,
    /// One line under the name.
    pub tagline: Option<String>,
    /// What the buyer gets.
    pub credits: Credits,
    /// What the buyer pays.
    pub price: Money,
    /// How long the credits may be spent.
    pub validity: Validity,
    /// Whether the page marks this pack.
    pub recommended: bool,
}

impl Pack {
    /// The exact price of one credit of this pack.
    pub fn price_per_credit(&self) -> PricePerCredit {
        PricePerCredit::new(&self.price, self.credits)
    }
}

/// The yearly package that a team signs up with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnnualPackage {
    /// The name people read.
    pub name: String,
    /// What the team may spend in the period.
    pub credits: Credits,
    /// What the package costs; people know it by this figure.
    pub price: Money,
    /// Length of the period in calendar months.
    pub months: u16,
}

impl AnnualPackage {
    /// The exact price of one credit of the package.
    pub fn price_per_credit(&self) -> PricePerCredit {
        PricePerCredit::new(&self.price, self.credits)
    }
}

/// Money for one credit as an exact fraction: minor units over micro-credits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PricePerCredit {
    minor: i64,
    micro_credits: i64,
}

/// Tenths of a minor unit in one minor unit: the precision of [`PricePerCredit::tenths_of_minor`].
const TENTHS: i128 = 10;
/// Micro-credits in one credit.
const MICRO: i128 = 1_000_000;
/// Hundredths of a percent in one whole.
const BASIS_POINTS: i128 = 10_000;

impl PricePerCredit {
    /// What one of `credits` costs where all of them cost `price`.
    pub fn new(price: &Money, credits: Credits) -> Self {
        PricePerCredit { minor: price.minor, micro_credits: credits.micro() }
    }

    /// The price in tenths of a minor unit, rounded half up. This is the only rounding there is:
    /// 1,100 credits for $100.00 are 91 tenths of a cent each, shown as $0.091.
    pub fn tenths_of_minor(self) -> i64 {
        let numerator = i128::from(self.minor) * MICRO * TENTHS;
        let denominator = i128::from(self.micro_credits).max(1);
        let rounded = (2 * numerator + denominator) / (2 * denominator);
        i64::try_from(rounded).unwrap_or(i64::MAX)
    }

    /// How much less this is than `reference`, in hundredths of a percent, rounded down.
    /// `None` where it saves nothing.
    pub fn saving_basis_points(self, reference: PricePerCredit) -> Option<u32> {
        let ours = i128::from(self.minor) * i128::from(reference.micro_credits);
        let theirs = i128::from(reference.minor) * i128::from(self.micro_credits);
        if ours >= theirs {
            return None;
        }
        let saving = (theirs - ours).checked_mul(BASIS_POINTS)? / theirs;
        u32::try_from(saving).ok().filter(|points| *points > 0)
    }
}

#[cfg(test)]
pub(crate) fn whole_credits(count: i64) -> Credits {
    Credits::from_whole(count).expect("a small number in a test")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn price(minor: i64, credits: i64) -> PricePerCredit {
        PricePerCredit { minor, micro_credits: credits * 1_000_000 }
    }

    #[test]
    fn prices_per_credit_are_the_ones_people_know() {
        let known = [(1_000, 100, 100), (2_500, 250, 100), (5_000, 550, 91), (10_000, 1_100, 91)];
        for (minor, credits, tenths) in known.into_iter().chain([(20_000, 2_350, 85)]) {
            assert_eq!(price(minor, credits).tenths_of_minor(), tenths, "{credits}");
        }
    }

    #[test]
    fn half_a_tenth_rounds_up() {
        assert_eq!(price(1, 20).tenths_of_minor(), 1);
        assert_eq!(price(1, 21).tenths_of_minor(), 0);
    }

    #[test]
    fn a_saving_is_rounded_down_and_nothing_is_not_a_saving() {
        let smallest = price(6_000, 50);
        assert_eq!(price(100_000, 1_000).saving_basis_points(smallest), Some(1_666));
        assert_eq!(smallest.saving_basis_points(smallest), None);
        assert_eq!(price(13_000, 100).saving_basis_points(smallest), None);
    }

    #[test]
    fn validity_reads_as_a_phrase() {
        assert_eq!(Validity::NeverExpires.to_string(), "never expire");
        assert_eq!(Validity::Months(1).to_string(), "valid for 1 month");
        assert_eq!(Validity::Months(12).to_string(), "valid for 12 months");
    }
}
