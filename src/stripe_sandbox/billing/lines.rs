//! The lines of an invoice: what is charged or credited, for which period.

use serde_json::{Value, json};

use super::super::failure::Answer;
use super::super::work::{Work, integer, text};
use super::super::{identifier, money};
use super::items;
use super::period::share;

/// What a line is about, before it is written.
struct Line<'a> {
    price: &'a Value,
    quantity: &'a Value,
    amount: i64,
    description: String,
    start: i64,
    end: i64,
    parent: Value,
    subscription: Value,
}

fn write(line: Line<'_>) -> Value {
    json!({
        "id": identifier::new("il"),
        "object": "line_item",
        "amount": line.amount,
        "currency": line.price["currency"],
        "description": line.description,
        "discount_amounts": [],
        "discountable": true,
        "discounts": [],
        "invoice": null,
        "livemode": false,
        "metadata": {},
        "parent": line.parent,
        "period": { "end": line.end, "start": line.start },
        "pretax_credit_amounts": [],
        "pricing": {
            "price_details": { "price": line.price["id"], "product": line.price["product"] },
            "type": "price_details",
            "unit_amount_decimal": line.price["unit_amount_decimal"],
        },
        "quantity": line.quantity,
        "quantity_decimal": line.quantity.as_i64().unwrap_or(1).to_string(),
        "subscription": line.subscription,
        "subtotal": line.amount,
        "taxes": [],
    })
}

async fn product_name(work: &mut Work<'_>, price: &Value) -> Answer<String> {
    let product = work.find("product", text(price, "product")).await?.unwrap_or_default();
    Ok(text(&product, "name").to_owned())
}

fn of_subscription(subscription: &Value, item: &Value, proration: bool) -> Value {
    json!({
        "invoice_item_details": null,
        "subscription_item_details": {
            "invoice_item": null,
            "proration": proration,
            "proration_details": { "credited_items": null },
            "subscription": subscription["id"],
            "subscription_item": item["id"],
        },
        "type": "subscription_item_details",
    })
}

/// An item's whole price for its current period, or `amount` of it.
pub(super) async fn regular(
    work: &mut Work<'_>,
    subscription: &Value,
    item: &Value,
    amount: i64,
) -> Answer {
    let price = &item["price"];
    let name = product_name(work, price).await?;
    let each = money::format(integer(price, "unit_amount"), text(price, "currency"));
    let description = format!(
        "{} × {name} (at {each} / {})",
        item["quantity"].as_i64().unwrap_or(1),
        text(&price["recurring"], "interval")
    );
    Ok(write(Line {
        price,
        quantity: &item["quantity"],
        amount,
        description,
        start: integer(item, "current_period_start"),
        end: integer(item, "current_period_end"),
        parent: of_subscription(subscription, item, false),
        subscription: subscription["id"].clone(),
    }))
}

/// Every item's whole price for its current period.
pub(super) async fn of_period(work: &mut Work<'_>, subscription: &Value) -> Answer<Vec<Value>> {
    let mut lines = Vec::new();
    for item in items::of(subscription) {
        let amount = items::amount(&item);
        lines.push(regular(work, subscription, &item, amount).await?);
    }
    Ok(lines)
}

/// The price of the rest of an item's period from `instant`: given back when `credit`.
pub(super) async fn proration(
    work: &mut Work<'_>,
    subscription: &Value,
    item: &Value,
    instant: i64,
    credit: bool,
) -> Answer {
    let price = &item["price"];
    let name = product_name(work, price).await?;
    let (start, end) = (integer(item, "current_period_start"), integer(item, "current_period_end"));
    let part = share(items::amount(item), start, end, instant);
    let day = chrono::DateTime::from_timestamp(instant, 0).unwrap_or_default().format("%d %b %Y");
    let what = if credit { "Unused time on" } else { "Remaining time on" };
    Ok(write(Line {
        price,
        quantity: &item["quantity"],
        amount: if credit { -part } else { part },
        description: format!("{what} {name} after {day}"),
        start: instant,
        end,
        parent: of_subscription(subscription, item, true),
        subscription: subscription["id"].clone(),
    }))
}

/// Something that was bought once, at a checkout page.
pub(super) fn of_checkout(bought: &Value, subscription: Value, instant: i64) -> Value {
    write(Line {
        price: &bought["price"],
        quantity: &bought["quantity"],
        amount: integer(bought, "amount_total"),
        description: text(bought, "description").to_owned(),
        start: instant,
        end: instant,
        parent: json!({
            "invoice_item_details": {
                "invoice_item": identifier::new("ii"),
                "proration": false,
                "proration_details": { "credited_items": null },
                "subscription": subscription,
            },
            "subscription_item_details": null,
            "type": "invoice_item_details",
        }),
        subscription,
    })
}

/// The sum of lines, in minor units.
pub(super) fn total(lines: &[Value]) -> i64 {
    lines.iter().map(|line| integer(line, "amount")).sum()
}
