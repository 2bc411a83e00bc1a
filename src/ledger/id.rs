//! Ids with a prefix that says what they name: a lot's id can never stand where a hold's belongs.
//!
//! The kernel makes no ids. The backend makes them from a UUID v7 and hands them in.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Characters an id may have after its prefix.
pub const LONGEST_SUFFIX: usize = 40;

/// Why a text is not the id it should be.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum IdError {
    /// Another prefix, or none.
    #[error("an id of this kind begins with \"{expected}\"")]
    WrongPrefix {
        /// What the id must begin with.
        expected: &'static str,
    },
    /// Nothing after the prefix, or too much.
    #[error("an id has 1 to {LONGEST_SUFFIX} characters after \"{prefix}\", not {found}")]
    WrongLength {
        /// What the id begins with.
        prefix: &'static str,
        /// Characters found after it.
        found: usize,
    },
    /// A character that ids do not have.
    #[error("an id has only letters, digits, - and _ after \"{prefix}\"")]
    WrongCharacter {
        /// What the id begins with.
        prefix: &'static str,
    },
    /// Not the 32 lower-case hexadecimal digits of a UUID.
    #[error("a UUID in simple form has 32 hexadecimal digits")]
    NotAUuid,
}

fn check(text: &str, prefix: &'static str) -> Result<(), IdError> {
    let suffix = text.strip_prefix(prefix).ok_or(IdError::WrongPrefix { expected: prefix })?;
    if !(1..=LONGEST_SUFFIX).contains(&suffix.len()) {
        return Err(IdError::WrongLength { prefix, found: suffix.chars().count() });
    }
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if suffix.bytes().all(allowed) { Ok(()) } else { Err(IdError::WrongCharacter { prefix }) }
}

fn is_uuid_simple(hexadecimal: &str) -> bool {
    let digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    hexadecimal.len() == 32 && hexadecimal.bytes().all(digit)
}

macro_rules! typed_id {
    ($name:ident, $prefix:literal, $what:literal) => {
        #[doc = concat!("The id of ", $what, ": `", $prefix, "` and up to forty letters or digits.")]
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Arc<str>);

        impl $name {
            /// What every id of this kind begins with.
            pub const PREFIX: &'static str = $prefix;

            /// Reads an id, or says what is wrong with it.
            pub fn parse(text: &str) -> Result<Self, IdError> {
                check(text, Self::PREFIX)?;
                Ok(Self(text.into()))
            }

            /// An id made from a UUID in its simple form (32 lower-case hexadecimal digits).
            pub fn from_uuid_simple(hexadecimal: &str) -> Result<Self, IdError> {
                if !is_uuid_simple(hexadecimal) {
                    return Err(IdError::NotAUuid);
                }
                Ok(Self(format!("{}{hexadecimal}", Self::PREFIX).into()))
            }

            /// The whole id as text, prefix included.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.pad(&self.0)
            }
        }

        impl std::str::FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                Self::parse(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;

            fn try_from(text: String) -> Result<Self, IdError> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.as_str().to_owned()
            }
        }
    };
}

typed_id!(OrganisationId, "org_", "an organisation, the tenant");
typed_id!(DepartmentId, "dep_", "a department");
typed_id!(UserId, "usr_", "a person");
typed_id!(LotId, "lot_", "a lot");
typed_id!(HoldId, "hold_", "a hold");
typed_id!(ReportId, "rep_", "a report, the piece of work that usage belongs to");
typed_id!(PurchaseId, "pur_", "a purchase");
typed_id!(QuoteId, "quo_", "a quote");
typed_id!(ApiKeyId, "key_", "an API key");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_of_one_kind_is_not_an_id_of_another() {
        assert!(LotId::parse("lot_a1").is_ok());
        assert_eq!(HoldId::parse("lot_a1"), Err(IdError::WrongPrefix { expected: "hold_" }));
    }

    #[test]
    fn an_id_is_checked_for_length_and_characters() {
        assert!(matches!(LotId::parse("lot_"), Err(IdError::WrongLength { .. })));
        let long = format!("lot_{}", "a".repeat(LONGEST_SUFFIX + 1));
        assert!(matches!(LotId::parse(&long), Err(IdError::WrongLength { .. })));
        for text in ["lot_a b", "lot_a:b", "lot_é", "lot_'--"] {
            assert!(matches!(LotId::parse(text), Err(IdError::WrongCharacter { .. })), "{text}");
        }
    }

    #[test]
    fn an_id_is_made_from_a_uuid_in_simple_form_only() {
        let id = LotId::from_uuid_simple("0192f0c1a2b37c4d8e9f001122334455").unwrap();
        assert_eq!(id.as_str(), "lot_0192f0c1a2b37c4d8e9f001122334455");
        assert_eq!(LotId::from_uuid_simple("0192"), Err(IdError::NotAUuid));
    }

    #[test]
    fn json_refuses_an_id_that_parse_refuses() {
        assert!(serde_json::from_str::<LotId>("\"hold_1\"").is_err());
        let id: LotId = serde_json::from_str("\"lot_1\"").unwrap();
        assert_eq!(serde_json::to_string(&id).unwrap(), "\"lot_1\"");
    }
}
