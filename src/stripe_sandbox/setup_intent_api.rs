//! The API of setup intents: create, confirm, cancel, retrieve, list.

use serde_json::{Value, json};

use super::failure::{Answer, Failure};
use super::listing::{Filter, Page, list};
use super::parameters::Parameters;
use super::setup_intents::{SetUp, set_up, start};
use super::work::{Work, text};
use super::{events, intent_states, payment_methods};

/// `POST /v1/setup_intents`
pub(crate) async fn create(work: &mut Work<'_>, mut parameters: Parameters) -> Answer {
    let customer = parameters.take_text("customer")?;
    if let Some(customer) = &customer {
        work.referred("customer", customer, "customer").await?;
    }
    let method = parameters.take_text("payment_method")?;
    let confirm = parameters.take_boolean("confirm")?.unwrap_or(false);
    let return_url = parameters.take_address("return_url")?;
    parameters.take_texts("allowed_payment_method_types")?;
    let mut wishes = json!({
        "description": parameters.take_text("description")?,
        "usage": parameters.take_choice("usage", &["off_session", "on_session"])?,
    });
    if let Some(mut automatic) = parameters.take_group("automatic_payment_methods")? {
        wishes["automatic_payment_methods"] = json!({
            "allow_redirects": automatic.take_choice("allow_redirects", &["always", "never"])?.unwrap_or_else(|| "always".to_owned()),
            "enabled": automatic.take_boolean("enabled")?.unwrap_or(true),
        });
        automatic.finish()?;
    }
    wishes["metadata"] = parameters.take_metadata(json!({}))?;
    parameters.finish()?;
    let mut intent = start(work, &customer.into(), &wishes, None).await?;
    if let Some(method) = method {
        choose(work, &mut intent, &method).await?;
    }
    if confirm { attempt(work, intent, return_url).await } else { Ok(intent) }
}

async fn choose(work: &mut Work<'_>, intent: &mut Value, id: &str) -> Answer<()> {
    let method = payment_methods::referred(work, id, "payment_method").await?;
    intent["payment_method"] = method["id"].clone();
    intent["status"] = "requires_confirmation".into();
    work.update(intent).await
}

async fn attempt(work: &mut Work<'_>, mut intent: Value, return_url: Option<String>) -> Answer {
    let Some(method) = intent["payment_method"].as_str().map(str::to_owned) else {
        let message = "You cannot confirm this SetupIntent because it's missing a payment method.";
        return Err(Failure::invalid_coded("setup_intent_unexpected_state", "", message));
    };
    let method = work.named("payment_method", &method).await?;
    intent_states::come_back_to(&mut intent, return_url);
    match set_up(work, &mut intent, &method).await? {
        SetUp::Declined(reason) => Err(Failure::card_error(reason)
            .concerning("setup_intent", &intent)
            .concerning("payment_method", &method)),
        _ => Ok(intent),
    }
}

fn require_open(intent: &Value) -> Answer<()> {
    let status = text(intent, "status");
    if status.starts_with("requires_") {
        return Ok(());
    }
    let message = format!("This SetupIntent has a status of {status}, which does not allow this.");
    Err(Failure::invalid_coded("setup_intent_unexpected_state", "", message))
}

/// `POST /v1/setup_intents/{id}/confirm`
pub(crate) async fn confirm(work: &mut Work<'_>, id: &str, mut parameters: Parameters) -> Answer {
    let mut intent = work.named("setup_intent", id).await?;
    let method = parameters.take_text("payment_method")?;
    let return_url = parameters.take_address("return_url")?;
    parameters.finish()?;
    require_open(&intent)?;
    if let Some(method) = method {
        choose(work, &mut intent, &method).await?;
    }
    attempt(work, intent, return_url).await
}

/// `POST /v1/setup_intents/{id}/cancel`
pub(crate) async fn cancel(work: &mut Work<'_>, id: &str, mut parameters: Parameters) -> Answer {
    let mut intent = work.named("setup_intent", id).await?;
    let reasons = ["abandoned", "duplicate", "requested_by_customer"];
    let reason = parameters.take_choice("cancellation_reason", &reasons)?;
    parameters.finish()?;
    require_open(&intent)?;
    intent["status"] = "canceled".into();
    intent["cancellation_reason"] = reason.into();
    intent["next_action"] = Value::Null;
    work.update(&intent).await?;
    events::emit(work, "setup_intent.canceled", &intent).await?;
    Ok(intent)
}

/// `GET /v1/setup_intents/{id}`
pub(crate) async fn retrieve(work: &mut Work<'_>, id: &str, mut parameters: Parameters) -> Answer {
    parameters.take_text("client_secret")?;
    parameters.finish()?;
    work.named("setup_intent", id).await
}

/// `GET /v1/setup_intents`
pub(crate) async fn list_all(work: &mut Work<'_>, mut parameters: Parameters) -> Answer {
    let page = Page::take(&mut parameters)?;
    let mut filter = Filter::default();
    for field in ["customer", "payment_method"] {
        filter.take_text(&mut parameters, field)?;
    }
    parameters.finish()?;
    list(work, "setup_intent", "/v1/setup_intents", page, filter).await
}
