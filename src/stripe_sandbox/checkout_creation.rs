//! Making a checkout session: reading what is asked for, checking it, building the object.

use serde_json::{Value, json};

use super::checkout_sessions::template_id;
use super::failure::{Answer, Failure};
use super::parameters::Parameters;
use super::work::{Work, integer, text};
use super::{customers, identifier, line_items, payment_intents, payment_methods};

/// How long a session stays open unless asked otherwise, in seconds.
const DEFAULT_LIFE: i64 = 24 * 3600;
/// The shortest life that may be asked for, in seconds.
const SHORTEST_LIFE: i64 = 30 * 60;
/// The longest `client_reference_id`.
const REFERENCE_CHARACTERS: usize = 200;

/// What the request asks for, before there is a session.
struct Draft {
    items: Vec<Value>,
    customer: Option<String>,
    customer_email: Option<String>,
    customer_creation: String,
    expires_at: i64,
    template: Value,
    metadata: Value,
    success_url: String,
    cancel_url: Option<String>,
    payment_method_types: Vec<String>,
    allowed: Option<Vec<String>>,
    /// Fields that are laid down as they came.
    echoed: Vec<(&'static str, Value)>,
}

/// `POST /v1/checkout/sessions`
pub(crate) async fn create(work: &mut Work<'_>, parameters: Parameters) -> Answer {
    let draft = take_draft(work, parameters).await?;
    let session = build(work, &draft)?;
    let expires_at = integer(&session, "expires_at") * 1000;
    work.insert_with(&session, None, Some(expires_at)).await?;
    let id = text(&session, "id");
    for item in &draft.items {
        work.insert_with(item, Some(id), None).await?;
    }
    keep_template(work, id, &draft.template).await?;
    Ok(session)
}

async fn take_draft(work: &mut Work<'_>, mut parameters: Parameters) -> Answer<Draft> {
    take_mode(&mut parameters)?;
    let success_url = parameters
        .take_address("success_url")?
        .ok_or_else(|| Failure::missing_parameter("success_url"))?;
    let cancel_url = parameters.take_address("cancel_url")?;
    let items = line_items::take(work, &mut parameters).await?;
    let (customer, customer_email) = take_customer(work, &mut parameters).await?;
    let currency = parameters.take_currency("currency")?;
    let item_currency = text(&items[0], "currency").to_owned();
    if currency.is_some_and(|currency| currency != item_currency) {
        let message = format!("The line items' prices are in {item_currency}.");
        return Err(Failure::invalid("currency", message));
    }
    let (payment_method_types, allowed) = take_methods(&mut parameters, &item_currency)?;
    let creation = parameters.take_choice("customer_creation", &["always", "if_required"])?;
    let draft = Draft {
        items,
        customer,
        customer_email,
        customer_creation: creation.unwrap_or_else(|| "if_required".to_owned()),
        expires_at: take_expiry(work, &mut parameters)?,
        template: payment_intents::take_template(parameters.take_group("payment_intent_data")?)?,
        metadata: parameters.take_metadata(json!({}))?,
        success_url,
        cancel_url,
        payment_method_types,
        allowed,
        echoed: take_echoed(&mut parameters)?,
    };
    parameters.finish()?;
    Ok(draft)
}

fn take_mode(parameters: &mut Parameters) -> Answer<()> {
    let modes = ["payment", "setup", "subscription"];
    let mode = parameters.take_choice("mode", &modes)?;
    match mode.as_deref() {
        None => return Err(Failure::missing_parameter("mode")),
        Some("payment") => {}
        Some(other) => {
            let message = format!("The sandbox takes mode=payment only, not mode={other}, so far.");
            return Err(Failure::invalid("mode", message));
        }
    }
    match parameters.take_text("ui_mode")?.as_deref() {
        None | Some("hosted" | "hosted_page") => Ok(()),
        Some(_) => Err(Failure::invalid("ui_mode", "The sandbox has a hosted page only.")),
    }
}

async fn take_customer(
    work: &mut Work<'_>,
    parameters: &mut Parameters,
) -> Answer<(Option<String>, Option<String>)> {
    let customer = parameters.take_text("customer")?;
    let email = parameters.take_text("customer_email")?;
    if customer.is_some() && email.is_some() {
        let message = "You may only specify one of these parameters: customer, customer_email.";
        return Err(Failure::invalid("customer", message));
    }
    if let Some(customer) = &customer {
        work.referred("customer", customer, "customer").await?;
    }
    customers::check_email(email.as_deref().unwrap_or_default(), "customer_email")?;
    Ok((customer, email))
}

/// The payment methods that the page will offer.
fn take_methods(
    parameters: &mut Parameters,
    currency: &str,
) -> Answer<(Vec<String>, Option<Vec<String>>)> {
    let mut offered = vec!["card".to_owned()];
    offered.extend(payment_methods::debit_kind(currency).map(str::to_owned));
    let allowed = parameters.take_texts("allowed_payment_method_types")?;
    let excluded = parameters.take_texts("excluded_payment_method_types")?.unwrap_or_default();
    if let Some(allowed) = &allowed {
        offered.retain(|kind| allowed.contains(kind));
    }
    offered.retain(|kind| !excluded.contains(kind));
    if offered.is_empty() {
        let message = format!("None of these payment methods works in {currency} in the sandbox.");
        return Err(Failure::invalid("allowed_payment_method_types", message));
    }
    Ok((offered, allowed))
}

fn take_expiry(work: &Work<'_>, parameters: &mut Parameters) -> Answer<i64> {
    let now = work.now_seconds();
    let Some(expires_at) = parameters.take_integer("expires_at")? else {
        return Ok(now + DEFAULT_LIFE);
    };
    let message = if expires_at < now + SHORTEST_LIFE {
        "The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation."
    } else if expires_at > now + DEFAULT_LIFE {
        "The `expires_at` timestamp must be less than 24 hours from Checkout Session creation."
    } else {
        return Ok(expires_at);
    };
    Err(Failure::invalid("expires_at", message))
}

fn take_echoed(parameters: &mut Parameters) -> Answer<Vec<(&'static str, Value)>> {
    let mut echoed = Vec::new();
    let reference = parameters.take_text("client_reference_id")?;
    if reference.as_ref().is_some_and(|text| text.chars().count() > REFERENCE_CHARACTERS) {
        let message = format!("At most {REFERENCE_CHARACTERS} characters.");
        return Err(Failure::invalid("client_reference_id", message));
    }
    echoed.push(("client_reference_id", reference.into()));
    echoed.push(("locale", parameters.take_text("locale")?.into()));
    echoed.push(("integration_identifier", parameters.take_text("integration_identifier")?.into()));
    let submit =
        parameters.take_choice("submit_type", &["auto", "book", "donate", "pay", "subscribe"])?;
    echoed.push(("submit_type", submit.into()));
    let billing = parameters.take_choice("billing_address_collection", &["auto", "required"])?;
    echoed.push(("billing_address_collection", billing.into()));
    for name in ["adaptive_pricing", "phone_number_collection"] {
        let enabled = take_enabled(parameters, name)?.unwrap_or(false);
        echoed.push((name, json!({ "enabled": enabled })));
    }
    let tax_ids = take_enabled(parameters, "tax_id_collection")?.unwrap_or(false);
    echoed.push(("tax_id_collection", json!({ "enabled": tax_ids, "required": "never" })));
    for name in ["automatic_tax", "invoice_creation"] {
        if take_enabled(parameters, name)? == Some(true) {
            let message = format!("The sandbox cannot do {name} so far.");
            return Err(Failure::invalid(&format!("{name}[enabled]"), message));
        }
    }
    echoed
        .push(("allow_promotion_codes", parameters.take_boolean("allow_promotion_codes")?.into()));
    take_ignored(parameters)?;
    Ok(echoed)
}

/// What Stripe knows and what changes nothing here.
fn take_ignored(parameters: &mut Parameters) -> Answer<()> {
    if let Some(mut group) = parameters.take_group("customer_update")? {
        for field in ["address", "name", "shipping"] {
            group.take_choice(field, &["auto", "never"])?;
        }
        group.finish()?;
    }
    Ok(())
}

fn take_enabled(parameters: &mut Parameters, name: &str) -> Answer<Option<bool>> {
    let Some(mut group) = parameters.take_group(name)? else { return Ok(None) };
    let enabled_name = group.named("enabled");
    let enabled =
        group.take_boolean("enabled")?.ok_or_else(|| Failure::missing_parameter(&enabled_name))?;
    group.finish()?;
    Ok(Some(enabled))
}

fn build(work: &Work<'_>, draft: &Draft) -> Answer {
    let total = line_items::total(&draft.items)?;
    let id = identifier::new("cs_test");
    let mut session = json!({
        "url": format!("{}/c/pay/{id}", work.config.public_base.trim_end_matches('/')),
        "id": id,
        "object": "checkout.session",
        "after_expiration": null,
        "allowed_payment_method_types": draft.allowed,
        "amount_subtotal": total,
        "amount_total": total,
        "automatic_tax": { "enabled": false, "liability": null, "provider": null, "status": null },
        "branding_settings": {
            "background_color": "#ffffff",
            "border_style": "rounded",
            "button_color": "#3b4ce0",
            "display_name": work.config.merchant_name,
            "font_family": "default",
            "icon": null,
            "logo": null,
        },
        "cancel_url": draft.cancel_url,
        "client_secret": null,
        "collected_information": null,
        "consent": null,
        "consent_collection": null,
        "created": work.now_seconds(),
        "currency": draft.items[0]["currency"],
        "currency_conversion": null,
        "custom_fields": [],
        "custom_text": {
            "after_submit": null,
            "shipping_address": null,
            "submit": null,
            "terms_of_service_acceptance": null,
        },
        "customer": draft.customer,
        "customer_account": null,
        "customer_creation": if draft.customer.is_some() { None } else { Some(&draft.customer_creation) },
        "customer_details": null,
        "customer_email": draft.customer_email,
        "discounts": [],
        "expires_at": draft.expires_at,
        "invoice": null,
        "invoice_creation": {
            "enabled": false,
            "invoice_data": {
                "account_tax_ids": null,
                "custom_fields": null,
                "description": null,
                "footer": null,
                "issuer": null,
                "metadata": {},
                "rendering_options": null,
            },
        },
        "livemode": false,
        "managed_payments": { "enabled": false },
        "metadata": draft.metadata,
        "mode": "payment",
        "origin_context": null,
        "payment_intent": null,
        "payment_link": null,
        "payment_method_collection": "if_required",
        "payment_method_configuration_details": null,
        "payment_method_options": {},
        "payment_method_types": draft.payment_method_types,
        "payment_status": "unpaid",
        "permissions": null,
        "recovered_from": null,
        "saved_payment_method_options": null,
        "setup_intent": null,
        "shipping_address_collection": null,
        "shipping_cost": null,
        "shipping_options": [],
        "status": "open",
        "subscription": null,
        "success_url": draft.success_url,
        "total_details": { "amount_discount": 0, "amount_shipping": 0, "amount_tax": 0 },
        "ui_mode": "hosted_page",
        "wallet_options": null,
    });
    for (field, value) in &draft.echoed {
        session[*field] = value.clone();
    }
    Ok(session)
}

/// The wishes for the payment intent wait as a row of their own: the session never shows them.
async fn keep_template(work: &mut Work<'_>, session: &str, template: &Value) -> Answer<()> {
    let mut kept = template.clone();
    kept["id"] = template_id(session).into();
    kept["object"] = "payment_intent_template".into();
    work.insert(&kept).await
}
