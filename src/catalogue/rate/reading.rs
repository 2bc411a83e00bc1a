//! A request for a price, read against what the operation asks for. Everything wrong is told at once.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::decimal::Decimal;
use super::input::{Choice, Quantity};
use crate::catalogue::Operation;

/// Inputs that one request may carry.
pub const MOST_INPUTS: usize = 32;
/// Characters that the text of an input may have.
pub const LONGEST_INPUT: usize = 64;

/// What somebody wants to know the price of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuoteRequest {
    /// The operation's code on the rate card.
    pub operation: String,
    /// Its inputs by name.
    #[serde(default)]
    pub inputs: BTreeMap<String, InputValue>,
}

impl QuoteRequest {
    /// A request with these inputs.
    pub fn of<Name: Into<String>, Value: Into<InputValue>>(
        operation: impl Into<String>,
        inputs: impl IntoIterator<Item = (Name, Value)>,
    ) -> Self {
        let inputs = inputs.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        QuoteRequest { operation: operation.into(), inputs }
    }
}

/// One input as it was sent: the code of a choice, or a number as decimal text. In JSON a number without a
/// point may stand for itself; one with a point is refused, because it would have been rounded on its way.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct InputValue(String);

impl InputValue {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for InputValue {
    fn from(text: &str) -> Self {
        InputValue(text.to_owned())
    }
}

impl From<String> for InputValue {
    fn from(text: String) -> Self {
        InputValue(text)
    }
}

impl From<u32> for InputValue {
    fn from(number: u32) -> Self {
        InputValue(number.to_string())
    }
}

impl Serialize for InputValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for InputValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Sent)
    }
}

struct Sent;

impl Visitor<'_> for Sent {
    type Value = InputValue;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a text, or a number without a point; write decimals as text: \"1.5\"")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<InputValue, E> {
        Ok(text.into())
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<InputValue, E> {
        Ok(number.to_string().into())
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<InputValue, E> {
        Ok(number.to_string().into())
    }
}

/// One input that is wrong or missing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputFault {
    /// The input's name.
    pub field: String,
    /// What is wrong, as a sentence.
    pub problem: String,
    /// What would cure it, as a sentence.
    pub cure: String,
}

impl InputFault {
    fn new(field: &str, problem: impl Into<String>, cure: impl Into<String>) -> Self {
        InputFault { field: excerpt(field), problem: problem.into(), cure: cure.into() }
    }
}

/// Inputs that fit their operation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inputs<'a> {
    choices: BTreeMap<&'a str, &'a str>,
    numbers: BTreeMap<&'a str, Decimal>,
}

impl<'a> Inputs<'a> {
    /// Reads what was sent. Inputs that do not apply under the choices made are left out.
    ///
    /// # Errors
    /// Every input that is unknown, missing or wrong.
    pub fn read(
        operation: &'a Operation,
        sent: &'a BTreeMap<String, InputValue>,
    ) -> Result<Self, Vec<InputFault>> {
        if sent.len() > MOST_INPUTS {
            let problem = format!("{} inputs are too many.", sent.len());
            let cure = format!("Send at most {MOST_INPUTS}, by the names that the operation has.");
            return Err(vec![InputFault::new("inputs", problem, cure)]);
        }
        let mut inputs = Inputs::default();
        let mut faults: Vec<InputFault> = unknown(operation, sent).collect();
        for choice in &operation.choices {
            if !choice.when.holds(|name| inputs.chosen(name)) {
                continue;
            }
            match read_choice(choice, sent.get(&choice.name)) {
                Ok(code) => {
                    inputs.choices.insert(&choice.name, code);
                }
                Err(fault) => faults.push(fault),
            }
        }
        for quantity in &operation.quantities {
            if !quantity.when.holds(|name| inputs.chosen(name)) {
                continue;
            }
            match read_quantity(quantity, sent.get(&quantity.name)) {
                Ok(number) => {
                    inputs.numbers.insert(&quantity.name, number);
                }
                Err(fault) => faults.push(fault),
            }
        }
        if faults.is_empty() { Ok(inputs) } else { Err(faults) }
    }

    /// The value of a choice; `None` where it does not apply.
    pub fn chosen(&self, choice: &str) -> Option<&'a str> {
        self.choices.get(choice).copied()
    }

    /// How many of a quantity; 0 where it does not apply.
    pub fn number(&self, quantity: &str) -> Decimal {
        self.numbers.get(quantity).copied().unwrap_or(Decimal::ZERO)
    }
}

