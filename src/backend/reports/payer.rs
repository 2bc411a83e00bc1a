//! Who pays for an analysis, what would be left, and who can help where it is not enough.

use super::ReportError;
use crate::backend::access::{AccessError, Caller, who_may};
use crate::backend::state::Backend;
use crate::backend::store::{StoreError, budget};
use crate::ledger::{Attribution, Budget, Refusal, Subject};
use crate::model::Problem;
use crate::model::format::credits_phrase;
use crate::model::permission::{Action, may};
use crate::model::reports::{Payer, PayerLimit};

/// Names of people to ask that a page shows at most.
const PEOPLE_TO_ASK: usize = 3;

/// Who pays for what the caller starts now.
pub(super) async fn payer(backend: &Backend, caller: &Caller) -> Result<Payer, ReportError> {
    let balance = backend.balance_view(&caller.organisation).await?;
    let attribution = Attribution {
        department: caller.department.clone(),
        member: Some(caller.user.clone()),
        ..Attribution::default()
    };
    let now = backend.now();
    let budgets = budget::all(&backend.db, &caller.organisation).await?;
    let applies =
        |budget: &&Budget| budget.subject.covers(&attribution) && budget.span.contains(now);
    Ok(Payer {
        organisation: caller.organisation_name.clone(),
        available: balance.available,
        department: caller.department_name.clone(),
        limits: budgets.iter().filter(applies).map(|budget| limit(budget, caller)).collect(),
        may_buy: may(caller.role, Action::BuyCredits),
        may_allot: may(caller.role, Action::ManageDepartments),
        buyers: people(backend, caller, Action::BuyCredits).await?,
        allotters: people(backend, caller, Action::ManageDepartments).await?,
    })
}

fn limit(budget: &Budget, caller: &Caller) -> PayerLimit {
    let of = match &budget.subject {
        Subject::Department(_) => caller.department_name.clone().unwrap_or_default(),
        Subject::Organisation => caller.organisation_name.clone(),
        Subject::Member(_) => "You".to_owned(),
        Subject::Key(_) => "The API key".to_owned(),
    };
    PayerLimit { of, limit: budget.limit, left: budget.left() }
}

/// The refusal as a problem, with what this caller can do about it or whom they can ask.
pub(super) async fn with_cure(
    backend: &Backend,
    caller: &Caller,
    refusal: Refusal,
) -> Result<Problem, ReportError> {
    let (needs, deed) = match &refusal {
        Refusal::InsufficientCredits { shortfall, .. } | Refusal::Earmarked { shortfall, .. } => {
            (Action::BuyCredits, format!("buy at least {}", credits_phrase(*shortfall)))
        }
        Refusal::BudgetExceeded { subject, asked, left, .. } => {
            let missing = asked.checked_sub(*left).unwrap_or(*asked);
            let deed = format!(
                "raise the {}'s limit by at least {}",
                subject.noun(),
                credits_phrase(missing)
            );
            (Action::ManageDepartments, deed)
        }
        _ => return Ok(Problem::from(refusal)),
    };
    let cure = if may(caller.role, needs) {
        format!("You can {deed}, or leave something out.")
    } else {
        format!(
            "Ask {} to {deed}, or leave something out.",
            named(&people(backend, caller, needs).await?, needs)
        )
    };
    Ok(Problem::from(refusal).with_cure(cure))
}

async fn people(
    backend: &Backend,
    caller: &Caller,
    action: Action,
) -> Result<Vec<String>, ReportError> {
    let people = who_may(&backend.db, &caller.organisation, action).await.map_err(store_error)?;
    Ok(people.into_iter().map(|person| person.name).take(PEOPLE_TO_ASK).collect())
}

/// "Ada Lovelace or Alan Turing", or the roles where nobody has them.
fn named(people: &[String], action: Action) -> String {
    if people.is_empty() { action.who_may() } else { people.join(" or ") }
}

fn store_error(error: AccessError) -> StoreError {
    match error {
        AccessError::Store(error) => error,
        other => StoreError::corrupt("membership", "the people to ask", other),
    }
}
