//! The dashboard.

use leptos::prelude::*;

use crate::model::Problem;
use crate::model::dashboard::Dashboard;

/// The dashboard as the caller may see it.
#[server(endpoint = "load_dashboard")]
pub async fn load_dashboard() -> Result<Dashboard, Problem> {
    use crate::model::permission::Action;

    let (backend, caller) = (super::backend()?, super::caller()?);
    caller.require(Action::ViewBalance)?;
    let organisation = backend.organisation(&caller.organisation).await.map_err(super::broken)?;
    crate::backend::dashboard::page(&backend, &organisation, &caller).await.map_err(super::broken)
}
