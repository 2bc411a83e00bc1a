//! `GET /v1/budgets`: the limits that apply now, with what counts against each.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::Api;
use super::answer::{Answer, Answered};
use super::caller::{Keyed, Read};
use super::openapi::Errors;
use super::shape::{Amount, Instant};
use crate::ledger::{Budget, Every, LedgerState, Span, Timestamp, Window};

/// The limits.
#[derive(Serialize, ToSchema)]
pub struct BudgetList {
    /// By subject.
    items: Vec<BudgetBody>,
}

/// A limit on the organisation or a part of it.
#[derive(Serialize, ToSchema)]
pub struct BudgetBody {
    /// Whose it is: `organisation`, `department:dep_…`, `member:usr_…` or `key:key_…`.
    subject: String,
    /// `cap` (may spend up to) or `earmark` (set aside).
    kind: &'static str,
    /// How often it begins anew: `day`, `week`, `month`, `year`, `billing_period`, `once` or `never`.
    window: &'static str,
    /// The most that may be used and held.
    limit: Amount,
    /// What was used in the stretch that is running.
    used: Amount,
    /// What open holds of that stretch have set aside.
    held: Amount,
    /// What may still be held or charged.
    left: Amount,
    /// When the stretch began; null where it always ran.
    from: Option<Instant>,
    /// When the next one begins; null where none does.
    until: Option<Instant>,
}

/// List limits
///
/// Every limit that is set, with what counts against it now.
#[utoipa::path(get, path = "/budgets", tag = "Lots and limits",
    responses((status = 200, body = BudgetList, description = "The limits"), Errors),
    security(("api_key" = ["read"])))]
pub async fn list(State(api): State<Api>, caller: Keyed<Read>) -> Answered<BudgetList> {
    let now = api.backend.now();
    let organisation = &caller.program.organisation;
    let items = api.backend.engine.read(organisation, move |state| budgets(state, now)).await?;
    Ok(Answer::ok(BudgetList { items }))
}

fn budgets(state: &LedgerState, now: Timestamp) -> Vec<BudgetBody> {
    let state = state.caught_up(now);
    let subjects = state.budgets().map(|budget| budget.subject.clone());
    let current = subjects
        .filter_map(|subject| state.budget_at(&subject, now).map(|budget| BudgetBody::of(&budget)));
    current.collect()
}

impl BudgetBody {
    fn of(budget: &Budget) -> Self {
        let Span { from, until } = budget.span;
        BudgetBody {
            subject: budget.subject.to_string(),
            kind: budget.kind.code(),
            window: window(budget.window),
            limit: Amount(budget.limit),
            used: Amount(budget.used),
            held: Amount(budget.held),
            left: Amount(budget.left()),
            from: (from != Span::ALWAYS.from).then_some(Instant(from)),
            until: (until != Span::ALWAYS.until).then_some(Instant(until)),
        }
    }
}

const fn window(window: Window) -> &'static str {
    match window {
        Window::Forever => "never",
        Window::Between { .. } => "once",
        Window::Every(Every::Day) => "day",
        Window::Every(Every::Week) => "week",
        Window::Every(Every::Month) => "month",
        Window::Every(Every::Year) => "year",
        Window::Every(Every::BillingPeriod) => "billing_period",
    }
}
