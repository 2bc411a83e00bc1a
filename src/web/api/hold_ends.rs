//! `POST /v1/holds/{id}/settle | release | extend`: how a hold ends, or stands longer.
//!
//! Only holds that programs made: work that people run in the app ends by itself.

use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use super::Api;
use super::answer::{Answer, Answered, Refused};
use super::body::{Id, Sent};
use super::caller::{Keyed, Spend};
use super::cursor::wrong;
use super::holds::{deadline, hold_id};
use super::idempotency::{Once, WriteHeaders};
use super::openapi::Errors;
use super::shape::{Amount, TransactionBody};
use crate::backend::access::api_keys::Program;
use crate::backend::engine::SubmitError;
use crate::ledger::{Actor, Command, Credits, HoldId, IdempotencyKey, LedgerState, Order};
use crate::model::Problem;

/// What the work took.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Settling {
    /// What was used, 0 or more. What was held beyond it goes back.
    amount: Amount,
}

/// Nothing: the hold is in the address.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Releasing {}

/// What a hold gets more of: credits, time, or both.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Extending {
    /// How much more to set aside.
    by: Option<Amount>,
    /// Seconds from now until it ends by itself; later than it does.
    #[schema(minimum = 1, maximum = 2592000, example = 900)]
    expires_in: Option<i64>,
}

/// Settle a hold
///
/// Books what the work took, and gives the rest back. More than was held is what the hold's `over_settle`
/// says. A hold is settled once; a settle after its time draws anew from what there is.
#[utoipa::path(post, path = "/holds/{id}/settle", tag = "Holds", request_body = Settling,
    params(("id" = String, Path, description = "The hold: `hold_…`"), WriteHeaders),
    responses((status = 200, body = TransactionBody, description = "It is booked"), Errors),
    security(("api_key" = ["spend"])))]
pub async fn settle(
    State(api): State<Api>,
    caller: Keyed<Spend>,
    Id(id): Id,
    Once(key): Once,
    Sent(settling): Sent<Settling>,
) -> Answered<TransactionBody> {
    let hold = hold_id(&id)?;
    let command = Command::Settle { hold: hold.clone(), amount: settling.amount.0 };
    api.end(&caller.program, hold, key, command).await
}

/// Release a hold
///
/// Gives all of it back: the work failed or was called off. Released twice it is released once.
#[utoipa::path(post, path = "/holds/{id}/release", tag = "Holds", request_body = Releasing,
    params(("id" = String, Path, description = "The hold: `hold_…`"), WriteHeaders),
    responses((status = 200, body = TransactionBody, description = "It is booked"), Errors),
    security(("api_key" = ["spend"])))]
pub async fn release(
    State(api): State<Api>,
    caller: Keyed<Spend>,
    Id(id): Id,
    Once(key): Once,
    Sent(Releasing {}): Sent<Releasing>,
) -> Answered<TransactionBody> {
    let hold = hold_id(&id)?;
    let command = Command::Release { hold: hold.clone() };
    api.end(&caller.program, hold, key, command).await
}

/// Extend a hold
///
/// Sets more aside, lets it stand longer, or both.
#[utoipa::path(post, path = "/holds/{id}/extend", tag = "Holds", request_body = Extending,
    params(("id" = String, Path, description = "The hold: `hold_…`"), WriteHeaders),
    responses((status = 200, body = TransactionBody, description = "It is booked"), Errors),
    security(("api_key" = ["spend"])))]
pub async fn extend(
    State(api): State<Api>,
    caller: Keyed<Spend>,
    Id(id): Id,
    Once(key): Once,
    Sent(extending): Sent<Extending>,
) -> Answered<TransactionBody> {
    let hold = hold_id(&id)?;
    let now = api.backend.now();
    if extending.by.is_none() && extending.expires_in.is_none() {
        return Err(wrong("by", "Say how much more, or for how long.".into()).into());
    }
    let until = extending.expires_in.map(|seconds| deadline(seconds, now)).transpose()?;
    let by = extending.by.map_or(Credits::ZERO, |by| by.0);
    let command = Command::ExtendHold { hold: hold.clone(), by, deadline: until };
    api.end(&caller.program, hold, key, command).await
}

impl Api {
    async fn end(
        &self,
        program: &Program,
        hold: HoldId,
        key: IdempotencyKey,
        command: Command,
    ) -> Answered<TransactionBody> {
        let actor = Actor::Key(program.key.clone());
        let order = Order { key, actor, occurred_at: self.backend.now(), command };
        let is_of_a_program = move |state: &LedgerState| {
            state.hold(&hold).is_none_or(|hold| hold.attribution.key.is_some())
        };
        let engine = &self.backend.engine;
        match engine.submit_if(&program.organisation, order, is_of_a_program).await {
            Ok(receipt) => {
                let body = TransactionBody::of(&receipt.transaction);
                Ok(Answer::done(body, receipt.replayed))
            }
            Err(SubmitError::Unmet) => Err(Refused::from(Problem::not_found("hold"))),
            Err(error) => Err(error.into()),
        }
    }
}
