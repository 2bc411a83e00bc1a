//! One part of an operation's price, and the line of a quote that it makes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::decimal::Decimal;
use super::input::{Quantity, When};
use super::price::{Price, PriceRange};
use super::quote::RateLine;
use super::reading::Inputs;
use super::rounding::Rounding;
use super::words;
use crate::catalogue::Operation;
use crate::ledger::Credits;

/// A price times quantities and factors.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Charge {
    /// What is paid for, as people read it: "Posts".
    pub label: String,
    /// Under which choices it is charged.
    #[serde(default, skip_serializing_if = "When::is_always")]
    pub when: When,
    /// The price of one unit, or of `per` of them.
    pub price: Price,
    /// For how many units the price is: 1000 tokens, 60 seconds.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub per: u32,
    /// Quantities that are added up before they are priced: tokens in and out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sum: Vec<String>,
    /// Quantities that multiply the price: platforms, weeks, posts a week.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub times: Vec<String>,
    /// A quantity that is counted as 1 + 2 + … + n: each turn of a conversation reads all turns before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cumulative: Option<String>,
    /// Factors by choice: `{ resolution = { "720p" = "1", "1080p" = "1.5" } }`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub multiply: BTreeMap<String, BTreeMap<String, Decimal>>,
}

const fn one() -> u32 {
    1
}

const fn is_one(per: &u32) -> bool {
    *per == 1
}

impl Charge {
    /// Every quantity that it names.
    pub fn quantities(&self) -> impl Iterator<Item = &String> {
        self.sum.iter().chain(&self.times).chain(&self.cumulative)
    }

    /// The line that it makes of these inputs; nothing where it is not charged or there is none of what
    /// it counts. `Err` where the amount is too large.
    pub(super) fn line(
        &self,
        operation: &Operation,
        inputs: &Inputs<'_>,
        rounding: Rounding,
    ) -> Result<Option<RateLine>, TooLarge> {
        if !self.when.holds(|choice| inputs.chosen(choice)) {
            return Ok(None);
        }
        let Some(price) = self.priced(inputs) else { return Ok(None) };
        let factor = self.count(inputs).and_then(|count| self.multiplied(count, inputs));
        let factor = factor.ok_or(TooLarge)?;
        if factor.is_zero() {
            return Ok(None);
        }
        let amount = |unit: Credits| {
            let micro = Decimal::of(i128::from(unit.micro())).checked_mul(factor)?;
            rounding.round(micro, i128::from(self.per))
        };
        Ok(Some(RateLine {
            label: self.label.clone(),
            how: self.how(operation, inputs, price),
            least: amount(price.min).ok_or(TooLarge)?,
            most: amount(price.max).ok_or(TooLarge)?,
        }))
    }

    /// The price of one unit under these choices.
    fn priced(&self, inputs: &Inputs<'_>) -> Option<PriceRange> {
        match &self.price {
            Price::Flat(range) => Some(*range),
            Price::By { choice, prices } => prices.get(inputs.chosen(choice)?).copied(),
        }
    }

    /// How many units are priced, before any factor.
    fn count(&self, inputs: &Inputs<'_>) -> Option<Decimal> {
        let number = |name: &String| inputs.number(name);
        let added = match self.sum.as_slice() {
            [] => Decimal::ONE,
            names => names.iter().map(number).try_fold(Decimal::ZERO, Decimal::checked_add)?,
        };
        let times = self.times.iter().map(number).try_fold(added, Decimal::checked_mul)?;
        match &self.cumulative {
            Some(name) => times.checked_mul(number(name).counted_up()?),
            None => Some(times),
        }
    }

    fn multiplied(&self, count: Decimal, inputs: &Inputs<'_>) -> Option<Decimal> {
        self.factors(inputs).map(|(_, factor)| factor).try_fold(count, Decimal::checked_mul)
    }

    /// The factors that apply, each with the code that was chosen.
    fn factors<'a>(
        &'a self,
        inputs: &'a Inputs<'_>,
    ) -> impl Iterator<Item = ((&'a str, &'a str), Decimal)> {
        self.multiply.iter().filter_map(|(choice, factors)| {
            let chosen = inputs.chosen(choice)?;
            Some(((choice.as_str(), chosen), *factors.get(chosen)?))
        })
    }

    /// How the line comes about: "2 platforms × 4 weeks × 3 posts a week × 1–3 credits".
    fn how(&self, operation: &Operation, inputs: &Inputs<'_>, price: PriceRange) -> String {
        let mut parts = Vec::new();
        if let Some(first) = self.sum.first().and_then(|name| operation.quantity(name)) {
            let mut sum = self.sum.iter().map(|name| inputs.number(name));
            let sum = sum.try_fold(Decimal::ZERO, Decimal::checked_add);
            parts.extend(sum.map(|sum| first.counted(sum)));
        }
        let counted = |name: &String| {
            operation
                .quantity(name)
                .map(|quantity: &Quantity| quantity.counted(inputs.number(name)))
        };
        parts.extend(self.times.iter().filter_map(counted));
        if let Some(name) = &self.cumulative {
            parts.extend(counted(name).map(|turns| format!("{turns}, each with all before it")));
        }
        parts.push(words::price_phrase(price, self.unit_of(operation), self.per));
        let factors = self.factors(inputs).filter(|(_, factor)| *factor != Decimal::ONE);
        parts.extend(factors.map(|((choice, code), factor)| {
            let label = operation.choice(choice).and_then(|choice| choice.value(code));
            format!("{factor} for {}", label.map_or(code, |value| &value.label))
        }));
        parts.join(" × ")
    }

    /// What `per` counts, for people: "tokens".
    pub(super) fn unit_of<'a>(&self, operation: &'a Operation) -> Option<&'a Quantity> {
        self.quantities().next().and_then(|name| operation.quantity(name))
    }
}

/// An amount that no ledger can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TooLarge;
