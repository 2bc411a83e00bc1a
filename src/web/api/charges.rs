//! `POST /v1/charges`: hold and settle in one step, for work already done.

use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use super::Api;
use super::answer::{Answer, Answered, Refused};
use super::body::Sent;
use super::caller::{Keyed, Spend};
use super::cursor::wrong;
use super::idempotency::{Once, WriteHeaders};
use super::openapi::Errors;
use super::purpose::Named;
use super::quotes::operation_of;
use super::shape::{Amount, TransactionBody};
use crate::backend::access::api_keys::Program;
use crate::ledger::{
    Actor, Command, Credits, DepartmentId, Operation, Order, QuoteId, ReportId, UserId,
};

/// Work that is done.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCharge {
    /// What was used: more than 0, and no more than the quote's `most` where there is one. May be left out where
    /// the quote is exact.
    amount: Option<Amount>,
    /// The quote that it was done for: `quo_…`. It also says the operation.
    #[schema(value_type = Option<String>)]
    quote: Option<QuoteId>,
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
    let priced = api.charged(program, &new).await?;
    let named = Named {
        operation: priced.operation,
        department: new.department,
        member: new.member,
        report: new.report,
        quote: new.quote,
    };
    let attribution = api.attribution(program, named).await?;
    let command = Command::Charge { amount: priced.amount, attribution };
    let (actor, occurred_at) = (Actor::Key(program.key.clone()), api.backend.now());
    let order = Order { key, actor, occurred_at, command };
    let receipt = match priced.is_binding {
        true => api.backend.engine.submit(&program.organisation, order).await?,
        false => api.replay_only(&program.organisation, order).await?,
    };
    Ok(Answer::made(TransactionBody::of(&receipt.transaction), receipt.replayed))
}

/// What is charged, as the request or its quote says.
struct Charged {
    amount: Credits,
    operation: Option<Operation>,
    is_binding: bool,
}

impl Api {
    async fn charged(&self, program: &Program, new: &NewCharge) -> Result<Charged, Refused> {
        let Some(quote) = &new.quote else {
            let missing = || wrong("amount", "Give an amount or a quote.".into());
            let amount = new.amount.ok_or_else(missing)?.0;
            return Ok(Charged { amount, operation: new.operation.clone(), is_binding: true });
        };
        let kept = self.quote(program, quote).await?;
        let operation = operation_of(&kept, new.operation.as_ref())?;
        let amount = match new.amount {
            Some(Amount(amount)) if amount > kept.quote.most => {
                let most = format!("The quote says {} at most.", kept.quote.most);
                return Err(wrong("amount", most).into());
            }
            Some(Amount(amount)) => amount,
            None if kept.quote.is_exact() => kept.quote.most,
            None => {
                let say = "The quote is a range: say what it came to.";
                return Err(wrong("amount", say.into()).into());
            }
        };
        let is_binding = kept.is_binding(self.backend.now());
        Ok(Charged { amount, operation, is_binding })
    }
}
