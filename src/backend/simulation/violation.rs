//! What a simulation ends with when a promise is broken.

use crate::ledger::OrganisationId;
use std::fmt::{self, Display};

/// A promise that was broken, and by what.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Violation {
    organisation: OrganisationId,
    /// The key or the row.
    at: String,
    what: String,
}

impl Violation {
    /// `what` cannot be, at the key or row `at`.
    pub fn of(organisation: &OrganisationId, at: &(impl Display + ?Sized), what: String) -> Self {
        Violation { organisation: organisation.clone(), at: at.to_string(), what }
    }
}

impl Display for Violation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}, {}: {}", self.organisation, self.at, self.what)
    }
}
