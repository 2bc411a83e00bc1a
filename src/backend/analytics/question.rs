//! What is asked of the analytics, read from an address and held against what there is.

use crate::backend::balance::ReadError;
use crate::backend::credits::choices;
use crate::backend::state::Backend;
use crate::backend::store::api_key;
use crate::backend::store::organisation::Organisation;
use crate::backend::store::usage_day::DayFilter;
use crate::ledger::UserId;
use crate::model::Problem;
use crate::model::analytics::{AnalyticsChoice, Period, Step};
use crate::model::credits::{Choice, Choices};

use super::period::{Look, NoDays, Range, look, step};

/// Whose usage somebody may look at.
#[derive(Clone, Debug)]
pub struct Scope {
    /// Who looks.
    pub user: UserId,
    /// Whether they may look at everybody's.
    pub everyone: bool,
}

/// What is asked.
#[derive(Clone, Debug)]
pub struct Question {
    /// As the address has it, and for who sees only their own usage without anybody else.
    pub choice: AnalyticsChoice,
    pub period: Period,
    pub look: Look,
    pub step: Step,
    pub scope: Scope,
    /// What the filters offer.
    pub choices: Choices,
    /// The keys that they offer.
    pub keys: Vec<Choice>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum NoAnswer {
    /// What was asked cannot be looked at.
    #[error("{}", .0.detail)]
    Refused(Box<Problem>),
    /// The ledger cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
}

impl From<Problem> for NoAnswer {
    fn from(problem: Problem) -> Self {
        NoAnswer::Refused(Box::new(problem))
    }
}

impl Question {
    /// Reads what stands in the address.
    ///
    /// # Errors
    /// It names what is not there, or days that cannot be looked at.
    pub async fn read(
        backend: &Backend,
        organisation: &Organisation,
        scope: Scope,
        mut choice: AnalyticsChoice,
    ) -> Result<Question, NoAnswer> {
        let zone = backend.zone(organisation)?;
        let period = word::<Period>(&choice.period, "period")?.unwrap_or_default();
        let asked = word::<Step>(&choice.by, "by")?;
        let look = look(period, (&choice.from, &choice.to), zone.day(backend.now()));
        let look = look.map_err(refused)?;
        let mut choices = choices(backend, organisation).await?;
        let mut keys = keys(backend, organisation).await?;
        if !scope.everyone {
            choice.user = String::new();
            choice.key = String::new();
            choices.users.clear();
            keys.clear();
        }
        let known = [
            (&choice.user, &choices.users, "user"),
            (&choice.department, &choices.departments, "department"),
            (&choice.key, &keys, "API key"),
        ];
        for (text, of, what) in known {
            if !text.is_empty() && !of.iter().any(|one| one.value == *text) {
                return Err(Problem::not_found(what).into());
            }
        }
        let step = step(asked, look.days);
        Ok(Question { choice, period, look, step, scope, choices, keys })
    }

    /// The filter of some days.
    pub fn filter(&self, days: Range) -> DayFilter {
        let choice = &self.choice;
        let member = match self.scope.everyone {
            true => choice.user.clone(),
            false => self.scope.user.to_string(),
        };
        DayFilter {
            from: days.from.to_string(),
            to: days.to.to_string(),
            operation: choice.operation.clone(),
            department: choice.department.clone(),
            member,
            key: choice.key.clone(),
        }
    }
}

fn word<T: std::str::FromStr>(text: &str, what: &str) -> Result<Option<T>, NoAnswer> {
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| Problem::not_found(what).into())
}

fn refused(problem: NoDays) -> NoAnswer {
    Problem::invalid_field("from", problem.to_string()).into()
}

async fn keys(backend: &Backend, organisation: &Organisation) -> Result<Vec<Choice>, ReadError> {
    let keys = api_key::list(&backend.db, &organisation.id, backend.now()).await?;
    let choice = |listed: api_key::ListedKey| Choice {
        value: listed.key.id.to_string(),
        label: listed.key.name,
    };
    Ok(keys.into_iter().map(choice).collect())
}
