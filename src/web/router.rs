//! The whole route table on one screen.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{Redirect, Response};
use axum::routing::{get, post};
use leptos::prelude::LeptosOptions;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, NotForContentType, Predicate};
use tower_http::services::{ServeDir, ServeFile};

use crate::backend::access::session;
use crate::backend::engine::Engine;
use crate::backend::state::Backend;
use crate::model::Problem;
use crate::web::extract::{self, Identify, TrustedProxies};
use crate::web::pages::Site;
use crate::web::security::{self, BodyLimits, SecurityPolicy};
use crate::web::{api, documents, exports, forms, journal, live, statements, upload, webhooks};

/// Every address of the site, with what stands in front of all of them.
///
/// ```text
/// GET  /healthz            200 once it serves, 503 when the ledger's writer is gone
/// GET  /pkg/… /fonts/… …   the program's own files
/// GET  /live               the caller's event stream
/// GET  /credits/journal    the caller's organisation's journal as a file
/// GET  /credits/export/{format} …          a list as one sees it, as csv or xlsx
/// GET  /credits/documents/{number}.pdf                 a receipt, invoice or credit note as a file
/// GET  /credits/statements/{month}.{csv|xlsx|pdf}      the statement of a month as a file
/// GET  /credits/payments/{id}/provider-document        on to the payment provider's own
/// POST /api/{function}     server functions, for forms and scripts
/// POST /webhooks/stripe    signed events of the payment provider
/// …    /v1/…               what programs call, with an API key: see `web::api`
/// GET  everything else     pages (app::App)
/// ```
pub fn router(
    backend: Backend,
    options: LeptosOptions,
    policy: SecurityPolicy,
    proxies: TrustedProxies,
) -> Router {
    let files = options.site_root.to_string();
    let identify = Arc::new(Identify { access: backend.access.clone(), proxies });
    let sessions = session::layer(backend.db.clone(), backend.clock.clone(), policy.tls);
    let limits = Arc::new(BodyLimits { larger: vec![("/api/start_analysis", upload::BODY_BYTES)] });
    let webhooks = webhooks::routes(backend.payments.clone(), backend.clock.clone());
    let (engine, api) = (backend.engine.clone(), api::routes(backend.clone()));
    let site = Site::new(backend, options);
    let policy = Arc::new(policy);

    let signed_in = Router::new()
        .route("/live", get(live::stream))
        .route("/credits/journal", get(journal::download))
        .route("/credits/export/{format}", get(exports::credits))
        .route("/reports/export/{format}", get(exports::reports))
        .route("/usage/export/{format}", get(exports::usage))
        .route("/credits/billing/export/{format}", get(exports::payments))
        .route("/credits/documents/{name}", get(documents::show))
        .route("/credits/statements/{name}", get(statements::show))
        .route("/credits/payments/{id}/provider-document", get(documents::at_provider))
        .route("/api/{function}", post(forms::call).get(|| async { Redirect::to("/") }))
        .with_state(site.clone())
        .fallback_service(site.pages())
        .layer(from_fn_with_state(limits, security::limit_body))
        .layer(from_fn_with_state(identify, extract::identify))
        .layer(security::csrf_layer(&policy))
        .layer(sessions)
        .layer(from_fn_with_state(policy.clone(), security::secure_cookies));

    Router::new()
        .route("/healthz", get(health).with_state(engine))
        .merge(webhooks)
        .merge(api)
        .nest_service("/pkg", static_files(&files, "pkg"))
        .nest_service("/fonts", static_files(&files, "fonts"))
        .route_service("/mark.svg", static_file(&files, "mark.svg"))
        .route_service("/robots.txt", static_file(&files, "robots.txt"))
        .fallback_service(signed_in)
        .layer(CompressionLayer::new().compress_when(
            DefaultPredicate::new().and(NotForContentType::const_new("text/event-stream")),
        ))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state(policy, security::headers))
}

/// A ledger writer that is gone never comes back, so whoever watches should restart the program.
async fn health(State(engine): State<Engine>) -> (StatusCode, &'static str) {
    if engine.is_alive() {
        (StatusCode::OK, "ok")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "the ledger's writer is gone")
    }
}

fn static_file(site_root: &str, name: &str) -> axum::routing::MethodRouter {
    let path = std::path::Path::new(site_root).join(name);
    let file = ServeFile::new(path).precompressed_br().precompressed_gzip();
    axum::routing::get_service(file).layer(from_fn(keep_for_an_hour))
}

fn static_files(site_root: &str, name: &str) -> axum::routing::MethodRouter {
    let path = std::path::Path::new(site_root).join(name);
    let files = ServeDir::new(path).precompressed_br().precompressed_gzip();
    axum::routing::get_service(files).layer(from_fn(keep_for_an_hour))
}

/// The program's own files hold nothing private: a browser may keep them and asks whether they changed.
async fn keep_for_an_hour(request: Request, next: axum::middleware::Next) -> Response {
    let mut answer = next.run(request).await;
    if answer.status() == StatusCode::OK || answer.status() == StatusCode::NOT_MODIFIED {
        let value = HeaderValue::from_static("public, max-age=3600, must-revalidate");
        answer.headers_mut().insert(header::CACHE_CONTROL, value);
    }
    answer
}

/// The last resort: a panic in a handler is logged and answered like any other fault.
fn panicked(cause: Box<dyn std::any::Any + Send>) -> Response {
    let text = cause.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| cause.downcast_ref::<&str>().copied()).unwrap_or("unknown");
    tracing::error!(cause = text, "a handler panicked");
    security::problem_response(&Problem::internal(""))
}
