//! What people type about themselves, parsed: a name, a mail address.

use std::fmt;

use crate::model::{FieldProblem, Problem};

/// Longest name of a person or organisation, in characters.
pub const NAME_CHARACTERS: usize = 100;
/// Longest mail address, in bytes (RFC 5321's limit for a path).
pub const EMAIL_BYTES: usize = 254;

/// A name without surrounding blanks and control characters, 1 to [`NAME_CHARACTERS`] characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name(String);

impl Name {
    /// Reads a name, or says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text.is_empty() {
            return Err("Enter a name.".into());
        }
        if text.chars().count() > NAME_CHARACTERS {
            return Err(format!("Use at most {NAME_CHARACTERS} characters."));
        }
        if text.chars().any(char::is_control) {
            return Err("A name is one line of ordinary characters.".into());
        }
        Ok(Name(text.to_owned()))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A mail address in lower case. Whether mail arrives there only mail can tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Email(String);

impl Email {
    /// Reads a mail address, or says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim().to_lowercase();
        if text.is_empty() {
            return Err("Enter a mail address.".into());
        }
        let well_formed = text
            .split_once('@')
            .is_some_and(|(mailbox, host)| !mailbox.is_empty() && is_host(host));
        let strange = |letter: char| letter.is_whitespace() || letter.is_control();
        if !well_formed || text.len() > EMAIL_BYTES || text.chars().any(strange) {
            return Err("This does not look like a mail address, such as name@example.com.".into());
        }
        Ok(Email(text))
    }

    /// The address as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Email {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

fn is_host(host: &str) -> bool {
    let part = |part: &str| {
        !part.is_empty() && part.chars().all(|letter| letter.is_alphanumeric() || letter == '-')
    };
    host.split('.').all(part)
}

/// Collects what is wrong with several fields before anything is done.
#[derive(Debug, Default)]
pub struct Fields {
    wrong: Vec<FieldProblem>,
}

impl Fields {
    /// The value of `field`, or `None` with its message kept.
    pub fn read<T, E: ToString>(&mut self, field: &str, value: Result<T, E>) -> Option<T> {
        value.map_err(|error| self.wrong.push(FieldProblem::new(field, error.to_string()))).ok()
    }

    /// The problem that names every wrong field.
    pub fn problem(self) -> Problem {
        Problem::invalid(self.wrong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_in_lower_case_without_blanks_around_it() {
        assert_eq!(Email::parse(" Ada@Example.COM ").unwrap().as_str(), "ada@example.com");
        assert!(Email::parse("ops@localhost").is_ok());
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in [
            "",
            "ada",
            "@example.com",
            "ada@",
            "a b@example.com",
            "a@b@c.com",
            "a@b..com",
            "a@example.com\r\nBcc: all@example.com",
        ] {
            assert!(Email::parse(text).is_err(), "{text:?}");
        }
        assert!(Email::parse(&format!("{}@example.com", "a".repeat(EMAIL_BYTES))).is_err());
    }

    #[test]
    fn a_name_is_one_line_of_a_hundred_characters_at_most() {
        assert_eq!(Name::parse("  Žofie Nováková ").unwrap().as_str(), "Žofie Nováková");
        assert!(Name::parse(&"é".repeat(NAME_CHARACTERS)).is_ok());
        for text in ["", "  ", "two\nlines", &"é".repeat(NAME_CHARACTERS + 1)] {
            assert!(Name::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn every_wrong_field_is_named_at_once() {
        let mut fields = Fields::default();
        assert!(fields.read("name", Name::parse("")).is_none());
        assert!(fields.read("email", Email::parse("nonsense")).is_none());
        let named: Vec<_> = fields.problem().fields.into_iter().map(|wrong| wrong.field).collect();
        assert_eq!(named, ["name", "email"]);
    }
}
