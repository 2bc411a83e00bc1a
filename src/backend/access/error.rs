//! Why access was not given: a *no* that the person should read, or something that broke.

use crate::backend::store::StoreError;
use crate::model::Problem;

/// What can come of a question about identity besides an answer.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// A *no* with its reason; shown as it is.
    #[error(transparent)]
    Refused(#[from] Problem),
    /// Too many passwords are being checked; a moment later there is room.
    #[error("too many passwords are being checked at once")]
    Busy,
    /// The password library failed.
    #[error("a password could not be hashed: {0}")]
    Hashing(String),
    /// The session could not be read or written.
    #[error("the session failed: {0}")]
    Session(#[from] tower_sessions::session::Error),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<AccessError> for Problem {
    /// What broke is logged here, once, under the reference that the person sees.
    fn from(error: AccessError) -> Self {
        match error {
            AccessError::Refused(problem) => problem,
            AccessError::Busy => Problem::unavailable("Many people are signing in right now."),
            broken => {
                let reference = uuid::Uuid::now_v7().simple().to_string();
                tracing::error!(%reference, error = %broken, "access failed");
                Problem::internal(reference)
            }
        }
    }
}
