//! The statements of calendar months.

use leptos::prelude::*;

use crate::model::Problem;
use crate::model::statements::{MonthlyStatement, StatementsPage};

/// The months that have a statement.
#[server(endpoint = "load_statements")]
pub async fn load_statements() -> Result<StatementsPage, Problem> {
    use crate::backend::statements;
    use crate::model::permission::Action;

    let (backend, caller) = (super::backend()?, super::caller()?);
    caller.require(Action::ViewCredits)?;
    let organisation = backend.organisation(&caller.organisation).await.map_err(super::broken)?;
    statements::page(&backend, &organisation).await.map_err(super::broken)
}

/// The statement of a month such as `2026-11`.
#[server(endpoint = "load_statement")]
pub async fn load_statement(month: String) -> Result<MonthlyStatement, Problem> {
    use crate::backend::statements;
    use crate::model::permission::Action;

    let (backend, caller) = (super::backend()?, super::caller()?);
    caller.require(Action::ViewCredits)?;
    let organisation = backend.organisation(&caller.organisation).await.map_err(super::broken)?;
    let found = statements::find(&backend, &organisation, &month).await.map_err(super::broken)?;
    found.ok_or_else(|| Problem::not_found("statement"))
}
