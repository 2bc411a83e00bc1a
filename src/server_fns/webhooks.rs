//! Webhooks: endpoints, what they are told, and how that went.

use leptos::prelude::*;

use crate::model::Problem;
use crate::model::webhook_pages::{DeliveryView, EndpointView, WebhooksView};

/// The endpoints of the caller's organisation.
#[server(endpoint = "load_webhooks")]
pub async fn load_webhooks() -> Result<WebhooksView, Problem> {
    let (backend, caller) = form::manager()?;
    let zone = super::zone(&backend, &caller).await?;
    let page = crate::backend::webhooks::views::page(&backend, &caller, zone);
    page.await.map_err(form::told)
}

/// One endpoint with a page of its log.
#[server(endpoint = "load_webhook")]
pub async fn load_webhook(
    id: String,
    only: Option<String>,
    before: Option<String>,
) -> Result<EndpointView, Problem> {
    let (backend, caller) = form::manager()?;
    let zone = super::zone(&backend, &caller).await?;
    let only = only.and_then(|only| only.parse().ok());
    let before = before.and_then(|before| before.parse().ok());
    let narrowed = (only, before);
    let page = crate::backend::webhooks::views::endpoint(&backend, &caller, zone, &id, narrowed);
    page.await.map_err(form::told)
}

/// One delivery with everything that was tried.
#[server(endpoint = "load_webhook_delivery")]
pub async fn load_webhook_delivery(id: String, delivery: String) -> Result<DeliveryView, Problem> {
    let (backend, caller) = form::manager()?;
    let zone = super::zone(&backend, &caller).await?;
    let deliveries = form::deliveries(&backend, &caller, &id);
    let page = crate::backend::webhooks::views::delivery(deliveries, zone, &delivery);
    page.await.map_err(form::told)
}

/// Makes an endpoint. The answer carries its secret, once: see [`SECRET_ISSUED`].
///
/// [`SECRET_ISSUED`]: crate::model::webhooks::SECRET_ISSUED
#[server(endpoint = "create_webhook")]
pub async fn create_webhook(
    name: String,
    url: String,
    everything: Option<String>,
    #[server(default)] kinds: Vec<String>,
    form_key: String,
) -> Result<(), Problem> {
    let (backend, caller) = form::manager()?;
    let typed = form::typed(name, url, everything, &kinds)?;
    let endpoints = form::endpoints(&backend, &caller);
    let made = endpoints.create(&typed, &form_key, Some(&caller.user)).await;
    Err(form::issued(&made.map_err(form::told)?))
}

/// Changes an endpoint's name, address and kinds of events.
#[server(endpoint = "change_webhook")]
pub async fn change_webhook(
    id: String,
    name: String,
    url: String,
    everything: Option<String>,
    #[server(default)] kinds: Vec<String>,
    version: i64,
) -> Result<(), Problem> {
    let (backend, caller) = form::manager()?;
    let endpoints = form::endpoints(&backend, &caller);
    endpoints.find(&id).await.map_err(form::told)?;
    let typed = form::typed(name, url, everything, &kinds)?;
    endpoints.change(&id, &typed, version).await.map_err(form::told)?;
    super::answer::redirect(&form::page_of(&id));
    Ok(())
}

/// Gives an endpoint another secret, shown in the same way; the one before signs too for a day.
#[server(endpoint = "rotate_webhook_secret")]
pub async fn rotate_webhook_secret(id: String, rotation: i64) -> Result<(), Problem> {
    let (backend, caller) = form::manager()?;
    let made = form::endpoints(&backend, &caller).rotate(&id, rotation).await;
    Err(form::issued(&made.map_err(form::told)?))
}

/// Switches an endpoint `on` or `off`; on also with what it missed, where that is ticked.
#[server(endpoint = "switch_webhook")]
pub async fn switch_webhook(id: String, to: String, missed: Option<String>) -> Result<(), Problem> {
    let (backend, caller) = form::manager()?;
    let endpoints = form::endpoints(&backend, &caller);
    let switched = match to.as_str() {
        "on" => endpoints.switch_on(&id, missed.is_some()).await,
        "off" => endpoints.switch_off(&id).await,
        _ => return Err(Problem::invalid_field("to", "Choose on or off.")),
    };
    switched.map_err(form::told)?;
    super::answer::redirect(&form::page_of(&id));
    Ok(())
}

/// Deletes an endpoint with its log; its name is typed to make sure.
#[server(endpoint = "delete_webhook")]
pub async fn delete_webhook(id: String, confirm: String) -> Result<(), Problem> {
    let (backend, caller) = form::manager()?;
    form::endpoints(&backend, &caller).delete(&id, &confirm).await.map_err(form::told)?;
    super::answer::redirect(form::PAGE);
    Ok(())
}

