//! Departments: their cards, and what a superadmin may change.

use leptos::prelude::*;

use crate::model::Problem;
use crate::model::team::DepartmentsPage;

/// Where every change leads back to.
#[cfg(feature = "ssr")]
const PAGE: &str = "/team/departments";

/// The departments with their allotments and the history of these.
#[server(endpoint = "load_departments")]
pub async fn load_departments() -> Result<DepartmentsPage, Problem> {
    use crate::model::permission::Action;

    let (backend, caller) = (super::backend()?, super::caller()?);
    caller.require(Action::ViewTeam)?;
    let organisation = backend.organisation(&caller.organisation).await.map_err(super::broken)?;
    crate::backend::departments::page(&backend, &organisation).await.map_err(super::broken)
}

/// Makes a department.
#[server(endpoint = "create_department")]
pub async fn create_department(name: String, form_key: String) -> Result<(), Problem> {
    use crate::backend::departments::create;

    let (backend, caller) = manager()?;
    create(&backend, &caller.organisation, &name, &form_key).await.map_err(refused)?;
    super::answer::redirect(PAGE);
    Ok(())
}

/// Gives a department another name.
#[server(endpoint = "rename_department")]
pub async fn rename_department(department: String, name: String) -> Result<(), Problem> {
    use crate::backend::departments::rename;

    let (backend, caller) = manager()?;
    let id = department_id(&department)?;
    rename(&backend, &caller.organisation, &id, &name).await.map_err(refused)?;
    super::answer::redirect(PAGE);
    Ok(())
}

/// Sets the most that a department may use in the running allowance year.
#[server(endpoint = "set_allotment")]
pub async fn set_allotment(
    department: String,
    limit: String,
    form_key: String,
) -> Result<(), Problem> {
    use crate::backend::departments::set_allotment;

    let (backend, caller) = manager()?;
    let (id, limit) = (department_id(&department)?, limit_in(&limit)?);
    let organisation = backend.organisation(&caller.organisation).await.map_err(super::broken)?;
    set_allotment(&backend, &organisation, &caller, &id, limit, &form_key)
        .await
        .map_err(refused)?;
    super::answer::redirect(PAGE);
    Ok(())
}

/// Removes a department's limit.
#[server(endpoint = "remove_allotment")]
pub async fn remove_allotment(department: String, form_key: String) -> Result<(), Problem> {
    use crate::backend::departments::remove_allotment;

    let (backend, caller) = manager()?;
    let id = department_id(&department)?;
    let organisation = backend.organisation(&caller.organisation).await.map_err(super::broken)?;
    remove_allotment(&backend, &organisation, &caller, &id, &form_key).await.map_err(refused)?;
    super::answer::redirect(PAGE);
    Ok(())
}

/// Takes a department without members out of use.
#[server(endpoint = "archive_department")]
pub async fn archive_department(department: String, form_key: String) -> Result<(), Problem> {
    use crate::backend::departments::archive;

    let (backend, caller) = manager()?;
    let id = department_id(&department)?;
    let organisation = backend.organisation(&caller.organisation).await.map_err(super::broken)?;
    archive(&backend, &organisation, &caller, &id, &form_key).await.map_err(refused)?;
    super::answer::redirect(PAGE);
    Ok(())
}

#[cfg(feature = "ssr")]
use read::{department_id, limit_in, manager, refused};

#[cfg(feature = "ssr")]
mod read {
    use crate::backend::access::Caller;
    use crate::backend::departments::DepartmentError;
    use crate::backend::state::Backend;
    use crate::ledger::{Credits, DepartmentId};
    use crate::model::Problem;
    use crate::model::permission::Action;

    /// The caller, if they may manage departments.
    pub fn manager() -> Result<(Backend, Caller), Problem> {
        let (backend, caller) = (crate::server_fns::backend()?, crate::server_fns::caller()?);
        caller.require(Action::ManageDepartments)?;
        Ok((backend, caller))
    }

    /// A department's id; what is none names no department of this organisation.
    pub fn department_id(text: &str) -> Result<DepartmentId, Problem> {
        DepartmentId::parse(text).map_err(|_| Problem::not_found("department"))
    }

    /// A limit as people write it: thousands may be separated.
    pub fn limit_in(text: &str) -> Result<Credits, Problem> {
        let digits: String = text.trim().chars().filter(|letter| *letter != ',').collect();
        if digits.is_empty() {
            let message = "Write how many credits the department may use, or remove its limit.";
            return Err(Problem::invalid_field("limit", message));
        }
        let limit: Credits =
            digits.parse().map_err(|error| Problem::invalid_field("limit", format!("{error}.")))?;
        if limit.is_negative() {
            return Err(Problem::invalid_field("limit", "A limit is 0 or more."));
        }
        Ok(limit)
    }

    /// What a change could not do; something broken is logged.
    pub fn refused(error: DepartmentError) -> Problem {
        match error {
            DepartmentError::Refused(problem) => problem,
            DepartmentError::Submit(error) => crate::server_fns::broken(error),
            DepartmentError::Read(error) => crate::server_fns::broken(error),
            DepartmentError::Store(error) => crate::server_fns::broken(error),
        }
    }
}
