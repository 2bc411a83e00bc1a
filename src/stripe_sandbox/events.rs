//! Events: the record of what happened, and the cause of every webhook delivery.

use serde_json::{Value, json};

use super::failure::Answer;
use super::listing::{Filter, Page, list};
use super::parameters::Parameters;
use super::work::{Work, text};
use super::{API_VERSION, delivery, identifier};

/// Records that `object` came into its present state.
pub(crate) async fn emit(work: &mut Work<'_>, kind: &str, object: &Value) -> Answer<()> {
    record(work, kind, json!({ "object": object })).await
}

/// Records a change, with the former values of the fields that changed.
pub(crate) async fn emit_change(
    work: &mut Work<'_>,
    kind: &str,
    before: &Value,
    after: &Value,
) -> Answer<()> {
    let mut previous = serde_json::Map::new();
    for (field, value) in before.as_object().into_iter().flatten() {
        if after[field] != *value {
            previous.insert(field.clone(), value.clone());
        }
    }
    record(work, kind, json!({ "object": after, "previous_attributes": previous })).await
}

async fn record(work: &mut Work<'_>, kind: &str, data: Value) -> Answer<()> {
    let endpoints = super::webhook_endpoints::listening(work, kind).await?;
    let event = json!({
        "id": identifier::new("evt"),
        "object": "event",
        "api_version": API_VERSION,
        "created": work.now_seconds(),
        "data": data,
        "livemode": false,
        "pending_webhooks": endpoints.len(),
        "request": { "id": work.cause.request, "idempotency_key": work.cause.idempotency_key },
        "type": kind,
    });
    work.insert(&event).await?;
    for endpoint in endpoints {
        delivery::schedule(work, text(&event, "id"), kind, &endpoint).await?;
    }
    Ok(())
}

/// `GET /v1/events/{id}`
pub(crate) async fn retrieve(work: &mut Work<'_>, id: &str, parameters: Parameters) -> Answer {
    parameters.finish()?;
    work.named("event", id).await
}

/// `GET /v1/events`
pub(crate) async fn list_all(work: &mut Work<'_>, mut parameters: Parameters) -> Answer {
    let page = Page::take(&mut parameters)?;
    let mut filter = Filter::default();
    let one = parameters.take_text("type")?.map(|kind| vec![kind]);
    filter.of_types(parameters.take_texts("types")?.or(one));
    filter.delivered(parameters.take_boolean("delivery_success")?);
    parameters.finish()?;
    list(work, "event", "/v1/events", page, filter).await
}
