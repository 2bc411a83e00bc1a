//! What credits were spent on, and for whom.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::id::{ApiKeyId, DepartmentId, QuoteId, ReportId, UserId};

/// Characters the name of an operation may have.
pub const LONGEST_OPERATION: usize = 64;

/// What the credits were spent on, as the rate card names it: `analysis.image`, `chat`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Operation(Arc<str>);

/// A text that names no operation.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "an operation has 1 to {LONGEST_OPERATION} characters: lower-case letters, digits and . - _ : /"
)]
pub struct OperationError;

impl Operation {
    /// Reads the name of an operation.
    pub fn parse(text: &str) -> Result<Self, OperationError> {
        let allowed = |byte: u8| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-_:/".contains(&byte)
        };
        if (1..=LONGEST_OPERATION).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(Self(text.into()))
        } else {
            Err(OperationError)
        }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.0)
    }
}

impl TryFrom<String> for Operation {
    type Error = OperationError;

    fn try_from(text: String) -> Result<Self, OperationError> {
        Self::parse(&text)
    }
}

impl From<Operation> for String {
    fn from(operation: Operation) -> String {
        operation.as_str().to_owned()
    }
}

/// Everything that a usage row can be filtered and budgeted by. A grant has none of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Attribution {
    /// The department that pays from its allotment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub department: Option<DepartmentId>,
    /// The person on whose behalf it was spent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member: Option<UserId>,
    /// The API key that spent it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<ApiKeyId>,
    /// What it was spent on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<Operation>,
    /// The piece of work it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report: Option<ReportId>,
    /// The quote that was shown before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quote: Option<QuoteId>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_is_a_short_plain_name() {
        assert_eq!(Operation::parse("analysis.image").unwrap().as_str(), "analysis.image");
        for text in ["", "Analysis", "a b", "é", &"x".repeat(LONGEST_OPERATION + 1)] {
            assert_eq!(Operation::parse(text), Err(OperationError), "{text}");
        }
    }
}
