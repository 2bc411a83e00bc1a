//! The credits page and the page of one transaction.

use leptos::prelude::*;

use crate::model::Problem;
use crate::model::credits::{CreditsPage, TransactionPage};

/// The credits page. `view` is `usage` (or empty) or `purchases`; the filters narrow usage and are
/// empty where they do not; `before` is the cursor of a later page, or empty.
#[server(endpoint = "load_credits")]
pub async fn load_credits(
    view: String,
    operation: String,
    user: String,
    department: String,
    before: String,
) -> Result<CreditsPage, Problem> {
    use crate::backend::credits::{self, Eyes};
    use crate::model::credits::History;
    use crate::model::permission::Action;

    let (backend, caller) = (super::backend()?, super::caller()?);
    caller.require(Action::ViewCredits)?;
    let query = read::query(&view, &operation, &user, &department)?;
    let before = read::cursor(&before)?;
    let organisation = backend.organisation(&caller.organisation).await.map_err(super::broken)?;
    let page = credits::page(&backend, &organisation, &Eyes::of(&caller), &query, before).await;
    let page = page.map_err(super::broken)?;
    if let History::Usage { chosen, choices, .. } = &page.history {
        read::check_known(chosen, choices)?;
    }
    Ok(page)
}

/// One transaction of the caller's organisation, by its sequence number.
#[server(endpoint = "load_transaction")]
pub async fn load_transaction(sequence: String) -> Result<TransactionPage, Problem> {
    use crate::backend::credits::{Eyes, transaction};
    use crate::model::permission::Action;

    let (backend, caller) = (super::backend()?, super::caller()?);
    caller.require(Action::ViewCredits)?;
    let not_found = || Problem::not_found("transaction");
    let sequence = read::place(&sequence).ok_or_else(not_found)?;
    let organisation = backend.organisation(&caller.organisation).await.map_err(super::broken)?;
    let page = transaction::page(&backend, &organisation, &Eyes::of(&caller), sequence).await;
    page.map_err(super::broken)?.ok_or_else(not_found)
}

/// What stands in the address of the credits page, read for the page and for its files.
#[cfg(feature = "ssr")]
pub mod read {
    use crate::backend::credits::HistoryQuery;
    use crate::backend::store::history::UsageFilter;
    use crate::ledger::{DepartmentId, Operation, UserId};
    use crate::model::Problem;
    use crate::model::credits::{Choice, Choices, UsageChoice};

    /// The list that these texts name; empty filters narrow nothing.
    pub fn query(
        view: &str,
        operation: &str,
        user: &str,
        department: &str,
    ) -> Result<HistoryQuery, Problem> {
        match view {
            "purchases" => Ok(HistoryQuery::Additions),
            "" | "usage" => Ok(HistoryQuery::Usage(filter(operation, user, department)?)),
            _ => Err(Problem::not_found("list")),
        }
    }

    /// The filter that these texts name; an empty one narrows nothing.
    fn filter(operation: &str, user: &str, department: &str) -> Result<UsageFilter, Problem> {
        Ok(UsageFilter {
            operation: named(operation, "operation", |text| Operation::parse(text).ok())?,
            member: named(user, "user", |text| UserId::parse(text).ok())?,
            department: named(department, "department", |text| DepartmentId::parse(text).ok())?,
        })
    }

    fn named<T>(
        text: &str,
        what: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, Problem> {
        if text.is_empty() {
            return Ok(None);
        }
        read(text).map(Some).ok_or_else(|| Problem::not_found(what))
    }

    /// The place in the list that a link to a later page names.
    pub fn cursor(text: &str) -> Result<Option<u64>, Problem> {
        if text.is_empty() {
            return Ok(None);
        }
        place(text).map(Some).ok_or_else(|| Problem::not_found("page of the list"))
    }

    /// A place in the journal; none where the text is none that a journal can have.
    pub fn place(text: &str) -> Option<u64> {
        text.parse().ok().filter(|place| *place <= i64::MAX as u64)
    }

    /// People and departments of other organisations are as unknown as those that do not exist.
    pub fn check_known(chosen: &UsageChoice, choices: &Choices) -> Result<(), Problem> {
        let known = |text: &str, of: &[Choice]| {
            text.is_empty() || of.iter().any(|choice| choice.value == text)
        };
        if !known(&chosen.user, &choices.users) {
            return Err(Problem::not_found("user"));
        }
        if !known(&chosen.department, &choices.departments) {
            return Err(Problem::not_found("department"));
        }
        Ok(())
    }
}
