//! Paying a checkout session: the attempt, its outcome, and what the bank says later.

use serde_json::{Value, json};

use super::cards::Outcome;
use super::charges::{self, State};
use super::failure::{Answer, Failure};
use super::payment_methods::{self, DebitOutcome, Means};
use super::work::{Work, text};
use super::{checkout_sessions, customers, events, payment_intents};

/// Who pays, as typed on the hosted page.
#[derive(Debug, Clone, Default)]
pub(crate) struct Payer {
    pub email: String,
    pub name: String,
    pub country: String,
}

impl Payer {
    fn details(&self) -> Value {
        json!({
            "address": {
                "city": null,
                "country": self.country,
                "line1": null,
                "line2": null,
                "postal_code": null,
                "state": null,
            },
            "email": self.email,
            "name": self.name,
            "phone": null,
        })
    }
}

/// How an attempt ended.
pub(crate) enum Attempt {
    /// The session is complete: paid, or waiting for the bank.
    Completed(Value),
    /// The bank said no; the session is open still. The sentence is for the payer.
    Declined(String),
    /// There was nothing to pay any more: the session is complete or expired already.
    Closed(Value),
}

/// One attempt to pay a session.
pub(crate) async fn pay(
    work: &mut Work<'_>,
    id: &str,
    means: Means,
    payer: &Payer,
) -> Answer<Attempt> {
    let session = current(work, id).await?;
    if text(&session, "status") != "open" {
        return Ok(Attempt::Closed(session));
    }
    check_offered(&session, means)?;
    let intent = intent_of(work, &session).await?;
    let mut billing = payer.details();
    billing["tax_id"] = Value::Null;
    let currency = text(&session, "currency");
    let method =
        payment_methods::create(work, means, currency, &intent["customer"], &billing).await?;
    match means {
        Means::BankDebit { .. } => begin_debit(work, session, intent, method, payer).await,
        Means::Card { card, .. } => match card.outcome {
            Outcome::Succeeds => succeed_now(work, session, intent, method, payer).await,
            Outcome::Declined { code, decline_code, message } => {
                let state = State::Failed { code, decline_code, message };
                decline(work, session, intent, method, state).await
            }
        },
    }
}

fn check_offered(session: &Value, means: Means) -> Answer<()> {
    let offered = match means {
        Means::Card { .. } => payment_methods::offered(session, "card"),
        Means::BankDebit { .. } => payment_methods::debit_offered(session).is_some(),
    };
    if offered {
        return Ok(());
    }
    Err(Failure::invalid("", "This Checkout Session does not take this payment method."))
}

/// The session as it is at this instant: overdue ones expire on the way.
pub(crate) async fn current(work: &mut Work<'_>, id: &str) -> Answer {
    let session = work.named("checkout.session", id).await?;
    let overdue = session["expires_at"].as_i64().unwrap_or(i64::MAX) <= work.now_seconds();
    if overdue && text(&session, "status") == "open" {
        return checkout_sessions::close(work, session).await;
    }
    Ok(session)
}

/// The session's intent, made at the first attempt.
async fn intent_of(work: &mut Work<'_>, session: &Value) -> Answer {
    if let Some(id) = session["payment_intent"].as_str() {
        return work.named("payment_intent", id).await;
    }
    let template = checkout_sessions::template(work, text(session, "id")).await?;
    let customer = session["customer"].clone();
    let intent = payment_intents::create_for(work, session, &template, &customer).await?;
    events::emit(work, "payment_intent.created", &intent).await?;
    Ok(intent)
}

async fn succeed_now(
    work: &mut Work<'_>,
    session: Value,
    mut intent: Value,
    method: Value,
    payer: &Payer,
) -> Answer<Attempt> {
    let customer = customer_of(work, &session, payer).await?;
    intent["customer"] = customer.clone();
    let charge = charges::create(work, &intent, &method, State::Succeeded).await?;
    events::emit(work, "charge.succeeded", &charge).await?;
    payment_intents::mark_succeeded(&mut intent, &charge);
    work.replace(&intent, None).await?;
    events::emit(work, "payment_intent.succeeded", &intent).await?;
    let session = complete(session, &intent, payer, "paid");
    work.replace(&session, None).await?;
    events::emit(work, "checkout.session.completed", &session).await?;
    Ok(Attempt::Completed(session))
}

async fn decline(
    work: &mut Work<'_>,
    mut session: Value,
    mut intent: Value,
    method: Value,
    state: State,
) -> Answer<Attempt> {
    let State::Failed { code, decline_code, message } = state else {
        return Err(Failure::broken("a decline without its reason"));
    };
    let charge = charges::create(work, &intent, &method, state).await?;
    events::emit(work, "charge.failed", &charge).await?;
    payment_intents::mark_failed(&mut intent, &charge, &method, error(code, decline_code, message));
    work.replace(&intent, None).await?;
    events::emit(work, "payment_intent.payment_failed", &intent).await?;
    session["payment_intent"] = intent["id"].clone();
    let expires_at = session["expires_at"].as_i64().map(|seconds| seconds * 1000);
    work.replace(&session, expires_at).await?;
    Ok(Attempt::Declined(message.to_owned()))
}

