//! Telling the admins of an endpoint that takes nothing, and switching it off: after a day they are warned,
//! after three it is over. When it takes something again, what was told is taken back.

use super::schedule::{OFF_AFTER, WARNED_AFTER, Went};
use crate::backend::notices::{self, Tell};
use crate::backend::state::Backend;
use crate::backend::store::StoreError;
use crate::backend::store::webhook_endpoint::{self, Endpoint};
use crate::backend::store::webhook_sending::{Begun, Ending};
use crate::ledger::Timestamp;
use crate::model::alerts::AlertKind;
use crate::model::webhook_pages::EndpointState;

/// What is said of deliveries that were given up with their endpoint.
const GIVEN_UP: &str = "The endpoint was switched off before it took this.";

/// Does what follows from an attempt for the endpoint as a whole. Done again after a fault, it tells nothing
/// twice.
///
/// # Errors
/// The database failed; the next attempt that fails does it.
pub async fn after(
    backend: &Backend,
    begun: &Begun,
    went: Went,
    ending: &Ending,
    now: Timestamp,
) -> Result<(), StoreError> {
    let endpoint = &begun.endpoint;
    let since = ending.failing_since.unwrap_or(now);
    match went {
        Went::Taken if endpoint.failing_since.is_some() => recovered(backend, endpoint, now).await,
        Went::Taken => Ok(()),
        Went::Gone => off(backend, endpoint, EndpointState::OffGone, since, now).await,
        Went::Failed { .. } if now.since(since) >= OFF_AFTER => {
            off(backend, endpoint, EndpointState::OffFailing, since, now).await
        }
        Went::Failed { .. } if now.since(since) >= WARNED_AFTER => {
            let detail = format!(
                "{} has taken nothing for a day ({}). It is tried again and again; after three days it \
                 is switched off.",
                endpoint.name, ending.result
            );
            let title = format!("The webhook {} takes nothing", endpoint.name);
            tell(backend, endpoint, ("warned", since), title, detail, now).await
        }
        Went::Failed { .. } => Ok(()),
    }
}

/// Takes back what was told of an endpoint: it works again, or is no more.
///
/// # Errors
/// The database failed.
pub async fn recovered(
    backend: &Backend,
    endpoint: &Endpoint,
    now: Timestamp,
) -> Result<(), StoreError> {
    let (db, live, topic) = (&backend.db, &backend.live, topic(&endpoint.id));
    notices::close_topic(db, live, &endpoint.organisation, &topic, now).await
}

async fn off(
    backend: &Backend,
    endpoint: &Endpoint,
    state: EndpointState,
    since: Timestamp,
    now: Timestamp,
) -> Result<(), StoreError> {
    let why = match state {
        EndpointState::OffGone => "answered 410: it is gone for good",
        _ => "has taken nothing for three days",
    };
    let detail = format!(
        "{} {why}. Nothing is sent there any more. Once it answers, switch it on and send again what it \
         missed.",
        endpoint.name
    );
    let title = format!("The webhook {} was switched off", endpoint.name);
    // First, so that nothing is switched off in silence.
    tell(backend, endpoint, ("off", since), title, detail, now).await?;
    let of = (&endpoint.organisation, endpoint.id.as_str());
    webhook_endpoint::switch_off(&backend.db, of, Some(state), GIVEN_UP, now).await?;
    tracing::warn!(endpoint = endpoint.id, url = endpoint.url, "a webhook was switched off");
    Ok(())
}

async fn tell(
    backend: &Backend,
    endpoint: &Endpoint,
    (what, since): (&str, Timestamp),
    title: String,
    detail: String,
    now: Timestamp,
) -> Result<(), StoreError> {
    let (topic, page) = (topic(&endpoint.id), format!("/developers/webhooks/{}", endpoint.id));
    let tell = Tell {
        key: format!("{topic}:{what}:{}", since.micros()),
        topic: &topic,
        kind: AlertKind::WebhookFails,
        title,
        detail,
        cure: Some((&page, "See what was sent")),
    };
    notices::tell_admins(&backend.db, &backend.live, &endpoint.organisation, tell, now).await
}

fn topic(id: &str) -> String {
    format!("webhook:{id}")
}
