//! What members ask their admins for.

use leptos::prelude::*;

use crate::model::Problem;
use crate::model::asks::{AskPage, AsksPage};

/// The page on which the caller asks, with what they asked before.
#[server(endpoint = "load_ask")]
pub async fn load_ask() -> Result<AskPage, Problem> {
    use crate::model::permission::Action;

    let (backend, caller) = (super::backend()?, super::caller()?);
    caller.require(Action::AskAdmins)?;
    let organisation = backend.organisation(&caller.organisation).await.map_err(super::broken)?;
    context::page(&backend, &organisation, &caller).await.map_err(context::told)
}

/// Asks the admins for credits, or to look at the balance.
#[server(endpoint = "ask_admins")]
pub async fn ask_admins(
    about: String,
    amount: Option<String>,
    message: String,
    form_key: String,
) -> Result<(), Problem> {
    use crate::model::permission::Action;

    let (backend, caller) = (super::backend()?, super::caller()?);
    caller.require(Action::AskAdmins)?;
    let about = about.parse().map_err(|_| Problem::not_found("subject"))?;
    let amount = amount.unwrap_or_default();
    let wanted = context::Wanted { about, amount: &amount, message: &message, form_key: &form_key };
    context::ask(&backend, &caller, wanted).await.map_err(context::told)?;
    super::answer::redirect("/credits/ask?asked=yes#asks");
    Ok(())
}

/// What members ask for.
#[server(endpoint = "load_asks")]
pub async fn load_asks() -> Result<AsksPage, Problem> {
    use crate::model::permission::Action;

    let (backend, caller) = (super::backend()?, super::caller()?);
    caller.require(Action::AnswerAsks)?;
    let organisation = backend.organisation(&caller.organisation).await.map_err(super::broken)?;
    context::asks(&backend, &organisation).await.map_err(context::told)
}

/// Answers one of them: `state` is `done` or `declined`.
#[server(endpoint = "answer_ask")]
pub async fn answer_ask(id: String, state: String, answer: String) -> Result<(), Problem> {
    use crate::model::asks::AskState;
    use crate::model::permission::Action;

    let (backend, caller) = (super::backend()?, super::caller()?);
    caller.require(Action::AnswerAsks)?;
    let state = state.parse().ok().filter(|state| *state != AskState::Open);
    let state = state.ok_or_else(|| Problem::invalid_field("state", "Choose one of the two."))?;
    context::answer(&backend, &caller, &id, state, &answer).await.map_err(context::told)?;
    super::answer::redirect("/team/asks");
    Ok(())
}

#[cfg(feature = "ssr")]
mod context {
    use crate::backend::asks::AskError;
    use crate::model::Problem;

    pub use crate::backend::asks::{Wanted, answer, ask, asks, page};

    pub fn told(error: AskError) -> Problem {
        match error {
            AskError::Refused(problem) => problem,
            AskError::Read(error) => crate::server_fns::broken(error),
        }
    }
}
