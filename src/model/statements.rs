//! The statements of calendar months, as the pages and files show them.

use serde::{Deserialize, Serialize};

use crate::ledger::Credits;
use crate::model::Moment;
use crate::model::format::{format_credits, format_signed_credits};

/// The months that have a statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatementsPage {
    /// The newest first; none before the first transaction.
    pub months: Vec<StatementRow>,
}

/// A month in the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatementRow {
    /// `2026-11`.
    pub month: String,
    /// "November 2026".
    pub label: String,
    /// What was used and not given back.
    pub used: Credits,
    /// In how many transactions.
    pub transactions: u64,
    /// Whether the month is over.
    pub is_over: bool,
}

/// What a line is, for the look of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Level {
    /// The balance at either end.
    Balance,
    /// What moves the balance; or a part of the closing one.
    Line,
    /// A part of the line above it.
    Part,
}

/// One line in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedLine {
    /// The name of its kind in files: `used for`.
    pub kind: String,
    /// The source or the operation, as the journal names it; empty where it has none.
    pub part: String,
    /// The department's id; empty where it has none.
    pub department: String,
    /// In people's words.
    pub name: String,
    /// What it is.
    pub level: Level,
    /// Whether it is how much there is, and not what moved.
    pub is_amount: bool,
    /// What moved (what left is less than nothing), or how much there is.
    pub credits: Credits,
    /// In how many transactions, for usage.
    pub transactions: Option<u64>,
}

impl NamedLine {
    /// The figure as people read it: with its sign where its direction is the point.
    pub fn figure(&self) -> String {
        if self.is_amount {
            format_credits(self.credits)
        } else {
            format_signed_credits(self.credits)
        }
    }

    /// Whether there is something to say.
    pub fn says_something(&self) -> bool {
        let always = matches!(
            self.kind.as_str(),
            "opening" | "came in" | "used" | "lapsed" | "closing" | "held" | "available"
        );
        always || self.level == Level::Part || !self.credits.is_zero()
    }
}

/// A place of the chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChainEnd {
    /// The last transaction; 0 before the first.
    pub sequence: u64,
    /// Its hash.
    pub hash: String,
}

/// An instant, also to the microsecond.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExactMoment {
    /// In the organisation's zone.
    pub moment: Moment,
    /// With the offset, to the microsecond.
    pub exact: String,
}

/// The statement of a month.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MonthlyStatement {
    /// The organisation's id.
    pub organisation: String,
    /// What people call it.
    pub organisation_name: String,
    /// `2026-11`.
    pub month: String,
    /// "November 2026".
    pub label: String,
    /// The zone that the month is counted in.
    pub time_zone: String,
    /// The first instant of the month.
    pub from: ExactMoment,
    /// The first instant after it.
    pub until: ExactMoment,
    /// Until when it says what was; `None` once the month is closed.
    pub as_of: Option<ExactMoment>,
    /// Whether the month is over, though it may not be closed yet.
    pub is_over: bool,
    /// The chain where the month begins.
    pub opening: ChainEnd,
    /// The chain where the statement ends.
    pub closing: ChainEnd,
    /// Line by line.
    pub lines: Vec<NamedLine>,
    /// Whether the lines come to the closing balance.
    pub adds_up: bool,
    /// The month before, where it has a statement.
    pub before: Option<(String, String)>,
    /// The month after, where it has one.
    pub after: Option<(String, String)>,
}

impl MonthlyStatement {
    /// The state of the month in a word.
    pub fn state(&self) -> &'static str {
        if self.as_of.is_none() { "Closed" } else { "Not yet closed" }
    }

    /// What a file of it is called, without its ending: `statement-northwind-2026-11`.
    pub fn file_name(&self) -> String {
        let letters = self.organisation_name.chars().filter(char::is_ascii);
        let name: String = letters
            .map(
                |letter| {
                    if letter.is_ascii_alphanumeric() { letter.to_ascii_lowercase() } else { '-' }
                },
            )
            .collect();
        let words: Vec<_> = name.split('-').filter(|word| !word.is_empty()).collect();
        let name = if words.is_empty() { String::new() } else { format!("-{}", words.join("-")) };
        format!("statement{name}-{}", self.month)
    }
}
