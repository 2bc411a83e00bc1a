//! Whoever asks, signed in or not: for the few functions that come before a session or end one.

use axum::http::request::Parts;
use leptos::prelude::use_context;
use tower_sessions::Session;

use crate::backend::access::{Caller, ClientAddress, CurrentCaller};
use crate::model::Problem;

/// The person, or stranger, behind a request.
pub struct Visitor {
    /// The session that the cookie names, or one that is not kept yet.
    pub session: Session,
    /// Where the request comes from.
    pub address: ClientAddress,
    /// Who is signed in.
    pub caller: Option<Caller>,
}

/// The visitor of this request.
///
/// # Errors
/// 503 where a render or call has no request behind it.
pub fn visitor() -> Result<Visitor, Problem> {
    let parts = use_context::<Parts>();
    let extensions = parts.as_ref().map(|parts| &parts.extensions);
    let found = extensions.and_then(|all| {
        let caller = all.get::<CurrentCaller>().cloned().unwrap_or_default().0;
        Some(Visitor { session: all.get::<Session>()?.clone(), address: *all.get()?, caller })
    });
    found.ok_or_else(|| Problem::unavailable("There is no session here."))
}
