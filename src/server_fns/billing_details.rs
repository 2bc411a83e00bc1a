//! Who is billed.
#![expect(clippy::too_many_arguments, reason = "one argument a field of the form")]

use leptos::prelude::*;

use crate::model::Problem;

/// Saves who is billed, as the version after the one that the form showed.
#[server(endpoint = "save_billing_details")]
pub async fn save_billing_details(
    version: i64,
    name: String,
    email: String,
    line1: String,
    line2: String,
    postcode: String,
    city: String,
    country: String,
    tax_id: String,
) -> Result<(), Problem> {
    use crate::backend::billing_details::{NotSaved, save};
    use crate::model::billing_details::BillingDetails;
    use crate::model::permission::Action;

    let (backend, caller) = (super::backend()?, super::caller()?);
    caller.require(Action::EditBillingDetails)?;
    let typed = BillingDetails { name, email, line1, line2, postcode, city, country, tax_id };
    match save(&backend, &caller, version, typed).await {
        Ok(()) => {}
        Err(NotSaved::Refused(problem)) => return Err(problem),
        Err(NotSaved::Broken(error)) => return Err(super::broken(error)),
    }
    super::answer::redirect("/settings/billing?saved=details#billing-details");
    Ok(())
}
