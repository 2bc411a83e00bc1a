//! Mass grants from a file, as staff see them: every line with its effect, or what is wrong with it.

use serde::{Deserialize, Serialize};

use crate::ledger::Credits;
use crate::model::Moment;

/// *Mass grants*.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MassGrantList {
    /// The newest first.
    pub files: Vec<MassGrantBrief>,
    /// The columns that a file names in its first line.
    pub columns: String,
    /// The most lines and kilobytes of a file.
    pub most_lines: u64,
    pub most_kilobytes: u64,
}

/// A file in the list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MassGrantBrief {
    /// The digest that it is known by.
    pub digest: String,
    pub name: String,
    pub uploaded: Moment,
    pub lines: u64,
    pub wrong: u64,
    /// What the lines that are right come to.
    pub total: Credits,
    /// How far it has come, in words.
    pub state: String,
}

/// One file with every line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MassGrantView {
    pub brief: MassGrantBrief,
    pub rows: Vec<MassGrantRow>,
    pub confirmed_by: Option<String>,
    /// Whether the reader confirmed it.
    pub is_own: bool,
    pub may_confirm: bool,
    pub may_approve: bool,
    pub may_drop: bool,
    /// Whether a second person has to say yes.
    pub needs_second: bool,
    pub two_person_above: Credits,
    /// How many lines are booked.
    pub booked: u64,
}

/// One line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MassGrantRow {
    /// Its number in the file.
    pub line: u64,
    /// What the file says.
    pub written: String,
    /// What it would do, or did; none where it is wrong.
    pub effect: Option<LineEffect>,
    pub is_booked: bool,
    /// What is wrong, or why the ledger said no; and what cures it.
    pub problem: Option<String>,
    pub cure: Option<String>,
}

/// What a line would do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LineEffect {
    pub organisation: String,
    pub organisation_name: String,
    pub credits: Credits,
    pub source: String,
    pub expires: Option<Moment>,
    pub reason: String,
    /// What may be spent after it, as things stood when the file was checked.
    pub available: Credits,
}
