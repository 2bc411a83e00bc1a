//! Making a payment intent through the API, and confirming one: with its payer there or away.

use serde_json::{Value, json};

use super::collection::{self, Collected, Presence};
use super::failure::{Answer, Failure};
use super::parameters::Parameters;
use super::payment_intents::{Draft, check_amount, start, unexpected_state};
use super::work::{Work, text};
use super::{intent_states, means, payment_methods};

/// How an intent shall be confirmed.
struct Confirmation {
    off_session: bool,
    error_on_requires_action: bool,
    return_url: Option<String>,
}

fn take_confirmation(parameters: &mut Parameters) -> Answer<Confirmation> {
    if let Some(mut mandate) = parameters.take_group("mandate_data")? {
        mandate.take_group("customer_acceptance")?;
        mandate.finish()?;
    }
    Ok(Confirmation {
        off_session: parameters.take_boolean("off_session")?.unwrap_or(false),
        error_on_requires_action: parameters
            .take_boolean("error_on_requires_action")?
            .unwrap_or(false),
        return_url: parameters.take_address("return_url")?,
    })
}

/// `POST /v1/payment_intents`
pub(crate) async fn create(work: &mut Work<'_>, mut parameters: Parameters) -> Answer {
    let amount = parameters.take_integer("amount")?;
    let amount = amount.ok_or_else(|| Failure::missing_parameter("amount"))?;
    let currency = parameters.take_currency("currency")?;
    let currency = currency.ok_or_else(|| Failure::missing_parameter("currency"))?;
    check_amount(amount, &currency)?;
    let customer = parameters.take_text("customer")?;
    if let Some(customer) = &customer {
        work.referred("customer", customer, "customer").await?;
    }
    let method = parameters.take_text("payment_method")?;
    let confirm = parameters.take_boolean("confirm")?.unwrap_or(false);
    let confirmation = take_confirmation(&mut parameters)?;
    if confirmation.off_session && !confirm {
        let message = "The off_session parameter can only be used when confirm is true.";
        return Err(Failure::invalid("off_session", message));
    }
    let mut types = parameters.take_texts("allowed_payment_method_types")?.unwrap_or_default();
    if types.is_empty() {
        types.push("card".to_owned());
        types.extend(means::debit_kind(&currency).map(str::to_owned));
    }
    let wishes = take_wishes(&mut parameters)?;
    parameters.finish()?;
    let draft = Draft {
        amount,
        currency: &currency,
        customer: customer.into(),
        payment_method_types: types.into(),
        owner: None,
        wishes: &wishes,
    };
    let mut intent = start(work, draft).await?;
    if let Some(method) = method {
        choose(work, &mut intent, &method).await?;
    }
    if confirm { attempt(work, intent, confirmation).await } else { Ok(intent) }
}

fn take_wishes(parameters: &mut Parameters) -> Answer {
    let mut wishes = json!({});
    for field in [
        "description",
        "receipt_email",
        "statement_descriptor",
        "statement_descriptor_suffix",
        "transfer_group",
    ] {
        wishes[field] = parameters.take_text(field)?.into();
    }
    let usage = parameters.take_choice("setup_future_usage", &["off_session", "on_session"])?;
    wishes["setup_future_usage"] = usage.into();
    parameters.take_choice("capture_method", &["automatic", "automatic_async"])?;
    parameters.take_choice("confirmation_method", &["automatic"])?;
    if let Some(mut automatic) = parameters.take_group("automatic_payment_methods")? {
        let enabled = automatic.take_boolean("enabled")?;
        let redirects = automatic.take_choice("allow_redirects", &["always", "never"])?;
        automatic.finish()?;
        wishes["automatic_payment_methods"] = json!({
            "allow_redirects": redirects.unwrap_or_else(|| "always".to_owned()),
            "enabled": enabled.unwrap_or(true),
        });
    }
    wishes["metadata"] = parameters.take_metadata(json!({}))?;
    Ok(wishes)
}

/// Chooses the payment method, which must be nobody's or the intent's customer's.
pub(super) async fn choose(work: &mut Work<'_>, intent: &mut Value, id: &str) -> Answer<()> {
    let method = payment_methods::referred(work, id, "payment_method").await?;
    if method["customer"].is_string() && method["customer"] != intent["customer"] {
        let message = format!(
            "The payment method belongs to the Customer {}. Please include the Customer in the \
             `customer` parameter on the PaymentIntent.",
            text(&method, "customer")
        );
        return Err(Failure::invalid("payment_method", message));
    }
    intent["payment_method"] = method["id"].clone();
    intent["status"] = "requires_confirmation".into();
    work.update(intent).await
}

/// Confirms an intent whose payment method is chosen.
async fn attempt(work: &mut Work<'_>, mut intent: Value, how: Confirmation) -> Answer {
    let Some(method) = intent["payment_method"].as_str().map(str::to_owned) else {
        let message = "You cannot confirm this PaymentIntent because it's missing a payment \
                       method. You can either update the PaymentIntent with a payment method and \
                       then confirm it again, or confirm it again directly with a payment method.";
        return Err(unexpected_state(message, &intent));
    };
    let method = work.named("payment_method", &method).await?;
    let asked_nothing = how.off_session || how.error_on_requires_action;
    let presence = if asked_nothing { Presence::OffSession } else { Presence::OnSession };
    intent_states::come_back_to(&mut intent, how.return_url);
    match collection::collect(work, &mut intent, &method, presence).await? {
        Collected::Declined(reason) => {
            let failure = Failure::card_error(reason)
                .concerning("payment_intent", &intent)
                .concerning("payment_method", &method);
            Err(failure.concerning("charge", &intent["latest_charge"]))
        }
        _ => Ok(intent),
    }
}

/// `POST /v1/payment_intents/{id}/confirm`
pub(crate) async fn confirm(work: &mut Work<'_>, id: &str, mut parameters: Parameters) -> Answer {
    let mut intent = work.named("payment_intent", id).await?;
    let method = parameters.take_text("payment_method")?;
    let confirmation = take_confirmation(&mut parameters)?;
    let usage = parameters.take_choice("setup_future_usage", &["off_session", "on_session"])?;
    parameters.finish()?;
    if !text(&intent, "status").starts_with("requires_") {
        let message = format!(
            "You cannot confirm this PaymentIntent because it has a status of {}.",
            text(&intent, "status")
        );
        return Err(unexpected_state(&message, &intent));
    }
    if usage.is_some() {
        intent["setup_future_usage"] = usage.into();
    }
    if let Some(method) = method {
        choose(work, &mut intent, &method).await?;
    }
    attempt(work, intent, confirmation).await
}
