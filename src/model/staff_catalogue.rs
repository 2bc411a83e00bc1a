//! The catalogue's versions, for those who run the installation.

use serde::{Deserialize, Serialize};

use crate::ledger::Credits;
use crate::model::Moment;

/// All versions, and the text to begin the next one with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CataloguePage {
    /// The newest first.
    pub versions: Vec<VersionLine>,
    /// The one in force, as it was written.
    pub text: String,
}

/// One version.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VersionLine {
    pub number: i64,
    /// The catalogue's own code.
    pub code: String,
    pub standing: Standing,
    /// From when on it is in force; none for ever since the beginning.
    pub from: Option<Moment>,
    pub applied_at: Moment,
    pub applied_by: String,
}

/// Where a version stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Standing {
    /// It will take effect.
    ToCome,
    /// It is in force.
    InForce,
    /// Another has taken its place.
    Past,
    /// It was taken back before it took effect.
    Withdrawn,
}

/// One version with its text and what it changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VersionPage {
    pub line: VersionLine,
    /// What it changed against the one before it, line by line.
    pub changes: Vec<String>,
    pub text: String,
}

/// A catalogue that was handed in: what it would change, and what it would have made of last month.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DraftPage {
    pub digest: String,
    /// The number of the version that it is compared with.
    pub against: i64,
    /// What it changes, line by line.
    pub changes: Vec<String>,
    /// "October 2026".
    pub month: String,
    /// That month's usage by operation.
    pub repriced: Vec<RepricedLine>,
    /// What all of it together would have come to more, or less.
    pub difference: Credits,
    /// Usage whose inputs are not known: how often, and what it came to.
    pub unknown: (u64, Credits),
    pub text: String,
    /// The version that it has become.
    pub applied_as: Option<i64>,
}

/// One operation, priced anew.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RepricedLine {
    pub name: String,
    pub runs: u64,
    /// Runs that the new card has no price for.
    pub unpriced: u64,
    pub charged: Credits,
    pub would_be: Credits,
    pub difference: Credits,
}
