//! What an operation asks for before it can be priced: choices and quantities.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::decimal::Decimal;
use crate::catalogue::Noun;

/// Under which choices something applies: for each choice named, one of these values. Empty: always.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct When(pub BTreeMap<String, Vec<String>>);

impl When {
    /// Whether it applies where `chosen` says what each choice is; an unknown choice never fits.
    pub fn holds<'a>(&self, chosen: impl Fn(&str) -> Option<&'a str>) -> bool {
        self.0.iter().all(|(choice, values)| {
            chosen(choice).is_some_and(|chosen| values.iter().any(|value| value == chosen))
        })
    }

    /// Whether it always applies.
    pub fn is_always(&self) -> bool {
        self.0.is_empty()
    }
}

/// One of several values: a model, a tier, a resolution, a kind of output.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// The input's name: `model`.
    pub name: String,
    /// What people read: "Model".
    pub label: String,
    /// What can be chosen, in the order in which it is shown.
    pub values: Vec<ChoiceValue>,
    /// The value a form starts with; without it the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<String>,
    /// Whether people compare the cost of all values before they choose, as they do for models.
    #[serde(default)]
    pub compare: bool,
    /// Under which other choices it is asked for.
    #[serde(default, skip_serializing_if = "When::is_always")]
    pub when: When,
}

impl Choice {
    /// The value with this code.
    pub fn value(&self, code: &str) -> Option<&ChoiceValue> {
        self.values.iter().find(|value| value.code == code)
    }

    /// What a form starts with.
    pub fn start(&self) -> &str {
        let first = || self.values.first().map_or("", |value| &value.code);
        self.start.as_deref().unwrap_or_else(first)
    }
}

/// One thing that can be chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChoiceValue {
    /// Stable code: `1080p`.
    pub code: String,
    /// What people read: "1080p (full HD)".
    pub label: String,
    /// One line that helps to choose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

/// A number of something: seconds, tokens, posts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quantity {
    /// The input's name: `seconds`.
    pub name: String,
    /// What people read: "Length".
    pub label: String,
    /// What is counted: "second", "seconds".
    pub unit: Noun,
    /// The least; a quantity that may be 0 may be left out.
    #[serde(default = "zero")]
    pub from: Decimal,
    /// The most.
    pub to: Decimal,
    /// Every number is a multiple of this.
    #[serde(default = "one")]
    pub step: Decimal,
    /// The number a form starts with; without it the least.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<Decimal>,
    /// One line that helps to choose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// Under which choices it is asked for.
    #[serde(default, skip_serializing_if = "When::is_always")]
    pub when: When,
}

const fn zero() -> Decimal {
    Decimal::ZERO
}

const fn one() -> Decimal {
    Decimal::ONE
}

impl Quantity {
    /// What a form starts with.
    pub fn start(&self) -> Decimal {
        self.start.unwrap_or(self.from)
    }

    /// "1 second", "2.5 seconds", "12,000 tokens".
    pub fn counted(&self, number: Decimal) -> String {
        let noun = if number == Decimal::ONE { &self.unit.one } else { &self.unit.many };
        format!("{} {noun}", super::words::grouped(&number.to_string()))
    }
}
