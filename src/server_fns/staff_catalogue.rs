//! The catalogue's versions. For staff only.

use leptos::prelude::*;

use crate::model::Problem;
use crate::model::staff_catalogue::{CataloguePage, DraftPage, VersionPage};

/// Every version, and the text to begin with: that of `draft`, or the one in force where it is empty.
#[server(endpoint = "load_catalogue")]
pub async fn load_catalogue(draft: String) -> Result<CataloguePage, Problem> {
    use super::staff_organisations::console::told;
    use crate::backend::staff::catalogue;

    let (backend, caller) = super::staff_payments::staff::entrance()?;
    let zone = super::zone(&backend, &caller).await?;
    catalogue::page(&backend, &draft, zone).await.map_err(told)
}

/// One version with its text.
#[server(endpoint = "load_catalogue_version")]
pub async fn load_catalogue_version(number: i64) -> Result<VersionPage, Problem> {
    use super::staff_organisations::console::told;
    use crate::backend::staff::catalogue;

    let (backend, caller) = super::staff_payments::staff::entrance()?;
    let zone = super::zone(&backend, &caller).await?;
    catalogue::version(&backend, number, zone).await.map_err(told)
}

/// What a text that was handed in would change.
#[server(endpoint = "load_catalogue_draft")]
pub async fn load_catalogue_draft(digest: String) -> Result<DraftPage, Problem> {
    use super::staff_organisations::console::told;
    use crate::backend::staff::catalogue;

    let (backend, _) = super::staff_payments::staff::entrance()?;
    catalogue::draft(&backend, &digest).await.map_err(told)
}

/// Looks at a text, and leads to what it would change. Changes nothing.
#[server(endpoint = "check_catalogue")]
pub async fn check_catalogue(text: String) -> Result<(), Problem> {
    use super::staff_organisations::console::told;
    use crate::backend::staff::catalogue;

    let (backend, caller) = super::staff_payments::staff::entrance()?;
    let digest = catalogue::hand_in(&backend, &caller.user, &text).await.map_err(told)?;
    super::answer::redirect(&format!("/admin/catalogue/drafts/{digest}"));
    Ok(())
}

/// Applies a text that was looked at.
#[server(endpoint = "apply_catalogue")]
pub async fn apply_catalogue(
    digest: String,
    against: i64,
    at: Option<String>,
) -> Result<(), Problem> {
    use super::staff_organisations::console::told;
    use crate::backend::staff::catalogue;

    let (backend, caller) = super::staff_payments::staff::entrance()?;
    let at = at.unwrap_or_default();
    let number = catalogue::apply(&backend, &caller.user, &digest, against, &at).await;
    let number = number.map_err(told)?;
    super::answer::redirect(&format!("/admin/catalogue/{number}"));
    Ok(())
}

/// Takes back a version that has not taken effect.
#[server(endpoint = "withdraw_catalogue")]
pub async fn withdraw_catalogue(number: i64) -> Result<(), Problem> {
    use super::staff_organisations::console::told;
    use crate::backend::staff::catalogue;

    let (backend, caller) = super::staff_payments::staff::entrance()?;
    catalogue::withdraw(&backend, &caller.user, number).await.map_err(told)?;
    super::answer::redirect("/admin/catalogue");
    Ok(())
}
