//! Organisations, for those who run the installation. For everybody else none of this exists.

use leptos::prelude::*;

use crate::model::Problem;
use crate::model::health::HealthPage;
use crate::model::staff_console::{LogPage, OrganisationList, OrganisationView};

/// All organisations: those that `search` finds, from below the cursor `before` on; both may be empty.
#[server(endpoint = "load_organisations")]
pub async fn load_organisations(
    search: String,
    before: String,
) -> Result<OrganisationList, Problem> {
    let (backend, caller) = super::staff_payments::staff::entrance()?;
    let zone = super::zone(&backend, &caller).await?;
    let search: String = search.trim().chars().filter(|it| !it.is_control()).collect();
    let list = crate::backend::staff::overview::list(&backend, &search, &before, zone).await;
    list.map_err(console::told)
}

/// One organisation, to be read only.
#[server(endpoint = "load_organisation")]
pub async fn load_organisation(id: String) -> Result<OrganisationView, Problem> {
    let (backend, caller) = super::staff_payments::staff::entrance()?;
    let (id, zone) = (console::organisation_id(&id)?, super::zone(&backend, &caller).await?);
    let view = crate::backend::staff::overview::one(&backend, &id, &caller.user, zone).await;
    view.map_err(console::told)
}

/// What staff did, from below the cursor `before` on, which may be empty.
#[server(endpoint = "load_staff_log")]
pub async fn load_staff_log(before: String) -> Result<LogPage, Problem> {
    let (backend, caller) = super::staff_payments::staff::entrance()?;
    let zone = super::zone(&backend, &caller).await?;
    crate::backend::staff::log::page(&backend, &before, zone).await.map_err(console::told)
}

/// Whether the installation does what it should.
#[server(endpoint = "load_health")]
pub async fn load_health() -> Result<HealthPage, Problem> {
    let (backend, caller) = super::staff_payments::staff::entrance()?;
    let zone = super::zone(&backend, &caller).await?;
    crate::backend::staff::health::page(&backend, zone).await.map_err(console::told)
}

#[cfg(feature = "ssr")]
pub(super) mod console {
    use crate::backend::staff::StaffError;
    use crate::ledger::OrganisationId;
    use crate::model::Problem;
    use crate::server_fns::{broken, refused};

    /// An organisation's id; what is none names no organisation.
    pub fn organisation_id(text: &str) -> Result<OrganisationId, Problem> {
        OrganisationId::parse(text).map_err(|_| Problem::not_found("organisation"))
    }

    /// What could not be done; something broken is logged.
    pub fn told(error: StaffError) -> Problem {
        match error {
            StaffError::Refused(problem) => problem,
            StaffError::Submit(error) => broken(error),
            StaffError::Read(error) => broken(error),
            StaffError::Payments(error) => refused(error),
            StaffError::Store(error) => broken(error),
            StaffError::Key(error) => broken(error),
            StaffError::Id(error) => broken(error),
        }
    }
}
