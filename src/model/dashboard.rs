//! The dashboard: what is available, what runs, what happened last.

use serde::{Deserialize, Serialize};

use crate::ledger::Credits;
use crate::model::Moment;
use crate::model::credits::{BalanceFigures, LastTransaction, MonthCard};

/// The whole page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Dashboard {
    /// "Good morning".
    pub greeting: String,
    pub figures: BalanceFigures,
    /// Whole days that the balance lasts at the pace of four weeks.
    pub days_left: Option<u32>,
    /// The running month first, then the three before it.
    pub months: Vec<MonthCard>,
    /// Work that waits or runs: one's own, or everybody's for those who may see it.
    pub running: Vec<WorkLine>,
    /// The newest usage and additions.
    pub latest: Vec<LastTransaction>,
    pub recent: Vec<WorkLine>,
    /// Whether the lists of work are everybody's.
    pub sees_everyone: bool,
    /// The word for several pieces of work.
    pub reports_noun: String,
}

/// One piece of work.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WorkLine {
    pub id: String,
    pub title: String,
    /// `queued`, `running`, `done` …
    pub status: String,
    pub quoted: Credits,
    pub person: String,
    pub at: Moment,
}
