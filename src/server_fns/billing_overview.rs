//! Settings › Billing.

use leptos::prelude::*;

use crate::model::Problem;
use crate::model::billing_overview::BillingOverview;

/// The balance by source in spending order, with its proof.
#[server(endpoint = "load_billing_overview")]
pub async fn load_billing_overview() -> Result<BillingOverview, Problem> {
    use crate::model::permission::Action;

    let (backend, caller) = (super::backend()?, super::caller()?);
    caller.require(Action::ViewBilling)?;
    let organisation = backend.organisation(&caller.organisation).await.map_err(super::broken)?;
    let page = crate::backend::billing_overview::page(&backend, &organisation).await;
    page.map_err(super::broken)
}
