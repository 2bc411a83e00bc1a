//! Idempotency keys: unique per organisation, for as long as the journal lives.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Characters a key may have, scope included.
pub const LONGEST_KEY: usize = 255;

/// The name under which a command is booked once, however often it is sent.
///
/// Keys that come from outside carry a scope (`api:…`, `form:…`), so that no caller can take a key
/// that the system makes for itself (`purchase:…`, `expire:…`, `deadline:…`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct IdempotencyKey(Arc<str>);

/// Why a text is not an idempotency key.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum KeyError {
    /// Empty or too long.
    #[error("an idempotency key has 1 to {LONGEST_KEY} characters, not {0}")]
    WrongLength(usize),
    /// A character outside printable ASCII.
    #[error("an idempotency key has only printable ASCII characters")]
    WrongCharacter,
}

impl IdempotencyKey {
    /// Reads a key as the journal has it, or one that the system itself makes.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        if !(1..=LONGEST_KEY).contains(&text.len()) {
            return Err(KeyError::WrongLength(text.chars().count()));
        }
        if !text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
            return Err(KeyError::WrongCharacter);
        }
        Ok(Self(text.into()))
    }

    /// The key that a caller sent, kept apart from all others by `scope`: `scope:caller_key`.
    pub fn scoped(scope: &str, caller_key: &str) -> Result<Self, KeyError> {
        if caller_key.is_empty() {
            return Err(KeyError::WrongLength(0));
        }
        Self::parse(&format!("{scope}:{caller_key}"))
    }

    /// The whole key, scope included.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for IdempotencyKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.0)
    }
}

impl TryFrom<String> for IdempotencyKey {
    type Error = KeyError;

    fn try_from(text: String) -> Result<Self, KeyError> {
        Self::parse(&text)
    }
}

impl From<IdempotencyKey> for String {
    fn from(key: IdempotencyKey) -> String {
        key.as_str().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caller_cannot_take_a_key_that_the_system_makes() {
        let taken = IdempotencyKey::scoped("api", "purchase:pur_1").unwrap();
        assert_ne!(taken, IdempotencyKey::parse("purchase:pur_1").unwrap());
    }

    #[test]
    fn a_key_is_checked_for_length_and_characters() {
        assert_eq!(IdempotencyKey::parse(""), Err(KeyError::WrongLength(0)));
        assert_eq!(IdempotencyKey::scoped("api", ""), Err(KeyError::WrongLength(0)));
        assert!(IdempotencyKey::parse(&"k".repeat(LONGEST_KEY)).is_ok());
        assert!(IdempotencyKey::parse(&"k".repeat(LONGEST_KEY + 1)).is_err());
        assert_eq!(IdempotencyKey::parse("a\nb"), Err(KeyError::WrongCharacter));
    }
}
