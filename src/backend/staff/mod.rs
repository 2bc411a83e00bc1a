//! What the people who run the installation see of organisations and do to their credits.
//!
//! Whatever they do is a new entry of the customer's own journal, with who and why, written down in
//! [`store::staff_request`](crate::backend::store::staff_request) before the ledger is asked, and in the
//! [`log`]. Nothing here edits or deletes what is booked, and nothing here asks who may call it: the
//! server functions let in staff only.
//!
//! To add a deed: do it, then [`log::write`] under an id made from what was done.

pub mod catalogue;
pub mod forms;
pub mod health;
pub mod log;
pub mod mass_grant;
pub mod overview;
mod preview;
pub mod requests;
pub mod waiting;

use crate::backend::balance::ReadError;
use crate::backend::engine::SubmitError;
use crate::backend::payments::PaymentError;
use crate::backend::store::StoreError;
use crate::ledger::Credits;
use crate::ledger::id::IdError;
use crate::ledger::key::KeyError;
use crate::ledger::time::DAY;
use crate::model::Problem;

/// The longest reason, in characters.
pub const LONGEST_REASON: usize = 300;
/// How long a request waits for a second person.
pub const REQUEST_LIVES: i64 = 7 * DAY;
/// Amounts of one person at one organisation count together for this long, so that a large grant is not
/// given in small parts.
pub const COUNTED_TOGETHER: i64 = DAY;
/// Above so many credits a second person has to say yes, unless the installation says otherwise.
pub const TWO_PERSON_ABOVE: i64 = 10_000;

/// What this installation asks of its staff.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StaffRules {
    /// Above this amount a second person has to say yes.
    pub two_person_above: Credits,
}

impl Default for StaffRules {
    fn default() -> Self {
        StaffRules {
            two_person_above: Credits::from_whole(TWO_PERSON_ABOVE).unwrap_or(Credits::MAX),
        }
    }
}

/// Why something was not done or could not be read.
#[derive(Debug, thiserror::Error)]
pub enum StaffError {
    /// A *no* with its reason; shown as it is.
    #[error(transparent)]
    Refused(#[from] Problem),
    /// The ledger did not take it.
    #[error(transparent)]
    Submit(#[from] SubmitError),
    /// The figures could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The payments could not be read.
    #[error(transparent)]
    Payments(#[from] PaymentError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What is kept makes no key.
    #[error("a key cannot be made: {0}")]
    Key(#[from] KeyError),
    /// What is kept makes no id.
    #[error("an id cannot be made: {0}")]
    Id(#[from] IdError),
}

impl StaffError {
    /// There is no such thing, for whoever asked.
    pub fn missing(what: &str) -> StaffError {
        StaffError::Refused(Problem::not_found(what))
    }
}
