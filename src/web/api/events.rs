//! `GET /v1/events`: what changes, as it changes; the same stream as open pages hear.

use axum::Extension;
use axum::extract::State;
use axum::response::Response;

use super::Api;
use super::caller::{Keyed, Read};
use super::openapi::Errors;
use crate::backend::access::api_keys::ApiSecret;
use crate::web::live::{self, Listener};

/// Follow events
///
/// Server-sent events, for as long as the key works. `balance` comes first and then whenever it changed: a
/// state, so a slow reader gets the newest and never a backlog (`version` only rises). `changed` names what
/// else is new, such as `report:rep_…`; `*` means that some were missed.
#[utoipa::path(get, path = "/events", tag = "Events",
    responses((status = 200, content_type = "text/event-stream", body = String,
        description = "The stream"), Errors),
    security(("api_key" = ["read"])))]
pub async fn stream(
    State(api): State<Api>,
    caller: Keyed<Read>,
    Extension(secret): Extension<ApiSecret>,
) -> Response {
    live::open(api.backend, Listener::Program { program: caller.program, secret })
}
