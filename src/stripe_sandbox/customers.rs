//! Customers: create, retrieve, update, delete, list.

use serde_json::{Value, json};

use super::billing::subscriptions;
use super::failure::{Answer, Failure};
use super::listing::{Filter, Page, list};
use super::parameters::Parameters;
use super::taxes::tax_ids;
use super::work::{Work, text};
use super::{events, identifier, payment_method_api, payment_methods};

/// The fields that create and update simply lay down.
const PLAIN_FIELDS: [&str; 6] =
    ["name", "email", "phone", "description", "business_name", "individual_name"];
/// The parts of an address.
pub(crate) const ADDRESS_FIELDS: [&str; 6] =
    ["city", "country", "line1", "line2", "postal_code", "state"];
/// The longest e-mail address Stripe takes.
const EMAIL_CHARACTERS: usize = 512;

/// A customer about whom nothing is known.
fn blank(work: &Work<'_>) -> Value {
    let id = identifier::new("cus");
    json!({
        "invoice_prefix": id[4..12].to_ascii_uppercase(),
        "id": id,
        "object": "customer",
        "address": null,
        "balance": 0,
        "created": work.now_seconds(),
        "currency": null,
        "customer_account": null,
        "default_source": null,
        "delinquent": false,
        "description": null,
        "discount": null,
        "email": null,
        "invoice_settings": {
            "custom_fields": null,
            "default_payment_method": null,
            "footer": null,
            "rendering_options": null,
        },
        "livemode": false,
        "metadata": {},
        "name": null,
        "next_invoice_sequence": 1,
        "phone": null,
        "preferred_locales": [],
        "shipping": null,
        "tax_exempt": "none",
        "test_clock": null,
    })
}

/// `POST /v1/customers`
pub(crate) async fn create(work: &mut Work<'_>, parameters: Parameters) -> Answer {
    let mut parameters = parameters;
    let mut customer = blank(work);
    let method = parameters.take_text("payment_method")?;
    let settings = parameters.take_group("invoice_settings")?;
    let numbers = tax_ids::take_data(&mut parameters)?;
    lay(&mut customer, parameters)?;
    work.insert(&customer).await?;
    events::emit(work, "customer.created", &customer).await?;
    for (kind, value) in numbers {
        tax_ids::add(work, text(&customer, "id"), &kind, &value).await?;
    }
    let Some(method) = method else { return Ok(customer) };
    let id = text(&customer, "id").to_owned();
    let method = payment_methods::referred(work, &method, "payment_method").await?;
    payment_methods::keep_for(work, text(&method, "id"), &id).await?;
    lay_settings(work, &mut customer, settings).await?;
    work.update(&customer).await?;
    Ok(customer)
}

/// The customer that a checkout session makes of its payer.
pub(crate) async fn create_from_checkout(work: &mut Work<'_>, details: &Value) -> Answer {
    let mut customer = blank(work);
    for field in ["name", "email", "phone", "address"] {
        customer[field] = details[field].clone();
    }
    work.insert(&customer).await?;
    events::emit(work, "customer.created", &customer).await?;
    Ok(customer)
}

/// `GET /v1/customers/{id}`
pub(crate) async fn retrieve(work: &mut Work<'_>, id: &str, parameters: Parameters) -> Answer {
    parameters.finish()?;
    work.named("customer", id).await
}

/// `POST /v1/customers/{id}`
pub(crate) async fn update(work: &mut Work<'_>, id: &str, parameters: Parameters) -> Answer {
    let before = there(work, id).await?;
    let mut parameters = parameters;
    let mut customer = before.clone();
    let settings = parameters.take_group("invoice_settings")?;
    lay(&mut customer, parameters)?;
    lay_settings(work, &mut customer, settings).await?;
    work.update(&customer).await?;
    events::emit_change(work, "customer.updated", &before, &customer).await?;
    Ok(customer)
}

/// `DELETE /v1/customers/{id}`
pub(crate) async fn delete(work: &mut Work<'_>, id: &str, parameters: Parameters) -> Answer {
    parameters.finish()?;
    let customer = there(work, id).await?;
    for subscription in work.owned("subscription", id).await? {
        if !matches!(text(&subscription, "status"), "canceled" | "incomplete_expired") {
            subscriptions::end(work, subscription, "cancellation_requested").await?;
        }
    }
    for method in work.owned("payment_method", id).await? {
        payment_method_api::detach(work, text(&method, "id"), Parameters::default()).await?;
    }
    let customer = there(work, text(&customer, "id")).await?;
    events::emit(work, "customer.deleted", &customer).await?;
    let trace = json!({ "id": id, "object": "customer", "deleted": true });
    work.replace(&trace, None).await?;
    Ok(trace)
}

