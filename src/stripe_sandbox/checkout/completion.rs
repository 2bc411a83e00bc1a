//! What a session's intent makes of it: complete, paid later, or failed after all.

use serde_json::Value;

use super::super::billing::checkout_bills;
use super::super::events;
use super::super::failure::Answer;
use super::super::taxes::places;
use super::super::work::{Work, text};
use super::templates;

/// What the session's payment intent has come to.
pub(crate) async fn follow(work: &mut Work<'_>, session: Value, intent: &Value) -> Answer<()> {
    let open = text(&session, "status") == "open";
    match (text(intent, "status"), open) {
        ("succeeded", true) => complete(work, session, intent, "paid").await,
        ("processing", true) => complete(work, session, intent, "unpaid").await,
        ("succeeded", false) => {
            let mut session = session;
            session["payment_status"] = "paid".into();
            bill(work, &mut session, intent).await?;
            work.update(&session).await?;
            events::emit(work, "checkout.session.async_payment_succeeded", &session).await
        }
        ("requires_payment_method", false) => {
            events::emit(work, "checkout.session.async_payment_failed", &session).await
        }
        _ => Ok(()),
    }
}

/// What the session's setup intent has come to.
pub(crate) async fn follow_setup(
    work: &mut Work<'_>,
    session: Value,
    intent: &Value,
) -> Answer<()> {
    match text(intent, "status") {
        "succeeded" => complete(work, session, intent, "no_payment_required").await,
        _ => Ok(()),
    }
}

async fn complete(
    work: &mut Work<'_>,
    mut session: Value,
    intent: &Value,
    payment_status: &str,
) -> Answer<()> {
    session["customer"] = intent["customer"].clone();
    session["status"] = "complete".into();
    session["payment_status"] = payment_status.into();
    session["url"] = Value::Null;
    keep_details(work, &session).await?;
    if payment_status != "unpaid" {
        bill(work, &mut session, intent).await?;
    }
    work.replace(&session, None).await?;
    events::emit(work, "checkout.session.completed", &session).await
}

/// What the payer typed reaches their customer, as far as the session says so.
async fn keep_details(work: &mut Work<'_>, session: &Value) -> Answer<()> {
    let template = templates::find(work, text(session, "id")).await?;
    let customer = text(session, "customer").to_owned();
    places::keep(work, session, &template["customer_update"], &customer).await
}

/// The subscription or the invoice that the session brings.
async fn bill(work: &mut Work<'_>, session: &mut Value, intent: &Value) -> Answer<()> {
    let template = templates::find(work, text(session, "id")).await?;
    checkout_bills::make(work, session, &template, intent).await
}
