//! Taxes of an invoice: laid over its lines when it is drafted, by the customer's address of that moment.

use serde_json::{Value, json};

use super::super::failure::Answer;
use super::super::work::{Work, integer, text};
use super::places;
use super::rates::Place;
use super::sessions::rate_of;

/// What taxes make of an invoice's lines.
pub(crate) struct Reckoned {
    /// The invoice's `automatic_tax`.
    pub automatic_tax: Value,
    pub total_taxes: Vec<Value>,
    /// All tax, in minor units.
    pub tax: i64,
    /// What of it comes on top of the lines.
    pub on_top: i64,
    /// The customer's numbers, as they are printed.
    pub numbers: Value,
}

/// Reckons the lines and writes each one's taxes into it.
pub(crate) async fn reckon(
    work: &mut Work<'_>,
    automatic: bool,
    customer: &Value,
    lines: &mut [Value],
) -> Answer<Reckoned> {
    let numbers = places::printed_numbers(work, text(customer, "id")).await?;
    let place = if automatic { places::of_customer(work, customer).await? } else { None };
    let mut reckoned = Reckoned {
        automatic_tax: automatic_tax(automatic, place.is_some()),
        total_taxes: Vec::new(),
        tax: 0,
        on_top: 0,
        numbers,
    };
    let Some(place) = place else { return Ok(reckoned) };
    for line in lines {
        lay(work, line, &place, &mut reckoned).await?;
    }
    Ok(reckoned)
}

fn automatic_tax(automatic: bool, is_known: bool) -> Value {
    let status = match (automatic, is_known) {
        (false, _) => None,
        (true, false) => Some("requires_location_inputs"),
        (true, true) => Some("complete"),
    };
    json!({
        "disabled_reason": null,
        "enabled": automatic,
        "liability": automatic.then(|| json!({ "type": "self" })),
        "provider": automatic.then_some("stripe"),
        "status": status,
    })
}

async fn lay(
    work: &mut Work<'_>,
    line: &mut Value,
    place: &Place,
    reckoned: &mut Reckoned,
) -> Answer<()> {
    let price = text(&line["pricing"]["price_details"], "price").to_owned();
    let price = work.find("price", &price).await?.unwrap_or_default();
    let (rate, inclusive) = rate_of(place, &price);
    let rule = place.rule();
    let taxed = rule.of(integer(line, "amount"), inclusive);
    reckoned.tax += taxed.tax;
    reckoned.on_top += taxed.on_top;
    if !rule.is_told() {
        return Ok(());
    }
    let told = json!({
        "amount": taxed.tax,
        "tax_behavior": if inclusive { "inclusive" } else { "exclusive" },
        "tax_rate_details": { "tax_rate": rate },
        "taxability_reason": rule.reason(),
        "taxable_amount": taxed.taxable,
        "type": "tax_rate_details",
    });
    line["taxes"] = json!([told]);
    let same = |known: &&mut Value| known["tax_rate_details"] == told["tax_rate_details"];
    match reckoned.total_taxes.iter_mut().find(same) {
        None => reckoned.total_taxes.push(told),
        Some(known) => {
            for field in ["amount", "taxable_amount"] {
                known[field] = (integer(known, field) + integer(&told, field)).into();
            }
        }
    }
    Ok(())
}
