//! The whole table of API addresses on one screen.

use axum::http::Method;
use serde_json::Value;

use super::failure::{Answer, Failure};
use super::parameters::Parameters;
use super::work::Work;
use super::{
    charges, checkout_creation, checkout_sessions, customers, events, line_items, payment_intents,
    payment_methods, prices, products, webhook_endpoints,
};

/// What the front page tells people of the table below.
pub(crate) const NOUNS: [&str; 8] = [
    "customers",
    "products",
    "prices",
    "checkout/sessions",
    "payment_intents",
    "charges",
    "events",
    "webhook_endpoints",
];

/// Answers one request; `path` is what follows `/v1/`.
pub(crate) async fn dispatch(
    work: &mut Work<'_>,
    method: &Method,
    path: &str,
    with: Parameters,
) -> Answer<Value> {
    let segments: Vec<&str> = path.split('/').collect();
    match (method.as_str(), segments.as_slice()) {
        ("POST", ["customers"]) => customers::create(work, with).await,
        ("GET", ["customers"]) => customers::list_all(work, with).await,
        ("GET", ["customers", id]) => customers::retrieve(work, id, with).await,
        ("POST", ["customers", id]) => customers::update(work, id, with).await,
        ("DELETE", ["customers", id]) => customers::delete(work, id, with).await,

        ("POST", ["products"]) => products::create(work, with).await,
        ("GET", ["products"]) => products::list_all(work, with).await,
        ("GET", ["products", id]) => products::retrieve(work, id, with).await,
        ("POST", ["products", id]) => products::update(work, id, with).await,

        ("POST", ["prices"]) => prices::create(work, with).await,
        ("GET", ["prices"]) => prices::list_all(work, with).await,
        ("GET", ["prices", id]) => prices::retrieve(work, id, with).await,
        ("POST", ["prices", id]) => prices::update(work, id, with).await,

        ("POST", ["checkout", "sessions"]) => checkout_creation::create(work, with).await,
        ("GET", ["checkout", "sessions"]) => checkout_sessions::list_all(work, with).await,
        ("GET", ["checkout", "sessions", id]) => checkout_sessions::retrieve(work, id, with).await,
        ("POST", ["checkout", "sessions", id]) => checkout_sessions::update(work, id, with).await,
        ("POST", ["checkout", "sessions", id, "expire"]) => {
            checkout_sessions::expire(work, id, with).await
        }
        ("GET", ["checkout", "sessions", id, "line_items"]) => {
            line_items::list_all(work, id, with).await
        }

        ("GET", ["payment_intents"]) => payment_intents::list_all(work, with).await,
        ("GET", ["payment_intents", id]) => payment_intents::retrieve(work, id, with).await,
        ("GET", ["charges"]) => charges::list_all(work, with).await,
        ("GET", ["charges", id]) => charges::retrieve(work, id, with).await,
        ("GET", ["payment_methods", id]) => payment_methods::retrieve(work, id, with).await,

        ("GET", ["events"]) => events::list_all(work, with).await,
        ("GET", ["events", id]) => events::retrieve(work, id, with).await,

        ("POST", ["webhook_endpoints"]) => webhook_endpoints::create(work, with).await,
        ("GET", ["webhook_endpoints"]) => webhook_endpoints::list_all(work, with).await,
        ("GET", ["webhook_endpoints", id]) => webhook_endpoints::retrieve(work, id, with).await,
        ("DELETE", ["webhook_endpoints", id]) => webhook_endpoints::delete(work, id, with).await,

        _ => Err(Failure::unknown_address(method.as_str(), &format!("/v1/{path}"))),
    }
}
