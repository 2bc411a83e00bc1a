//! Payment intents: one intent to collect an amount, whatever number of attempts it takes.

use serde_json::{Value, json};

use super::failure::Answer;
use super::identifier;
use super::listing::{Filter, Page, list};
use super::parameters::Parameters;
use super::work::{Work, integer, text};

/// What a checkout session asks of the intent it will make (`payment_intent_data`).
pub(crate) fn take_template(parameters: Option<Parameters>) -> Answer {
    let mut template = json!({ "metadata": {} });
    let Some(mut parameters) = parameters else { return Ok(template) };
    for field in [
        "description",
        "receipt_email",
        "statement_descriptor",
        "statement_descriptor_suffix",
        "transfer_group",
    ] {
        template[field] = parameters.take_text(field)?.into();
    }
    let usage = parameters.take_choice("setup_future_usage", &["off_session", "on_session"])?;
    template["setup_future_usage"] = usage.into();
    parameters.take_choice("capture_method", &["automatic", "automatic_async"])?;
    template["metadata"] = parameters.take_metadata(json!({}))?;
    parameters.finish()?;
    Ok(template)
}

/// The intent of a checkout session at its first attempt to pay.
pub(crate) async fn create_for(
    work: &mut Work<'_>,
    session: &Value,
    template: &Value,
    customer: &Value,
) -> Answer {
    let id = identifier::new("pi");
    let intent = json!({
        "client_secret": identifier::client_secret(&id),
        "id": id,
        "object": "payment_intent",
        "allowed_payment_method_types": null,
        "amount": integer(session, "amount_total"),
        "amount_capturable": 0,
        "amount_details": { "tip": {} },
        "amount_received": 0,
        "application": null,
        "application_fee_amount": null,
        "automatic_payment_methods": null,
        "canceled_at": null,
        "cancellation_reason": null,
        "capture_method": "automatic_async",
        "confirmation_method": "automatic",
        "created": work.now_seconds(),
        "currency": session["currency"],
        "customer": customer,
        "customer_account": null,
        "description": template["description"],
        "excluded_payment_method_types": null,
        "last_payment_error": null,
        "latest_charge": null,
        "livemode": false,
        "managed_payments": null,
        "metadata": template["metadata"],
        "next_action": null,
        "on_behalf_of": null,
        "payment_details": {
            "customer_reference": null,
            "order_reference": session["id"],
        },
        "payment_method": null,
        "payment_method_configuration_details": null,
        "payment_method_options": {},
        "payment_method_types": session["payment_method_types"],
        "payment_record": null,
        "processing": null,
        "receipt_email": template["receipt_email"],
        "review": null,
        "setup_future_usage": template["setup_future_usage"],
        "shipping": null,
        "source": null,
        "statement_descriptor": template["statement_descriptor"],
        "statement_descriptor_suffix": template["statement_descriptor_suffix"],
        "status": "requires_payment_method",
        "transfer_data": null,
        "transfer_group": template["transfer_group"],
    });
    work.insert(&intent).await?;
    Ok(intent)
}

/// `GET /v1/payment_intents/{id}`
pub(crate) async fn retrieve(work: &mut Work<'_>, id: &str, mut parameters: Parameters) -> Answer {
    parameters.take_text("client_secret")?;
    parameters.finish()?;
    work.named("payment_intent", id).await
}

/// `GET /v1/payment_intents`
pub(crate) async fn list_all(work: &mut Work<'_>, mut parameters: Parameters) -> Answer {
    let page = Page::take(&mut parameters)?;
    let mut filter = Filter::default();
    filter.take_text(&mut parameters, "customer")?;
    parameters.finish()?;
    list(work, "payment_intent", "/v1/payment_intents", page, filter).await
}

/// Marks the intent as paid by this charge.
pub(crate) fn mark_succeeded(intent: &mut Value, charge: &Value) {
    intent["status"] = "succeeded".into();
    intent["amount_received"] = intent["amount"].clone();
    intent["last_payment_error"] = Value::Null;
    intent["processing"] = Value::Null;
    intent["latest_charge"] = text(charge, "id").into();
    intent["payment_method"] = charge["payment_method"].clone();
}

/// Marks the intent as waiting for the bank.
pub(crate) fn mark_processing(intent: &mut Value, charge: &Value) {
    intent["status"] = "processing".into();
    intent["last_payment_error"] = Value::Null;
    intent["latest_charge"] = text(charge, "id").into();
    intent["payment_method"] = charge["payment_method"].clone();
}

/// Marks the intent as in need of another way to pay.
pub(crate) fn mark_failed(intent: &mut Value, charge: &Value, method: &Value, error: Value) {
    intent["status"] = "requires_payment_method".into();
    intent["processing"] = Value::Null;
    intent["latest_charge"] = text(charge, "id").into();
    intent["payment_method"] = Value::Null;
    intent["last_payment_error"] = error;
    intent["last_payment_error"]["charge"] = text(charge, "id").into();
    intent["last_payment_error"]["payment_method"] = method.clone();
    intent["last_payment_error"]["type"] = "card_error".into();
}
