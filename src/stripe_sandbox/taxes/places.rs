//! Who is taxed where: by the address and the tax numbers of a customer, or by what a payer typed.

use serde_json::{Value, json};

use super::super::failure::Answer;
use super::super::work::{Work, text};
use super::rates::Place;
use super::tax_ids;

/// Where a customer is taxed; `None` while nobody knows their country.
pub(crate) async fn of_customer(work: &mut Work<'_>, customer: &Value) -> Answer<Option<Place>> {
    let Some(country) = country_of(customer) else { return Ok(None) };
    let numbers = work.owned("tax_id", text(customer, "id")).await?;
    Ok(Some(at(country, &numbers)))
}

/// Where someone in `country` with these tax numbers is taxed.
pub(crate) fn at(country: &str, numbers: &[Value]) -> Place {
    let is_union_business = numbers.iter().any(|number| text(number, "type") == "eu_vat");
    Place { country: country.to_owned(), is_union_business }
}

/// The country of a customer's address.
pub(crate) fn country_of(customer: &Value) -> Option<&str> {
    customer["address"]["country"].as_str().filter(|country| !country.is_empty())
}

/// The customer's tax numbers as invoices and sessions print them.
pub(crate) async fn printed_numbers(work: &mut Work<'_>, customer: &str) -> Answer {
    let numbers = work.owned("tax_id", customer).await?;
    Ok(numbers
        .iter()
        .map(|number| json!({ "type": number["type"], "value": number["value"] }))
        .collect())
}

/// Lays what the payer typed over the customer, as far as the session was told to.
pub(crate) async fn keep(
    work: &mut Work<'_>,
    session: &Value,
    updates: &Value,
    customer: &str,
) -> Answer<()> {
    let Some(before) = work.find("customer", customer).await? else { return Ok(()) };
    let mut after = before.clone();
    let details = &session["customer_details"];
    if text(updates, "address") == "auto" && details["address"].is_object() {
        after["address"] = details["address"].clone();
    }
    if text(updates, "name") == "auto" && details["name"].is_string() {
        after["name"] = details["name"].clone();
    }
    if after != before {
        work.update(&after).await?;
        super::super::events::emit_change(work, "customer.updated", &before, &after).await?;
    }
    for number in details["tax_ids"].as_array().into_iter().flatten() {
        tax_ids::keep(work, customer, text(number, "type"), text(number, "value")).await?;
    }
    Ok(())
}