/// Sends a test event, and leads to what came of it.
#[server(endpoint = "send_test_webhook")]
pub async fn send_test_webhook(id: String, form_key: String) -> Result<(), Problem> {
    let (backend, caller) = form::manager()?;
    let shapes = &crate::web::api::told::SHAPES;
    let sent = form::deliveries(&backend, &caller, &id).send_test(shapes, &form_key).await;
    let delivery = sent.map_err(form::told)?;
    super::answer::redirect(&format!("{}/{delivery}", form::page_of(&id)));
    Ok(())
}

/// Sends a delivery again that is over; `attempts` is how many the reader has seen of it.
#[server(endpoint = "replay_webhook")]
pub async fn replay_webhook(id: String, delivery: String, attempts: i64) -> Result<(), Problem> {
    let (backend, caller) = form::manager()?;
    let deliveries = form::deliveries(&backend, &caller, &id);
    deliveries.replay(&delivery, attempts).await.map_err(form::told)?;
    super::answer::redirect(&format!("{}/{delivery}", form::page_of(&id)));
    Ok(())
}

/// Sends everything again that was given up and was to be told since a time.
#[server(endpoint = "replay_failed_webhooks")]
pub async fn replay_failed_webhooks(id: String, since: String) -> Result<(), Problem> {
    let (backend, caller) = form::manager()?;
    form::endpoints(&backend, &caller).find(&id).await.map_err(form::told)?;
    let zone = super::zone(&backend, &caller).await?;
    let since = crate::backend::webhooks::deliveries::since(zone, &since)?;
    let deliveries = form::deliveries(&backend, &caller, &id);
    deliveries.replay_failed(since).await.map_err(form::told)?;
    super::answer::redirect(&form::page_of(&id));
    Ok(())
}

#[cfg(feature = "ssr")]
mod form {
    use crate::backend::access::Caller;
    use crate::backend::state::Backend;
    use crate::backend::webhooks::deliveries::Deliveries;
    use crate::backend::webhooks::endpoints::{Endpoints, Issued, Typed, WebhookError};
    use crate::model::Problem;
    use crate::model::permission::Action;
    use crate::model::webhooks::{EventKind, Kinds, SECRET_ISSUED};
    use crate::server_fns::{backend, broken, caller};

    /// Where the endpoints are listed.
    pub const PAGE: &str = "/developers/webhooks";

    /// The page of one endpoint.
    pub fn page_of(id: &str) -> String {
        format!("{PAGE}/{id}")
    }

    /// The caller, if they may manage webhooks.
    pub fn manager() -> Result<(Backend, Caller), Problem> {
        let (backend, caller) = (backend()?, caller()?);
        caller.require(Action::ManageWebhooks)?;
        Ok((backend, caller))
    }

    /// The endpoints of the caller's organisation.
    pub fn endpoints<'a>(backend: &'a Backend, caller: &'a Caller) -> Endpoints<'a> {
        Endpoints::of(backend, &caller.organisation)
    }

    /// The deliveries of one of them.
    pub fn deliveries<'a>(
        backend: &'a Backend,
        caller: &'a Caller,
        endpoint: &'a str,
    ) -> Deliveries<'a> {
        Deliveries { backend, organisation: &caller.organisation, endpoint }
    }

    /// What was typed into the form of an endpoint.
    pub fn typed(
        name: String,
        url: String,
        everything: Option<String>,
        kinds: &[String],
    ) -> Result<Typed, Problem> {
        let chosen: Result<Vec<EventKind>, _> = kinds.iter().map(|kind| kind.parse()).collect();
        let wrong = |_| Problem::invalid_field("kinds", "Choose some of the kinds that are there.");
        let kinds = match everything {
            Some(_) => Kinds::Everything,
            None => Kinds::of(chosen.map_err(wrong)?),
        };
        Ok(Typed { name, url, kinds })
    }

    /// A *no* is shown as it is; what broke is logged.
    pub fn told(error: WebhookError) -> Problem {
        match error {
            WebhookError::Refused(problem) => problem,
            WebhookError::Store(error) => broken(error),
        }
    }

    /// The answer that shows a secret.
    pub fn issued(made: &Issued) -> Problem {
        let detail = format!(
            "This is the signing secret of {}. Copy it now: it is shown only here, and only this once.",
            made.name
        );
        Problem::new(200, SECRET_ISSUED, "The webhook is ready", detail)
            .with_number("secret", &made.secret)
            .with_number("id", &made.id)
    }
}
