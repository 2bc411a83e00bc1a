//! Receipts, invoices and credit notes.

use leptos::prelude::*;

use crate::model::Problem;
use crate::model::document::DocumentView;

/// One document of the caller's organisation, by its number.
#[server(endpoint = "load_document")]
pub async fn load_document(number: String) -> Result<DocumentView, Problem> {
    use crate::model::permission::Action;

    let (backend, caller) = (super::backend()?, super::caller()?);
    caller.require(Action::ViewPayments)?;
    let found = backend.documents.find(&caller.organisation, &number).await;
    found.map_err(super::broken)?.ok_or_else(|| Problem::not_found("document"))
}
