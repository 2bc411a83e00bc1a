//! Budgets: limits on what may be spent, for the whole organisation or a part of it.
//!
//! A subject has at most one budget; setting another replaces it. Credits count in the window that
//! contains the instant at which they were held (for a charge, and for a settle after the hold's
//! deadline: the instant at which they were charged), whenever they are settled or given back.
//!
//! **Kinds.** A *cap* lets its subject spend up to the limit from the common pool. An *earmark* is a
//! cap whose unused part is also set aside: others cannot spend it.
//!
//! **Windows that begin anew** (every day, week, month, year, billing period) are worked out from the
//! organisation's [`Calendar`](super::calendar::Calendar). A budget keeps the one that is running;
//! the first credits that count in a later one begin it, with nothing used. Where the calendar or the
//! plan changed meanwhile, the next stretch begins no earlier than the one before it ended.
//!
//! **What was spent before a budget was set.** An allotment "500 for this year" must count what was
//! already used this year, but a state keeps no history. So `SetBudget` carries `used_so_far`, which
//! the engine reads inside the same version (it asks
//! [`LedgerState::usage_wanted`](super::state::LedgerState::usage_wanted) what to read), and the
//! transaction keeps the figure it started from, so that replaying needs no outside knowledge and
//! `scrip verify` can prove it against the rows before. A changed limit for the same window keeps
//! the state's own figure. What is held is always counted from the open holds.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::attribution::Attribution;
use super::calendar::{Every, Span};
use super::credits::Credits;
use super::id::{ApiKeyId, DepartmentId, UserId};
use super::terms::Terms;
use super::time::Timestamp;

/// Whose spending is limited. As text: `organisation`, `department:dep_…`, `member:usr_…`,
/// `key:key_…`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Subject {
    /// Everyone.
    Organisation,
    /// One department.
    Department(DepartmentId),
    /// One person.
    Member(UserId),
    /// One API key.
    Key(ApiKeyId),
}

/// A text that names no subject of a budget.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("a subject is written organisation, department:dep_…, member:usr_… or key:key_…")]
pub struct SubjectError;

impl Subject {
    /// Every subject whose budget applies to `attribution`, the widest first.
    pub fn all_of(attribution: &Attribution) -> impl Iterator<Item = Subject> {
        let department = attribution.department.clone().map(Subject::Department);
        let member = attribution.member.clone().map(Subject::Member);
        let key = attribution.key.clone().map(Subject::Key);
        std::iter::once(Subject::Organisation).chain(department).chain(member).chain(key)
    }

    /// Whether what is spent under `attribution` counts for this subject.
    pub fn covers(&self, attribution: &Attribution) -> bool {
        match self {
            Subject::Organisation => true,
            Subject::Department(id) => attribution.department.as_ref() == Some(id),
            Subject::Member(id) => attribution.member.as_ref() == Some(id),
            Subject::Key(id) => attribution.key.as_ref() == Some(id),
        }
    }

    /// What kind of subject it is, in a word for people.
    pub const fn noun(&self) -> &'static str {
        match self {
            Subject::Organisation => "organisation",
            Subject::Department(_) => "department",
            Subject::Member(_) => "member",
            Subject::Key(_) => "API key",
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Subject::Organisation => formatter.write_str("organisation"),
            Subject::Department(id) => write!(formatter, "department:{id}"),
            Subject::Member(id) => write!(formatter, "member:{id}"),
            Subject::Key(id) => write!(formatter, "key:{id}"),
        }
    }
}

impl FromStr for Subject {
    type Err = SubjectError;

    fn from_str(text: &str) -> Result<Self, SubjectError> {
        if text == "organisation" {
            return Ok(Subject::Organisation);
        }
        match text.split_once(':').ok_or(SubjectError)? {
            ("department", id) => {
                DepartmentId::parse(id).map(Subject::Department).map_err(|_| SubjectError)
            }
            ("member", id) => UserId::parse(id).map(Subject::Member).map_err(|_| SubjectError),
            ("key", id) => ApiKeyId::parse(id).map(Subject::Key).map_err(|_| SubjectError),
            _ => Err(SubjectError),
        }
    }
}

impl TryFrom<String> for Subject {
    type Error = SubjectError;

    fn try_from(text: String) -> Result<Self, SubjectError> {
        text.parse()
    }
}

impl From<Subject> for String {
    fn from(subject: Subject) -> String {
        subject.to_string()
    }
}

/// What kind of limit a budget is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BudgetKind {
    /// "May spend up to": nothing is set aside for the subject.
    Cap,
    /// "Set aside": what the subject has not used is kept from all others.
    Earmark,
}

impl BudgetKind {
    /// The name that the journal and the API use.
    pub const fn code(self) -> &'static str {
        match self {
            BudgetKind::Cap => "cap",
            BudgetKind::Earmark => "earmark",
        }
    }
}

/// When a budget applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Window {
    /// Always, counting from the beginning.
    Forever,
    /// From `from` up to, but not at, `until`.
    Between {
        /// The first instant of the window.
        from: Timestamp,
        /// The first instant after it.
        until: Timestamp,
    },
    /// Again and again.
    Every(Every),
}

impl Window {
    /// The stretch of the window that contains `instant`, or its only one.
    pub fn span(&self, terms: &Terms, instant: Timestamp) -> Span {
        match *self {
            Window::Forever => Span::ALWAYS,
            Window::Between { from, until } => Span { from, until },
            Window::Every(every) => terms.span(every, instant),
        }
    }
}

/// A limit on one subject, with what counts against it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Budget {
    /// Whose spending is limited.
    pub subject: Subject,
    /// What kind of limit it is.
    pub kind: BudgetKind,
    /// When it applies.
    pub window: Window,
    /// The stretch of the window that is counted.
    pub span: Span,
    /// The most that may be settled and held in the window; exactly this much passes.
    pub limit: Credits,
    /// What was settled in that stretch and not given back.
    pub used: Credits,
    /// What open holds made in that stretch have set aside.
    pub held: Credits,
}

impl Budget {
    /// What may still be held or charged in the window; nothing where the limit was lowered below
    /// what is used and held already.
    pub fn left(&self) -> Credits {
        let counted = self.used.checked_add(self.held).unwrap_or(Credits::MAX);
        self.limit.checked_sub(counted).unwrap_or(Credits::ZERO).max(Credits::ZERO)
    }

    /// The budget as credits counted at `instant` find it: anew where a later stretch has begun.
    pub fn at(&self, terms: &Terms, instant: Timestamp) -> Cow<'_, Budget> {
        if !matches!(self.window, Window::Every(_)) || instant < self.span.until {
            return Cow::Borrowed(self);
        }
        let next = self.window.span(terms, instant);
        let span = Span { from: next.from.max(self.span.until), ..next };
        Cow::Owned(Budget { span, used: Credits::ZERO, held: Credits::ZERO, ..self.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_subject_is_read_back_from_its_text() {
        for text in ["organisation", "department:dep_1", "member:usr_1", "key:key_1"] {
            assert_eq!(text.parse::<Subject>().unwrap().to_string(), text);
        }
        for text in ["", "department", "department:usr_1", "team:dep_1"] {
            assert_eq!(text.parse::<Subject>(), Err(SubjectError), "{text}");
        }
    }

    #[test]
    fn a_span_contains_its_first_instant_and_not_its_last() {
        let window = Window::Between { from: Timestamp(10), until: Timestamp(20) };
        let span = window.span(&Terms::default(), Timestamp(15));
        assert_eq!(
            [9, 10, 19, 20].map(|at| span.contains(Timestamp(at))),
            [false, true, true, false]
        );
    }
}
