//! Checkout sessions: retrieve, update, list, expire. Making one is `checkout_creation`, paying one
//! is `payment`.

use serde_json::{Value, json};

use super::events;
use super::failure::{Answer, Failure};
use super::listing::{Filter, Page, list};
use super::parameters::Parameters;
use super::work::{Work, text};

/// Where the session's wishes for its payment intent are kept.
pub(crate) fn template_id(session: &str) -> String {
    format!("{session}/payment_intent_data")
}

/// What the session asked of its payment intent.
pub(crate) async fn template(work: &mut Work<'_>, session: &str) -> Answer {
    let kept = work.find("payment_intent_template", &template_id(session)).await?;
    Ok(kept.unwrap_or_else(|| json!({ "metadata": {} })))
}

/// `GET /v1/checkout/sessions/{id}`
pub(crate) async fn retrieve(work: &mut Work<'_>, id: &str, parameters: Parameters) -> Answer {
    parameters.finish()?;
    work.named("checkout.session", id).await
}

/// `POST /v1/checkout/sessions/{id}`: only the metadata may change.
pub(crate) async fn update(work: &mut Work<'_>, id: &str, mut parameters: Parameters) -> Answer {
    let mut session = work.named("checkout.session", id).await?;
    session["metadata"] = parameters.take_metadata(session["metadata"].take())?;
    parameters.finish()?;
    let due_at = due_of(work, id).await?;
    work.replace(&session, due_at).await?;
    Ok(session)
}

async fn due_of(work: &mut Work<'_>, id: &str) -> Answer<Option<i64>> {
    let due: Option<i64> = sqlx::query_scalar("select due_at from objects where id = $1")
        .bind(id)
        .fetch_one(&mut *work.connection)
        .await?;
    Ok(due)
}

/// `POST /v1/checkout/sessions/{id}/expire`
pub(crate) async fn expire(work: &mut Work<'_>, id: &str, parameters: Parameters) -> Answer {
    parameters.finish()?;
    let session = work.named("checkout.session", id).await?;
    if text(&session, "status") != "open" {
        let message = format!(
            "Only Checkout Sessions with a status in [\"open\"] can be expired. This Checkout \
             Session has a status of {}.",
            text(&session, "status")
        );
        return Err(Failure::invalid("", message));
    }
    close(work, session).await
}

/// Ends an open session without a payment.
pub(crate) async fn close(work: &mut Work<'_>, mut session: Value) -> Answer {
    session["status"] = "expired".into();
    session["url"] = Value::Null;
    work.replace(&session, None).await?;
    events::emit(work, "checkout.session.expired", &session).await?;
    Ok(session)
}

/// `GET /v1/checkout/sessions`
pub(crate) async fn list_all(work: &mut Work<'_>, mut parameters: Parameters) -> Answer {
    let page = Page::take(&mut parameters)?;
    let mut filter = Filter::default();
    for field in ["customer", "payment_intent", "status", "subscription", "payment_link"] {
        filter.take_text(&mut parameters, field)?;
    }
    if let Some(mut details) = parameters.take_group("customer_details")? {
        filter.equals("$.customer_details.email", details.take_text("email")?);
        details.finish()?;
    }
    parameters.finish()?;
    list(work, "checkout.session", "/v1/checkout/sessions", page, filter).await
}
