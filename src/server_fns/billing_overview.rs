//! Settings › Billing.

use leptos::prelude::*;

use crate::model::Problem;
use crate::model::billing_overview::BillingOverview;

/// The balance by source in spending order, with its proof.
#[server(endpoint = "load_billing_overview")]
pub async fn load_billing_overview() -> Result<BillingOverview, Problem> {
    use crate::backend::credits::Eyes;
    use crate::model::permission::{Action, may};

    let (backend, caller) = (super::backend()?, super::caller()?);
    caller.require(Action::ViewBilling)?;
    let organisation = backend.organisation(&caller.organisation).await.map_err(super::broken)?;
    let eyes = Eyes::of(&caller);
    let page = crate::backend::billing_overview::page(&backend, &organisation, &eyes).await;
    let mut page = page.map_err(super::broken)?;
    if may(caller.role, Action::ViewPayments) {
        let details = crate::backend::billing_details::view(&backend, &organisation).await;
        page.details = Some(details.map_err(super::broken)?);
    }
    Ok(page)
}
