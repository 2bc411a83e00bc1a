//! `POST /v1/reversals`: usage given back to the very lots that paid for it.

use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use super::Api;
use super::answer::{Answer, Answered};
use super::body::Sent;
use super::caller::{Keyed, Reverse};
use super::idempotency::{Once, WriteHeaders};
use super::openapi::Errors;
use super::shape::{Amount, TransactionBody};
use crate::backend::store::journal;
use crate::ledger::{Actor, Command, Order, TransactionKind};
use crate::model::api_errors;

/// Usage to be given back.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewReversal {
    /// The transaction of the settle or the charge.
    #[schema(example = 42)]
    transaction: u64,
    /// How much of it; all that is left of it where this is left out.
    amount: Option<Amount>,
}

/// Reverse
///
/// Gives usage back to the lots that paid for it, with their own expiry; what comes back to a lot whose time
/// is over lapses. Never more than was charged, however often it is asked.
#[utoipa::path(post, path = "/reversals", tag = "Charges and reversals", params(WriteHeaders),
    request_body = NewReversal,
    responses((status = 201, body = TransactionBody, description = "It is booked"), Errors),
    security(("api_key" = ["reverse"])))]
pub async fn reverse(
    State(api): State<Api>,
    caller: Keyed<Reverse>,
    Once(key): Once,
    Sent(new): Sent<NewReversal>,
) -> Answered<TransactionBody> {
    let program = &caller.program;
    let found = match i64::try_from(new.transaction) {
        Ok(_) => journal::find(&api.backend.db, &program.organisation, new.transaction).await?,
        Err(_) => None,
    };
    // What was revoked because its money went back is not a program's to give.
    let is_usage = found.is_some_and(|transaction| {
        matches!(transaction.kind, TransactionKind::Settle { .. } | TransactionKind::Charge)
    });
    if !is_usage {
        let detail = format!("No usage was booked by transaction {}.", new.transaction);
        let kind = api_errors::find("nothing_to_reverse").unwrap_or(&api_errors::NOT_FOUND);
        return Err(kind.problem(detail).into());
    }
    let amount = new.amount.map(|amount| amount.0);
    let command = Command::Reverse { transaction: new.transaction, amount };
    let (actor, occurred_at) = (Actor::Key(program.key.clone()), api.backend.now());
    let order = Order { key, actor, occurred_at, command };
    let receipt = api.backend.engine.submit(&program.organisation, order).await?;
    Ok(Answer::made(TransactionBody::of(&receipt.transaction), receipt.replayed))
}
