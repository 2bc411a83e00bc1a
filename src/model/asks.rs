//! What members ask their admins for, and what comes of it.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::ledger::Credits;
use crate::model::Moment;

/// The longest message and the longest answer, in characters.
pub const LONGEST_MESSAGE: usize = 500;
/// Asks of one person that may be open at a time.
pub const MOST_OPEN: usize = 3;

/// What somebody asks about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AskAbout {
    /// More credits.
    Credits,
    /// A balance that seems wrong.
    Balance,
}

impl AskAbout {
    /// The word as stored and sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            AskAbout::Credits => "credits",
            AskAbout::Balance => "balance",
        }
    }
}

impl FromStr for AskAbout {
    type Err = &'static str;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        let all = [AskAbout::Credits, AskAbout::Balance];
        all.into_iter().find(|about| about.as_str() == word).ok_or("nothing to ask about")
    }
}

/// How far an ask has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AskState {
    /// Nobody has answered.
    Open,
    /// An admin did what was asked.
    Done,
    /// An admin said no.
    Declined,
}

impl AskState {
    /// The word as stored and sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            AskState::Open => "open",
            AskState::Done => "done",
            AskState::Declined => "declined",
        }
    }
}

impl FromStr for AskState {
    type Err = &'static str;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        let all = [AskState::Open, AskState::Done, AskState::Declined];
        all.into_iter().find(|state| state.as_str() == word).ok_or("no state of an ask")
    }
}

/// One ask.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AskLine {
    pub id: String,
    /// Who asked.
    pub member: String,
    pub about: AskAbout,
    /// How much, where they said so.
    pub amount: Option<Credits>,
    pub message: String,
    /// What the ledger said when they asked.
    pub facts: Option<String>,
    pub at: Moment,
    pub state: AskState,
    /// Who answered, when, and what they said.
    pub answer: Option<AskAnswer>,
}

/// What an admin said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AskAnswer {
    pub by: String,
    pub at: Moment,
    pub text: String,
}

/// The page on which somebody asks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AskPage {
    /// What may be spent now.
    pub available: Credits,
    /// Who may answer, by name.
    pub admins: Vec<String>,
    /// The caller's own asks, the newest first.
    pub asks: Vec<AskLine>,
    /// Names the form, so that sent twice it asks once.
    pub form_key: String,
}

/// The page on which admins answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AsksPage {
    /// What may be spent now.
    pub available: Credits,
    /// Those that wait, the oldest first.
    pub open: Vec<AskLine>,
    /// Those that were answered, the newest first.
    pub answered: Vec<AskLine>,
}
