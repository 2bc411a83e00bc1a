//! Setup intents: keeping a card for later payments, with its owner's consent. Their API is
//! `setup_intent_api`.

use serde_json::{Value, json};

use super::cards::{self, Authentication, Decline, Outcome};
use super::checkout::completion;
use super::failure::{Answer, Failure};
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
