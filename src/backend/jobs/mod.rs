//! What happens without anybody asking: each job is a *step* function that does one piece of work and
//! says whether there was any, so that a test drives it without sleeping. [`run`] repeats the steps.
//!
//! A step may be killed at any point and done again by this or another node: it claims before it
//! works, saves as it goes, and its writes to the ledger carry keys. Nothing here knows HTTP.
//!
//! To add a job: a module with a step, and its line in [`run`].

pub mod analysis;
pub mod runs;
pub use std::fmt::Display;
use std::time::Duration;

use crate::backend::access::{AccessError, session, throttle};
use crate::backend::alerts;
use crate::backend::analytics::roll_up;
use crate::backend::balance::ReadError;
use crate::backend::catalogue::ApplyError;
use crate::backend::engine::{self, SubmitError};
use crate::backend::parking::{self, ParkingError};
use crate::backend::payments::PaymentError;
use crate::backend::promotions;
use crate::backend::reports;
use crate::backend::staff::{StaffError, mass_grant, requests};
use crate::backend::state::Backend;
pub use crate::backend::step::Step;
use crate::backend::store::StoreError;
use crate::backend::webhooks::{self, Shapes};

/// How often each job looks for work by itself; most of it is woken before.
const TICK: Duration = Duration::from_secs(2);
/// How often the journal is looked at for what programs are to be told.
const NEWS: Duration = Duration::from_secs(1);
/// How long a job rests after a failure.
const REST: Duration = Duration::from_secs(10);
/// How often payments that seem stuck are looked into.
const PAYMENTS: Duration = Duration::from_secs(30);
/// How often journals are looked at that have grown far beyond their last checkpoint.
const CHECKPOINTS: Duration = Duration::from_secs(60);
/// How often usage is summed by day.
const USAGE_DAYS: Duration = Duration::from_secs(10);
/// How often it is written down how the jobs fare.
const NOTES: Duration = Duration::from_secs(15);
/// How often ended sessions and old counters are removed.
const HOUSEKEEPING: Duration = Duration::from_secs(600);
/// Analyses that run at the same time on this node.
const ANALYSES: usize = 2;
/// Webhooks that are sent at the same time by this node, each to another endpoint.
const COURIERS: usize = 4;

/// Runs every job until the backend stops. Work that is under way then is taken up again at the next
/// start. `shapes` is how events look to programs.
pub async fn run(backend: Backend, shapes: &'static Shapes) {
    let stopping = backend.clone();
    tokio::select! {
        () = every_job(backend, shapes) => {}
        () = stopping.stopping() => {}
    }
}

