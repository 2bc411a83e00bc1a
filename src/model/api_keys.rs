//! API keys: what a key may do, who may give that, and the page *Developers* that shows them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::ledger::Credits;
use crate::model::Moment;
use crate::model::members::DepartmentChoice;
use crate::model::permission::{Action, Role, may};

/// Characters that a key's name may have.
pub const LONGEST_NAME: usize = 60;
/// The code of the answer that carries a new secret in `numbers["secret"]`: it has status 200 and the
/// shape of a problem, because the secret is shown once, on the form's own page.
pub const SECRET_ISSUED: &str = "api_key_secret_issued";

/// One thing that a key may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Balance, holds, transactions, usage, reports, lots, budgets and the live stream.
    Read,
    /// Quotes, holds and how they end, charges, reports.
    Spend,
    /// Giving back what was used.
    Reverse,
    /// Granting credits: only keys that staff made.
    Grant,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Scope; 4] = [Scope::Read, Scope::Spend, Scope::Reverse, Scope::Grant];

    /// The name as stored and sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Scope::Read => "read",
            Scope::Spend => "spend",
            Scope::Reverse => "reverse",
            Scope::Grant => "grant",
        }
    }

    /// What it lets a program do, for people.
    pub const fn description(self) -> &'static str {
        match self {
            Scope::Read => "see balance, usage, history, lots and limits",
            Scope::Spend => "quote, hold, settle, release and charge credits",
            Scope::Reverse => "give back credits that were used",
            Scope::Grant => "grant credits, as those who run the installation may",
        }
    }

    /// Whether someone in this role may give it to a key: nobody gives more than they have.
    pub fn may_be_given_by(self, role: Role, staff: bool) -> bool {
        match self {
            Scope::Read => may(role, Action::ViewTeam),
            Scope::Spend => may(role, Action::RunAnalysis),
            Scope::Reverse => may(role, Action::ManageApiKeys),
            Scope::Grant => staff,
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

/// A text that names no scope.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a scope is read, spend, reverse or grant")]
pub struct UnknownScope;

impl FromStr for Scope {
    type Err = UnknownScope;

    fn from_str(text: &str) -> Result<Self, UnknownScope> {
        Scope::ALL.into_iter().find(|scope| scope.as_str() == text).ok_or(UnknownScope)
    }
}

/// What a key may do; in the order of [`Scope::ALL`], each once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scopes(Vec<Scope>);

impl Scopes {
    /// These, each once.
    pub fn of(scopes: impl IntoIterator<Item = Scope>) -> Self {
        let mut scopes: Vec<Scope> = scopes.into_iter().collect();
        scopes.sort_unstable();
        scopes.dedup();
        Scopes(scopes)
    }

    /// Whether it is among them.
    pub fn contains(&self, scope: Scope) -> bool {
        self.0.contains(&scope)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// One after the other.
    pub fn iter(&self) -> impl Iterator<Item = Scope> {
        self.0.iter().copied()
    }

    /// The same without this one.
    pub fn without(mut self, scope: Scope) -> Self {
        self.0.retain(|one| *one != scope);
        self
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.iter().map(Scope::as_str).collect();
        formatter.pad(&names.join(" "))
    }
}

impl FromStr for Scopes {
    type Err = UnknownScope;

    fn from_str(text: &str) -> Result<Self, UnknownScope> {
        text.split_whitespace().map(Scope::from_str).collect::<Result<Vec<_>, _>>().map(Scopes::of)
    }
}

/// How often a key's own limit begins anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CapWindow {
    Day,
    Month,
    Ever,
}

impl CapWindow {
    /// Every window, in the order in which they are offered.
    pub const ALL: [CapWindow; 3] = [CapWindow::Month, CapWindow::Day, CapWindow::Ever];

    /// The name in a form.
    pub const fn as_str(self) -> &'static str {
        match self {
            CapWindow::Day => "day",
            CapWindow::Month => "month",
            CapWindow::Ever => "ever",
        }
    }

    /// "a month", after a number of credits.
    pub const fn label(self) -> &'static str {
        match self {
            CapWindow::Day => "a day",
            CapWindow::Month => "a month",
            CapWindow::Ever => "in all",
        }
    }
}

impl FromStr for CapWindow {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = CapWindow::ALL.into_iter().find(|window| window.as_str() == text);
        found.ok_or_else(|| "Choose a day, a month or ever.".to_owned())
    }
}

/// The page *Developers*.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DevelopersView {
    /// The keys that work, the newest first.
    pub keys: Vec<ApiKeyLine>,
    /// The keys that were revoked, the newest first.
    pub revoked: Vec<ApiKeyLine>,
    /// What the viewer may let a key do.
    pub scopes: Vec<Scope>,
    /// The departments in use that a key may be charged to.
    pub departments: Vec<DepartmentChoice>,
    /// The API's address: `https://…/v1`.
    pub base: String,
    /// Whether no money moves here, so that keys are test keys.
    pub is_test: bool,
    /// The key of the forms on this page.
    pub form_key: String,
}

/// One key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKeyLine {
    pub id: String,
    pub name: String,
    /// How its secret begins.
    pub prefix: String,
    pub scopes: Scopes,
    /// The department that pays, when it is a certain one.
    pub department: Option<String>,
    pub cap: Option<CapLine>,
    pub last_used: Option<Moment>,
    pub created: Moment,
    /// Who made it.
    pub created_by: String,
    /// How often its secret was renewed.
    pub rotation: i64,
    /// Until when the secret before still works.
    pub overlap: Option<Moment>,
    pub revoked: Option<Moment>,
}

/// A key's own limit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CapLine {
    pub limit: Credits,
    /// Used and held in the window that is running.
    pub used: Credits,
    pub window: CapWindow,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_read_back_from_their_words_in_one_order_and_once() {
        let scopes: Scopes = "spend read spend".parse().unwrap();
        assert_eq!(scopes.to_string(), "read spend");
        assert_eq!("read write".parse::<Scopes>(), Err(UnknownScope));
    }

    #[test]
    fn nobody_gives_a_key_more_than_they_have() {
        assert!(!Scope::Read.may_be_given_by(Role::Member, false));
        assert!(Scope::Spend.may_be_given_by(Role::Member, false));
        assert!(!Scope::Grant.may_be_given_by(Role::Superadmin, false));
        assert!(Scope::Grant.may_be_given_by(Role::Admin, true));
    }
}
