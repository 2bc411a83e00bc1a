//! The team's allowance and how it is used; departments and their allotments.

use serde::{Deserialize, Serialize};

use crate::ledger::Credits;
use crate::model::Moment;

/// The year that allowance and allotments are counted in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AllowanceView {
    /// "Annual credit package", or "Calendar year" where there is none.
    pub name: String,
    pub from: Moment,
    /// The first instant after it.
    pub until: Moment,
    /// What the package gave.
    pub package: Credits,
    /// What was bought or granted on top of it in the same year.
    pub added: Credits,
    /// Both together: what the year may use.
    pub total: Credits,
    /// What was used so far.
    pub used: Credits,
    /// What is held by running work right now.
    pub held: Credits,
}

impl AllowanceView {
    /// What the year has left; less than nothing where credits from before were used as well.
    pub fn remaining(&self) -> Credits {
        let counted = self.used.checked_add(self.held).unwrap_or(Credits::MAX);
        self.total.checked_sub(counted).unwrap_or_default()
    }

    /// Used and held, in thousandths of the total.
    pub fn share(&self) -> u32 {
        share_of(self.used.checked_add(self.held).unwrap_or(Credits::MAX), self.total)
    }
}

/// `part` in thousandths of `whole`; everything is too much of nothing.
pub fn share_of(part: Credits, whole: Credits) -> u32 {
    let (part, whole) = (i128::from(part.micro().max(0)), i128::from(whole.micro()));
    if whole <= 0 {
        return if part > 0 { u32::MAX } else { 0 };
    }
    u32::try_from(part * 1000 / whole).unwrap_or(u32::MAX)
}

/// The team overview.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TeamOverview {
    pub allowance: AllowanceView,
    /// Available in the whole pool, which may hold credits from before this year.
    pub available: Credits,
    pub pace: Pace,
    pub points: Vec<PacePoint>,
    pub departments: Vec<DepartmentShare>,
    /// Of the allowance, what no department's allotment covers.
    pub unallocated: Credits,
    /// Usage that was charged to no department.
    pub without_department: Credits,
    pub members: Vec<TopLine>,
    pub reports: Vec<TopLine>,
    pub report_noun: String,
    pub reports_noun: String,
}

/// Where usage stands against an even pace.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pace {
    /// How much of the year is over, in thousandths.
    pub elapsed: u32,
    /// What an even pace would have used by now.
    pub expected: Credits,
    /// What was used in the last 28 days.
    pub recent: Credits,
    /// When the available credits run out at that pace; none without usage.
    pub runs_out: Option<Moment>,
    /// Whether that is before the year ends.
    pub before_end: bool,
    /// What would be left of the pool at the year's end, where it lasts.
    pub left_at_end: Option<Credits>,
}

/// The end of a month, or now: what was used by then, and what an even pace would have used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PacePoint {
    /// "Nov 2026", "today".
    pub label: String,
    /// Its place in the year, in thousandths.
    pub at: u32,
    pub used: Credits,
    pub even: Credits,
}

/// A department's part of the usage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DepartmentShare {
    pub name: String,
    pub used: Credits,
    pub limit: Option<Credits>,
}

/// A person or a piece of work that used much.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TopLine {
    pub id: String,
    pub name: String,
    pub used: Credits,
}

/// The departments.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DepartmentsPage {
    pub allowance: AllowanceView,
    /// The sum of all allotments.
    pub allotted: Credits,
    /// The allowance without them; less than nothing where the allowance fell below them.
    pub unallocated: Credits,
    pub cards: Vec<DepartmentCard>,
    /// Usage that was charged to no department.
    pub without_department: Credits,
    pub changes: Vec<AllotmentChange>,
    /// The idempotency key of this page's forms.
    pub form_key: String,
    pub department_noun: String,
    pub departments_noun: String,
}

/// One department.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DepartmentCard {
    pub id: String,
    pub name: String,
    /// The most it may use in the year; none: as much as there is.
    pub limit: Option<Credits>,
    pub used: Credits,
    pub held: Credits,
    pub members: u64,
}

impl DepartmentCard {
    /// What its limit leaves; none without a limit.
    pub fn left(&self) -> Option<Credits> {
        let counted = self.used.checked_add(self.held)?;
        Some(self.limit?.checked_sub(counted)?.max(Credits::ZERO))
    }
}

/// An allotment that was set, changed or removed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AllotmentChange {
    pub sequence: u64,
    pub at: Moment,
    pub user: String,
    pub department: String,
    pub from: Option<Credits>,
    pub to: Option<Credits>,
}
