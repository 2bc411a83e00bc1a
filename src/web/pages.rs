//! The pages' own router and what every render finds in its context.

use std::sync::Arc;

use axum::Router;
use axum::http::header;
use axum::http::request::Parts;
use leptos::nonce::Nonce;
use leptos::prelude::{LeptosOptions, provide_context, use_context};
use leptos_axum::LeptosRoutes;

use crate::app;
use crate::backend::state::Backend;
use crate::model::page_request::{FormReply, Theme};
use crate::model::{PageRequest, Problem};
use crate::web::security::CspNonce;

/// The cookie that keeps the look chosen in the menu.
pub const THEME_COOKIE: &str = "scrip_theme";

/// What handlers share: the backend and the pages. Cheap to clone.
#[derive(Clone)]
pub struct Site {
    pub backend: Backend,
    pages: Arc<Router>,
}

impl Site {
    /// The pages over this backend.
    pub fn new(backend: Backend, options: LeptosOptions) -> Self {
        let pages = Arc::new(pages(&backend, options));
        Site { backend, pages }
    }

    /// The pages as a service that answers GET requests.
    pub fn pages(&self) -> Router {
        Router::clone(&self.pages)
    }
}

fn pages(backend: &Backend, options: LeptosOptions) -> Router {
    let routes = leptos_axum::generate_route_list(app::App);
    let context = context_of(backend.clone());
    let shell = {
        let options = options.clone();
        move || app::shell(options.clone())
    };
    let not_found = leptos_axum::render_app_async_with_context(context.clone(), shell.clone());
    Router::new()
        .leptos_routes_with_context(&options, routes, context, shell)
        .fallback(not_found)
        .with_state(options)
}

/// What a render or a server function finds in its Leptos context.
pub fn context(site: &Site) -> impl Fn() + Clone + Send + 'static {
    context_of(site.backend.clone())
}

fn context_of(backend: Backend) -> impl Fn() + Clone + Send + Sync + 'static {
    move || {
        provide_context(backend.current());
        // While the routes are being listed there is no request.
        let Some(parts) = use_context::<Parts>() else { return };
        if let Some(nonce) = parts.extensions.get::<CspNonce>() {
            provide_context(Nonce::from_value(nonce.0.clone()));
        }
        provide_context(page_request(&parts));
    }
}

fn page_request(parts: &Parts) -> PageRequest {
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    PageRequest {
        path: path.to_owned(),
        theme: theme(parts),
        reply: parts.extensions.get::<FormReply>().cloned(),
        problem: parts.extensions.get::<Problem>().cloned(),
    }
}

fn theme(parts: &Parts) -> Theme {
    let cookies =
        parts.headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    cookies
        .flat_map(|cookies| cookies.split(';'))
        .filter_map(|cookie| cookie.trim().split_once('='))
        .find(|(name, _)| *name == THEME_COOKIE)
        .map(|(_, value)| Theme::parse(value))
        .unwrap_or_default()
}
