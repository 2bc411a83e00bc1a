//! Starting an analysis: write what was handed in, hold its price, queue it.

use super::submission::{Prepared, Submission};
use super::{ReportError, holding, key, payer};
use crate::backend::access::Caller;
use crate::backend::catalogue::InForce;
use crate::backend::engine::SubmitError;
use crate::backend::state::Backend;
use crate::backend::store::report::{self, NewAsset, Report};
use crate::backend::store::{self, StoreError};
use crate::backend::{id, quotes};
use crate::catalogue::{AnalysisRequest, AssetKind, Quote, quote, quote_operation};
use crate::ledger::{Actor, Command, Credits, HoldId, Order, ReportId, Timestamp};
use crate::model::format::credits_phrase;
use crate::model::reports::ReportStatus;
use crate::model::{Moment, Problem};

/// Starts an analysis and gives its report. The same form sent again gives the same report.
///
/// # Errors
/// [`ReportError::Refused`] when it cannot be analysed, costs something else than was shown, or is
/// not covered by the credits or a budget; then nothing is kept and nothing is held.
pub async fn start(
    backend: &Backend,
    caller: &Caller,
    submission: Submission,
) -> Result<ReportId, ReportError> {
    let typed = submission.typed();
    let result = started(backend, caller, submission).await;
    result.map_err(|error| match error {
        ReportError::Refused(problem) => problem.with_typed(typed).into(),
        other => other,
    })
}

/// What a submission would cost, with nothing written: the answer to "Update cost".
///
/// # Errors
/// What is wrong with it, or that it cannot be priced.
pub fn cost(backend: &Backend, submission: Submission) -> Result<Quote, Problem> {
    let typed = submission.typed();
    let priced = submission.prepare().and_then(|prepared| priced(backend, &prepared));
    priced.map_err(|problem| problem.with_typed(typed))
}

async fn started(
    backend: &Backend,
    caller: &Caller,
    submission: Submission,
) -> Result<ReportId, ReportError> {
    let (form_key, shown) = (submission.form_key.clone(), submission.quoted.clone());
    let heads_only = submission.heads_only;
    let prepared = submission.prepare()?;
    let known = report::find_by_form(&backend.db, &caller.organisation, &caller.user, &form_key);
    if let Some(known) = known.await? {
        return again(backend, caller, &known, &prepared).await;
    }
    let (quote, version) = binding_price(backend, &prepared, &shown)?;
    if let Some(refusal) = holding::would_be_refused(backend, caller, quote.total).await? {
        // The same form, sent twice at once, may hold the credits already.
        let known =
            report::find_by_form(&backend.db, &caller.organisation, &caller.user, &form_key);
        return match known.await? {
            Some(known) => again(backend, caller, &known, &prepared).await,
            None => Err(payer::with_cure(backend, caller, refusal).await?.into()),
        };
    }
    if heads_only {
        return Err(not_kept().into());
    }
    let new = new_report(backend, caller, form_key, &prepared, &quote).await?;
    let fingerprint = prepared.fingerprint.clone();
    keep_quote(backend, &new, prepared.request(), &version).await?;
    match report::insert(&backend.db, &new, &priced_assets(prepared, &quote)).await {
        Ok(()) => hold_and_queue(backend, caller, &new).await,
        // The same form arrived twice at once, and the other one was first.
        Err(StoreError::Conflict { .. }) => {
            let known = report::find_by_form(
                &backend.db,
                &caller.organisation,
                &caller.user,
                &new.form_key,
            );
            match known.await? {
                Some(known) if known.fingerprint == fingerprint => {
                    resume(backend, caller, &known).await
                }
                _ => Err(sent_before().into()),
            }
        }
        Err(error) => Err(error.into()),
    }
}

/// The form was sent before: its report, when it had the same content.
async fn again(
    backend: &Backend,
    caller: &Caller,
    known: &Report,
    prepared: &Prepared,
) -> Result<ReportId, ReportError> {
    if known.fingerprint != prepared.fingerprint {
        return Err(sent_before().into());
    }
    resume(backend, caller, known).await
}

async fn resume(
    backend: &Backend,
    caller: &Caller,
    known: &Report,
) -> Result<ReportId, ReportError> {
    if known.status == ReportStatus::Preparing {
        return hold_and_queue(backend, caller, known).await;
    }
    Ok(known.id.clone())
}

/// Credits came in after the files had begun to arrive.
fn not_kept() -> Problem {
    let detail = "There were no credits when these files began to arrive, so they were not kept. There are credits now.";
    Problem::conflict("files_not_kept", detail)
        .with_cure("Choose the files again and start it once more. Nothing was held.")
}

fn sent_before() -> Problem {
    Problem::conflict(
        "form_used",
        "This form was sent before with other content, and that analysis is in your reports. Nothing was started now.",
    )
    .with_cure("Choose the files again and start: this page has a fresh form.")
}

fn priced(backend: &Backend, prepared: &Prepared) -> Result<Quote, Problem> {
    quote(&backend.catalogue, &prepared.request())
        .map_err(|refusal| Problem::invalid_field("text", refusal.to_string()))
}

