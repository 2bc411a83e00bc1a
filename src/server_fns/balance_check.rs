//! What one looks at when a balance seems wrong.

use leptos::prelude::*;

use crate::model::Problem;
use crate::model::balance_check::BalanceCheck;

/// The page.
#[server(endpoint = "load_balance_check")]
pub async fn load_balance_check() -> Result<BalanceCheck, Problem> {
    use crate::backend::balance_check::{CheckError, page};
    use crate::model::permission::Action;

    let (backend, caller) = (super::backend()?, super::caller()?);
    caller.require(Action::ViewCredits)?;
    let organisation = backend.organisation(&caller.organisation).await.map_err(super::broken)?;
    page(&backend, &organisation, &caller).await.map_err(|error| match error {
        CheckError::Read(error) => super::broken(error),
        CheckError::Payments(error) => super::refused(error),
    })
}
