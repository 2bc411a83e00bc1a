//! `GET /credits/documents/{number}.pdf`: a receipt, invoice or credit note as a file, for whoever may see
//! the organisation's payments; and `GET /credits/payments/{id}/provider-document`, which leads to the
//! payment provider's own.

use axum::Extension;
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Redirect, Response};
use tower::ServiceExt;

use crate::backend::access::CurrentCaller;
use crate::backend::documents::pdf;
use crate::backend::payments::PaymentError;
use crate::backend::state::Backend;
use crate::ledger::PurchaseId;
use crate::model::Problem;
use crate::model::document::DocumentView;
use crate::model::permission::Action;
use crate::web::attachment;
use crate::web::pages::Site;
use crate::web::security::{RequestReference, problem_response};

const MEDIA_TYPE: &str = "application/pdf";

/// The file; without the ending in the address, the document's page.
pub async fn show(
    State(site): State<Site>,
    Path(name): Path<String>,
    Extension(caller): Extension<CurrentCaller>,
    Extension(reference): Extension<RequestReference>,
    request: Request,
) -> Response {
    let Some(number) = name.strip_suffix(".pdf") else {
        return match site.pages().oneshot(request).await {
            Ok(page) => page.map(Body::new),
            Err(never) => match never {},
        };
    };
    match find(&site.backend, &caller, number).await {
        Ok(document) => file(&document, &reference).await,
        Err(Refusal::Problem(problem)) => problem_response(&problem),
        Err(Refusal::Broken(error)) => broken(&error, &reference),
    }
}

/// Why there is no answer of the wanted kind.
enum Refusal {
    Problem(Box<Problem>),
    Broken(String),
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Refusal::Problem(Box::new(problem))
    }
}

async fn find(
    backend: &Backend,
    caller: &CurrentCaller,
    number: &str,
) -> Result<DocumentView, Refusal> {
    let caller = caller.signed_in()?.require(Action::ViewPayments)?;
    let found = backend.documents.find(&caller.organisation, number).await;
    let found = found.map_err(|error| Refusal::Broken(error.to_string()))?;
    Ok(found.ok_or_else(|| Problem::not_found("document"))?)
}

async fn file(document: &DocumentView, reference: &RequestReference) -> Response {
    let (name, document) = (document.file_name(), document.clone());
    // Some milliseconds of reckoning: not on the threads that serve.
    let written = tokio::task::spawn_blocking(move || pdf::write(&document)).await;
    let bytes = match written {
        Ok(Ok(bytes)) => bytes,
        Ok(Err(error)) => return broken(&error.to_string(), reference),
        Err(error) => return broken(&error.to_string(), reference),
    };
    attachment::file(Body::from(bytes), MEDIA_TYPE, name)
}

fn broken(error: &str, reference: &RequestReference) -> Response {
    tracing::error!(reference = %reference.0, error, "a document was not shown");
    problem_response(&Problem::internal(reference.0.to_string()))
}

/// On to the provider's own invoice or receipt.
pub async fn at_provider(
    State(site): State<Site>,
    Path(id): Path<String>,
    Extension(caller): Extension<CurrentCaller>,
    Extension(reference): Extension<RequestReference>,
) -> Response {
    match provider_page(&site.backend, &caller, &id).await {
        Ok(url) => Redirect::to(&url).into_response(),
        Err(Refusal::Problem(problem)) => problem_response(&problem),
        Err(Refusal::Broken(error)) => broken(&error, &reference),
    }
}

async fn provider_page(
    backend: &Backend,
    caller: &CurrentCaller,
    id: &str,
) -> Result<String, Refusal> {
    let caller = caller.signed_in()?.require(Action::ViewPayments)?;
    let id = PurchaseId::parse(id).map_err(|_| Problem::not_found("purchase"))?;
    let refused = |error: PaymentError| match error.problem() {
        Some(problem) => problem.into(),
        None => Refusal::Broken(error.to_string()),
    };
    let purchase = backend.payments.purchase(&caller.organisation, &id).await.map_err(refused)?;
    backend.payments.provider_document(&purchase).await.map_err(refused)
}
