//! `GET /credits/journal`: the whole journal of the caller's organisation as a file, for whoever may
//! read everything in it, what was paid for credits included: hashes cover all of it, so nothing can be
//! left out. `?through=` ends it at one transaction. Its form is `ledger::journal_file`'s.

use axum::Extension;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;

use crate::backend::access::{Caller, CurrentCaller};
use crate::backend::journal_export::JournalExport;
use crate::backend::state::Backend;
use crate::ledger::journal_file::MEDIA_TYPE;
use crate::model::Problem;
use crate::model::permission::Action;
use crate::web::attachment;
use crate::web::pages::Site;
use crate::web::security::{RequestReference, problem_response};

/// What may stand in the address.
#[derive(Deserialize)]
pub struct Asked {
    through: Option<String>,
}

/// The file; a problem where the caller may not have it or the journal has no such transaction.
pub async fn download(
    State(site): State<Site>,
    Extension(caller): Extension<CurrentCaller>,
    Extension(reference): Extension<RequestReference>,
    Query(asked): Query<Asked>,
) -> Response {
    match open(&site.backend, &caller, asked.through.as_deref(), &reference).await {
        Ok((export, name)) => attachment::file(attachment::streamed(export), MEDIA_TYPE, name),
        Err(problem) => problem_response(&problem),
    }
}

async fn open(
    backend: &Backend,
    caller: &CurrentCaller,
    through: Option<&str>,
    reference: &RequestReference,
) -> Result<(JournalExport, String), Problem> {
    let caller: &Caller = caller.signed_in()?.require(Action::ReadJournal)?;
    let not_found = || Problem::not_found("transaction");
    let through = match through {
        None => None,
        Some(text) => Some(text.parse().map_err(|_| not_found())?),
    };
    let of = &caller.organisation;
    let export = JournalExport::open(&backend.db, of, through, backend.now()).await;
    let export = export.map_err(|error| {
        tracing::error!(reference = %reference.0, %error, "a journal was not exported");
        Problem::internal(reference.0.to_string())
    })?;
    let export = export.ok_or_else(not_found)?;
    let name = format!("journal-{of}-{}.jsonl", export.transactions());
    Ok((export, name))
}
