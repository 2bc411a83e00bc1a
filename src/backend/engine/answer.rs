//! What a caller is told.

use crate::backend::store::StoreError;
use crate::ledger::{Refusal, Transaction};
use crate::model::Problem;
use crate::model::balance::BalanceView;
use std::time::Duration;

/// An order that is booked, durably.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The transaction that answers it, as the journal has it.
    pub transaction: Transaction,
    /// It was booked before, by the same key or by an equal order, and nothing changed now.
    pub replayed: bool,
    /// What the organisation has now.
    pub balance: BalanceView,
}

/// An order that is not booked, or of which that is not known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SubmitError {
    /// The ledger says no. Nothing was booked and the key is still free.
    #[error("{0}")]
    Refused(Refusal),
    /// The key was used for another order. Cure: a new key for a new order.
    #[error("This idempotency key was used for another request. Use a new key for a new request.")]
    KeyConflict,
    /// The condition that the caller put was not true. Nothing was booked and the key is still free.
    #[error("Something changed in the meantime. Look again and repeat the request.")]
    Unmet,
    /// Too much is waiting. Nothing was booked. Cure: send it again after this time.
    #[error("Too many requests are waiting. Try again in {} s.", retry_after.as_secs().max(1))]
    Busy {
        /// How long to wait.
        retry_after: Duration,
    },
    /// There is no such organisation. Nothing was booked.
    #[error("There is no such organisation.")]
    NoSuchOrganisation,
    /// Something broke. Whether the order was booked is not known; sent again with the same key it is
    /// booked once.
    #[error("The ledger cannot be reached at the moment. Send the same request again. ({reason})")]
    Unavailable {
        /// What broke, for the log.
        reason: String,
    },
}

impl SubmitError {
    /// The *no* to show, or `None` where something broke that belongs in the log.
    pub fn problem(&self) -> Option<Problem> {
        match self {
            SubmitError::Refused(refusal) => Some(refusal.clone().into()),
            SubmitError::KeyConflict => Some(
                Problem::conflict("key_conflict", "This form was sent before with another figure.")
                    .with_cure("Open the page again and repeat it."),
            ),
            SubmitError::Unmet => Some(Problem::conflict("changed_meanwhile", self.to_string())),
            SubmitError::Busy { retry_after } => Some(Problem::busy(retry_after.as_secs().max(1))),
            SubmitError::NoSuchOrganisation | SubmitError::Unavailable { .. } => None,
        }
    }

    /// The engine is stopping or has stopped.
    pub(super) fn stopped() -> Self {
        SubmitError::Unavailable { reason: "the engine is stopping".into() }
    }
}

impl From<StoreError> for SubmitError {
    fn from(error: StoreError) -> Self {
        SubmitError::Unavailable { reason: error.to_string() }
    }
}
