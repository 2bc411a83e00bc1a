//! Scrip: a self-hosted credits office for AI products.
//!
//! Two build targets share this crate. The browser build (`hydrate`, wasm) has only the pure rings
//! and the pages; the server build (`ssr`) has everything. Arrows point down only, see the README's map.
#![recursion_limit = "512"]

pub mod app;
pub mod catalogue;
pub mod ledger;
pub mod model;
pub mod server_fns;

#[cfg(feature = "ssr")]
pub mod backend;
#[cfg(feature = "ssr")]
pub mod stripe_sandbox;
#[cfg(feature = "ssr")]
pub mod web;

/// Wakes the islands of a page that the server has rendered.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_islands();
}
