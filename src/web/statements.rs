//! `GET /credits/statements/{month}.{csv|xlsx|pdf}`: the statement of a month as a file, for whoever may see
//! its page.

use axum::Extension;
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::response::Response;
use tower::ServiceExt;

use crate::backend::access::CurrentCaller;
use crate::backend::documents;
use crate::backend::exports::{csv, xlsx};
use crate::backend::state::Backend;
use crate::backend::statements::{self, file, spreadsheet};
use crate::model::Problem;
use crate::model::permission::Action;
use crate::model::statements::MonthlyStatement;
use crate::web::attachment;
use crate::web::pages::Site;
use crate::web::security::{RequestReference, problem_response};

/// The kinds of file.
#[derive(Clone, Copy)]
enum Form {
    Csv,
    Xlsx,
    Pdf,
}

impl Form {
    fn of(ending: &str) -> Option<Form> {
        match ending {
            "csv" => Some(Form::Csv),
            "xlsx" => Some(Form::Xlsx),
            "pdf" => Some(Form::Pdf),
            _ => None,
        }
    }

    const fn media_type(self) -> &'static str {
        match self {
            Form::Csv => csv::MEDIA_TYPE,
            Form::Xlsx => xlsx::MEDIA_TYPE,
            Form::Pdf => "application/pdf",
        }
    }

    fn write(self, statement: &MonthlyStatement) -> Result<Vec<u8>, String> {
        match self {
            Form::Csv => Ok(file::write(statement).into_bytes()),
            Form::Xlsx => spreadsheet::write(statement).map_err(|error| error.to_string()),
            Form::Pdf => documents::statement::write(statement).map_err(|error| error.to_string()),
        }
    }
}

/// The file; without an ending in the address, the statement's page.
pub async fn show(
    State(site): State<Site>,
    Path(name): Path<String>,
    Extension(caller): Extension<CurrentCaller>,
    Extension(reference): Extension<RequestReference>,
    request: Request,
) -> Response {
    let Some((month, ending)) = name.split_once('.') else {
        return match site.pages().oneshot(request).await {
            Ok(page) => page.map(Body::new),
            Err(never) => match never {},
        };
    };
    match written(&site.backend, &caller, &reference, month, ending).await {
        Ok(answer) => answer,
        Err(problem) => problem_response(&problem),
    }
}

async fn written(
    backend: &Backend,
    caller: &CurrentCaller,
    reference: &RequestReference,
    month: &str,
    ending: &str,
) -> Result<Response, Problem> {
    let caller = caller.signed_in()?.require(Action::ViewCredits)?;
    let form = Form::of(ending).ok_or_else(|| Problem::not_found("kind of file"))?;
    let broken = |error: &dyn std::fmt::Display| broken(error, reference);
    let backend = backend.current();
    let organisation = backend.organisation(&caller.organisation).await;
    let organisation = organisation.map_err(|error| broken(&error))?;
    let found = statements::find(&backend, &organisation, month).await;
    let found = found.map_err(|error| broken(&error))?;
    let statement = found.ok_or_else(|| Problem::not_found("statement"))?;
    let name = statement.file_name();
    // Some milliseconds of reckoning: not on the threads that serve.
    let bytes = tokio::task::spawn_blocking(move || form.write(&statement)).await;
    let bytes = bytes.map_err(|error| broken(&error))?.map_err(|error| broken(&error))?;
    Ok(attachment::file(Body::from(bytes), form.media_type(), format!("{name}.{ending}")))
}

fn broken(error: &dyn std::fmt::Display, reference: &RequestReference) -> Problem {
    tracing::error!(reference = %reference.0, %error, "a statement was not written");
    Problem::internal(reference.0.to_string())
}
