//! What pages may ask of the server: authorise, call the backend, return a view. Never SQL.
//!
//! In the browser these are only stubs that post to `/api/{name}`. Every function begins by asking who
//! calls and whether they may: `caller()?.require(Action::…)?`; a page that hides a button decides
//! nothing. Its error is a [`Problem`](crate::model::Problem), which `web::forms` turns into a page for
//! plain forms. To add one: a function here with a name of its own (it is the address), its view in
//! `model`.

pub mod alerts;
pub mod analytics;
pub mod answer;
pub mod api_keys;
pub mod asks;
pub mod auto_top_up;
pub mod balance_check;
pub mod billing;
pub mod billing_details;
pub mod billing_overview;
pub mod credits;
pub mod dashboard;
pub mod departments;
pub mod documents;
pub mod frame;
pub mod members;
pub mod payments;
pub mod prices;
pub mod promotions;
pub mod proof;
pub mod reports;
pub mod session;
pub mod setup;
pub mod spending_order;
pub mod staff_catalogue;
pub mod staff_grants;
pub mod staff_mass_grants;
pub mod staff_organisations;
pub mod staff_payments;
pub mod staff_requests;
pub mod statements;
pub mod subscription;
pub mod team;
#[cfg(feature = "ssr")]
mod visitor;
pub mod webhooks;

#[cfg(feature = "ssr")]
mod context {
    use axum::http::request::Parts;
    use leptos::prelude::use_context;
    use std::error::Error;

    use crate::backend::access::{Caller, CurrentCaller};
    use crate::backend::balance::ReadError;
    use crate::backend::engine::SubmitError;
    use crate::backend::payments::PaymentError;
    use crate::backend::state::Backend;
    use crate::backend::zone::Zone;
    use crate::model::Problem;
    use crate::web::security::RequestReference;

    /// Everything with IO.
    pub fn backend() -> Result<Backend, Problem> {
        use_context::<Backend>().ok_or_else(|| Problem::internal("no backend in this context"))
    }

    /// Who asks; 401 when nobody is signed in.
    pub fn caller() -> Result<Caller, Problem> {
        let parts = use_context::<Parts>().ok_or_else(Problem::unauthenticated)?;
        let current = parts.extensions.get::<CurrentCaller>();
        current.ok_or_else(Problem::unauthenticated)?.signed_in().cloned()
    }

    /// What the ledger says no to is shown as it is. Everything else is something that broke: logs it
    /// once under the request's reference and gives the problem to show.
    pub fn broken(error: impl Error + 'static) -> Problem {
        if let Some(problem) = said_by_the_ledger(&error) {
            return problem;
        }
        let reference = use_context::<Parts>()
            .and_then(|parts| parts.extensions.get::<RequestReference>().map(|it| it.0.to_string()))
            .unwrap_or_default();
        tracing::error!(reference, %error, "a request failed");
        Problem::internal(reference)
    }

    /// What payments say no to is shown as it is; what broke is logged.
    pub fn refused(error: PaymentError) -> Problem {
        match error.problem() {
            Some(problem) => {
                if problem.status >= 500 {
                    tracing::warn!(%error, "a payment cannot go on");
                }
                problem
            }
            None => broken(error),
        }
    }

    /// The zone in which the caller's organisation reads the time.
    pub async fn zone(backend: &Backend, caller: &Caller) -> Result<Zone, Problem> {
        let organisation = backend.organisation(&caller.organisation).await.map_err(broken)?;
        Zone::of(&organisation.time_zone).map_err(broken)
    }

    fn said_by_the_ledger(error: &(dyn Error + 'static)) -> Option<Problem> {
        match error.downcast_ref() {
            Some(ReadError::Ledger(error)) => error.problem(),
            _ => error.downcast_ref::<SubmitError>()?.problem(),
        }
    }
}

#[cfg(feature = "ssr")]
pub use context::{backend, broken, caller, refused, zone};
