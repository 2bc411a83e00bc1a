//! The rules that a rate card must keep beyond its types. Each broken one says where and what cures it.

use super::check_inputs::{check_choices, check_quantities, check_when, listed};
use super::price::{Price, PriceRange};
use super::{Charge, RateCard};
use crate::catalogue::check::{Fault, check_code, check_text, check_unique};
use crate::catalogue::{ANALYSIS_OPERATION, AssetKind, Catalogue, Operation};
use crate::ledger::Credits;
use crate::ledger::credits::MICRO_PER_CREDIT;

/// Operations of one card.
pub const MOST_OPERATIONS: usize = 200;
/// Free operations of one card.
pub const MOST_FREE: usize = 100;
/// Charges of one operation.
pub const MOST_CHARGES: usize = 32;
/// Quantities that one charge adds up or multiplies by.
pub const MOST_FACTORS: usize = 6;
/// Dearest unit price, in credits.
pub const DEAREST_UNIT: i64 = 1_000_000;
/// Most units that one price may be for.
pub const MOST_UNITS: u32 = 1_000_000_000;
/// The coarsest step that lines may be rounded to, in credits.
pub const COARSEST_ROUNDING: i64 = 1_000;

/// Everything that is wrong with the catalogue's rate card, in the order of the file.
pub fn faults(catalogue: &Catalogue) -> Vec<Fault> {
    let mut found = Vec::new();
    let operations = &catalogue.operations;
    if operations.is_empty() {
        found.push(Fault::new(
            "operations",
            "There is nothing to spend credits on.",
            "Add at least one [[operations]] with its charges.",
        ));
    }
    check_count(&mut found, "operations", operations.len(), MOST_OPERATIONS);
    let codes = operations.iter().map(|operation| operation.code.as_str());
    check_unique(&mut found, "operations", codes);
    for (index, operation) in operations.iter().enumerate() {
        check_operation(&mut found, &format!("operations[{index}]"), operation);
        if operation.code == ANALYSIS_OPERATION {
            check_analysis(&mut found, &format!("operations[{index}]"), operation, catalogue);
        }
    }
    check_card(&mut found, &catalogue.rate_card, operations);
    found
}

pub(super) fn check_count(found: &mut Vec<Fault>, field: &str, count: usize, most: usize) {
    if count > most {
        let problem = format!("{count} are more than the {most} that may stand here.");
        found.push(Fault::new(field, problem, "Leave some out."));
    }
}

fn check_card(found: &mut Vec<Fault>, card: &RateCard, operations: &[Operation]) {
    let step = card.rounding.to.micro();
    if !(1..=COARSEST_ROUNDING * MICRO_PER_CREDIT).contains(&step) {
        found.push(Fault::new(
            "rate_card.rounding.to",
            format!("Nothing can be rounded to {} credits.", card.rounding.to),
            format!("Write a step above 0, up to {COARSEST_ROUNDING} credits."),
        ));
    }
    check_count(found, "rate_card.free", card.free.len(), MOST_FREE);
    check_unique(found, "rate_card.free", card.free.iter().map(|free| free.code.as_str()));
    for (index, free) in card.free.iter().enumerate() {
        let place = format!("rate_card.free[{index}]");
        check_code(found, &format!("{place}.code"), &free.code);
        check_text(found, format!("{place}.name"), &free.name);
        if operations.iter().any(|operation| operation.code == free.code) {
            found.push(Fault::new(
                format!("{place}.code"),
                format!("“{}” is an operation that is charged.", free.code),
                "Remove it here, or among the operations.",
            ));
        }
    }
}

fn check_operation(found: &mut Vec<Fault>, place: &str, operation: &Operation) {
    check_code(found, &format!("{place}.code"), &operation.code);
    check_text(found, format!("{place}.name"), &operation.name);
    check_text(found, format!("{place}.description"), &operation.description);
    check_amount(found, format!("{place}.minimum"), operation.minimum);
    check_choices(found, place, operation);
    check_quantities(found, place, operation);
    let field = format!("{place}.charges");
    check_count(found, &field, operation.charges.len(), MOST_CHARGES);
    if operation.charges.is_empty() {
        found.push(Fault::new(
            field,
            "It has no price.",
            "Add [[operations.charges]], or name it under rate_card.free.",
        ));
    }
    for (index, charge) in operation.charges.iter().enumerate() {
        check_charge(found, &format!("{place}.charges[{index}]"), operation, charge);
    }
}

fn check_charge(found: &mut Vec<Fault>, place: &str, operation: &Operation, charge: &Charge) {
    check_text(found, format!("{place}.label"), &charge.label);
    check_when(found, place, &charge.when, &operation.choices);
    check_prices(found, &format!("{place}.price"), operation, &charge.price);
    if !(1..=MOST_UNITS).contains(&charge.per) {
        let problem = format!("No price is for {} units.", charge.per);
        found.push(Fault::new(
            format!("{place}.per"),
            problem,
            format!("Write 1 to {MOST_UNITS}."),
        ));
    }
    if charge.per > 1 && charge.quantities().next().is_none() {
        found.push(Fault::new(
            format!("{place}.per"),
            "Nothing is counted here that a price could be per.",
            "Name the quantity under `times` or `sum`, or remove the line.",
        ));
    }
    check_count(found, &format!("{place}.times"), charge.quantities().count(), MOST_FACTORS);
    check_named(found, place, operation, charge);
    check_factors(found, place, operation, charge);
}

