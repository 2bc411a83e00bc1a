//! Usage analytics.
#![expect(clippy::too_many_arguments, reason = "one argument a word of the address")]

use leptos::prelude::*;

use crate::model::Problem;
use crate::model::analytics::AnalyticsPage;

/// What was used, as the words of the address ask; empty ones narrow nothing. Whoever may not see the team's
/// consumption sees their own.
#[server(endpoint = "load_analytics")]
pub async fn load_analytics(
    period: String,
    from: String,
    to: String,
    by: String,
    operation: String,
    user: String,
    department: String,
    key: String,
) -> Result<AnalyticsPage, Problem> {
    use crate::backend::analytics;
    use crate::model::analytics::AnalyticsChoice;
    use crate::model::permission::Action;

    let (backend, caller) = (super::backend()?, super::caller()?);
    caller.require(Action::ViewCredits)?;
    let organisation = backend.organisation(&caller.organisation).await.map_err(super::broken)?;
    let choice = AnalyticsChoice { period, from, to, by, operation, user, department, key };
    let question = read::question(&backend, &caller, &organisation, choice).await;
    let question = question.map_err(said)?;
    analytics::page(&backend, &organisation, question).await.map_err(said)
}

#[cfg(feature = "ssr")]
fn said(error: crate::backend::analytics::question::NoAnswer) -> Problem {
    match error {
        crate::backend::analytics::question::NoAnswer::Refused(problem) => *problem,
        error => super::broken(error),
    }
}

/// What stands in the address, read for the page and for its files.
#[cfg(feature = "ssr")]
pub mod read {
    use crate::backend::access::Caller;
    use crate::backend::analytics::question::{NoAnswer, Question, Scope};
    use crate::backend::state::Backend;
    use crate::backend::store::organisation::Organisation;
    use crate::model::analytics::AnalyticsChoice;
    use crate::model::permission::{Action, may};

    /// The question of this caller: whoever may see the team's consumption asks about everybody, the
    /// others about themselves.
    pub async fn question(
        backend: &Backend,
        caller: &Caller,
        organisation: &Organisation,
        choice: AnalyticsChoice,
    ) -> Result<Question, NoAnswer> {
        let everyone = may(caller.role, Action::ViewTeam);
        let scope = Scope { user: caller.user.clone(), everyone };
        Question::read(backend, organisation, scope, choice).await
    }
}
