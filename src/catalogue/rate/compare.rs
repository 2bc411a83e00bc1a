//! The model selector: every value of a choice with what the request would cost under it.

use std::collections::BTreeMap;

use super::input::{Choice, ChoiceValue};
use super::quote::RateQuote;
use super::reading::InputValue;
use super::rounding::Rounding;
use crate::catalogue::{Operation, QuoteRefusal};
use crate::ledger::Credits;

/// One value of the choice, priced for the settings made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer<'a> {
    /// The value.
    pub value: &'a ChoiceValue,
    /// What it would cost.
    pub quote: Result<RateQuote, QuoteRefusal>,
}

impl Offer<'_> {
    /// Whether `available` covers it at its dearest; unknown where there is no price.
    pub fn is_affordable(&self, available: Credits) -> Option<bool> {
        self.quote.as_ref().ok().map(|quote| quote.most <= available)
    }
}

/// Every value of `choice` with its price, all other inputs staying what they are.
pub fn compare<'a>(
    operation: &Operation,
    choice: &'a Choice,
    rounding: Rounding,
    inputs: &BTreeMap<String, InputValue>,
) -> Vec<Offer<'a>> {
    let offer = |value: &'a ChoiceValue| {
        let mut inputs = inputs.clone();
        inputs.insert(choice.name.clone(), value.code.as_str().into());
        Offer { value, quote: operation.quote(rounding, &inputs) }
    };
    choice.values.iter().map(offer).collect()
}
