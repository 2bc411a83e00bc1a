//! *Billing & Transactions*.

use leptos::prelude::*;

use crate::model::Problem;
use crate::model::payments::PaymentsPage;

/// The payments of the caller's organisation. `status` narrows them and `before` is the cursor of a later
/// page; both are empty where they are not wanted.
#[server(endpoint = "load_payments")]
pub async fn load_payments(status: String, before: String) -> Result<PaymentsPage, Problem> {
    use crate::backend::payment_list::{Cursor, page};
    use crate::model::payments::PaymentFilter;
    use crate::model::permission::Action;

    let (backend, caller) = (super::backend()?, super::caller()?);
    caller.require(Action::ViewPayments)?;
    let filter = PaymentFilter::parse(&status).ok_or_else(|| Problem::not_found("list"))?;
    let before = match before.as_str() {
        "" => None,
        text => Some(Cursor::parse(text).ok_or_else(|| Problem::not_found("page of the list"))?),
    };
    let organisation = backend.organisation(&caller.organisation).await.map_err(super::broken)?;
    let page = page(&backend, &organisation, filter, before.as_ref()).await;
    page.map_err(super::broken)
}
