//! The one rounding there is: of each line of a quote, to a step that the card states.

use serde::{Deserialize, Serialize};

use super::decimal::Decimal;
use crate::ledger::Credits;

/// To what lines are rounded, and in which direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rounding {
    /// The step: every line is a multiple of it.
    pub to: Credits,
    /// The direction.
    pub how: RoundingRule,
}

/// In which direction an amount goes that lies between two steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RoundingRule {
    /// To the step above.
    Up,
    /// To the nearer step; from the middle to the one above.
    HalfUp,
    /// To the step below.
    Down,
}

impl Default for Rounding {
    /// To the smallest amount that can be booked.
    fn default() -> Self {
        Rounding { to: Credits::from_micro(1), how: RoundingRule::HalfUp }
    }
}

impl Rounding {
    /// `micro / per` micro-credits as an amount; `None` where it is too large.
    pub(super) fn round(self, micro: Decimal, per: i128) -> Option<Credits> {
        let (digits, divisor) = micro.fraction()?;
        let step = i128::from(self.to.micro());
        let unit = divisor.checked_mul(per)?.checked_mul(step)?;
        let steps = match self.how {
            RoundingRule::Down => digits / unit,
            RoundingRule::Up => digits.checked_add(unit - 1)? / unit,
            RoundingRule::HalfUp => {
                digits.checked_mul(2)?.checked_add(unit)? / unit.checked_mul(2)?
            }
        };
        i64::try_from(steps.checked_mul(step)?).ok().map(Credits::from_micro)
    }

    /// Whether an amount stays what it is.
    pub fn keeps(self, amount: Credits) -> bool {
        amount.micro() % self.to.micro().max(1) == 0
    }

    /// How it is told to people; nothing where it is too fine to matter.
    pub fn in_words(self) -> Option<String> {
        let direction = match self.how {
            RoundingRule::Up => "up",
            RoundingRule::HalfUp => "to the nearest, from the middle up,",
            RoundingRule::Down => "down",
        };
        let step = if self.to.micro() == 1_000_000 { "credit" } else { "credits" };
        (self.to.micro() > 1)
            .then(|| format!("Each line is rounded {direction} to {} {step}.", self.to))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rounded(to: &str, how: RoundingRule, micro: &str, per: i128) -> String {
        let rounding = Rounding { to: to.parse().expect("credits"), how };
        let micro = micro.parse().expect("a number");
        rounding.round(micro, per).expect("an amount").to_string()
    }

    #[test]
    fn a_third_of_a_credit_goes_where_the_rule_says() {
        assert_eq!(rounded("0.01", RoundingRule::Up, "1000000", 3), "0.34");
        assert_eq!(rounded("0.01", RoundingRule::HalfUp, "1000000", 3), "0.33");
        assert_eq!(rounded("0.01", RoundingRule::Down, "2000000", 3), "0.66");
        assert_eq!(rounded("1", RoundingRule::HalfUp, "1500000", 1), "2", "the middle goes up");
        assert_eq!(rounded("1", RoundingRule::HalfUp, "1499999.9", 1), "1");
    }

    #[test]
    fn what_lies_on_a_step_stays_there() {
        for how in [RoundingRule::Up, RoundingRule::HalfUp, RoundingRule::Down] {
            assert_eq!(rounded("0.5", how, "1500000", 1), "1.5");
            assert_eq!(rounded("1", how, "0", 1), "0");
        }
    }

    #[test]
    fn what_is_too_large_is_none_and_never_wraps() {
        let rounding = Rounding::default();
        assert_eq!(rounding.round(Decimal::of(i128::MAX), 1), None);
        assert_eq!(rounding.round(Decimal::of(i128::from(i64::MAX) + 1), 1), None);
        assert!(rounding.round(Decimal::of(i128::from(i64::MAX)), 1).is_some());
    }
}