async fn every_job(backend: Backend, shapes: &'static Shapes) {
    let analyses = (0..ANALYSES).map(|_| {
        let backend = backend.clone();
        tokio::spawn(async move {
            let step = || analysis::step(&backend, backend.now());
            repeat("analysis", step, queued_or_after_a_tick).await;
        })
    });
    let couriers = (0..COURIERS).map(|_| {
        let backend = backend.clone();
        tokio::spawn(async move {
            let step = || webhooks::send::step(&backend);
            repeat("webhooks", step, told_or_after_a_tick).await;
        })
    });
    let _running = Running(analyses.chain(couriers).collect());
    tokio::join!(
        repeat("recovery", || recover(&backend), || tokio::time::sleep(TICK)),
        repeat("expiry", || expire(&backend), || tokio::time::sleep(TICK)),
        repeat("payment events", || inbox(&backend), || rung_or_after_a_tick(&backend)),
        repeat("missed payment events", || catch_up(&backend), || tokio::time::sleep(PAYMENTS)),
        repeat("unfinished purchases", || sweep(&backend), || tokio::time::sleep(PAYMENTS)),
        repeat("plans", || plans(&backend), || tokio::time::sleep(TICK)),
        repeat("documents", || documents(&backend), || tokio::time::sleep(TICK)),
        repeat("billing details", || mirror(&backend), || tokio::time::sleep(TICK)),
        repeat("auto top-up", || top_up(&backend), || low_or_after_a_tick(&backend)),
        repeat("parked holds", || parked(&backend), || tokio::time::sleep(TICK)),
        repeat("alerts", || look_for_alerts(&backend), || tokio::time::sleep(TICK)),
        repeat("mail", || mail(&backend), || tokio::time::sleep(TICK)),
        repeat("events for webhooks", || gather(&backend, shapes), || tokio::time::sleep(NEWS)),
        repeat("old webhooks", || forget_webhooks(&backend), || tokio::time::sleep(HOUSEKEEPING)),
        repeat("staff requests", || staff_requests(&backend), || tokio::time::sleep(TICK)),
        repeat("promotions", || promotions(&backend), || tokio::time::sleep(TICK)),
        repeat("notes of the jobs", || note_runs(&backend), || tokio::time::sleep(NOTES)),
        repeat("checkpoints", || checkpoint(&backend), || tokio::time::sleep(CHECKPOINTS)),
        repeat("usage by day", || sum_days(&backend), || tokio::time::sleep(USAGE_DAYS)),
        repeat("catalogue", || catalogue(&backend), || tokio::time::sleep(TICK)),
        repeat("unused quotes", || forget_quotes(&backend), || tokio::time::sleep(HOUSEKEEPING)),
        repeat("sessions", || purge(&backend), || tokio::time::sleep(HOUSEKEEPING)),
    );
}

async fn queued_or_after_a_tick() {
    tokio::select! {
        () = reports::QUEUED.notified() => {}
        () = tokio::time::sleep(TICK) => {}
    }
}

async fn told_or_after_a_tick() {
    tokio::select! {
        () = webhooks::send::QUEUED.notified() => {}
        () = tokio::time::sleep(TICK) => {}
    }
}

async fn rung_or_after_a_tick(backend: &Backend) {
    tokio::select! {
        () = backend.payments.event_received() => {}
        () = tokio::time::sleep(TICK) => {}
    }
}

async fn low_or_after_a_tick(backend: &Backend) {
    tokio::select! {
        () = backend.payments.balance_is_low() => {}
        () = tokio::time::sleep(TICK) => {}
    }
}

/// Tasks that end with whoever started them.
struct Running(Vec<tokio::task::JoinHandle<()>>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.iter().for_each(tokio::task::JoinHandle::abort);
    }
}

/// Repeats a step for ever: at once while there is work, else after `pause`.
async fn repeat<Stepping, Failure: Display, Pausing: Future<Output = ()>>(
    job: &str,
    step: impl Fn() -> Stepping,
    pause: impl Fn() -> Pausing,
) where
    Stepping: Future<Output = Result<Step, Failure>>,
{
    loop {
        let outcome = step().await;
        runs::note(job, &outcome);
        match outcome {
            Ok(Step::Done) => tokio::task::yield_now().await,
            Ok(Step::Idle) => pause().await,
            Err(error) => {
                tracing::error!(job, %error, "a job failed and is tried again");
                tokio::time::sleep(REST).await;
            }
        }
    }
}

/// Books what fell due: expiries of lots and deadlines of holds, also of organisations that sleep.
async fn expire(backend: &Backend) -> Result<Step, SubmitError> {
    backend.engine.step_due(backend.now()).await
}

/// Keeps the way to any state of the past short.
async fn checkpoint(backend: &Backend) -> Result<Step, StoreError> {
    engine::checkpoint_step(&backend.db, engine::EVERY).await
}

/// Sums usage by day, behind the journal.
async fn sum_days(backend: &Backend) -> Result<Step, StoreError> {
    roll_up::step(&backend.db, roll_up::LEAST).await
}

/// Works through what the payment provider has told us.
async fn inbox(backend: &Backend) -> Result<Step, StoreError> {
    backend.payments.process_inbox_step(backend.now()).await
}