/// The quantities that a charge names are there, and those that are counted up are whole numbers.
fn check_named(found: &mut Vec<Fault>, place: &str, operation: &Operation, charge: &Charge) {
    let known = operation.quantities.iter().map(|quantity| quantity.name.as_str());
    let known = listed("Its quantities are", known);
    let lists = [
        ("sum", charge.sum.as_slice()),
        ("times", charge.times.as_slice()),
        ("cumulative", charge.cumulative.as_slice()),
    ];
    for (list, names) in lists {
        for name in names {
            match operation.quantity(name) {
                None => found.push(Fault::new(
                    format!("{place}.{list}"),
                    format!("“{name}” is no quantity of this operation."),
                    known.clone(),
                )),
                Some(quantity) if list == "cumulative" && !quantity.step.is_whole() => {
                    found.push(Fault::new(
                        format!("{place}.{list}"),
                        format!("“{name}” may have parts, which cannot be counted up one by one."),
                        "Give the quantity a whole step.",
                    ));
                }
                Some(_) => {}
            }
        }
    }
}

fn check_prices(found: &mut Vec<Fault>, field: &str, operation: &Operation, price: &Price) {
    let (choice, prices) = match price {
        Price::Flat(range) => return check_range(found, field.to_owned(), *range),
        Price::By { choice, prices } => (choice, prices),
    };
    for (code, range) in prices {
        check_range(found, format!("{field}.{code}"), *range);
    }
    check_covers(found, field, operation, choice, |code| prices.contains_key(code), prices.keys());
}

fn check_factors(found: &mut Vec<Fault>, place: &str, operation: &Operation, charge: &Charge) {
    for (choice, factors) in &charge.multiply {
        let field = format!("{place}.multiply.{choice}");
        let has = |code: &str| factors.contains_key(code);
        check_covers(found, &field, operation, choice, has, factors.keys());
    }
    check_count(found, &format!("{place}.multiply"), charge.multiply.len(), MOST_FACTORS);
}

/// A table by choice names each of its values, and no others.
fn check_covers<'a>(
    found: &mut Vec<Fault>,
    field: &str,
    operation: &Operation,
    choice: &str,
    has: impl Fn(&str) -> bool,
    codes: impl Iterator<Item = &'a String>,
) {
    let Some(choice) = operation.choice(choice) else {
        let known = operation.choices.iter().map(|choice| choice.name.as_str());
        found.push(Fault::new(
            field,
            format!("“{choice}” is no choice of this operation."),
            listed("Its choices are", known),
        ));
        return;
    };
    for missing in choice.values.iter().filter(|value| !has(&value.code)) {
        found.push(Fault::new(
            field,
            format!("There is none for “{}” of {}.", missing.code, choice.label),
            format!("Add `{} = \"…\"`.", quoted(&missing.code)),
        ));
    }
    for strange in codes.filter(|code| choice.value(code).is_none()) {
        let known = choice.values.iter().map(|value| value.code.as_str());
        found.push(Fault::new(
            format!("{field}.{strange}"),
            format!("“{strange}” is not among the values of {}.", choice.label),
            listed("They are", known),
        ));
    }
}

/// A code as a TOML key.
fn quoted(code: &str) -> String {
    if code.contains('.') { format!("\"{code}\"") } else { code.to_owned() }
}

fn check_range(found: &mut Vec<Fault>, field: String, range: PriceRange) {
    check_amount(found, field.clone(), range.min);
    check_amount(found, field.clone(), range.max);
    if range.max < range.min {
        found.push(Fault::new(
            field,
            format!("The range ends at {} before it begins at {}.", range.max, range.min),
            "Write the smaller number as `min`.",
        ));
    }
}

fn check_amount(found: &mut Vec<Fault>, field: String, amount: Credits) {
    if !(0..=DEAREST_UNIT * MICRO_PER_CREDIT).contains(&amount.micro()) {
        found.push(Fault::new(
            field,
            format!("{amount} credits are out of range for one unit."),
            format!("Write 0 (free) to {DEAREST_UNIT} credits."),
        ));
    }
}

/// The built-in analysis settles asset by asset, so each kind must have a price of its own.
fn check_analysis(
    found: &mut Vec<Fault>,
    place: &str,
    operation: &Operation,
    catalogue: &Catalogue,
) {
    for kind in AssetKind::ALL {
        let price = operation.asset_price(kind);
        if operation.quantity(kind.code()).is_none() || price.is_none() {
            found.push(Fault::new(
                format!("{place}.charges"),
                format!("The built-in analysis has no exact price for one {kind}."),
                format!("Add a quantity `{kind}` and a charge with `times = [\"{kind}\"]`."),
            ));
        }
        if let Some(price) = price.filter(|price| !catalogue.rate_card.rounding.keeps(*price)) {
            found.push(Fault::new(
                format!("{place}.charges"),
                format!("{price} credits for one {kind} would be rounded with every line."),
                "Write a multiple of rate_card.rounding.to.",
            ));
        }
    }
    let is_plain = operation.minimum.is_zero()
        && operation.choices.is_empty()
        && operation.charges.len() == AssetKind::ALL.len();
    if !is_plain {
        found.push(Fault::new(
            place,
            "The built-in analysis charges asset by asset and nothing else.",
            "Leave it three charges, no choices and no minimum; make other operations for the rest.",
        ));
    }
}
