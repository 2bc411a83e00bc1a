//! Prices: create, retrieve, update, list; also what `price_data` of a line item makes.

use serde_json::{Value, json};

use super::failure::{Answer, Failure};
use super::listing::{Filter, Page, list};
use super::parameters::Parameters;
use super::work::{Work, text};
use super::{events, identifier, money, products};

const TAX_BEHAVIOURS: [&str; 3] = ["exclusive", "inclusive", "unspecified"];

/// `POST /v1/prices`
pub(crate) async fn create(work: &mut Work<'_>, mut parameters: Parameters) -> Answer {
    let active = parameters.take_boolean("active")?.unwrap_or(true);
    let lookup_key = parameters.take_text("lookup_key")?;
    let nickname = parameters.take_text("nickname")?;
    let metadata = parameters.take_metadata(json!({}))?;
    let mut price = build(work, parameters).await?;
    price["active"] = active.into();
    price["lookup_key"] = lookup_key.into();
    price["nickname"] = nickname.into();
    price["metadata"] = metadata;
    work.insert(&price).await?;
    events::emit(work, "price.created", &price).await?;
    Ok(price)
}

/// The price of one line item only. Inactive, as Stripe makes it, and nobody is told of it.
pub(crate) async fn create_inline(work: &mut Work<'_>, parameters: Parameters) -> Answer {
    let mut price = build(work, parameters).await?;
    price["active"] = false.into();
    work.insert(&price).await?;
    Ok(price)
}

async fn build(work: &mut Work<'_>, mut parameters: Parameters) -> Answer {
    let currency_name = parameters.named("currency");
    let currency = parameters
        .take_currency("currency")?
        .ok_or_else(|| Failure::missing_parameter(&currency_name))?;
    let unit_amount = take_unit_amount(&mut parameters)?;
    let tax_behavior = parameters.take_choice("tax_behavior", &TAX_BEHAVIOURS)?;
    let recurring = take_recurring(&mut parameters)?;
    let product = take_product(work, &mut parameters).await?;
    parameters.finish()?;
    Ok(json!({
        "id": identifier::new("price"),
        "object": "price",
        "active": true,
        "billing_scheme": "per_unit",
        "created": work.now_seconds(),
        "currency": currency,
        "custom_unit_amount": null,
        "livemode": false,
        "lookup_key": null,
        "metadata": {},
        "nickname": null,
        "product": product,
        "type": if recurring.is_object() { "recurring" } else { "one_time" },
        "recurring": recurring,
        "tax_behavior": tax_behavior.as_deref().unwrap_or("unspecified"),
        "tiers_mode": null,
        "transform_quantity": null,
        "unit_amount": unit_amount,
        "unit_amount_decimal": unit_amount.to_string(),
    }))
}

fn take_unit_amount(parameters: &mut Parameters) -> Answer<i64> {
    let name = parameters.named("unit_amount");
    let amount = match parameters.take_integer("unit_amount")? {
        Some(amount) => amount,
        None => parameters
            .take_integer("unit_amount_decimal")?
            .ok_or_else(|| Failure::missing_parameter(&name))?,
    };
    if !(0..=money::MAXIMUM_AMOUNT).contains(&amount) {
        let message = format!("Invalid {name}: must be between 0 and {}.", money::MAXIMUM_AMOUNT);
        return Err(Failure::invalid(&name, message));
    }
    Ok(amount)
}

/// The most that one period may last, as Stripe has it: three years.
const LONGEST: [(&str, i64); 4] = [("day", 1095), ("week", 156), ("month", 36), ("year", 3)];

/// `recurring`, where the price is paid again and again.
fn take_recurring(parameters: &mut Parameters) -> Answer {
    let Some(mut group) = parameters.take_group("recurring")? else { return Ok(Value::Null) };
    let name = group.named("interval");
    let interval = group
        .take_choice("interval", &LONGEST.map(|(interval, _)| interval))?
        .ok_or_else(|| Failure::missing_parameter(&name))?;
    let most = LONGEST.iter().find(|(known, _)| *known == interval).map_or(1, |(_, most)| *most);
    let count = group.take_within("interval_count", 1, most, 1)?;
    group.take_choice("usage_type", &["licensed"])?;
    group.finish()?;
    Ok(json!({
        "interval": interval,
        "interval_count": count,
        "meter": null,
        "trial_period_days": null,
        "usage_type": "licensed",
    }))
}

/// Refuses prices that are not all paid in the same rhythm.
pub(crate) fn check_one_interval(recurring: &[&Value], parameter: &str) -> Answer<()> {
    let rhythm = |one: &Value| (one["interval"].clone(), one["interval_count"].clone());
    if recurring.windows(2).all(|pair| rhythm(pair[0]) == rhythm(pair[1])) {
        return Ok(());
    }
    let message = "All prices of a subscription must have the same `recurring.interval` and \
                   `recurring.interval_count`.";
    Err(Failure::invalid(parameter, message))
}

async fn take_product(work: &mut Work<'_>, parameters: &mut Parameters) -> Answer<String> {
    let name = parameters.named("product");
    if let Some(data) = parameters.take_group("product_data")? {
        let product = products::create(work, data).await?;
        return Ok(text(&product, "id").to_owned());
    }
    let id = parameters.take_text("product")?.ok_or_else(|| Failure::missing_parameter(&name))?;
    work.referred("product", &id, &name).await?;
    Ok(id)
}

/// `GET /v1/prices/{id}`
pub(crate) async fn retrieve(work: &mut Work<'_>, id: &str, parameters: Parameters) -> Answer {
    parameters.finish()?;
    work.named("price", id).await
}

/// `POST /v1/prices/{id}`: the amount of a price never changes.
pub(crate) async fn update(work: &mut Work<'_>, id: &str, mut parameters: Parameters) -> Answer {
    let before = work.named("price", id).await?;
    let mut price = before.clone();
    if let Some(active) = parameters.take_boolean("active")? {
        price["active"] = active.into();
    }
    for field in ["nickname", "lookup_key"] {
        if let Some(value) = parameters.take_raw(field)? {
            price[field] = if value.is_empty() { Value::Null } else { value.into() };
        }
    }
    price["metadata"] = parameters.take_metadata(price["metadata"].take())?;
    parameters.finish()?;
    work.replace(&price, None).await?;
    events::emit_change(work, "price.updated", &before, &price).await?;
    Ok(price)
}

/// `GET /v1/prices`
pub(crate) async fn list_all(work: &mut Work<'_>, mut parameters: Parameters) -> Answer {
    let page = Page::take(&mut parameters)?;
    let mut filter = Filter::default();
    filter.take_boolean(&mut parameters, "active")?;
    for field in ["product", "currency", "type"] {
        filter.take_text(&mut parameters, field)?;
    }
    if let Some(mut recurring) = parameters.take_group("recurring")? {
        filter.equals("$.recurring.interval", recurring.take_text("interval")?);
        recurring.finish()?;
    }
    filter.among_lookup_keys(parameters.take_texts("lookup_keys")?);
    parameters.finish()?;
    list(work, "price", "/v1/prices", page, filter).await
}
