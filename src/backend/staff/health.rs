//! The health of the installation: jobs and their last runs, the provider's reports, what waits, the
//! engine, the database and the catalogue in force. Reads only.

use super::StaffError;
use crate::backend::state::Backend;
use crate::backend::store::job_run::{self, JobRun};
use crate::backend::store::{Db, staff_overview, webhook_endpoint};
use crate::backend::zone::Zone;
use crate::ledger::Timestamp;
use crate::ledger::time::MINUTE;
use crate::model::format::{count_phrase, grouped};
use crate::model::health::{HealthPage, JobLine};
use crate::model::staff_console::HealthNote;

/// A job that has not run for so long is silent: the laziest looks for work every ten minutes.
const SILENT_AFTER: i64 = 15 * MINUTE;
/// What waits for longer than this is a backlog.
const WAITS_AFTER: i64 = 2 * MINUTE;

/// The page.
///
/// # Errors
/// The database failed.
pub async fn page(backend: &Backend, zone: Zone) -> Result<HealthPage, StaffError> {
    let (db, now) = (&backend.db, backend.now());
    let jobs: Vec<JobLine> =
        job_run::list(db).await?.into_iter().map(|run| job_line(run, zone, now)).collect();
    let webhooks = backend.payments.webhook_health(|at| zone.moment(at)).await?;
    let waits = job_run::backlog(db, now.plus(-WAITS_AFTER)).await?;
    let counted = |count: i64| u64::try_from(count).unwrap_or_default();
    let backlog: Vec<(String, u64)> = [
        ("Organisations with something overdue", waits.due),
        ("Payments to be asked about", waits.payments),
        ("Receipts and invoices to be written", waits.documents),
        ("Lines of mass grants to be booked", waits.mass_grants),
        ("Letters to be sent", waits.letters),
        ("Webhooks to be sent", waits.webhooks),
        ("Webhooks that take nothing", webhook_endpoint::failing(db).await?),
    ]
    .map(|(what, count)| (what.to_owned(), counted(count)))
    .to_vec();
    let organisations = counted(staff_overview::count(db).await?);
    let mut notes = Vec::new();
    let mut bad = |text: String| notes.push(HealthNote { text, is_bad: true });
    if !backend.engine.is_alive() {
        bad("The ledger's writer is gone: restart the program".to_owned());
    }
    for job in jobs.iter().filter(|job| job.is_bad) {
        bad(format!("The job “{}”: {}", job.job, job.state.to_lowercase()));
    }
    if !webhooks.failed.is_empty() {
        let failed = webhooks.failed.len() as u64;
        bad(format!("{} not acted on", count_phrase(failed, "report", "reports")));
    }
    if waits.due > 0 {
        bad("Something fell due and is not booked".to_owned());
    }
    Ok(HealthPage {
        notes,
        jobs,
        webhooks,
        backlog,
        engine: engine(backend),
        installation: installation(backend, organisations),
    })
}

fn job_line(run: JobRun, zone: Zone, now: Timestamp) -> JobLine {
    let moment = |at: Option<Timestamp>| at.map(|at| zone.moment(at));
    let silent = run.ran_at.is_none_or(|at| at.plus(SILENT_AFTER) < now);
    let failing = run.failed_at.is_some_and(|failed| run.ran_at.is_none_or(|ran| ran <= failed));
    let state = match (failing, silent) {
        (true, _) => "Fails",
        (false, true) => "Silent",
        (false, false) => "Runs",
    };
    JobLine {
        ran: moment(run.ran_at),
        worked: moment(run.worked_at),
        failed: moment(run.failed_at),
        problem: run.problem,
        state: state.to_owned(),
        is_bad: failing || silent,
        job: run.job,
    }
}

fn engine(backend: &Backend) -> Vec<(String, String)> {
    let alive = if backend.engine.is_alive() { "Writes" } else { "Is gone" };
    let figures = backend.engine.figures();
    vec![
        ("Writer".to_owned(), alive.to_owned()),
        ("Orders answered since the start".to_owned(), grouped(figures.orders)),
        ("Committed in groups".to_owned(), grouped(figures.commits)),
        ("Rows written for them".to_owned(), grouped(figures.rows)),
    ]
}

fn installation(backend: &Backend, organisations: u64) -> Vec<(String, String)> {
    let database = match &backend.db {
        Db::Sqlite { .. } => "SQLite, answers",
        Db::Postgres(_) => "PostgreSQL, answers",
    };
    let (provider, is_live) = backend.payments.provider();
    let mode = if is_live { "real money" } else { "test mode, no money moves" };
    let catalogue = &backend.catalogue;
    let sells = format!(
        "{}, {}, {}",
        count_phrase(catalogue.operations.len() as u64, "operation", "operations"),
        count_phrase(catalogue.packs.len() as u64, "pack", "packs"),
        count_phrase(catalogue.plans.len() as u64, "plan", "plans")
    );
    [
        ("Database", database.to_owned()),
        ("Organisations", grouped(organisations)),
        ("Payments", format!("{provider}, {mode}")),
        (
            "Catalogue",
            format!("{} ({}), in {}", catalogue.name, catalogue.code, catalogue.currency),
        ),
        ("It sells", sells),
        ("Address", backend.installation.public_url.clone()),
    ]
    .map(|(what, words)| (what.to_owned(), words))
    .to_vec()
}
