//! Reports whose preparation was cut short: the program was killed between two steps of a start.

use super::{ReportError, topic};
use crate::backend::state::Backend;
use crate::backend::store::{hold, report};
use crate::ledger::time::MINUTE;

/// A report that is being prepared for longer, in microseconds, has been left behind.
const PREPARES_AT_MOST: i64 = MINUTE;

/// Queues one report that was left behind with its hold, or forgets one that has none (its sender was
/// never told that it had begun, and nothing was charged). `false` when there is none.
///
/// # Errors
/// The database failed.
pub async fn recover(backend: &Backend) -> Result<bool, ReportError> {
    let before = backend.now().plus(-PREPARES_AT_MOST);
    let Some(left) = report::stale(&backend.db, before).await? else { return Ok(false) };
    if hold::find(&backend.db, &left.organisation, &left.hold).await?.is_some() {
        report::queue(&backend.db, &left).await?;
        backend.live.notify(&left.organisation, topic(&left.id));
        super::QUEUED.notify_one();
        tracing::info!(report = %left.id, "a report left behind with its hold goes on");
    } else {
        report::forget(&backend.db, &left).await?;
        tracing::info!(report = %left.id, "a report left behind without a hold is forgotten");
    }
    Ok(true)
}
