//! The items of a subscription: a price, a quantity and the period that is paid for.

use serde_json::{Value, json};

use super::super::failure::{Answer, Failure};
use super::super::parameters::Parameters;
use super::super::work::{Work, integer, text};
use super::super::{identifier, prices};

/// As many as Stripe takes.
const MAXIMUM_ITEMS: usize = 20;
const MAXIMUM_QUANTITY: i64 = 999_999;

/// The items within a subscription.
pub(crate) fn of(subscription: &Value) -> Vec<Value> {
    subscription["items"]["data"].as_array().cloned().unwrap_or_default()
}

/// Puts items into a subscription.
pub(super) fn put(subscription: &mut Value, items: Vec<Value>) {
    let id = text(subscription, "id").to_owned();
    let items: Vec<Value> = items
        .into_iter()
        .map(|mut item| {
            item["subscription"] = id.clone().into();
            item
        })
        .collect();
    subscription["items"] = json!({
        "object": "list",
        "data": items,
        "has_more": false,
        "url": format!("/v1/subscription_items?subscription={id}"),
    });
}

/// What an item costs each period, in minor units.
pub(super) fn amount(item: &Value) -> i64 {
    integer(&item["price"], "unit_amount").saturating_mul(item["quantity"].as_i64().unwrap_or(1))
}

/// An item without its period.
pub(super) fn build(work: &Work<'_>, price: Value, quantity: i64, metadata: Value) -> Value {
    json!({
        "id": identifier::new("si"),
        "object": "subscription_item",
        "billing_thresholds": null,
        "created": work.today(),
        "current_period_end": 0,
        "current_period_start": 0,
        "current_trial": null,
        "discounts": [],
        "metadata": metadata,
        "plan": plan(&price),
        "price": price,
        "quantity": quantity,
        "tax_rates": [],
    })
}

/// The price in the shape of its predecessor, which items still show.
fn plan(price: &Value) -> Value {
    json!({
        "id": price["id"],
        "object": "plan",
        "active": price["active"],
        "amount": price["unit_amount"],
        "amount_decimal": price["unit_amount_decimal"],
        "billing_scheme": "per_unit",
        "created": price["created"],
        "currency": price["currency"],
        "interval": price["recurring"]["interval"],
        "interval_count": price["recurring"]["interval_count"],
        "livemode": false,
        "metadata": price["metadata"],
        "meter": null,
        "nickname": price["nickname"],
        "product": price["product"],
        "tiers_mode": null,
        "transform_usage": null,
        "trial_period_days": null,
        "usage_type": "licensed",
    })
}

/// Reads `items` over those there are: an `id` changes one, no `id` adds one. None: nothing was asked.
pub(super) async fn take(
    work: &mut Work<'_>,
    parameters: &mut Parameters,
    existing: &[Value],
) -> Answer<Option<Vec<Value>>> {
    let Some(groups) = parameters.take_groups("items")? else { return Ok(None) };
    let mut items = existing.to_vec();
    for group in groups {
        take_one(work, group, &mut items).await?;
    }
    let name = parameters.named("items");
    if items.is_empty() || items.len() > MAXIMUM_ITEMS {
        let message = format!("A subscription has 1 to {MAXIMUM_ITEMS} items.");
        return Err(Failure::invalid(&name, message));
    }
    let rhythms: Vec<&Value> = items.iter().map(|item| &item["price"]["recurring"]).collect();
    prices::check_one_interval(&rhythms, &name)?;
    if items.iter().any(|item| item["price"]["currency"] != items[0]["price"]["currency"]) {
        let message = "All prices of a subscription must have the same currency.";
        return Err(Failure::invalid(&name, message));
    }
    Ok(Some(items))
}

async fn take_one(
    work: &mut Work<'_>,
    mut group: Parameters,
    items: &mut Vec<Value>,
) -> Answer<()> {
    let id_name = group.named("id");
    let id = group.take_text("id")?;
    let deleted = group.take_boolean("deleted")?.unwrap_or(false);
    group.take_boolean("clear_usage")?;
    let price = take_price(work, &mut group).await?;
    let quantity_name = group.named("quantity");
    let quantity = group.take_integer("quantity")?;
    if quantity.is_some_and(|quantity| !(0..=MAXIMUM_QUANTITY).contains(&quantity)) {
        let message = format!("Invalid {quantity_name}: must be between 0 and {MAXIMUM_QUANTITY}.");
        return Err(Failure::invalid(&quantity_name, message));
    }
    let Some(id) = id else {
        let name = group.named("price");
        let price = price.ok_or_else(|| Failure::missing_parameter(&name))?;
        let metadata = group.take_metadata(json!({}))?;
        items.push(build(work, price, quantity.unwrap_or(1), metadata));
        return group.finish();
    };
    let position = items.iter().position(|item| text(item, "id") == id);
    let position =
        position.ok_or_else(|| Failure::no_such_reference("subscription item", &id, &id_name))?;
    if deleted {
        items.remove(position);
        return group.finish();
    }
    let item = &mut items[position];
    if let Some(price) = price {
        item["plan"] = plan(&price);
        item["price"] = price;
    }
    if let Some(quantity) = quantity {
        item["quantity"] = quantity.into();
    }
    item["metadata"] = group.take_metadata(item["metadata"].take())?;
    group.finish()
}

async fn take_price(work: &mut Work<'_>, group: &mut Parameters) -> Answer<Option<Value>> {
    let name = group.named("price");
    let price = match (group.take_text("price")?, group.take_group("price_data")?) {
        (Some(id), None) => work.referred("price", &id, &name).await?,
        (None, Some(data)) => prices::create_inline(work, data).await?,
        (None, None) => return Ok(None),
        (Some(_), Some(_)) => {
            let message = "You may only specify one of these parameters: price, price_data.";
            return Err(Failure::invalid(&name, message));
        }
    };
    if !price["recurring"].is_object() {
        let message = format!(
            "The price specified is set to `type=one_time` but this field only accepts prices with \
             `type=recurring`: {}",
            text(&price, "id")
        );
        return Err(Failure::invalid(&name, message));
    }
    Ok(Some(price))
}

/// `GET /v1/subscription_items`
pub(crate) async fn list_all(work: &mut Work<'_>, mut parameters: Parameters) -> Answer {
    let subscription = parameters.require_text("subscription")?;
    parameters.finish()?;
    let subscription = work.referred("subscription", &subscription, "subscription").await?;
    Ok(subscription["items"].clone())
}