/// The names of the inputs that are asked for under the choices in `sent`, right or wrong as they may be.
pub fn asked<'a>(operation: &'a Operation, sent: &'a BTreeMap<String, InputValue>) -> Vec<&'a str> {
    let mut made = Inputs::default();
    let mut names = Vec::new();
    for choice in &operation.choices {
        if choice.when.holds(|name| made.chosen(name)) {
            names.push(choice.name.as_str());
            if let Ok(code) = read_choice(choice, sent.get(&choice.name)) {
                made.choices.insert(&choice.name, code);
            }
        }
    }
    let holds = |quantity: &&Quantity| quantity.when.holds(|name| made.chosen(name));
    names.extend(operation.quantities.iter().filter(holds).map(|quantity| quantity.name.as_str()));
    names
}

fn unknown<'a>(
    operation: &'a Operation,
    sent: &'a BTreeMap<String, InputValue>,
) -> impl Iterator<Item = InputFault> + 'a {
    let known = |name: &str| operation.choice(name).is_some() || operation.quantity(name).is_some();
    sent.keys().filter(move |name| !known(name)).map(|name| {
        let choices = operation.choices.iter().map(|choice| choice.name.as_str());
        let quantities = operation.quantities.iter().map(|quantity| quantity.name.as_str());
        let names: Vec<&str> = choices.chain(quantities).collect();
        let cure = match names.as_slice() {
            [] => "It has none: leave it out.".to_owned(),
            names => format!("Its inputs are {}.", names.join(", ")),
        };
        let problem = format!("“{}” is no input of {}.", excerpt(name), operation.name);
        InputFault::new(name, problem, cure)
    })
}

fn read_choice<'a>(choice: &'a Choice, sent: Option<&InputValue>) -> Result<&'a str, InputFault> {
    let codes = || {
        let codes: Vec<&str> = choice.values.iter().map(|value| value.code.as_str()).collect();
        format!("Choose one of {}.", codes.join(", "))
    };
    let fault = |problem: String| Err(InputFault::new(&choice.name, problem, codes()));
    match sent.map(InputValue::as_str) {
        None | Some("") => fault(format!("{} is missing.", choice.label)),
        Some(code) => match choice.value(code) {
            Some(value) => Ok(&value.code),
            None => {
                fault(format!("“{}” is not among the values of {}.", excerpt(code), choice.label))
            }
        },
    }
}

fn read_quantity(quantity: &Quantity, sent: Option<&InputValue>) -> Result<Decimal, InputFault> {
    let Quantity { name, label, from, to, step, unit, .. } = quantity;
    let (least, most) = (quantity.counted(*from), quantity.counted(*to));
    let fault = |problem: String, cure: String| Err(InputFault::new(name, problem, cure));
    let text = match sent.map(InputValue::as_str) {
        None | Some("") if from.is_zero() => return Ok(Decimal::ZERO),
        None | Some("") => {
            let cure = format!("Write how many {}, from {least} to {most}.", unit.many);
            return fault(format!("{label} is missing."), cure);
        }
        Some(text) => text,
    };
    let number: Decimal = match text.parse() {
        Ok(number) if text.len() <= LONGEST_INPUT => number,
        _ => {
            let cure =
                format!("Write digits such as {}, from {least} to {most}.", quantity.start());
            return fault(format!("“{}” is not a number of {}.", excerpt(text), unit.many), cure);
        }
    };
    if number < *from {
        return fault(
            format!("{} is too few.", quantity.counted(number)),
            format!("The least is {least}."),
        );
    }
    if number > *to {
        return fault(
            format!("{} is too many.", quantity.counted(number)),
            format!("The most is {most}."),
        );
    }
    if !number.is_multiple_of(*step) {
        let cure = if *step == Decimal::ONE {
            "Write a whole number.".to_owned()
        } else {
            format!("Write a multiple of {step}.")
        };
        return fault(format!("{} cannot be priced.", quantity.counted(number)), cure);
    }
    Ok(number)
}

/// What a message quotes of a text that may be of any length.
fn excerpt(text: &str) -> String {
    const LONGEST: usize = 40;
    text.chars().take(LONGEST).collect()
}