/// `GET /v1/customers`
pub(crate) async fn list_all(work: &mut Work<'_>, mut parameters: Parameters) -> Answer {
    let page = Page::take(&mut parameters)?;
    let mut filter = Filter::default();
    filter.take_text(&mut parameters, "email")?;
    filter.absent("$.deleted");
    parameters.finish()?;
    list(work, "customer", "/v1/customers", page, filter).await
}

async fn there(work: &mut Work<'_>, id: &str) -> Answer {
    let customer = work.named("customer", id).await?;
    if customer["deleted"] == json!(true) {
        return Err(Failure::no_such("customer", id));
    }
    Ok(customer)
}

/// The card that invoices are paid with; it must be the customer's own.
async fn lay_settings(
    work: &mut Work<'_>,
    customer: &mut Value,
    settings: Option<Parameters>,
) -> Answer<()> {
    let Some(mut settings) = settings else { return Ok(()) };
    let name = settings.named("default_payment_method");
    let method = settings.take_raw("default_payment_method")?;
    settings.finish()?;
    let Some(method) = method else { return Ok(()) };
    if method.is_empty() {
        customer["invoice_settings"]["default_payment_method"] = Value::Null;
        return Ok(());
    }
    let known = work.referred("payment_method", &method, &name).await?;
    if known["customer"] != customer["id"] {
        let message = format!(
            "The customer does not have a payment method with the ID {method}. The payment method \
             must be attached to the customer."
        );
        return Err(Failure::invalid_coded("resource_missing", &name, message));
    }
    customer["invoice_settings"]["default_payment_method"] = method.into();
    Ok(())
}

/// Makes a card the one that invoices are paid with.
pub(crate) async fn set_default_payment_method(
    work: &mut Work<'_>,
    id: &str,
    method: &str,
) -> Answer<()> {
    let before = there(work, id).await?;
    let mut customer = before.clone();
    customer["invoice_settings"]["default_payment_method"] = method.into();
    work.update(&customer).await?;
    events::emit_change(work, "customer.updated", &before, &customer).await
}

/// A payment method that is taken away is no default any more.
pub(crate) async fn forget_payment_method(
    work: &mut Work<'_>,
    id: &str,
    method: &str,
) -> Answer<()> {
    let Some(before) = work.find("customer", id).await? else { return Ok(()) };
    if before["invoice_settings"]["default_payment_method"] != json!(method) {
        return Ok(());
    }
    let mut customer = before.clone();
    customer["invoice_settings"]["default_payment_method"] = Value::Null;
    work.update(&customer).await?;
    events::emit_change(work, "customer.updated", &before, &customer).await
}

fn lay(customer: &mut Value, mut parameters: Parameters) -> Answer<()> {
    for field in PLAIN_FIELDS {
        if let Some(value) = parameters.take_raw(field)? {
            customer[field] = if value.is_empty() { Value::Null } else { value.into() };
        }
    }
    // Stripe leaves these two out where there is none.
    for field in ["business_name", "individual_name"] {
        if customer[field].is_null() {
            customer.as_object_mut().map(|fields| fields.remove(field));
        }
    }
    check_email(text(customer, "email"), "email")?;
    if let Some(address) = parameters.take_group("address")? {
        customer["address"] = take_address(address)?;
    }
    if let Some(locales) = parameters.take_texts("preferred_locales")? {
        customer["preferred_locales"] = json!(locales);
    }
    if let Some(exempt) = parameters.take_choice("tax_exempt", &["none", "exempt", "reverse"])? {
        customer["tax_exempt"] = exempt.into();
    }
    customer["metadata"] = parameters.take_metadata(customer["metadata"].take())?;
    parameters.finish()
}

/// Reads an address.
pub(crate) fn take_address(mut parameters: Parameters) -> Answer {
    let mut address = json!({});
    for field in ADDRESS_FIELDS {
        let given = parameters.take_raw(field)?.filter(|text| !text.is_empty());
        address[field] = given.into();
    }
    parameters.finish()?;
    Ok(address)
}

/// Refuses what cannot be an e-mail address; empty is fine.
pub(crate) fn check_email(email: &str, parameter: &str) -> Answer<()> {
    if email.is_empty() || looks_like_email(email) {
        return Ok(());
    }
    let message = format!("Invalid email address: {email}");
    Err(Failure::invalid_coded("email_invalid", parameter, message))
}

/// One `@` with something before it and a dotted or local name after it.
pub(crate) fn looks_like_email(email: &str) -> bool {
    let Some((person, host)) = email.split_once('@') else { return false };
    let plain = |part: &str| {
        !part.is_empty()
            && !part.contains(['@', ',', ';', '<', '>'])
            && !part.contains(char::is_whitespace)
    };
    plain(person)
        && plain(host)
        && !host.starts_with('.')
        && !host.ends_with('.')
        && email.chars().count() <= EMAIL_CHARACTERS
}