async fn begin_debit(
    work: &mut Work<'_>,
    session: Value,
    mut intent: Value,
    method: Value,
    payer: &Payer,
) -> Answer<Attempt> {
    let customer = customer_of(work, &session, payer).await?;
    intent["customer"] = customer.clone();
    let charge = charges::create(work, &intent, &method, State::Pending).await?;
    events::emit(work, "charge.pending", &charge).await?;
    payment_intents::mark_processing(&mut intent, &charge);
    work.replace(&intent, None).await?;
    events::emit(work, "payment_intent.processing", &intent).await?;
    let session = complete(session, &intent, payer, "unpaid");
    let delay = i64::try_from(work.config.settlement_delay.as_millis()).unwrap_or(i64::MAX);
    work.replace(&session, Some(work.now.saturating_add(delay))).await?;
    events::emit(work, "checkout.session.completed", &session).await?;
    Ok(Attempt::Completed(session))
}

/// The payer as a customer, where the session has one or asks for one.
async fn customer_of(work: &mut Work<'_>, session: &Value, payer: &Payer) -> Answer {
    if session["customer"].is_string() || text(session, "customer_creation") != "always" {
        return Ok(session["customer"].clone());
    }
    let customer = customers::create_from_checkout(work, &payer.details()).await?;
    Ok(customer["id"].clone())
}

fn complete(mut session: Value, intent: &Value, payer: &Payer, payment_status: &str) -> Value {
    let mut details = payer.details();
    details["business_name"] = Value::Null;
    details["individual_name"] = Value::Null;
    details["tax_exempt"] = "none".into();
    details["tax_ids"] = json!([]);
    session["customer_details"] = details;
    session["customer"] = intent["customer"].clone();
    session["payment_intent"] = intent["id"].clone();
    session["status"] = "complete".into();
    session["payment_status"] = payment_status.into();
    session["url"] = Value::Null;
    session
}

fn error(code: &str, decline_code: &str, message: &str) -> Value {
    json!({
        "code": code,
        "decline_code": decline_code,
        "doc_url": format!("https://stripe.com/docs/error-codes/{}", code.replace('_', "-")),
        "message": message,
    })
}

/// What the bank finally says about a debit; `outcome` overrides what the test account stands for.
pub(crate) async fn settle(
    work: &mut Work<'_>,
    mut session: Value,
    outcome: Option<DebitOutcome>,
) -> Answer {
    let waiting =
        text(&session, "status") == "complete" && text(&session, "payment_status") == "unpaid";
    let mut intent = work.named("payment_intent", text(&session, "payment_intent")).await?;
    if !waiting || text(&intent, "status") != "processing" {
        let message = "This Checkout Session does not wait for a bank's answer.";
        return Err(Failure::invalid("", message));
    }
    let mut charge = work.named("charge", text(&intent, "latest_charge")).await?;
    let method = work.named("payment_method", text(&charge, "payment_method")).await?;
    match outcome.unwrap_or_else(|| payment_methods::debit_outcome(&method)) {
        DebitOutcome::Succeeds => {
            charges::mark(&mut charge, State::Succeeded);
            work.replace(&charge, None).await?;
            events::emit(work, "charge.succeeded", &charge).await?;
            payment_intents::mark_succeeded(&mut intent, &charge);
            work.replace(&intent, None).await?;
            events::emit(work, "payment_intent.succeeded", &intent).await?;
            session["payment_status"] = "paid".into();
            work.replace(&session, None).await?;
            events::emit(work, "checkout.session.async_payment_succeeded", &session).await?;
        }
        DebitOutcome::Fails => {
            let (code, message) = ("debit_not_authorized", "The bank refused the debit.");
            charges::mark(&mut charge, State::Failed { code, decline_code: code, message });
            work.replace(&charge, None).await?;
            events::emit(work, "charge.failed", &charge).await?;
            let error = error(code, code, message);
            payment_intents::mark_failed(&mut intent, &charge, &method, error);
            work.replace(&intent, None).await?;
            events::emit(work, "payment_intent.payment_failed", &intent).await?;
            work.replace(&session, None).await?;
            events::emit(work, "checkout.session.async_payment_failed", &session).await?;
        }
    }
    Ok(session)
}

/// Expires or settles one overdue session; false when none is.
pub(crate) async fn act_on_overdue(work: &mut Work<'_>) -> Answer<bool> {
    let Some(session) = work.due("checkout.session", 1).await?.into_iter().next() else {
        return Ok(false);
    };
    if text(&session, "status") == "open" {
        checkout_sessions::close(work, session).await?;
    } else {
        settle(work, session, None).await?;
    }
    Ok(true)
}
