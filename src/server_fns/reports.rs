//! Analyses: what one would cost, starting it, its report, and the list of all.

use leptos::prelude::*;
use server_fn::codec::{MultipartData, MultipartFormData};

use crate::model::Problem;
use crate::model::reports::{NewReportView, ReportListView, ReportView};

/// The form for a new analysis: the rate card, and who pays.
#[server(endpoint = "load_report_form")]
pub async fn load_report_form() -> Result<NewReportView, Problem> {
    use crate::backend::reports;
    use crate::model::permission::Action;

    let (backend, caller) = (super::backend()?, super::caller()?);
    caller.require(Action::RunAnalysis)?;
    reports::new_report(&backend, &caller).await.map_err(problem)
}

/// Starts an analysis, or (`intent=quote`) says what it would cost.
///
/// The answer with the cost has status 200 and the shape of a problem, because it is what `web::forms`
/// renders on the form's own page together with what was typed.
#[server(endpoint = "start_analysis", input = MultipartFormData)]
pub async fn start_analysis(data: MultipartData) -> Result<(), Problem> {
    use crate::backend::reports;
    use crate::model::permission::Action;
    use crate::web::upload::{self, Intent, Keep, UPLOAD_TIME};

    let (backend, caller) = (super::backend()?, super::caller()?);
    caller.require(Action::RunAnalysis)?;
    let can_pay = reports::could_pay(&backend, &caller).await.map_err(problem)?;
    let keep = if can_pay { Keep::Files } else { Keep::Heads };
    let (submission, intent) = upload::read(data, keep, UPLOAD_TIME).await?;
    if intent == Intent::Quote {
        let typed = submission.typed();
        let quote = reports::cost(&backend, submission)?;
        return Err(cost(&quote).with_typed(typed));
    }
    let id = reports::start(&backend, &caller, submission).await.map_err(problem)?;
    super::answer::redirect(&format!("/reports/{id}"));
    Ok(())
}

/// One report.
#[server(endpoint = "load_report")]
pub async fn load_report(id: String) -> Result<ReportView, Problem> {
    use crate::backend::reports;
    use crate::ledger::ReportId;
    use crate::model::permission::Action;

    let (backend, caller) = (super::backend()?, super::caller()?);
    caller.require(Action::ViewOwnReports)?;
    let id = ReportId::parse(&id).map_err(|_| Problem::not_found("report"))?;
    reports::view(&backend, &caller, &id).await.map_err(problem)
}

/// A page of the list of reports.
#[server(endpoint = "load_reports")]
pub async fn load_reports(
    sort: String,
    status: String,
    after: Option<String>,
) -> Result<ReportListView, Problem> {
    use crate::backend::reports::{self, ListRequest};
    use crate::model::permission::Action;
    use crate::model::reports::{ROWS_PER_PAGE, ReportFilter, ReportSort};

    let (backend, caller) = (super::backend()?, super::caller()?);
    caller.require(Action::ViewOwnReports)?;
    let request =
        ListRequest { filter: ReportFilter::parse(&status), sort: ReportSort::parse(&sort), after };
    reports::list(&backend, &caller, request, ROWS_PER_PAGE).await.map_err(problem)
}

#[cfg(feature = "ssr")]
fn cost(quote: &crate::catalogue::Quote) -> Problem {
    use crate::model::format::credits_phrase;
    use crate::model::reports::COST_CODE;

    let lines: Vec<String> = quote.lines.iter().map(ToString::to_string).collect();
    let detail = format!("{}: {}.", credits_phrase(quote.total), lines.join(", "));
    Problem::new(200, COST_CODE, "This is what it costs", detail)
}

#[cfg(feature = "ssr")]
fn problem(error: crate::backend::reports::ReportError) -> Problem {
    use crate::backend::engine::SubmitError;
    use crate::backend::reports::ReportError;

    match error {
        ReportError::Refused(problem) => *problem,
        ReportError::Ledger(error @ SubmitError::Busy { .. }) => super::broken(error).with_cure(
            "Send the form again: it starts one analysis only, and nothing is charged twice.",
        ),
        ReportError::Ledger(error) => {
            let reference = super::broken(error).reference.unwrap_or_default();
            let mut problem = Problem::unavailable("The ledger did not answer in time.").with_cure(
                "Send the form again in a moment: it starts one analysis only, and nothing is charged twice.",
            );
            problem.reference = Some(reference);
            problem
        }
        broken @ ReportError::Store(_) => super::broken(broken),
    }
}
