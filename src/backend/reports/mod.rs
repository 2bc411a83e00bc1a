//! Reports: pieces of work that people hand in, that cost credits and that the jobs work through.
//!
//! **The life of a report, and why nothing is ever charged twice or lost.** Each step is one commit, and
//! every step may be the last one before the program is killed:
//!
//! 0. Whether it could be held is asked first, so that nobody's unpaid files are written.
//! 1. The report and all that was handed in are written as `preparing`. Nothing is held.
//! 2. The ledger holds the quoted credits under the key `report:<id>:hold`.
//! 3. The report becomes `queued`. Whoever is killed before this leaves a `preparing` report, which
//!    [`recover`] queues if the hold stands and forgets if there is none.
//! 4. A worker claims it with a lease and saves each asset's outcome as it comes ([`crate::backend::jobs`]).
//!    Before each asset the hold must stand: one that lapsed while the server was away is made again
//!    under `report:<id>:hold:<transaction of the lapsed one>`. Where that is refused, what was found
//!    is withdrawn and the report fails with the reason: no findings without payment.
//! 5. The ledger settles what succeeded under `report:<id>:settle`, or, where nothing did, releases the
//!    hold under `report:<id>:release`. The outcomes are fixed by then, so whoever repeats this step
//!    repeats the very same order and gets the first answer.
//! 6. The report gets its end. A hold whose report never came about ends at its deadline by itself.
//!
//! What was charged is always read from the ledger's hold, never computed again. Nothing here knows
//! HTTP. To add a kind of work: its operation in the catalogue, its inputs in [`submission`].

mod ending;
mod form;
mod holding;
mod list;
mod payer;
mod recovery;
mod start;
pub mod submission;
mod view;

pub use ending::end;
pub use form::new_report;
pub use holding::{could_pay, hold_again, withdraw};
pub use list::{ListRequest, list};
pub use recovery::recover;
pub use start::{cost, start};
pub use submission::{Submission, Upload};
pub use view::view;

use tokio::sync::Notify;

use crate::backend::balance::ReadError;
use crate::backend::engine::SubmitError;
use crate::backend::store::StoreError;
use crate::ledger::{IdempotencyKey, ReportId};
use crate::model::Problem;

/// How long the credits of a report are held at most, in microseconds: work that takes longer (because
/// the server was away) is held again before it goes on.
pub const HOLD_FOR: i64 = 30 * crate::ledger::time::MINUTE;

/// Told when this process has queued a report, so that a worker need not wait for its next look.
pub static QUEUED: Notify = Notify::const_new();

/// Why something about a report was not done.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// A *no* that is part of the product.
    #[error("{0}")]
    Refused(Box<Problem>),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The ledger could not be asked. Whether it was charged shows when it can be again.
    #[error("the ledger did not answer: {0}")]
    Ledger(SubmitError),
}

impl From<ReadError> for ReportError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Ledger(error) => ReportError::Ledger(error),
            ReadError::Store(error) => ReportError::Store(error),
        }
    }
}

impl From<Problem> for ReportError {
    fn from(problem: Problem) -> Self {
        ReportError::Refused(Box::new(problem))
    }
}

/// The topic under which pages hear of a report.
pub fn topic(id: &ReportId) -> String {
    format!("report:{id}")
}

/// The key of one of a report's orders to the ledger.
fn key(id: &ReportId, step: &str) -> IdempotencyKey {
    IdempotencyKey::parse(&format!("report:{id}:{step}"))
        .expect("an id and a word make a short, plain key")
}
