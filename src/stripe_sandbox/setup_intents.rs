//! Setup intents: keeping a card for later payments, with its owner's consent.

use serde_json::{Value, json};

use super::cards::{self, Authentication, Decline, Outcome};
use super::checkout::completion;
use super::failure::{Answer, Failure};
use super::listing::{Filter, Page, list};
use super::parameters::Parameters;
use super::work::{Work, text};
use super::{events, identifier, intent_states, payment_methods};

const NOT_AUTHENTICATED: Decline = Decline {
    code: "setup_intent_authentication_failure",
    decline_code: "",
    message: "The latest attempt to set up the payment method has failed because authentication \
              failed.",
};

/// How an attempt to set a card up ended, for now.
pub(crate) enum SetUp {
    Succeeded,
    NeedsAction,
    Declined(Decline),
}

/// A new intent, with its event. `owner` is the session that waits for it.
pub(crate) async fn start(
    work: &mut Work<'_>,
    customer: &Value,
    wishes: &Value,
    owner: Option<&str>,
) -> Answer {
    let id = identifier::new("seti");
    let intent = json!({
        "client_secret": identifier::client_secret(&id),
        "id": id,
        "object": "setup_intent",
        "allowed_payment_method_types": null,
        "application": null,
        "automatic_payment_methods": wishes["automatic_payment_methods"],
        "cancellation_reason": null,
        "created": work.now_seconds(),
        "customer": customer,
        "customer_account": null,
        "description": wishes["description"],
        "excluded_payment_method_types": null,
        "flow_directions": null,
        "last_setup_error": null,
        "latest_attempt": null,
        "livemode": false,
        "managed_payments": null,
        "mandate": null,
        "metadata": if wishes["metadata"].is_object() { wishes["metadata"].clone() } else { json!({}) },
        "next_action": null,
        "on_behalf_of": null,
        "payment_method": null,
        "payment_method_configuration_details": null,
        "payment_method_options": { "card": {
            "mandate_options": null, "network": null, "request_three_d_secure": "automatic",
        } },
        "payment_method_types": ["card"],
        "single_use_mandate": null,
        "status": "requires_payment_method",
        "usage": wishes["usage"].as_str().unwrap_or("off_session"),
    });
    work.insert_with(&intent, owner, None).await?;
    events::emit(work, "setup_intent.created", &intent).await?;
    Ok(intent)
}

/// One attempt, with the card's owner there. The intent is written and its events are out.
pub(crate) async fn set_up(
    work: &mut Work<'_>,
    intent: &mut Value,
    method: &Value,
) -> Answer<SetUp> {
    let card = cards::of_method(method);
    let outcome = match card.map(|card| (card.outcome, card.can_be_saved, card.authentication)) {
        Some((Outcome::Declined(reason), false, _)) => {
            fail(work, intent, method, reason).await?;
            SetUp::Declined(reason)
        }
        Some((_, _, Authentication::Always | Authentication::UnlessSetUp)) => {
            intent["status"] = "requires_action".into();
            intent["last_setup_error"] = Value::Null;
            intent["payment_method"] = method["id"].clone();
            intent["next_action"] = intent_states::to_bank(work, intent);
            work.update(intent).await?;
            events::emit(work, "setup_intent.requires_action", intent).await?;
            SetUp::NeedsAction
        }
        _ => {
            succeed(work, intent, method).await?;
            SetUp::Succeeded
        }
    };
    sequel(work, intent).await?;
    Ok(outcome)
}

async fn succeed(work: &mut Work<'_>, intent: &mut Value, method: &Value) -> Answer<()> {
    let id = text(method, "id");
    if let Some(customer) = intent["customer"].as_str() {
        payment_methods::keep_for(work, id, customer).await?;
    }
    payment_methods::mark_set_up(work, id).await?;
    intent["status"] = "succeeded".into();
    intent["payment_method"] = id.into();
    intent["next_action"] = Value::Null;
    intent["last_setup_error"] = Value::Null;
    work.update(intent).await?;
    events::emit(work, "setup_intent.succeeded", intent).await
}

async fn fail(
    work: &mut Work<'_>,
    intent: &mut Value,
    method: &Value,
    reason: Decline,
) -> Answer<()> {
    intent["status"] = "requires_payment_method".into();
    intent["payment_method"] = Value::Null;
    intent["next_action"] = Value::Null;
    intent["last_setup_error"] = intent_states::refusal(reason, method);
    work.update(intent).await?;
    events::emit(work, "setup_intent.setup_failed", intent).await
}

/// The owner's answer at the bank's page.
pub(crate) async fn authenticate(
    work: &mut Work<'_>,
    mut intent: Value,
    confirmed: bool,
) -> Answer {
    if text(&intent, "status") != "requires_action" {
        return Err(Failure::invalid("", "This card does not wait for its owner any more."));
    }
    let method = work.named("payment_method", text(&intent, "payment_method")).await?;
    if confirmed {
        succeed(work, &mut intent, &method).await?;
    } else {
        fail(work, &mut intent, &method, NOT_AUTHENTICATED).await?;
    }
    sequel(work, &intent).await?;
    Ok(intent)
}

/// Tells the session that waits for the intent.
async fn sequel(work: &mut Work<'_>, intent: &Value) -> Answer<()> {
    match work.owner_of(text(intent, "id")).await? {
        Some(owner) if text(&owner, "object") == "checkout.session" => {
            completion::follow_setup(work, owner, intent).await
        }
        _ => Ok(()),
    }
}

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
