//! HTTP: one router, the API, forms, webhooks in, the live stream, security headers.
//!
//! Nothing here decides what someone may do (that is `server_fns`, by `model::permission`) and nothing
//! here knows SQL. To add a route: one line in [`router`].

pub mod api;
mod attachment;
pub mod documents;
pub mod exports;
pub mod extract;
mod form_page;
pub mod forms;
pub mod journal;
pub mod live;
pub mod pages;
pub mod router;
pub mod security;
pub mod statements;
pub mod upload;
pub mod webhooks;
