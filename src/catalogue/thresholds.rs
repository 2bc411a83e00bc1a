//! When a balance is low: percents of the allowance and plain numbers, both at once.

use serde::{Deserialize, Serialize};

use crate::ledger::Credits;

/// The limits below which people are warned, highest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Thresholds {
    /// Percents of this period's allowance, or of the last purchase where there is none.
    pub percent_of_allowance: Vec<u8>,
    /// Plain numbers of credits.
    pub credits_left: Vec<Credits>,
}

/// How worried a person should be about a balance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BalanceLevel {
    /// Above every limit.
    Fine,
    /// Below at least one limit.
    Low,
    /// Below the last limit of either list that has more than one.
    Critical,
    /// Nothing is left.
    Empty,
}

impl Thresholds {
    /// How `available` stands, where `base` is what percents are taken of (none: plain numbers only).
    ///
    /// A limit is crossed *below* it: exactly 20 % left is not yet low at 20 %.
    pub fn level(&self, available: Credits, base: Option<Credits>) -> BalanceLevel {
        if available.micro() <= 0 {
            return BalanceLevel::Empty;
        }
        let by_number = self.credits_left.iter().map(|limit| available < *limit);
        let by_percent = self
            .percent_of_allowance
            .iter()
            .map(|percent| base.is_some_and(|base| is_below_percent(available, base, *percent)));
        level_of(by_number).max(level_of(by_percent))
    }
}

/// The level that one list of limits, highest first, gives.
fn level_of(crossed: impl ExactSizeIterator<Item = bool>) -> BalanceLevel {
    let limits = crossed.len();
    match crossed.filter(|is_crossed| *is_crossed).count() {
        0 => BalanceLevel::Fine,
        count if count == limits && limits > 1 => BalanceLevel::Critical,
        _ => BalanceLevel::Low,
    }
}

fn is_below_percent(available: Credits, base: Credits, percent: u8) -> bool {
    i128::from(available.micro()) * 100 < i128::from(base.micro()) * i128::from(percent)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::pack::whole_credits;

    fn thresholds() -> Thresholds {
        Thresholds {
            percent_of_allowance: vec![20, 5],
            credits_left: vec![whole_credits(25), whole_credits(5)],
        }
    }

    #[test]
    fn exactly_twenty_percent_is_fine_and_one_less_is_low() {
        let base = Some(whole_credits(1000));
        assert_eq!(thresholds().level(whole_credits(200), base), BalanceLevel::Fine);
        assert_eq!(thresholds().level(whole_credits(199), base), BalanceLevel::Low);
        assert_eq!(thresholds().level(whole_credits(49), base), BalanceLevel::Critical);
    }

    #[test]
    fn plain_numbers_warn_where_there_is_no_allowance() {
        assert_eq!(thresholds().level(whole_credits(25), None), BalanceLevel::Fine);
        assert_eq!(thresholds().level(whole_credits(24), None), BalanceLevel::Low);
        assert_eq!(thresholds().level(whole_credits(4), None), BalanceLevel::Critical);
        assert_eq!(thresholds().level(whole_credits(0), None), BalanceLevel::Empty);
    }
}
