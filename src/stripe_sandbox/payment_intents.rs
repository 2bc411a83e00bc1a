//! Payment intents: one intent to collect an amount, whatever number of attempts it takes.
//!
//! Making and confirming one through the API is `payment_intent_attempts`, an attempt itself
//! `collection`; the states are `intent_states`.

use serde_json::{Value, json};

use super::failure::{Answer, Failure};
use super::listing::{Filter, Page, list};
use super::parameters::Parameters;
use super::work::{Work, integer, text};
use super::{events, identifier, money, payment_intent_attempts};

const CANCELLATION_REASONS: [&str; 4] =
    ["abandoned", "duplicate", "fraudulent", "requested_by_customer"];

/// What an intent is made of.
pub(crate) struct Draft<'a> {
    pub amount: i64,
    pub currency: &'a str,
    pub customer: Value,
    pub payment_method_types: Value,
    /// The session or invoice that waits for it.
    pub owner: Option<&'a str>,
    /// `description`, `metadata`, `receipt_email`, `setup_future_usage` and the like; may be absent.
    pub wishes: &'a Value,
}

/// A new intent, with its event.
pub(crate) async fn start(work: &mut Work<'_>, draft: Draft<'_>) -> Answer {
    let intent = build(work, &draft);
    work.insert_with(&intent, draft.owner, None).await?;
    events::emit(work, "payment_intent.created", &intent).await?;
    Ok(intent)
}

fn build(work: &Work<'_>, draft: &Draft<'_>) -> Value {
    let id = identifier::new("pi");
    let wishes = draft.wishes;
    json!({
        "client_secret": identifier::client_secret(&id),
        "id": id,
        "object": "payment_intent",
        "allowed_payment_method_types": null,
        "amount": draft.amount,
        "amount_capturable": 0,
        "amount_details": { "tip": {} },
        "amount_received": 0,
        "application": null,
        "application_fee_amount": null,
        "automatic_payment_methods": wishes["automatic_payment_methods"],
        "canceled_at": null,
        "cancellation_reason": null,
        "capture_method": "automatic_async",
        "confirmation_method": "automatic",
        "created": work.now_seconds(),
        "currency": draft.currency,
        "customer": draft.customer,
        "customer_account": null,
        "description": wishes["description"],
        "excluded_payment_method_types": null,
        "last_payment_error": null,
        "latest_charge": null,
        "livemode": false,
        "managed_payments": null,
        "metadata": if wishes["metadata"].is_object() { wishes["metadata"].clone() } else { json!({}) },
        "next_action": null,
        "on_behalf_of": null,
        "payment_details": { "customer_reference": null, "order_reference": draft.owner },
        "payment_method": null,
        "payment_method_configuration_details": null,
        "payment_method_options": {},
        "payment_method_types": draft.payment_method_types,
        "payment_record": null,
        "processing": null,
        "receipt_email": wishes["receipt_email"],
        "review": null,
        "setup_future_usage": wishes["setup_future_usage"],
        "shipping": null,
        "source": null,
        "statement_descriptor": wishes["statement_descriptor"],
        "statement_descriptor_suffix": wishes["statement_descriptor_suffix"],
        "status": "requires_payment_method",
        "transfer_data": null,
        "transfer_group": wishes["transfer_group"],
    })
}

/// Refuses what Stripe would not charge.
pub(super) fn check_amount(amount: i64, currency: &str) -> Answer<()> {
    let minimum = money::minimum(currency);
    if amount < minimum {
        let least = money::format(minimum, currency);
        let message = format!("Amount must be at least {least} {currency}");
        return Err(Failure::invalid_coded("amount_too_small", "amount", message));
    }
    if amount > money::MAXIMUM_AMOUNT {
        let most = money::format(money::MAXIMUM_AMOUNT, currency);
        let message = format!("Amount must be no more than {most} {currency}");
        return Err(Failure::invalid_coded("amount_too_large", "amount", message));
    }
    Ok(())
}

/// A refusal because of the state the intent is in.
pub(super) fn unexpected_state(message: &str, intent: &Value) -> Failure {
    Failure::invalid_coded("payment_intent_unexpected_state", "", message)
        .concerning("payment_intent", intent)
}

/// `POST /v1/payment_intents/{id}/cancel`
pub(crate) async fn cancel(work: &mut Work<'_>, id: &str, mut parameters: Parameters) -> Answer {
    let mut intent = work.named("payment_intent", id).await?;
    let reason = parameters.take_choice("cancellation_reason", &CANCELLATION_REASONS)?;
    parameters.finish()?;
    if !text(&intent, "status").starts_with("requires_") {
        let message = format!(
            "You cannot cancel this PaymentIntent because it has a status of {}.",
            text(&intent, "status")
        );
        return Err(unexpected_state(&message, &intent));
    }
    intent["status"] = "canceled".into();
    intent["canceled_at"] = work.now_seconds().into();
    intent["cancellation_reason"] = reason.into();
    intent["next_action"] = Value::Null;
    work.replace(&intent, None).await?;
    events::emit(work, "payment_intent.canceled", &intent).await?;
    Ok(intent)
}

/// `POST /v1/payment_intents/{id}`
pub(crate) async fn update(work: &mut Work<'_>, id: &str, mut parameters: Parameters) -> Answer {
    let mut intent = work.named("payment_intent", id).await?;
    if let Some(amount) = parameters.take_integer("amount")? {
        check_amount(amount, text(&intent, "currency"))?;
        intent["amount"] = amount.into();
    }
    for field in ["description", "receipt_email", "statement_descriptor_suffix"] {
        if let Some(value) = parameters.take_raw(field)? {
            intent[field] = if value.is_empty() { Value::Null } else { value.into() };
        }
    }
    let usage = parameters.take_choice("setup_future_usage", &["off_session", "on_session"])?;
    if usage.is_some() {
        intent["setup_future_usage"] = usage.into();
    }
    let method = parameters.take_text("payment_method")?;
    intent["metadata"] = parameters.take_metadata(intent["metadata"].take())?;
    parameters.finish()?;
    let settled = matches!(text(&intent, "status"), "succeeded" | "processing" | "canceled");
    let stored = work.named("payment_intent", id).await?;
    if settled && (integer(&stored, "amount") != integer(&intent, "amount") || method.is_some()) {
        let message = "This PaymentIntent's amount could not be updated because it has a status \
                       that does not allow it.";
        return Err(unexpected_state(message, &stored));
    }
    work.update(&intent).await?;
    if let Some(method) = method {
        payment_intent_attempts::choose(work, &mut intent, &method).await?;
    }
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
