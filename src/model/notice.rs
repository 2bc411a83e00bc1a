//! What admins are told on their pages.

use serde::{Deserialize, Serialize};

use crate::model::Moment;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Good to know.
    Info,
    /// Something will not work by itself any more.
    Warn,
    /// Something has failed.
    Bad,
}

impl Severity {
    /// The word as stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Warn => "warn",
            Severity::Bad => "bad",
        }
    }

    /// From its word; one that is not known counts as the middle.
    pub fn parse(word: &str) -> Severity {
        match word {
            "info" => Severity::Info,
            "bad" => Severity::Bad,
            _ => Severity::Warn,
        }
    }
}

/// One notice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeView {
    pub id: String,
    pub severity: Severity,
    /// What happened, in a few words.
    pub title: String,
    /// What it means and what cures it.
    pub detail: String,
    /// Where it is cured, and what the link there says.
    pub cure: Option<(String, String)>,
    pub at: Moment,
}