/// The price that was shown binds for a while, whatever the catalogue has become since; any other must be
/// agreed to first.
fn binding_price(
    backend: &Backend,
    prepared: &Prepared,
    shown: &str,
) -> Result<(Quote, InForce), Problem> {
    let agreed: Option<Credits> = shown.trim().parse().ok();
    for version in backend.catalogues.binding(backend.now()) {
        match quote(&version.catalogue, &prepared.request()) {
            Ok(quote) if agreed == Some(quote.total) => return Ok((quote, version)),
            _ => {}
        }
    }
    let now = priced(backend, prepared)?;
    Err(another_price(agreed, now.total))
}

/// Writes down what was quoted, so that the usage can be held against it.
async fn keep_quote(
    backend: &Backend,
    report: &Report,
    request: AnalysisRequest,
    version: &InForce,
) -> Result<(), ReportError> {
    let request = request.as_request();
    let Ok(answer) = quote_operation(&version.catalogue, &request) else { return Ok(()) };
    let (id, by) = (holding::quote_of(&report.id), Actor::Member(report.user.clone()));
    let (organisation, now) = (&report.organisation, backend.now());
    let kept = quotes::kept(organisation, id, by, &request, answer, version.number, now);
    match store::quote::insert(&backend.db, &kept).await {
        Ok(()) | Err(StoreError::Conflict { .. }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// The price that was shown is binding: another one must be agreed to first.
fn another_price(shown: Option<Credits>, total: Credits) -> Problem {
    let before = match shown {
        Some(shown) => format!("the page showed {}", credits_phrase(shown)),
        None => "the page had not shown a price".to_owned(),
    };
    let detail =
        format!("This analysis costs {}; {before}. Nothing was held.", credits_phrase(total));
    Problem::conflict("price_not_as_shown", detail)
        .with_number("price", total)
        .with_cure("Choose the files again and start it at this price, or leave something out.")
}

async fn new_report(
    backend: &Backend,
    caller: &Caller,
    form_key: String,
    prepared: &Prepared,
    quote: &Quote,
) -> Result<Report, ReportError> {
    let now = backend.now();
    let id = id::fresh(now, ReportId::from_uuid_simple);
    let title = match &prepared.title {
        Some(title) => title.clone(),
        None => default_title(&super::view::moment(backend, &caller.organisation, now).await?),
    };
    let request = prepared.request();
    Ok(Report {
        organisation: caller.organisation.clone(),
        hold: hold_of(&id),
        id,
        user: caller.user.clone(),
        department: caller.department.clone(),
        form_key,
        fingerprint: prepared.fingerprint.clone(),
        title,
        status: ReportStatus::Preparing,
        quoted: quote.total,
        assets: AssetKind::ALL.map(|kind| request.count(kind)),
        created_at: now,
        started_at: None,
        finished_at: None,
    })
}

/// The title of a report that nobody gave one: "Ad check, 22 Nov 2026, 14:05".
pub(super) fn default_title(now: &Moment) -> String {
    format!("Ad check, {}", now.text)
}

/// A report and its hold share their digits, so that every attempt names the same hold.
fn hold_of(id: &ReportId) -> HoldId {
    let digits = id.as_str().strip_prefix(ReportId::PREFIX).unwrap_or_default();
    HoldId::parse(&format!("{}{digits}", HoldId::PREFIX)).expect("a report's digits fit any id")
}

fn priced_assets(prepared: Prepared, quote: &Quote) -> Vec<NewAsset> {
    let price = |kind| quote.unit(kind).unwrap_or(Credits::ZERO);
    prepared
        .assets
        .into_iter()
        .map(|(kind, name, content)| NewAsset { kind, name, credits: price(kind), content })
        .collect()
}

async fn hold_and_queue(
    backend: &Backend,
    caller: &Caller,
    report: &Report,
) -> Result<ReportId, ReportError> {
    let now = backend.now();
    match backend.engine.submit(&report.organisation, holding::first_order(report, now)).await {
        Ok(_) => {}
        Err(SubmitError::Refused(refusal)) => {
            report::forget(&backend.db, report).await?;
            return Err(payer::with_cure(backend, caller, refusal).await?.into());
        }
        Err(error) => return Err(ReportError::Ledger(error)),
    }
    if report::queue(&backend.db, report).await? {
        super::QUEUED.notify_one();
        return Ok(report.id.clone());
    }
    match report::find(&backend.db, &report.organisation, &report.id).await? {
        Some(_) => Ok(report.id.clone()),
        None => given_up(backend, report, now).await,
    }
}

/// The report was taken for abandoned while its hold was on the way: the credits go back.
async fn given_up(
    backend: &Backend,
    report: &Report,
    now: Timestamp,
) -> Result<ReportId, ReportError> {
    let order = Order {
        key: key(&report.id, "release"),
        actor: Actor::System,
        occurred_at: now,
        command: Command::Release { hold: report.hold.clone() },
    };
    backend.engine.submit(&report.organisation, order).await.map_err(ReportError::Ledger)?;
    Err(Problem::unavailable("Starting the analysis took too long, so it was called off.").into())
}
