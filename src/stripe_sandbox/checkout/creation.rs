//! Making a checkout session: building the object that a draft describes.

use serde_json::json;

use super::super::failure::Answer;
use super::super::identifier;
use super::super::parameters::Parameters;
use super::super::taxes;
use super::super::work::{Work, integer, text};
use super::draft::{self, Draft, Mode};
use super::{line_items, templates};

/// `POST /v1/checkout/sessions`
pub(crate) async fn create(work: &mut Work<'_>, parameters: Parameters) -> Answer {
    let draft = draft::take(work, parameters).await?;
    let mut session = build(work, &draft)?;
    let life = integer(&session, "expires_at") * 1000 - work.now;
    work.insert_with(&session, None, Some(work.moment.saturating_add(life))).await?;
    let id = text(&session, "id").to_owned();
    for item in &draft.items {
        work.insert_with(item, Some(&id), None).await?;
    }
    templates::keep(work, &id, &draft.template).await?;
    taxes::sessions::reckon(work, &mut session).await?;
    Ok(session)
}

fn build(work: &Work<'_>, draft: &Draft) -> Answer {
    let total = match draft.mode {
        Mode::Setup => None,
        Mode::Payment => Some(line_items::total(&draft.items)?),
        Mode::Subscription => Some(line_items::due_at_first(&draft.items, &draft.template)),
    };
    let id = identifier::new("cs_test");
    let mut session = json!({
        "url": format!("{}/c/pay/{id}", work.config.public_base.trim_end_matches('/')),
        "id": id,
        "object": "checkout.session",
        "after_expiration": null,
        "allowed_payment_method_types": draft.allowed,
        "amount_subtotal": total,
        "amount_total": total,
        "automatic_tax": automatic_tax(draft.automatic_tax),
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
        "currency": draft.currency,
        "currency_conversion": null,
        "custom_fields": [],
        "customer": draft.customer,
        "customer_account": null,
        "customer_creation": draft.customer_creation,
        "customer_details": null,
        "customer_email": draft.customer_email,
        "discounts": [],
        "expires_at": draft.expires_at,
        "invoice": null,
        "livemode": false,
        "managed_payments": { "enabled": false },
        "metadata": draft.metadata,
        "mode": draft.mode.word(),
        "origin_context": null,
        "payment_intent": null,
        "payment_link": null,
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
        "total_details": total.map(|_| json!({ "amount_discount": 0, "amount_shipping": 0, "amount_tax": 0 })),
        "ui_mode": "hosted_page",
        "wallet_options": null,
    });
    for (field, value) in &draft.echoed {
        session[*field] = value.clone();
    }
    Ok(session)
}

fn automatic_tax(enabled: bool) -> serde_json::Value {
    json!({
        "enabled": enabled,
        "liability": enabled.then(|| json!({ "type": "self" })),
        "provider": enabled.then_some("stripe"),
        "status": enabled.then_some("requires_location_inputs"),
    })
}
