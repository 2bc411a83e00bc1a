//! Operations: what credits are spent on, what each asks for and what it charges. The rules of pricing
//! are in [`rate`](super::rate).

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::rate::{Charge, Choice, InputValue, Price, Quantity};
use crate::ledger::{Credits, OverSettle};

/// What an asset is, which decides how it is analysed and what it costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AssetKind {
    /// A piece of text.
    Text,
    /// A still or animated image file.
    Image,
    /// A video file.
    Video,
}

impl AssetKind {
    /// Every kind, in the order pages show them.
    pub const ALL: [AssetKind; 3] = [AssetKind::Text, AssetKind::Image, AssetKind::Video];

    /// The stable code, as stored and as in JSON.
    pub fn code(self) -> &'static str {
        match self {
            AssetKind::Text => "text",
            AssetKind::Image => "image",
            AssetKind::Video => "video",
        }
    }

    /// The kind with this code, if there is one.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// The word that goes with `count`: "image", "images".
    pub fn noun(self, count: u32) -> &'static str {
        match (self, count) {
            (AssetKind::Text, 1) => "text",
            (AssetKind::Text, _) => "texts",
            (AssetKind::Image, 1) => "image",
            (AssetKind::Image, _) => "images",
            (AssetKind::Video, 1) => "video",
            (AssetKind::Video, _) => "videos",
        }
    }
}

impl fmt::Display for AssetKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.code())
    }
}

/// What happens to a request that the balance does not cover.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AtZero {
    /// It is refused, with the shortfall and the cure.
    Block,
    /// It waits and goes on by itself when the balance is there.
    Park,
}

/// One thing that credits may be spent on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Operation {
    /// Stable code, carried by usage rows.
    pub code: String,
    /// The name people read.
    pub name: String,
    /// One sentence on what is paid for.
    pub description: String,
    /// What must be chosen, in the order in which it is asked; what depends on a choice stands after it.
    #[serde(default)]
    pub choices: Vec<Choice>,
    /// What must be counted, in the order in which it is asked.
    #[serde(default)]
    pub quantities: Vec<Quantity>,
    /// What the price is made of.
    pub charges: Vec<Charge>,
    /// The least that is charged, whatever the charges come to.
    #[serde(default)]
    pub minimum: Credits,
    /// What happens when the work turns out dearer than quoted.
    pub over_settle: OverSettle,
    /// What happens when the balance does not cover it.
    pub at_zero: AtZero,
}

impl Operation {
    /// The choice with this name, if it asks for one.
    pub fn choice(&self, name: &str) -> Option<&Choice> {
        self.choices.iter().find(|choice| choice.name == name)
    }

    /// The quantity with this name, if it asks for one.
    pub fn quantity(&self, name: &str) -> Option<&Quantity> {
        self.quantities.iter().find(|quantity| quantity.name == name)
    }

    /// The choice whose values people compare by their cost.
    pub fn compared(&self) -> Option<&Choice> {
        self.choices.iter().find(|choice| choice.compare)
    }

    /// What a form starts with.
    pub fn start(&self) -> BTreeMap<String, InputValue> {
        let choices =
            self.choices.iter().map(|choice| (choice.name.clone(), choice.start().into()));
        let quantities = self.quantities.iter().map(|quantity| {
            (quantity.name.clone(), InputValue::from(quantity.start().to_string()))
        });
        choices.chain(quantities).collect()
    }

    /// Credits for one asset of this kind, where the operation prices assets one by one: the charge that
    /// counts them and nothing else, at an exact price.
    pub fn asset_price(&self, kind: AssetKind) -> Option<Credits> {
        let counts = |charge: &&Charge| charge.times == [kind.code()];
        let charge = self.charges.iter().find(counts)?;
        let is_plain = charge.per == 1
            && charge.when.is_always()
            && charge.sum.is_empty()
            && charge.cumulative.is_none()
            && charge.multiply.is_empty();
        match &charge.price {
            Price::Flat(range) if is_plain && range.is_exact() => Some(range.min),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_found_again_by_its_code_and_by_nothing_else() {
        for kind in AssetKind::ALL {
            assert_eq!(AssetKind::from_code(kind.code()), Some(kind));
        }
        assert_eq!(AssetKind::from_code("Image"), None);
    }
}
