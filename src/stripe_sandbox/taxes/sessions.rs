//! Taxes of a checkout session: laid over its items when the payer's country is known or changes.

use serde_json::{Value, json};

use super::super::checkout::{line_items, templates};
use super::super::failure::Answer;
use super::super::work::{Work, integer, text};
use super::places;
use super::rates::{Place, rate_id, tax_rate};

/// Whether the session asks for taxes.
pub(crate) fn is_automatic(session: &Value) -> bool {
    session["automatic_tax"]["enabled"] == json!(true)
}

/// Where the session's payer is taxed. What was typed at the page counts where it may change the customer
/// or there is none; else the customer's own address does.
pub(crate) async fn place_of(work: &mut Work<'_>, session: &Value) -> Answer<Option<Place>> {
    let details = &session["customer_details"];
    let typed = places::country_of(details);
    let mut numbers = details["tax_ids"].as_array().cloned().unwrap_or_default();
    let Some(customer) = work.find("customer", text(session, "customer")).await? else {
        return Ok(typed.map(|country| places::at(country, &numbers)));
    };
    let template = templates::find(work, text(session, "id")).await?;
    let may_change = text(&template["customer_update"], "address") == "auto";
    let own = places::country_of(&customer);
    let country = if may_change { typed.or(own) } else { own };
    numbers.extend(work.owned("tax_id", text(&customer, "id")).await?);
    Ok(country.map(|country| places::at(country, &numbers)))
}

/// Reckons the session anew and writes it down with its items.
pub(crate) async fn reckon(work: &mut Work<'_>, session: &mut Value) -> Answer<()> {
    if !is_automatic(session) {
        return Ok(());
    }
    let id = text(session, "id").to_owned();
    let place = place_of(work, session).await?;
    let template = templates::find(work, &id).await?;
    let mut items = work.owned("item", &id).await?;
    for item in &mut items {
        lay(item, place.as_ref(), work.now_seconds());
        work.update(item).await?;
    }
    put_totals(session, &items, &template, place.is_some());
    work.update(session).await
}

fn lay(item: &mut Value, place: Option<&Place>, now: i64) {
    let amount = integer(item, "amount_subtotal");
    let inclusive = text(&item["price"], "tax_behavior") == "inclusive";
    let taxed = place.map(|place| place.rule().of(amount, inclusive));
    item["amount_tax"] = taxed.map_or(0, |taxed| taxed.tax).into();
    item["amount_total"] = (amount + taxed.map_or(0, |taxed| taxed.on_top)).into();
    let told = place.zip(taxed).filter(|(place, _)| place.rule().is_told());
    let taxes: Vec<Value> = told
        .map(|(place, taxed)| {
            json!({
                "amount": taxed.tax,
                "rate": tax_rate(place, inclusive, now),
                "taxability_reason": place.rule().reason(),
                "taxable_amount": taxed.taxable,
            })
        })
        .into_iter()
        .collect();
    item["taxes"] = taxes.into();
}

/// The session's sums, of what is due at first.
pub(crate) fn put_totals(session: &mut Value, items: &[Value], template: &Value, is_known: bool) {
    let due = line_items::due_items(items, template);
    let sum = |field: &str| due.iter().map(|item| integer(item, field)).sum::<i64>();
    session["amount_subtotal"] = sum("amount_subtotal").into();
    session["amount_total"] = sum("amount_total").into();
    session["total_details"]["amount_tax"] = sum("amount_tax").into();
    let status = if is_known { "complete" } else { "requires_location_inputs" };
    session["automatic_tax"]["status"] = status.into();
}

/// `total_details.breakdown`, for who expands it: rate by rate.
pub(crate) async fn breakdown(work: &mut Work<'_>, session: &Value) -> Answer {
    let template = templates::find(work, text(session, "id")).await?;
    let items = work.owned("item", text(session, "id")).await?;
    let mut taxes: Vec<Value> = Vec::new();
    for item in line_items::due_items(&items, &template) {
        for tax in item["taxes"].as_array().into_iter().flatten() {
            match taxes.iter_mut().find(|known| known["rate"]["id"] == tax["rate"]["id"]) {
                None => taxes.push(tax.clone()),
                Some(known) => {
                    for field in ["amount", "taxable_amount"] {
                        known[field] = (integer(known, field) + integer(tax, field)).into();
                    }
                }
            }
        }
    }
    Ok(json!({ "discounts": [], "taxes": taxes }))
}

/// The identifier of the rate by which a place taxes a price.
pub(super) fn rate_of(place: &Place, price: &Value) -> (String, bool) {
    let inclusive = text(price, "tax_behavior") == "inclusive";
    (rate_id(place, inclusive), inclusive)
}
