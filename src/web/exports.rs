//! A list as one sees it, as a file: `GET /credits/export/{csv|xlsx}`, `/reports/export/…`,
//! `/credits/billing/export/…` and `/usage/export/…`, with the page's own filters in the address. Who may see the page may have
//! the file.

use axum::Extension;
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use serde::Deserialize;

use crate::backend::access::{Caller, CurrentCaller};
use crate::backend::analytics::question::NoAnswer;
use crate::backend::credits::{HistoryQuery, choices, chosen};
use crate::backend::exports::csv::{self, Csv};
use crate::backend::exports::{Export, ExportError, List, xlsx};
use crate::backend::state::Backend;
use crate::model::Problem;
use crate::model::analytics::AnalyticsChoice;
use crate::model::format::count_phrase;
use crate::model::payments::PaymentFilter;
use crate::model::permission::Action;
use crate::model::reports::{ReportFilter, ReportSort};
use crate::server_fns::analytics;
use crate::server_fns::credits::read;
use crate::web::attachment;
use crate::web::pages::Site;
use crate::web::security::{RequestReference, problem_response};

/// The filters of the credits page.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct OfCredits {
    view: String,
    operation: String,
    user: String,
    department: String,
}

/// The filters of the list of reports.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct OfReports {
    status: String,
    sort: String,
}

/// The filter of the list of payments.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct OfPayments {
    status: String,
}

/// Usage, or what came in.
pub async fn credits(
    State(site): State<Site>,
    Path(format): Path<String>,
    Extension(caller): Extension<CurrentCaller>,
    Extension(reference): Extension<RequestReference>,
    Query(asked): Query<OfCredits>,
) -> Response {
    let list = async |caller: &Caller| {
        let OfCredits { view, operation, user, department } = &asked;
        let query = read::query(view, operation, user, department)?;
        if let HistoryQuery::Usage(filter) = &query {
            let organisation = site.backend.organisation(&caller.organisation).await;
            let organisation = organisation.map_err(|error| broken(&error, &reference))?;
            let choices = choices(&site.backend, &organisation).await;
            let choices = choices.map_err(|error| broken(&error, &reference))?;
            read::check_known(&chosen(filter), &choices)?;
        }
        Ok(List::Credits(query))
    };
    let caller = permitted(&caller, Action::ViewCredits);
    answer(&site.backend, caller, &format, &reference, list).await
}

/// Everyone's reports for those who may see them, else one's own.
pub async fn reports(
    State(site): State<Site>,
    Path(format): Path<String>,
    Extension(caller): Extension<CurrentCaller>,
    Extension(reference): Extension<RequestReference>,
    Query(asked): Query<OfReports>,
) -> Response {
    let (filter, sort) = (ReportFilter::parse(&asked.status), ReportSort::parse(&asked.sort));
    let list = async |_: &Caller| Ok(List::Reports(filter, sort));
    let caller = permitted(&caller, Action::ViewOwnReports);
    answer(&site.backend, caller, &format, &reference, list).await
}

/// The organisation's payments.
pub async fn payments(
    State(site): State<Site>,
    Path(format): Path<String>,
    Extension(caller): Extension<CurrentCaller>,
    Extension(reference): Extension<RequestReference>,
    Query(asked): Query<OfPayments>,
) -> Response {
    let list = async |_: &Caller| {
        let filter = PaymentFilter::parse(&asked.status);
        Ok(List::Payments(filter.ok_or_else(|| Problem::not_found("list"))?))
    };
    let caller = permitted(&caller, Action::ViewPayments);
    answer(&site.backend, caller, &format, &reference, list).await
}

/// Usage by day: everybody's for those who may see it, else one's own.
pub async fn usage(
    State(site): State<Site>,
    Path(format): Path<String>,
    Extension(caller): Extension<CurrentCaller>,
    Extension(reference): Extension<RequestReference>,
    Query(asked): Query<AnalyticsChoice>,
) -> Response {
    let backend = site.backend.current();
    let list = async |caller: &Caller| {
        let organisation = backend.organisation(&caller.organisation).await;
        let organisation = organisation.map_err(|error| broken(&error, &reference))?;
        let asked = asked.clone();
        match analytics::read::question(&backend, caller, &organisation, asked).await {
            Ok(question) => Ok(List::Usage(Box::new(question))),
            Err(NoAnswer::Refused(problem)) => Err(*problem),
            Err(error) => Err(broken(&error, &reference)),
        }
    };
    let caller = permitted(&caller, Action::ViewCredits);
    answer(&backend, caller, &format, &reference, list).await
}

fn permitted(caller: &CurrentCaller, action: Action) -> Result<Caller, Problem> {
    Ok(caller.signed_in()?.require(action)?.clone())
}

async fn answer(
    backend: &Backend,
    caller: Result<Caller, Problem>,
    format: &str,
    reference: &RequestReference,
    list: impl AsyncFnOnce(&Caller) -> Result<List, Problem>,
) -> Response {
    let export = async {
        let caller = caller?;
        let list = list(&caller).await?;
        let organisation = backend.organisation(&caller.organisation).await;
        let organisation = organisation.map_err(|error| broken(&error, reference))?;
        Ok::<_, Problem>(Export::of(backend.clone(), caller, organisation, list))
    };
    let written = match (export.await, format) {
        (Err(problem), _) => Err(problem),
        (Ok(export), "csv") => {
            let name = format!("{}.csv", export.name());
            Ok((attachment::streamed(Csv::of(export)), csv::MEDIA_TYPE, name))
        }
        (Ok(export), "xlsx") => {
            let name = format!("{}.xlsx", export.name());
            let bytes = xlsx::write(export).await.map_err(|error| refused(&error, reference));
            bytes.map(|bytes| (Body::from(bytes), xlsx::MEDIA_TYPE, name))
        }
        (Ok(_), _) => Err(Problem::not_found("kind of file")),
    };
    match written {
        Ok((body, media_type, name)) => attachment::file(body, media_type, name),
        Err(problem) => problem_response(&problem),
    }
}

fn refused(error: &ExportError, reference: &RequestReference) -> Problem {
    match error {
        ExportError::TooLong => {
            let most = count_phrase(xlsx::MOST_ROWS as u64, "row", "rows");
            Problem::conflict(
                "too_many_rows",
                format!("A spreadsheet takes {most}, and the list has more."),
            )
            .with_cure("Narrow the list with its filters, or take it as CSV, which has no limit.")
        }
        error => broken(error, reference),
    }
}

fn broken(error: &dyn std::error::Error, reference: &RequestReference) -> Problem {
    tracing::error!(reference = %reference.0, %error, "a list was not exported");
    Problem::internal(reference.0.to_string())
}
