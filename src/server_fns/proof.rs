//! How a balance is made.

use leptos::prelude::*;

use crate::model::Problem;
use crate::model::proof::ProofPage;

/// The page. `as_of` is an instant, or empty for now: a clock reading in the organisation's zone
/// (`2026-11-27T21:15`, to the microsecond where that is wanted) or one with its offset. `period` is
/// `month` or empty.
#[server(endpoint = "load_proof")]
pub async fn load_proof(as_of: String, period: String) -> Result<ProofPage, Problem> {
    use crate::backend::credits::Eyes;
    use crate::backend::proof::{self, Period, Question};
    use crate::model::permission::Action;

    let (backend, caller) = (super::backend()?, super::caller()?);
    caller.require(Action::ViewCredits)?;
    let organisation = backend.organisation(&caller.organisation).await.map_err(super::broken)?;
    let zone = backend.zone(&organisation).map_err(super::broken)?;
    let wrong = |message: &str| {
        Problem::invalid_field("as_of", message).with_cure("Write a date and time of the past.")
    };
    let as_of = match as_of.trim() {
        "" => None,
        text => Some(zone.instant_of(text).ok_or_else(|| wrong("That is no date with its time."))?),
    };
    if as_of.is_some_and(|at| at > backend.now()) {
        return Err(wrong("That instant is still to come."));
    }
    let period = match period.as_str() {
        "" | "beginning" => Period::Beginning,
        "month" => Period::Month,
        _ => return Err(Problem::not_found("period")),
    };
    let eyes = Eyes::of(&caller);
    let page = proof::page(&backend, &organisation, &eyes, Question { as_of, period }).await;
    page.map_err(super::broken)
}
