//! Analyses what was handed in: claims one report, works through its assets, settles it.
//!
//! Each asset's outcome is saved as it comes, so that a report found half done goes on at the first
//! asset without one; the credits must be held before it does. The lease is renewed while an asset is worked on; a worker that lost it stops.
//! An asset whose analysis was begun twice and never ended has ended the program twice: it is failed
//! unseen, and its credit comes back.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use super::Step;
use crate::backend::analysis::{Rules, analyse};
use crate::backend::reports::{self, ReportError, topic};
use crate::backend::state::Backend;
use crate::backend::store::report::{self, Asset, Lease, Report};
use crate::ledger::Timestamp;
use crate::ledger::time::SECOND;
use crate::model::findings::{AssetProblem, AssetProblemCode, Outcome};

/// How long a worker is believed to be alive without a sign of it, in microseconds.
pub const LEASE: i64 = 30 * SECOND;
/// How often a worker gives one while it works on an asset.
const RENEW_EVERY: Duration = Duration::from_secs(10);
/// An asset is begun at most so many times.
pub const ATTEMPTS: i64 = 2;

static RULES: LazyLock<Arc<Rules>> = LazyLock::new(|| Arc::new(Rules::built_in()));

/// How far a report is after one piece of work on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// One more asset has its outcome, or all of them because they cannot be paid for.
    Asset,
    /// It has its end, or another worker has taken it over.
    Over,
}

/// A name that no other worker has, on this node or another.
fn worker_name() -> String {
    format!("worker-{}", hex::encode(rand::random::<[u8; 16]>()))
}

/// Analyses one waiting report from where it stands to its end.
///
/// # Errors
/// The database failed or the ledger did not answer; the report is taken up again when the lease ends.
pub async fn step(backend: &Backend, now: Timestamp) -> Result<Step, ReportError> {
    let worker = worker_name();
    let Some(report) = claim(backend, &worker, now).await? else { return Ok(Step::Idle) };
    while advance(backend, &report, &worker).await? == Progress::Asset {}
    Ok(Step::Done)
}

/// Takes the report that has waited longest, or one whose worker is gone.
///
/// # Errors
/// The database failed.
pub async fn claim(
    backend: &Backend,
    worker: &str,
    now: Timestamp,
) -> Result<Option<Report>, ReportError> {
    let claimed = report::claim(&backend.db, lease(worker, now)).await?;
    if let Some(report) = &claimed {
        notify(backend, report);
    }
    Ok(claimed)
}

/// Does the next piece of work on a claimed report: one asset, or its end.
///
/// # Errors
/// The database failed or the ledger did not answer.
pub async fn advance(
    backend: &Backend,
    report: &Report,
    worker: &str,
) -> Result<Progress, ReportError> {
    let lease = lease(worker, backend.now());
    let Some(mut report) = report::renew(&backend.db, report, lease).await? else {
        return Ok(Progress::Over);
    };
    let assets = report::assets(&backend.db, &report.organisation, &report.id).await?;
    let next = assets.into_iter().find(|asset| asset.outcome.is_none());
    let unpaid = match &next {
        Some(_) => reports::hold_again(backend, &mut report).await?,
        None => reports::end(backend, &report).await?,
    };
    match (unpaid, next) {
        (Some(refusal), _) => reports::withdraw(backend, &report, lease, &refusal).await?,
        (None, None) => return Ok(Progress::Over),
        (None, Some(next)) => {
            let outcome = outcome(backend, &report, &next, worker).await?;
            report::end_asset(&backend.db, &report, next.position, &outcome, backend.now()).await?;
        }
    }
    notify(backend, &report);
    Ok(Progress::Asset)
}

fn lease(worker: &str, now: Timestamp) -> Lease<'_> {
    Lease { worker, now, until: now.plus(LEASE) }
}

fn notify(backend: &Backend, report: &Report) {
    backend.live.notify(&report.organisation, topic(&report.id));
}

async fn outcome(
    backend: &Backend,
    report: &Report,
    asset: &Asset,
    worker: &str,
) -> Result<Outcome, ReportError> {
    if asset.attempts >= ATTEMPTS {
        return Ok(Err(cannot_be_analysed(&asset.name)));
    }
    report::begin_asset(&backend.db, report, asset.position).await?;
    let content = report::content(&backend.db, report, asset.position).await?.unwrap_or_default();
    let (kind, name) = (asset.kind, asset.name.clone());
    let work = tokio::task::spawn_blocking(move || analyse(&RULES, kind, &name, &content));
    tokio::pin!(work);
    loop {
        tokio::select! {
            ended = &mut work => return Ok(ended.unwrap_or_else(|error| {
                tracing::error!(report = %report.id, %error, "an analysis panicked");
                Err(cannot_be_analysed(&asset.name))
            })),
            () = tokio::time::sleep(RENEW_EVERY) => {
                report::renew(&backend.db, report, lease(worker, backend.now())).await?;
            }
        }
    }
}

fn cannot_be_analysed(name: &str) -> AssetProblem {
    AssetProblem::new(
        AssetProblemCode::Broken,
        format!("“{name}” cannot be analysed: something in it stops our reader. Export it again."),
    )
}
