//! `/v1`: what programs call. One file a noun; a handler's argument list is its policy:
//! `Keyed<Spend>` asks for a key with that scope, [`Once`](idempotency::Once) for an idempotency key,
//! [`Sent<T>`](body::Sent) for a body without unknown fields.
//!
//! **Idempotency.** Every write is an order of the ledger under the caller's own key, or a row under it. The
//! answer to a write is made from what was booked alone (never from what is there now), so that the answer
//! to a replay is the first answer, with `Idempotent-Replayed: true`.
//!
//! **Errors** are problem documents of `model::api_errors`; what broke inside is logged here once.
//!
//! To add a route: a handler with its `utoipa::path`, and its line in [`described`]. A test compares the
//! file at `/v1/openapi.json` with the routes, and the answers of the stories with its schemas.

mod answer;
mod balance;
mod body;
mod budgets;
mod caller;
mod charges;
mod cursor;
mod events;
mod grants;
mod hold_ends;
mod holds;
mod idempotency;
mod limits;
mod lots;
mod openapi;
mod parked;
mod purpose;
mod quotes;
pub mod reference;
mod reports;
mod reversals;
mod shape;
pub mod told;
mod transactions;
mod usage;

use std::sync::Arc;

use axum::Router;
use axum::http::header;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::backend::developers::API_PATH;
use crate::backend::state::Backend;
use crate::model::api_errors;
use crate::web::extract;
use answer::Refused;
use limits::Limits;

/// What the handlers share. Cheap to clone.
#[derive(Clone)]
pub struct Api {
    backend: Backend,
    limits: Arc<Limits>,
}

/// `/v1` with everything that stands in front of it.
pub fn routes(backend: Backend) -> Router {
    let limits = Arc::new(Limits::new(backend.api_rate, backend.clock.clone()));
    let api = Api { backend: backend.clone(), limits };
    let (keyed, _) = described().split_for_parts();
    let keyed = keyed
        .fallback(nowhere)
        .method_not_allowed_fallback(not_this_way)
        .with_state(api.clone())
        .layer(from_fn_with_state(api.clone(), limits::limit))
        .layer(from_fn_with_state(backend.clone(), extract::identify_program));
    let all = Router::new()
        .route("/openapi.json", get(document))
        .fallback_service(keyed)
        .layer(from_fn_with_state(backend, answer::finish));

    Router::new().nest(API_PATH, all)
}

/// Every route that needs a key, with what the OpenAPI file says about it.
fn described() -> OpenApiRouter<Api> {
    OpenApiRouter::with_openapi(openapi::beginning())
        .routes(routes!(balance::show))
        .routes(routes!(parked::list, holds::make))
        .routes(routes!(holds::show))
        .routes(routes!(hold_ends::settle))
        .routes(routes!(hold_ends::release))
        .routes(routes!(hold_ends::extend))
        .routes(routes!(parked::cancel))
        .routes(routes!(charges::charge))
        .routes(routes!(reversals::reverse))
        .routes(routes!(transactions::list))
        .routes(routes!(usage::summarise))
        .routes(routes!(reports::list, reports::make))
        .routes(routes!(lots::list))
        .routes(routes!(budgets::list))
        .routes(routes!(quotes::make))
        .routes(routes!(quotes::show))
        .routes(routes!(grants::grant))
        .routes(routes!(events::stream))
}

/// The OpenAPI file: everyone may read it.
async fn document() -> Response {
    ([(header::CONTENT_TYPE, "application/json")], openapi::text()).into_response()
}

async fn nowhere() -> Refused {
    let cure = "The reference at /developers/reference lists every route.";
    api_errors::NOT_FOUND.problem("There is no such route.").with_cure(cure).into()
}

async fn not_this_way() -> Refused {
    api_errors::METHOD.problem("This route is not called with this method.").into()
}
