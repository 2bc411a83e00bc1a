//! `expand[]`: replaces ids in an answer by the objects they name.

use serde_json::{Value, json};

use super::failure::{Answer, Failure};
use super::taxes;
use super::work::{Work, text};

/// As deep as Stripe expands.
const MAXIMUM_DEPTH: usize = 4;

/// The fields of a kind that hold the id of another object.
fn expandable(kind: &str) -> &'static [&'static str] {
    match kind {
        "checkout.session" => &[
            "customer",
            "payment_intent",
            "line_items",
            "setup_intent",
            "subscription",
            "invoice",
            "payment_link",
        ],
        "payment_intent" => &["customer", "latest_charge", "payment_method", "review"],
        "setup_intent" => &["customer", "payment_method", "mandate", "latest_attempt"],
        "charge" => &["customer", "payment_intent", "balance_transaction", "refunds"],
        "refund" => &["charge", "payment_intent", "balance_transaction"],
        "dispute" => &["charge", "payment_intent"],
        "balance_transaction" => &["source"],
        "payment_method" => &["customer"],
        "price" => &["product"],
        "product" => &["default_price"],
        "customer" => &["default_source", "test_clock"],
        "subscription" => {
            &["customer", "latest_invoice", "default_payment_method", "pending_setup_intent"]
        }
        "invoice" => &["customer", "default_payment_method", "payments"],
        "invoice_payment" => &["invoice"],
        _ => &[],
    }
}

/// Expands every path in `paths` within `answer`.
pub(crate) async fn expand(
    work: &mut Work<'_>,
    answer: &mut Value,
    paths: &[String],
) -> Answer<()> {
    for path in paths {
        let steps: Vec<&str> = path.split('.').collect();
        let is_list = text(answer, "object") == "list";
        match (is_list, steps.first()) {
            (true, Some(&"data")) => expand_each(work, answer, path, &steps[1..]).await?,
            (true, _) => return Err(not_expandable(path)),
            (false, _) => expand_one(work, answer, path, &steps).await?,
        }
    }
    Ok(())
}

async fn expand_each(
    work: &mut Work<'_>,
    list: &mut Value,
    path: &str,
    steps: &[&str],
) -> Answer<()> {
    let Some(items) = list["data"].as_array_mut() else { return Ok(()) };
    for item in items {
        Box::pin(expand_one(work, item, path, steps)).await?;
    }
    Ok(())
}

async fn expand_one(
    work: &mut Work<'_>,
    object: &mut Value,
    path: &str,
    steps: &[&str],
) -> Answer<()> {
    let Some((field, rest)) = steps.split_first() else { return Ok(()) };
    if steps == ["total_details", "breakdown"] && text(object, "object") == "checkout.session" {
        if object["total_details"].is_object() {
            object["total_details"]["breakdown"] = taxes::sessions::breakdown(work, object).await?;
        }
        return Ok(());
    }
    // A price inside a line item is there in full already: walk through it.
    let walked = object[*field].is_object() && !expandable(text(object, "object")).contains(field);
    if !walked && !expandable(text(object, "object")).contains(field) || steps.len() > MAXIMUM_DEPTH
    {
        return Err(not_expandable(path));
    }
    fill(work, object, field).await?;
    let inner = &mut object[*field];
    match (rest.first(), text(inner, "object")) {
        (None, _) | (_, "") => Ok(()),
        (Some(&"data"), "list") => expand_each(work, inner, path, &rest[1..]).await,
        _ => Box::pin(expand_one(work, inner, path, rest)).await,
    }
}

/// Fields that Stripe fills with a list of what belongs to the object: its kind and its address.
fn owned_list(object: &Value, field: &str) -> Option<(&'static str, String)> {
    let id = text(object, "id");
    match (text(object, "object"), field) {
        ("checkout.session", "line_items") => {
            Some(("item", format!("/v1/checkout/sessions/{id}/line_items")))
        }
        ("charge", "refunds") => Some(("refund", format!("/v1/charges/{id}/refunds"))),
        ("invoice", "payments") => {
            Some(("invoice_payment", format!("/v1/invoice_payments?invoice={id}")))
        }
        _ => None,
    }
}

async fn fill(work: &mut Work<'_>, object: &mut Value, field: &str) -> Answer<()> {
    if let Some((kind, address)) = owned_list(object, field) {
        let owner = text(object, "id").to_owned();
        let data = work.owned(kind, &owner).await?;
        object[field] =
            json!({ "object": "list", "data": data, "has_more": false, "url": address });
        return Ok(());
    }
    if let Some(id) = object[field].as_str().map(str::to_owned)
        && let Some(found) = work.find_any(&id).await?
    {
        object[field] = found;
    }
    Ok(())
}

fn not_expandable(path: &str) -> Failure {
    let message = format!(
        "This property cannot be expanded ({path}). You may want to try expanding 'data.{path}' \
         instead, or a field that holds an id."
    );
    Failure::invalid("expand", message)
}
