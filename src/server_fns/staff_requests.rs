//! What waits for a second person. For staff only.

use leptos::prelude::*;

use crate::model::Problem;
use crate::model::staff_console::RequestsPage;

/// Where every answer leads back to.
#[cfg(feature = "ssr")]
const PAGE: &str = "/admin/requests";

/// The requests that wait, and those that waited before.
#[server(endpoint = "load_requests")]
pub async fn load_requests() -> Result<RequestsPage, Problem> {
    use super::staff_organisations::console::told;

    let (backend, caller) = super::staff_payments::staff::entrance()?;
    let zone = super::zone(&backend, &caller).await?;
    crate::backend::staff::waiting::page(&backend, &caller.user, zone).await.map_err(told)
}

/// Says yes to somebody else's request, and books it.
#[server(endpoint = "approve_request")]
pub async fn approve_request(id: String) -> Result<(), Problem> {
    use super::staff_organisations::console::told;
    use crate::backend::staff::requests::approve;

    let (backend, caller) = super::staff_payments::staff::entrance()?;
    approve(&backend, &id, &caller.user).await.map_err(told)?;
    super::answer::redirect(PAGE);
    Ok(())
}

/// Says no to a request, or takes one's own back.
#[server(endpoint = "decline_request")]
pub async fn decline_request(id: String) -> Result<(), Problem> {
    use super::staff_organisations::console::told;
    use crate::backend::staff::requests::decline;

    let (backend, caller) = super::staff_payments::staff::entrance()?;
    decline(&backend, &id, &caller.user).await.map_err(told)?;
    super::answer::redirect(PAGE);
    Ok(())
}
