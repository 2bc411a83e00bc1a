//! The rest of the API of checkout sessions: retrieve, update, list, expire.

use serde_json::Value;

use super::super::events;
use super::super::failure::{Answer, Failure};
use super::super::listing::{Filter, Page, list};
use super::super::parameters::Parameters;
use super::super::work::{Work, text};

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
    work.update(&session).await?;
    Ok(session)
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
