//! The end of a report: what succeeded is settled, the rest comes back.

use super::{ReportError, key, topic};
use crate::backend::engine::SubmitError;
use crate::backend::state::Backend;
use crate::backend::store::hold;
use crate::backend::store::report::{self, Asset, Report};
use crate::ledger::{Actor, Command, Credits, HoldState, Order, Refusal};
use crate::model::reports::ReportStatus;

/// Settles or releases a report whose assets all have their outcome, and ends it. Doing it again, or
/// going on after a kill at any point of it, changes nothing. The answer is why it cannot be charged,
/// if it cannot (its hold lapsed after the last asset, and the credits are gone): it then stays open.
///
/// # Errors
/// The database failed or the ledger did not answer: the report stays open, and is tried again.
pub async fn end(backend: &Backend, report: &Report) -> Result<Option<Refusal>, ReportError> {
    let assets = report::assets(&backend.db, &report.organisation, &report.id).await?;
    let used = earned(&assets);
    let order = closing_order(backend, report, used);
    match backend.engine.submit(&report.organisation, order).await {
        Ok(_) => {}
        Err(SubmitError::Refused(refusal)) if used.is_positive() => return Ok(Some(refusal)),
        // There is nothing to charge, and the ledger says that the hold has another end. Its own state
        // is shown; someone should know.
        Err(error @ (SubmitError::Refused(_) | SubmitError::KeyConflict)) => {
            tracing::error!(report = %report.id, %error, "a report's hold has another end");
        }
        Err(error) => return Err(ReportError::Ledger(error)),
    }
    let charged = charged(backend, report).await?;
    report::finish(&backend.db, report, status(&assets), charged, backend.now()).await?;
    backend.live.notify(&report.organisation, topic(&report.id));
    Ok(None)
}

fn closing_order(backend: &Backend, report: &Report, used: Credits) -> Order {
    let hold = report.hold.clone();
    let (step, command) = if used.is_zero() {
        ("release", Command::Release { hold })
    } else {
        ("settle", Command::Settle { hold, amount: used })
    };
    Order { key: key(&report.id, step), actor: Actor::System, occurred_at: backend.now(), command }
}

/// The agreed price of what was analysed.
fn earned(assets: &[Asset]) -> Credits {
    let prices = assets.iter().filter(|asset| matches!(asset.outcome, Some(Ok(_))));
    Credits::checked_sum(prices.map(|asset| asset.credits))
        .expect("a part of a quote is never more than the quote, which is held")
}

fn status(assets: &[Asset]) -> ReportStatus {
    let done = assets.iter().filter(|asset| matches!(asset.outcome, Some(Ok(_)))).count();
    match done {
        0 => ReportStatus::Failed,
        all if all == assets.len() => ReportStatus::Done,
        _ => ReportStatus::Partly,
    }
}

/// What the ledger has charged for the report.
async fn charged(backend: &Backend, report: &Report) -> Result<Credits, ReportError> {
    let hold = hold::find(&backend.db, &report.organisation, &report.hold).await?;
    Ok(match hold.map(|hold| hold.state) {
        Some(HoldState::Settled { amount, .. }) => amount,
        _ => Credits::ZERO,
    })
}