/// Asks the payment provider for events that never arrived.
async fn catch_up(backend: &Backend) -> Result<Step, PaymentError> {
    backend.payments.catch_up_step(backend.now()).await
}

/// Asks the payment provider about purchases that nobody reported on.
async fn sweep(backend: &Backend) -> Result<Step, StoreError> {
    backend.payments.sweep_step(backend.now()).await
}

/// Asks the payment provider about plans whose turn has come, and gives the free plan to who has none.
async fn plans(backend: &Backend) -> Result<Step, PaymentError> {
    let now = backend.now();
    if backend.payments.subscriptions_step(now).await? == Step::Done {
        return Ok(Step::Done);
    }
    backend.payments.free_plan_step(&backend.current().catalogue, now).await
}

/// Writes the receipts and invoices of purchases that were credited.
async fn documents(backend: &Backend) -> Result<Step, StoreError> {
    backend.documents.issue_step(backend.now()).await
}

/// Tells the payment provider who is billed, where that has changed.
async fn mirror(backend: &Backend) -> Result<Step, StoreError> {
    backend.payments.mirror_step(backend.now()).await
}

/// Buys credits where few are left and that was asked for.
async fn top_up(backend: &Backend) -> Result<Step, PaymentError> {
    backend.payments.top_up_step(&backend.current().catalogue, backend.now()).await
}

/// Hears of catalogues that were applied, here or on another node.
async fn catalogue(backend: &Backend) -> Result<Step, ApplyError> {
    backend.catalogues.step(backend.now()).await
}

/// Forgets quotes under which nothing was charged.
async fn forget_quotes(backend: &Backend) -> Result<Step, StoreError> {
    backend.purge_quotes().await?;
    Ok(Step::Idle)
}

/// Makes the holds that waited for credits, where there are some now.
async fn parked(backend: &Backend) -> Result<Step, ParkingError> {
    parking::step(backend).await
}

/// Sends the letters of the outbox.
async fn mail(backend: &Backend) -> Result<Step, StoreError> {
    backend.mail.step(backend.now()).await
}

/// Writes down what programs are to be told.
async fn gather(backend: &Backend, shapes: &Shapes) -> Result<Step, StoreError> {
    webhooks::gather::step(backend, shapes).await
}

/// Forgets what programs were told long ago.
async fn forget_webhooks(backend: &Backend) -> Result<Step, StoreError> {
    webhooks::send::forget_step(backend).await
}

/// Books mass grants line by line, and grants and corrections that were approved and cut short.
async fn staff_requests(backend: &Backend) -> Result<Step, StaffError> {
    if mass_grant::run_step(backend, backend.now()).await? == Step::Done {
        return Ok(Step::Done);
    }
    requests::unbooked_step(backend, backend.now()).await
}

/// Grants free credits to begin with and rewards for bringing others, and takes these back.
async fn promotions(backend: &Backend) -> Result<Step, StaffError> {
    promotions::step(&backend.current(), backend.now()).await
}

/// Tells people of the limits that were crossed, by the thresholds in force.
async fn look_for_alerts(backend: &Backend) -> Result<Step, ReadError> {
    alerts::look::step(&backend.current()).await
}

/// Writes down how the jobs fare.
async fn note_runs(backend: &Backend) -> Result<Step, StoreError> {
    runs::write(&backend.db, backend.now()).await
}

/// Removes ended sessions and counters of failed sign-ins whose window is over.
async fn purge(backend: &Backend) -> Result<Step, AccessError> {
    let now = backend.now();
    session::purge(&backend.db, now).await?;
    throttle::purge(&backend.db, now).await?;
    Ok(Step::Idle)
}

async fn recover(backend: &Backend) -> Result<Step, reports::ReportError> {
    Ok(if reports::recover(backend).await? { Step::Done } else { Step::Idle })
}
