//! Which credits are spent first.

use leptos::prelude::*;

use crate::ledger::ConsumptionOrder;
use crate::model::Problem;
use crate::model::spending_order::SpendingOrderPage;

/// Which lots are spent first now, and what the other order would change.
#[server(endpoint = "load_spending_order")]
pub async fn load_spending_order() -> Result<SpendingOrderPage, Problem> {
    use crate::model::permission::Action;

    let (backend, caller) = (super::backend()?, super::caller()?);
    caller.require(Action::SetSpendingOrder)?;
    let organisation = backend.organisation(&caller.organisation).await.map_err(super::broken)?;
    let page = crate::backend::spending_order::page(&backend, &organisation).await;
    page.map_err(context::told)
}

/// Sets the order in which lots are spent.
#[server(endpoint = "set_spending_order")]
pub async fn set_spending_order(order: ConsumptionOrder, form_key: String) -> Result<(), Problem> {
    use crate::model::permission::Action;

    let (backend, caller) = (super::backend()?, super::caller()?);
    caller.require(Action::SetSpendingOrder)?;
    let set = crate::backend::spending_order::set(&backend, &caller, order, &form_key).await;
    set.map_err(context::told)?;
    super::answer::redirect("/settings/billing#sources");
    Ok(())
}

#[cfg(feature = "ssr")]
mod context {
    use crate::backend::spending_order::SpendingOrderError;
    use crate::model::Problem;

    pub fn told(error: SpendingOrderError) -> Problem {
        match error {
            SpendingOrderError::Refused(problem) => problem,
            SpendingOrderError::Submit(error) => crate::server_fns::broken(error),
            SpendingOrderError::Read(error) => crate::server_fns::broken(error),
        }
    }
}
