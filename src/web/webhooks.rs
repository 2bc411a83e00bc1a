//! What the payment provider posts to us: raw bytes, believed by their signature, written down before
//! they are answered. Nothing is acted on here.

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;

use crate::backend::clock::Clock;
use crate::backend::payments::Payments;
use crate::backend::payments::inbox::{MAXIMUM_EVENT_BYTES, ReceiveError, Received};
use crate::ledger::Timestamp;

/// Where Stripe posts its events.
const STRIPE_PATH: &str = "/webhooks/stripe";

#[derive(Clone)]
struct Inbox {
    payments: Payments,
    clock: Clock,
}

/// `POST /webhooks/stripe`. Not behind sessions, CSRF checks or anything that reads the body.
pub fn routes(payments: Payments, clock: Clock) -> Router {
    Router::new()
        .route(STRIPE_PATH, post(stripe))
        .layer(DefaultBodyLimit::max(MAXIMUM_EVENT_BYTES))
        .with_state(Inbox { payments, clock })
}

/// 2xx: written down (or none of our business), don't send again. 400: not believed. 5xx: send again.
async fn stripe(
    State(inbox): State<Inbox>,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, &'static str) {
    let signature = headers.get("stripe-signature").and_then(|value| value.to_str().ok());
    let now = Timestamp(inbox.clock.now_microseconds());
    match inbox.payments.receive(signature.unwrap_or_default(), &body, now).await {
        Ok(Received::Stored) => (StatusCode::OK, "stored"),
        Ok(Received::Duplicate) => (StatusCode::OK, "known already"),
        Ok(Received::OtherMode) => (StatusCode::OK, "ignored: the other mode"),
        Err(ReceiveError::Signature(error)) => {
            tracing::warn!(%error, bytes = body.len(), "a webhook was not believed");
            (StatusCode::BAD_REQUEST, "the signature does not fit")
        }
        Err(ReceiveError::Unreadable) => {
            tracing::warn!(bytes = body.len(), "a signed webhook is no event");
            (StatusCode::BAD_REQUEST, "this is not an event")
        }
        Err(ReceiveError::Store(error)) => {
            tracing::error!(%error, "a webhook could not be written down");
            (StatusCode::SERVICE_UNAVAILABLE, "could not be written down, please send it again")
        }
    }
}
