//! The rules for what operations ask for: names, values, bounds, and what depends on what.

use super::check::check_count;
use super::input::{Choice, Quantity, When};
use super::price::BY;
use super::reading::MOST_INPUTS;
use crate::catalogue::Operation;
use crate::catalogue::check::{Fault, MAX_CODE_LENGTH, check_text};

/// Values of one choice.
pub const MOST_VALUES: usize = 100;

pub(super) fn check_choices(found: &mut Vec<Fault>, place: &str, operation: &Operation) {
    let field = format!("{place}.choices");
    check_count(found, &field, operation.choices.len() + operation.quantities.len(), MOST_INPUTS);
    check_names_once(found, place, operation);
    for (index, choice) in operation.choices.iter().enumerate() {
        let place = format!("{field}[{index}]");
        check_name(found, format!("{place}.name"), &choice.name);
        check_text(found, format!("{place}.label"), &choice.label);
        // What a choice depends on is asked for before it.
        check_when(found, &place, &choice.when, &operation.choices[..index]);
        check_values(found, &place, choice);
    }
    let compared = operation.choices.iter().enumerate().filter(|(_, choice)| choice.compare);
    if let Some((index, _)) = compared.skip(1).last() {
        found.push(Fault::new(
            format!("{field}[{index}].compare"),
            "More than one choice is compared by cost.",
            "Leave `compare = true` on one of them.",
        ));
    }
}

pub(super) fn check_quantities(found: &mut Vec<Fault>, place: &str, operation: &Operation) {
    for (index, quantity) in operation.quantities.iter().enumerate() {
        let place = format!("{place}.quantities[{index}]");
        check_name(found, format!("{place}.name"), &quantity.name);
        check_text(found, format!("{place}.label"), &quantity.label);
        check_text(found, format!("{place}.unit.one"), &quantity.unit.one);
        check_text(found, format!("{place}.unit.many"), &quantity.unit.many);
        check_when(found, &place, &quantity.when, &operation.choices);
        check_bounds(found, &place, quantity);
    }
}

fn check_names_once(found: &mut Vec<Fault>, place: &str, operation: &Operation) {
    let choices = operation.choices.iter().map(|choice| choice.name.as_str());
    let quantities = operation.quantities.iter().map(|quantity| quantity.name.as_str());
    let named = choices.enumerate().map(|(index, name)| ("choices", index, name));
    let named =
        named.chain(quantities.enumerate().map(|(index, name)| ("quantities", index, name)));
    let mut seen = Vec::new();
    for (list, index, name) in named {
        if seen.contains(&name) {
            found.push(Fault::new(
                format!("{place}.{list}[{index}].name"),
                format!("“{name}” is used twice."),
                "Give each input of an operation its own name.",
            ));
        }
        seen.push(name);
    }
}

fn check_values(found: &mut Vec<Fault>, place: &str, choice: &Choice) {
    let field = format!("{place}.values");
    check_count(found, &field, choice.values.len(), MOST_VALUES);
    if choice.values.is_empty() {
        found.push(Fault::new(&field, "There is nothing to choose.", "Write at least one value."));
    }
    for (index, value) in choice.values.iter().enumerate() {
        let field = format!("{field}[{index}]");
        check_value_code(found, format!("{field}.code"), &value.code);
        check_text(found, format!("{field}.label"), &value.label);
        if choice.values[..index].iter().any(|other| other.code == value.code) {
            let problem = format!("“{}” is used twice.", value.code);
            found.push(Fault::new(format!("{field}.code"), problem, "Give each its own code."));
        }
    }
    if let Some(start) = choice.start.as_deref().filter(|start| choice.value(start).is_none()) {
        let known = choice.values.iter().map(|value| value.code.as_str());
        found.push(Fault::new(
            format!("{place}.start"),
            format!("“{start}” is not among the values."),
            listed("They are", known),
        ));
    }
}

fn check_bounds(found: &mut Vec<Fault>, place: &str, quantity: &Quantity) {
    let Quantity { from, to, step, .. } = quantity;
    if to < from || to.is_zero() {
        found.push(Fault::new(
            format!("{place}.to"),
            format!("There is nothing from {from} to {to}."),
            "Write the largest number that may be asked for.",
        ));
    }
    if step.is_zero() {
        let cure = "Write the step between two numbers, such as \"1\" or \"0.5\".";
        found.push(Fault::new(format!("{place}.step"), "A step of 0 leads nowhere.", cure));
        return;
    }
    let named = [("from", Some(*from)), ("to", Some(*to)), ("start", quantity.start)];
    for (name, number) in named {
        let Some(number) = number else { continue };
        if !number.is_multiple_of(*step) || number < *from || number > *to {
            found.push(Fault::new(
                format!("{place}.{name}"),
                format!("{number} cannot be asked for."),
                format!("Write a multiple of {step}, from {from} to {to}."),
            ));
        }
    }
}

/// What something depends on is a choice that is asked for before it, and values that it has.
pub(super) fn check_when(found: &mut Vec<Fault>, place: &str, when: &When, choices: &[Choice]) {
    for (name, codes) in &when.0 {
        let field = format!("{place}.when.{name}");
        let Some(choice) = choices.iter().find(|choice| choice.name == *name) else {
            let known = choices.iter().map(|choice| choice.name.as_str());
            let cure = listed("Choices that stand before this are", known);
            found.push(Fault::new(
                field,
                format!("“{name}” is no choice that is made before."),
                cure,
            ));
            continue;
        };
        if codes.is_empty() {
            let cure = "List the values under which it applies.";
            found.push(Fault::new(&field, "It would never apply.", cure));
        }
        for code in codes.iter().filter(|code| choice.value(code).is_none()) {
            let known = choice.values.iter().map(|value| value.code.as_str());
            let problem = format!("“{code}” is not among the values of {}.", choice.label);
            found.push(Fault::new(&field, problem, listed("They are", known)));
        }
    }
}

fn check_name(found: &mut Vec<Fault>, field: String, name: &str) {
    let is_letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    let is_kept = name == "operation" || name == "inputs";
    if name.is_empty() || name.len() > MAX_CODE_LENGTH || !name.bytes().all(is_letter) || is_kept {
        found.push(Fault::new(
            field,
            format!("“{name}” is no name of an input."),
            format!(
                "Use 1 to {MAX_CODE_LENGTH} lower-case letters, digits and _, not “operation”."
            ),
        ));
    }
}

fn check_value_code(found: &mut Vec<Fault>, field: String, code: &str) {
    let is_letter =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-".contains(&byte);
    let is_kept = [BY, "min", "max"].contains(&code);
    if code.is_empty() || code.len() > MAX_CODE_LENGTH || !code.bytes().all(is_letter) || is_kept {
        found.push(Fault::new(
            field,
            format!("“{code}” is no code of a value."),
            format!(
                "Use 1 to {MAX_CODE_LENGTH} lower-case letters, digits, dots, _ and hyphens, \
                 not “by”, “min” or “max”."
            ),
        ));
    }
}

/// "They are a, b, c."
pub(super) fn listed<'a>(lead: &str, names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.collect();
    if names.is_empty() {
        "There are none.".to_owned()
    } else {
        format!("{lead} {}.", names.join(", "))
    }
}
