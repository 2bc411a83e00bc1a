//! `POST /v1/charges`: hold and settle in one step, for work already done.

use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use super::Api;
use super::answer::{Answer, Answered};
use super::body::Sent;
use super::caller::{Keyed, Spend};
use super::idempotency::{Once, WriteHeaders};
use super::openapi::Errors;
use super::purpose::Named;
use super::shape::{Amount, TransactionBody};
use crate::ledger::{Actor, Command, DepartmentId, Operation, Order, ReportId, UserId};

/// Work that is done.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCharge {
    /// What was used: more than 0.
    amount: Amount,
    /// What it was for, as the rate card names it.
    #[schema(value_type = Option<String>, example = "chat")]
    operation: Option<Operation>,
    /// The department that pays: `dep_…`. By default the key's own, else the member's.
    #[schema(value_type = Option<String>)]
    department: Option<DepartmentId>,
    /// The person it was for: `usr_…`.
    #[schema(value_type = Option<String>)]
    member: Option<UserId>,
    /// The piece of work it belongs to: `rep_…`.
    #[schema(value_type = Option<String>)]
    report: Option<ReportId>,
}

/// Charge
///
/// Books usage at once. Refused with 402 like a hold; work that may be refused should hold before it starts.
#[utoipa::path(post, path = "/charges", tag = "Charges and reversals", params(WriteHeaders),
    request_body = NewCharge,
    responses((status = 201, body = TransactionBody, description = "It is booked"), Errors),
    security(("api_key" = ["spend"])))]
pub async fn charge(
    State(api): State<Api>,
    caller: Keyed<Spend>,
    Once(key): Once,
    Sent(new): Sent<NewCharge>,
) -> Answered<TransactionBody> {
    let program = &caller.program;
    let named = Named {
        operation: new.operation,
        department: new.department,
        member: new.member,
        report: new.report,
        quote: None,
    };
    let attribution = api.attribution(program, named).await?;
    let command = Command::Charge { amount: new.amount.0, attribution };
    let (actor, occurred_at) = (Actor::Key(program.key.clone()), api.backend.now());
    let order = Order { key, actor, occurred_at, command };
    let receipt = api.backend.engine.submit(&program.organisation, order).await?;
    Ok(Answer::made(TransactionBody::of(&receipt.transaction), receipt.replayed))
}
