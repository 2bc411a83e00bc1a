//! Webhook endpoints: where events go, and the secret each one is signed with.
//!
//! One endpoint, `we_configured`, comes from [`SandboxConfig`](super::SandboxConfig) and is written
//! anew at every start; the others are made through the API.

use serde_json::{Value, json};

use super::failure::{Answer, Failure};
use super::listing::{Filter, Page, list};
use super::parameters::Parameters;
use super::work::{Work, text};
use super::{API_VERSION, identifier};

/// The endpoint that the configuration names.
pub(crate) const CONFIGURED: &str = "we_configured";
/// As many as Stripe allows.
const MAXIMUM_ENDPOINTS: usize = 16;

fn build(work: &Work<'_>, id: &str, url: &str, enabled_events: &[String]) -> Value {
    json!({
        "id": id,
        "object": "webhook_endpoint",
        "api_version": API_VERSION,
        "application": null,
        "created": work.now_seconds(),
        "description": null,
        "enabled_events": enabled_events,
        "livemode": false,
        "metadata": {},
        "status": "enabled",
        "url": url,
    })
}

/// Makes the configured endpoint what the configuration says, or takes it away.
pub(crate) async fn configure(work: &mut Work<'_>) -> Answer<()> {
    forget(work, CONFIGURED).await?;
    let Some(url) = work.config.webhook_url.clone() else { return Ok(()) };
    let endpoint = build(work, CONFIGURED, &url, &["*".to_owned()]);
    let secret = work.config.webhook_secret.clone();
    keep(work, &endpoint, &secret).await
}

async fn keep(work: &mut Work<'_>, endpoint: &Value, secret: &str) -> Answer<()> {
    work.insert(endpoint).await?;
    sqlx::query("insert into endpoint_secrets (endpoint, secret) values ($1, $2)")
        .bind(text(endpoint, "id"))
        .bind(secret)
        .execute(&mut *work.connection)
        .await?;
    Ok(())
}

async fn forget(work: &mut Work<'_>, id: &str) -> Answer<()> {
    for statement in
        ["delete from objects where id = $1", "delete from endpoint_secrets where endpoint = $1"]
    {
        sqlx::query(statement).bind(id).execute(&mut *work.connection).await?;
    }
    Ok(())
}

/// The ids of the endpoints that want events of this type.
pub(crate) async fn listening(work: &mut Work<'_>, kind: &str) -> Answer<Vec<String>> {
    const LISTENING: &str = "
        select id from objects
        where kind = 'webhook_endpoint' and json_extract(body, '$.status') = 'enabled'
          and exists (select 1 from json_each(body, '$.enabled_events') wanted
                      where wanted.value in ('*', $1))
        order by number";
    Ok(sqlx::query_scalar(LISTENING).bind(kind).fetch_all(&mut *work.connection).await?)
}

/// `POST /v1/webhook_endpoints`: the only answer that carries the secret.
pub(crate) async fn create(work: &mut Work<'_>, mut parameters: Parameters) -> Answer {
    let url = parameters.take_address("url")?.ok_or_else(|| Failure::missing_parameter("url"))?;
    let enabled = parameters
        .take_texts("enabled_events")?
        .ok_or_else(|| Failure::missing_parameter("enabled_events"))?;
    let mut endpoint = build(work, &identifier::new("we"), &url, &enabled);
    if let Some(version) = parameters.take_text("api_version")? {
        endpoint["api_version"] = version.into();
    }
    endpoint["description"] = parameters.take_text("description")?.into();
    endpoint["metadata"] = parameters.take_metadata(json!({}))?;
    parameters.finish()?;
    refuse_too_many(work).await?;
    let secret = identifier::new_webhook_secret();
    keep(work, &endpoint, &secret).await?;
    endpoint["secret"] = secret.into();
    Ok(endpoint)
}

async fn refuse_too_many(work: &mut Work<'_>) -> Answer<()> {
    const COUNT: &str = "select count(*) from objects where kind = 'webhook_endpoint'";
    let count: i64 = sqlx::query_scalar(COUNT).fetch_one(&mut *work.connection).await?;
    if usize::try_from(count).unwrap_or(usize::MAX) < MAXIMUM_ENDPOINTS {
        return Ok(());
    }
    let message = format!("You have reached the maximum of {MAXIMUM_ENDPOINTS} webhook endpoints.");
    Err(Failure::invalid("", message))
}

/// `GET /v1/webhook_endpoints/{id}`
pub(crate) async fn retrieve(work: &mut Work<'_>, id: &str, parameters: Parameters) -> Answer {
    parameters.finish()?;
    work.named("webhook_endpoint", id).await
}

/// `POST /v1/webhook_endpoints/{id}`
pub(crate) async fn update(work: &mut Work<'_>, id: &str, mut parameters: Parameters) -> Answer {
    let mut endpoint = work.named("webhook_endpoint", id).await?;
    if let Some(url) = parameters.take_address("url")? {
        endpoint["url"] = url.into();
    }
    if let Some(enabled) = parameters.take_texts("enabled_events")? {
        endpoint["enabled_events"] = json!(enabled);
    }
    if let Some(disabled) = parameters.take_boolean("disabled")? {
        endpoint["status"] = if disabled { "disabled" } else { "enabled" }.into();
    }
    if let Some(description) = parameters.take_raw("description")? {
        endpoint["description"] = description.into();
    }
    endpoint["metadata"] = parameters.take_metadata(endpoint["metadata"].take())?;
    parameters.finish()?;
    work.update(&endpoint).await?;
    Ok(endpoint)
}

/// `DELETE /v1/webhook_endpoints/{id}`
pub(crate) async fn delete(work: &mut Work<'_>, id: &str, parameters: Parameters) -> Answer {
    parameters.finish()?;
    work.named("webhook_endpoint", id).await?;
    forget(work, id).await?;
    Ok(json!({ "id": id, "object": "webhook_endpoint", "deleted": true }))
}

/// `GET /v1/webhook_endpoints`
pub(crate) async fn list_all(work: &mut Work<'_>, mut parameters: Parameters) -> Answer {
    let page = Page::take(&mut parameters)?;
    parameters.finish()?;
    list(work, "webhook_endpoint", "/v1/webhook_endpoints", page, Filter::default()).await
}
