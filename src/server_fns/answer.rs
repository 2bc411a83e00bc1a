//! What a server function or a page may set on the answer: its status, or where to go next.
//!
//! In the browser these do nothing: only the server answers requests.

use crate::model::Problem;

/// The answer is this problem: its status, and how long to wait where it says so.
pub fn problem(problem: &Problem) {
    #[cfg(feature = "ssr")]
    if let (Some(response), Ok(code)) = (
        leptos::prelude::use_context::<leptos_axum::ResponseOptions>(),
        axum::http::StatusCode::from_u16(problem.status),
    ) {
        response.set_status(code);
        if let Some(seconds) = problem.retry_after {
            response.insert_header(axum::http::header::RETRY_AFTER, seconds.into());
        }
    }
    #[cfg(not(feature = "ssr"))]
    let _ = problem;
}

/// Sends the browser to `path`: a page of this site or, to pay, the provider's checkout.
pub fn redirect(path: &str) {
    #[cfg(feature = "ssr")]
    leptos_axum::redirect(path);
    #[cfg(not(feature = "ssr"))]
    let _ = path;
}
