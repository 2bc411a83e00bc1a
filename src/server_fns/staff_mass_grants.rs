//! Mass grants from a file: checked first, then confirmed. For staff only.

use leptos::prelude::*;
use server_fn::codec::{MultipartData, MultipartFormData};

use crate::model::Problem;
use crate::model::mass_grant::{MassGrantList, MassGrantView};

/// The files that were checked or booked.
#[server(endpoint = "load_mass_grants")]
pub async fn load_mass_grants() -> Result<MassGrantList, Problem> {
    use super::staff_organisations::console::told;
    use crate::backend::staff::mass_grant::{COLUMNS, MOST_BYTES, MOST_LINES, list};

    let (backend, caller) = super::staff_payments::staff::entrance()?;
    let zone = super::zone(&backend, &caller).await?;
    Ok(MassGrantList {
        files: list(&backend, zone).await.map_err(told)?,
        columns: COLUMNS.join(","),
        most_lines: MOST_LINES as u64,
        most_kilobytes: (MOST_BYTES / 1024) as u64,
    })
}

/// One file with every line.
#[server(endpoint = "load_mass_grant")]
pub async fn load_mass_grant(digest: String) -> Result<MassGrantView, Problem> {
    use super::staff_organisations::console::told;
    use crate::backend::staff::mass_grant::one;

    let (backend, caller) = super::staff_payments::staff::entrance()?;
    let zone = super::zone(&backend, &caller).await?;
    one(&backend, &digest, &caller.user, zone).await.map_err(told)
}

/// Looks at a file, and leads to what each of its lines would do. Books nothing.
#[server(endpoint = "check_mass_grant", input = MultipartFormData)]
pub async fn check_mass_grant(data: MultipartData) -> Result<(), Problem> {
    use super::staff_organisations::console::told;
    use crate::backend::staff::mass_grant::{MOST_BYTES, check_file};
    use crate::web::upload::read_file;

    let (backend, caller) = super::staff_payments::staff::entrance()?;
    let (name, bytes) = read_file(data, "file", MOST_BYTES).await?;
    let digest = check_file(&backend, &caller.user, &name, &bytes).await.map_err(told)?;
    super::answer::redirect(&format!("/admin/mass-grants/{digest}"));
    Ok(())
}

/// Books a file without a wrong line; a large one waits for a second person.
#[server(endpoint = "confirm_mass_grant")]
pub async fn confirm_mass_grant(digest: String) -> Result<(), Problem> {
    use super::staff_organisations::console::told;
    use crate::backend::staff::mass_grant::confirm;

    let (backend, caller) = super::staff_payments::staff::entrance()?;
    confirm(&backend, &digest, &caller.user).await.map_err(told)?;
    super::answer::redirect(&format!("/admin/mass-grants/{digest}"));
    Ok(())
}

/// A second person says yes.
#[server(endpoint = "approve_mass_grant")]
pub async fn approve_mass_grant(digest: String) -> Result<(), Problem> {
    use super::staff_organisations::console::told;
    use crate::backend::staff::mass_grant::approve;

    let (backend, caller) = super::staff_payments::staff::entrance()?;
    approve(&backend, &digest, &caller.user).await.map_err(told)?;
    super::answer::redirect(&format!("/admin/mass-grants/{digest}"));
    Ok(())
}

/// Nothing of the file shall be booked.
#[server(endpoint = "drop_mass_grant")]
pub async fn drop_mass_grant(digest: String) -> Result<(), Problem> {
    use super::staff_organisations::console::told;
    use crate::backend::staff::mass_grant::drop_file;

    let (backend, caller) = super::staff_payments::staff::entrance()?;
    drop_file(&backend, &digest, &caller.user).await.map_err(told)?;
    super::answer::redirect("/admin/mass-grants");
    Ok(())
}
