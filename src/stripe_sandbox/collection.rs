//! One attempt to collect a payment intent with one payment method, and what follows from it.
//!
//! Everything that takes money goes through here: the hosted page, the API with and without the
//! payer, invoices. Whoever waits for the intent (its owner) learns of every turn by `sequel`.

use serde_json::Value;

use super::billing::invoice_collection;
use super::cards::{self, Authentication, Decline, Outcome, TestCard};
use super::charges::{self, State};
use super::checkout::completion;
use super::failure::{Answer, Failure};
use super::means::DebitOutcome;
use super::work::{Work, text};
use super::{events, intent_states, payment_methods};

/// Whether the payer is there to answer questions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Presence {
    OnSession,
    /// Away, and nobody can ask: what needs an answer is declined.
    OffSession,
    /// Away, but a link reaches the payer: what needs an answer waits for it.
    Away,
}

/// How an attempt ended, for now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Collected {
    Succeeded,
    /// The bank will say later.
    Processing,
    /// The payer must go to the page that `next_action` names.
    NeedsAction,
    Declined(Decline),
}

const ASKS_FIRST: Decline = Decline {
    code: "authentication_required",
    decline_code: "authentication_required",
    message: "Your card was declined. This transaction requires authentication.",
};
const NOT_AUTHENTICATED: Decline = Decline {
    code: "payment_intent_authentication_failure",
    decline_code: "",
    message: "The provided PaymentMethod has failed authentication. You can provide \
              payment_method_data or a new PaymentMethod to attempt to fulfill this PaymentIntent \
              again.",
};
const DEBIT_REFUSED: Decline = Decline {
    code: "debit_not_authorized",
    decline_code: "debit_not_authorized",
    message: "The bank refused the debit.",
};

/// One attempt. The intent is written in its new state and its events are out.
pub(crate) async fn collect(
    work: &mut Work<'_>,
    intent: &mut Value,
    method: &Value,
    presence: Presence,
) -> Answer<Collected> {
    let collected = match cards::of_method(method) {
        None => begin_debit(work, intent, method).await,
        Some(card) if !asks_owner(work, card, method, presence).await? => {
            charge(work, intent, method, card).await
        }
        Some(_) if presence == Presence::OffSession => {
            decline(work, intent, method, ASKS_FIRST).await
        }
        Some(_) => ask_owner(work, intent, method).await,
    }?;
    sequel(work, intent).await?;
    Ok(collected)
}

async fn asks_owner(
    work: &mut Work<'_>,
    card: TestCard,
    method: &Value,
    presence: Presence,
) -> Answer<bool> {
    let on_session = presence == Presence::OnSession;
    Ok(match card.authentication {
        Authentication::Never => false,
        Authentication::Always => true,
        Authentication::OnSession => on_session,
        Authentication::UnlessSetUp => {
            on_session || !payment_methods::is_set_up(work, text(method, "id")).await?
        }
    })
}

async fn charge(
    work: &mut Work<'_>,
    intent: &mut Value,
    method: &Value,
    card: TestCard,
) -> Answer<Collected> {
    if let Outcome::Declined(reason) = card.outcome {
        return decline(work, intent, method, reason).await;
    }
    let charge = charges::create(work, intent, method, State::Succeeded).await?;
    events::emit(work, "charge.succeeded", &charge).await?;
    succeed(work, intent, &charge).await?;
    Ok(Collected::Succeeded)
}

async fn succeed(work: &mut Work<'_>, intent: &mut Value, charge: &Value) -> Answer<()> {
    intent_states::mark_succeeded(intent, charge);
    work.replace(intent, None).await?;
    if intent["setup_future_usage"].is_string() && intent["customer"].is_string() {
        let customer = text(intent, "customer").to_owned();
        payment_methods::keep_for(work, text(charge, "payment_method"), &customer).await?;
    }
    events::emit(work, "payment_intent.succeeded", intent).await
}

