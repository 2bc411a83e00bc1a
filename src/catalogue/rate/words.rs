//! The rate card as people read it.

use super::charge::Charge;
use super::input::{Quantity, When};
use super::price::{Price, PriceRange};
use crate::catalogue::Operation;
use crate::ledger::Credits;

/// One row of an operation's prices: what is paid for, and how much.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriceRow {
    /// "Posts", "Posts, complex".
    pub label: String,
    /// "1–3 credits for each platform × week".
    pub price: String,
}

/// "1 credit", "0.5 credits", "1,200 credits".
pub fn credits(amount: Credits) -> String {
    let text = grouped(&amount.to_string());
    if text == "1" { "1 credit".to_owned() } else { format!("{text} credits") }
}

/// "3 credits", "1–3 credits".
pub fn range(least: Credits, most: Credits) -> String {
    if least == most {
        return credits(most);
    }
    format!("{}–{}", grouped(&least.to_string()), credits(most))
}

/// The price of a unit, or of `per` of them: "1–3 credits", "0.5 credits per 1,000 tokens".
pub fn price_phrase(price: PriceRange, unit: Option<&Quantity>, per: u32) -> String {
    let amount = range(price.min, price.max);
    match (per, unit) {
        (1, _) => amount,
        (per, Some(unit)) => {
            format!("{amount} per {} {}", grouped(&per.to_string()), unit.unit.many)
        }
        (per, None) => format!("{amount} per {}", grouped(&per.to_string())),
    }
}

/// A number with its thousands set apart: "12,000.5".
pub fn grouped(number: &str) -> String {
    let (sign, number) = number.strip_prefix('-').map_or(("", number), |rest| ("−", rest));
    let (whole, places) = number.split_once('.').map_or((number, None), |(w, p)| (w, Some(p)));
    let first = match whole.len() % 3 {
        0 => 3.min(whole.len()),
        rest => rest,
    };
    let (head, tail) = whole.split_at(first);
    let mut text = format!("{sign}{head}");
    for group in tail.as_bytes().chunks(3) {
        text.push(',');
        text.push_str(&String::from_utf8_lossy(group));
    }
    match places {
        Some(places) => format!("{text}.{places}"),
        None => text,
    }
}

impl Operation {
    /// Its prices, one row a charge, or one a value where the price depends on a choice.
    pub fn price_rows(&self) -> Vec<PriceRow> {
        let mut rows: Vec<PriceRow> =
            self.charges.iter().flat_map(|charge| self.rows_of(charge)).collect();
        rows.extend(self.factor_rows());
        if self.minimum.is_positive() {
            let price = credits(self.minimum);
            rows.push(PriceRow { label: "At least".to_owned(), price });
        }
        rows
    }

    /// Its whole price in a few words, where one charge says it all: "1 credit for each image".
    pub fn price_in_short(&self) -> Option<String> {
        let rows = self.price_rows();
        match rows.as_slice() {
            [only] => Some(only.price.clone()),
            _ => None,
        }
    }

    fn rows_of(&self, charge: &Charge) -> Vec<PriceRow> {
        let scope = self.scope(&charge.when);
        let price = |range: PriceRange| match scope.as_str() {
            "" => self.phrase(charge, range),
            scope => format!("{} ({scope})", self.phrase(charge, range)),
        };
        match &charge.price {
            Price::Flat(range) => {
                vec![PriceRow { label: charge.label.clone(), price: price(*range) }]
            }
            Price::By { choice, prices } => {
                let values = self.choice(choice).map(|choice| choice.values.as_slice());
                let row = |value: &super::ChoiceValue| {
                    let label = format!("{}, {}", charge.label, value.label);
                    Some(PriceRow { label, price: price(*prices.get(&value.code)?) })
                };
                values.unwrap_or_default().iter().filter_map(row).collect()
            }
        }
    }

    /// "1–3 credits for each platform × week × post a week".
    fn phrase(&self, charge: &Charge, range: PriceRange) -> String {
        let unit = charge.unit_of(self);
        let amount = price_phrase(range, unit, charge.per);
        // What `per` counts is named with it already.
        let counted = charge.sum.first().into_iter().chain(&charge.times).chain(&charge.cumulative);
        let named = counted.skip(usize::from(charge.per > 1));
        let nouns: Vec<&str> = named
            .filter_map(|name| self.quantity(name))
            .map(|quantity| quantity.unit.one.as_str())
            .collect();
        match nouns.as_slice() {
            [] => amount,
            nouns => format!("{amount} for each {}", nouns.join(" × ")),
        }
    }

    /// Where something applies under some choices only: "Output: Image or Video"; empty where it always
    /// does.
    pub fn scope(&self, when: &When) -> String {
        let parts: Vec<String> = when
            .0
            .iter()
            .filter_map(|(name, codes)| {
                let choice = self.choice(name)?;
                let labels = codes.iter().filter_map(|code| choice.value(code));
                let labels: Vec<&str> = labels.map(|value| value.label.as_str()).collect();
                Some(format!("{}: {}", choice.label, labels.join(" or ")))
            })
            .collect();
        parts.join(", ")
    }

    /// One row for every choice that multiplies a price: "720p × 1, 1080p × 1.5".
    fn factor_rows(&self) -> Vec<PriceRow> {
        let mut rows: Vec<PriceRow> = Vec::new();
        for charge in &self.charges {
            for (name, factors) in &charge.multiply {
                let Some(choice) = self.choice(name) else { continue };
                let parts = choice.values.iter().filter_map(|value| {
                    Some(format!("{} × {}", value.label, factors.get(&value.code)?))
                });
                let price = parts.collect::<Vec<_>>().join(", ");
                let row = PriceRow { label: choice.label.clone(), price };
                if !rows.contains(&row) {
                    rows.push(row);
                }
            }
        }
        rows
    }
}
