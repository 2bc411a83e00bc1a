//! Why a lot exists.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Why a lot exists. The declaration order is the order in which totals by source are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The allowance of a plan, one lot a period.
    Subscription,
    /// A pack that was paid for.
    Purchased,
    /// A promotion or a code.
    Promotional,
    /// A referral.
    Referral,
    /// Free credits to begin with.
    Trial,
    /// Given by staff, with a reason.
    Admin,
}

/// A text that names no source.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("a source is subscription, purchased, promotional, referral, trial or admin")]
pub struct SourceError;

impl Source {
    /// Every source, in the order of their declaration.
    pub const ALL: [Source; 6] = [
        Source::Subscription,
        Source::Purchased,
        Source::Promotional,
        Source::Referral,
        Source::Trial,
        Source::Admin,
    ];

    /// The name that the journal and the API use.
    pub const fn code(self) -> &'static str {
        match self {
            Source::Subscription => "subscription",
            Source::Purchased => "purchased",
            Source::Promotional => "promotional",
            Source::Referral => "referral",
            Source::Trial => "trial",
            Source::Admin => "admin",
        }
    }

    /// The name that pages show.
    pub const fn label(self) -> &'static str {
        match self {
            Source::Subscription => "Subscription",
            Source::Purchased => "Purchased",
            Source::Promotional => "Promotional",
            Source::Referral => "Referral",
            Source::Trial => "Free credits",
            Source::Admin => "Granted",
        }
    }

    /// The source of that name.
    pub fn from_code(code: &str) -> Option<Source> {
        Source::ALL.into_iter().find(|source| source.code() == code)
    }

    /// Where its lots stand in the consumption order unless the grant says otherwise; lowest first.
    pub const fn default_priority(self) -> i32 {
        match self {
            Source::Subscription => 10,
            Source::Purchased => 20,
            Source::Promotional | Source::Trial | Source::Admin => 30,
            Source::Referral => 40,
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.code())
    }
}

impl FromStr for Source {
    type Err = SourceError;

    fn from_str(text: &str) -> Result<Self, SourceError> {
        Source::from_code(text).ok_or(SourceError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_source_has_one_name_everywhere() {
        for source in Source::ALL {
            assert_eq!(source.code().parse(), Ok(source));
            let json = serde_json::to_string(&source).unwrap();
            assert_eq!(json, format!("\"{}\"", source.code()));
        }
        assert_eq!("gift".parse::<Source>(), Err(SourceError));
    }
}