async fn decline(
    work: &mut Work<'_>,
    intent: &mut Value,
    method: &Value,
    reason: Decline,
) -> Answer<Collected> {
    let charge = charges::create(work, intent, method, State::Failed(reason)).await?;
    events::emit(work, "charge.failed", &charge).await?;
    fail(work, intent, Some(&charge), method, reason).await?;
    Ok(Collected::Declined(reason))
}

async fn fail(
    work: &mut Work<'_>,
    intent: &mut Value,
    charge: Option<&Value>,
    method: &Value,
    reason: Decline,
) -> Answer<()> {
    intent_states::mark_failed(intent, charge, method, reason);
    work.replace(intent, None).await?;
    events::emit(work, "payment_intent.payment_failed", intent).await
}

async fn ask_owner(work: &mut Work<'_>, intent: &mut Value, method: &Value) -> Answer<Collected> {
    intent_states::mark_requires_action(work, intent, method);
    work.replace(intent, None).await?;
    events::emit(work, "payment_intent.requires_action", intent).await?;
    Ok(Collected::NeedsAction)
}

async fn begin_debit(work: &mut Work<'_>, intent: &mut Value, method: &Value) -> Answer<Collected> {
    let charge = charges::create(work, intent, method, State::Pending).await?;
    events::emit(work, "charge.pending", &charge).await?;
    intent_states::mark_processing(intent, &charge);
    let delay = i64::try_from(work.config.settlement_delay.as_millis()).unwrap_or(i64::MAX);
    work.replace(intent, Some(work.moment.saturating_add(delay))).await?;
    events::emit(work, "payment_intent.processing", intent).await?;
    Ok(Collected::Processing)
}

/// What the bank finally says about a debit; `outcome` overrides what the test account stands for.
pub(crate) async fn settle(
    work: &mut Work<'_>,
    mut intent: Value,
    outcome: Option<DebitOutcome>,
) -> Answer {
    if text(&intent, "status") != "processing" {
        return Err(Failure::invalid("", "This payment does not wait for a bank's answer."));
    }
    let mut charge = work.named("charge", text(&intent, "latest_charge")).await?;
    let method = work.named("payment_method", text(&charge, "payment_method")).await?;
    match outcome.unwrap_or_else(|| DebitOutcome::of_method(&method)) {
        DebitOutcome::Succeeds => {
            charges::settle(work, &mut charge, State::Succeeded).await?;
            events::emit(work, "charge.succeeded", &charge).await?;
            succeed(work, &mut intent, &charge).await?;
        }
        DebitOutcome::Fails => {
            charges::settle(work, &mut charge, State::Failed(DEBIT_REFUSED)).await?;
            events::emit(work, "charge.failed", &charge).await?;
            fail(work, &mut intent, Some(&charge), &method, DEBIT_REFUSED).await?;
        }
    }
    sequel(work, &intent).await?;
    Ok(intent)
}

/// The owner's answer at the bank's page.
pub(crate) async fn authenticate(
    work: &mut Work<'_>,
    mut intent: Value,
    confirmed: bool,
) -> Answer {
    if text(&intent, "status") != "requires_action" {
        return Err(Failure::invalid("", "This payment does not wait for its payer any more."));
    }
    let method = work.named("payment_method", text(&intent, "payment_method")).await?;
    match cards::of_method(&method) {
        Some(card) if confirmed => {
            if intent["setup_future_usage"].is_string() {
                payment_methods::mark_set_up(work, text(&method, "id")).await?;
            }
            intent["next_action"] = Value::Null;
            charge(work, &mut intent, &method, card).await?;
        }
        _ => fail(work, &mut intent, None, &method, NOT_AUTHENTICATED).await?,
    }
    sequel(work, &intent).await?;
    Ok(intent)
}

/// Tells whoever waits for the intent.
async fn sequel(work: &mut Work<'_>, intent: &Value) -> Answer<()> {
    let Some(owner) = work.owner_of(text(intent, "id")).await? else { return Ok(()) };
    match text(&owner, "object") {
        "checkout.session" => completion::follow(work, owner, intent).await,
        "invoice" => invoice_collection::follow(work, owner, intent).await,
        _ => Ok(()),
    }
}
