//! Line items of a checkout session: what is bought, at which price, how often.

use serde_json::{Value, json};

use super::super::failure::{Answer, Failure};
use super::super::listing::{Filter, Page, list};
use super::super::parameters::Parameters;
use super::super::work::{Work, integer, text};
use super::super::{identifier, money, prices};
use super::draft::Mode;

/// As many as Stripe takes in payment mode.
const MAXIMUM_ITEMS: usize = 100;
/// As many of one thing as the sandbox sells at once.
const MAXIMUM_QUANTITY: i64 = 999_999;

/// Reads `line_items`, making products and prices that exist for this session only.
pub(super) async fn take(
    work: &mut Work<'_>,
    parameters: &mut Parameters,
    mode: Mode,
) -> Answer<Vec<Value>> {
    let groups = parameters.take_groups("line_items")?.unwrap_or_default();
    if mode == Mode::Setup {
        return match groups.is_empty() {
            true => Ok(Vec::new()),
            false => {
                let message = "`line_items` are not allowed in `setup` mode.";
                Err(Failure::invalid("line_items", message))
            }
        };
    }
    if groups.is_empty() {
        return Err(Failure::missing_parameter("line_items"));
    }
    if groups.len() > MAXIMUM_ITEMS {
        let message = format!("At most {MAXIMUM_ITEMS} line items.");
        return Err(Failure::invalid("line_items", message));
    }
    let mut items = Vec::with_capacity(groups.len());
    for group in groups {
        items.push(take_one(work, group).await?);
    }
    check_one_currency(&items)?;
    check_kinds(&items, mode)?;
    Ok(items)
}

async fn take_one(work: &mut Work<'_>, mut group: Parameters) -> Answer {
    let price = take_price(work, &mut group).await?;
    let quantity_name = group.named("quantity");
    let quantity = group
        .take_integer("quantity")?
        .ok_or_else(|| Failure::missing_parameter(&quantity_name))?;
    if !(1..=MAXIMUM_QUANTITY).contains(&quantity) {
        let message = format!("Invalid {quantity_name}: must be between 1 and {MAXIMUM_QUANTITY}.");
        return Err(Failure::invalid(&quantity_name, message));
    }
    let metadata = group.take_metadata(json!({}))?;
    group.finish()?;
    let product = work.find("product", text(&price, "product")).await?.unwrap_or_default();
    let amount = integer(&price, "unit_amount").saturating_mul(quantity);
    Ok(json!({
        "id": identifier::new("li"),
        "object": "item",
        "adjustable_quantity": null,
        "amount_discount": 0,
        "amount_subtotal": amount,
        "amount_tax": 0,
        "amount_total": amount,
        "currency": price["currency"],
        "description": product["name"],
        "metadata": metadata,
        "price": price,
        "quantity": quantity,
    }))
}

async fn take_price(work: &mut Work<'_>, group: &mut Parameters) -> Answer {
    let name = group.named("price");
    let price_id = group.take_text("price")?;
    let data = group.take_group("price_data")?;
    match (price_id, data) {
        (Some(_), Some(_)) => {
            let message = "You may only specify one of these parameters: price, price_data.";
            Err(Failure::invalid(&name, message))
        }
        (None, None) => Err(Failure::missing_parameter(&name)),
        (None, Some(data)) => prices::create_inline(work, data).await,
        (Some(id), None) => {
            let price = work.referred("price", &id, &name).await?;
            if price["active"] == json!(false) {
                let message = format!(
                    "The price specified is inactive. This field only accepts active prices: {id}"
                );
                return Err(Failure::invalid(&name, message));
            }
            Ok(price)
        }
    }
}

fn check_one_currency(items: &[Value]) -> Answer<()> {
    if items.iter().all(|item| item["currency"] == items[0]["currency"]) {
        return Ok(());
    }
    let message = "All prices on a Checkout Session must have the same currency.";
    Err(Failure::invalid("line_items", message))
}

/// Payments take one-time prices, subscriptions at least one recurring price.
fn check_kinds(items: &[Value], mode: Mode) -> Answer<()> {
    let recurring: Vec<&Value> = items
        .iter()
        .map(|item| &item["price"]["recurring"])
        .filter(|one| one.is_object())
        .collect();
    let message = match mode {
        Mode::Subscription if recurring.is_empty() => {
            "You must provide at least one recurring price in `subscription` mode when using prices."
        }
        Mode::Payment if !recurring.is_empty() => {
            "You specified `payment` mode but passed a recurring price. Either switch to \
             `subscription` mode or use only one-time prices."
        }
        _ => return prices::check_one_interval(&recurring, "line_items"),
    };
    Err(Failure::invalid("line_items", message))
}

/// What is paid for at first: during a trial only what is bought once.
pub(crate) fn due_items<'a>(items: &'a [Value], template: &Value) -> Vec<&'a Value> {
    let trial = template["trial_period_days"].is_i64() || template["trial_end"].is_i64();
    items.iter().filter(|item| !(trial && item["price"]["recurring"].is_object())).collect()
}

/// What a subscription costs at its first invoice.
pub(super) fn due_at_first(items: &[Value], template: &Value) -> i64 {
    due_items(items, template).into_iter().map(|item| integer(item, "amount_total")).sum()
}

/// The sum of all items, within what Stripe charges.
pub(super) fn total(items: &[Value]) -> Answer<i64> {
    let currency = text(&items[0], "currency");
    let total =
        items.iter().fold(0_i64, |sum, item| sum.saturating_add(integer(item, "amount_total")));
    let minimum = money::minimum(currency);
    if total < minimum {
        let message = format!(
            "The Checkout Session's total amount due must add up to at least {} {currency}",
            money::format(minimum, currency)
        );
        return Err(Failure::invalid_coded("amount_too_small", "line_items", message));
    }
    if total > money::MAXIMUM_AMOUNT {
        let message = format!(
            "The Checkout Session's total amount due must be no more than {} {currency}",
            money::format(money::MAXIMUM_AMOUNT, currency)
        );
        return Err(Failure::invalid_coded("amount_too_large", "line_items", message));
    }
    Ok(total)
}

/// `GET /v1/checkout/sessions/{id}/line_items`
pub(crate) async fn list_all(
    work: &mut Work<'_>,
    session: &str,
    mut parameters: Parameters,
) -> Answer {
    let page = Page::take(&mut parameters)?;
    parameters.finish()?;
    work.named("checkout.session", session).await?;
    let mut filter = Filter::default();
    filter.owned_by(session);
    let address = format!("/v1/checkout/sessions/{session}/line_items");
    list(work, "item", &address, page, filter).await
}
