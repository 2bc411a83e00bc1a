//! The team overview.

use leptos::prelude::*;

use crate::model::Problem;
use crate::model::team::TeamOverview;

/// The year's allowance, the pace, and who used most.
#[server(endpoint = "load_team")]
pub async fn load_team() -> Result<TeamOverview, Problem> {
    use crate::model::permission::Action;

    let (backend, caller) = (super::backend()?, super::caller()?);
    caller.require(Action::ViewTeam)?;
    let organisation = backend.organisation(&caller.organisation).await.map_err(super::broken)?;
    crate::backend::team::page(&backend, &organisation).await.map_err(super::broken)
}
