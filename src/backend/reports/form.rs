//! What the form for a new analysis starts with.

use super::{ReportError, payer, start, view};
use crate::backend::access::Caller;
use crate::backend::id;
use crate::backend::state::Backend;
use crate::model::reports::NewReportView;

/// A form that has not been sent: its key, the rate card, and who pays.
///
/// # Errors
/// The database failed.
pub async fn new_report(backend: &Backend, caller: &Caller) -> Result<NewReportView, ReportError> {
    let now = view::moment(backend, &caller.organisation, backend.now()).await?;
    Ok(NewReportView {
        form_key: id::form_key(backend.now()),
        default_title: start::default_title(&now),
        catalogue: (*backend.catalogue).clone(),
        payer: payer::payer(backend, caller).await?,
    })
}
