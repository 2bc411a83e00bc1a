//! `POST /v1/grants`: credits given by those who run the installation, with a reason. Only keys that staff
//! made have the scope, and only while whoever made them is staff: it is their grant, counted and logged
//! with those of the staff console.

use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use super::Api;
use super::answer::{Answer, Answered};
use super::body::Sent;
use super::caller::{Grant, Keyed};
use super::cursor::wrong;
use super::idempotency::{Once, WriteHeaders};
use super::openapi::Errors;
use super::shape::{Amount, Instant, TransactionBody};
use crate::backend::id;
use crate::backend::staff::forms;
use crate::backend::staff::requests::{self, Ask, Change};
use crate::ledger::{LotId, Operation, Source};
use crate::model::api_errors;

/// Credits to be given.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewGrant {
    /// How much: more than 0.
    amount: Amount,
    /// Why, for the people of the organisation: it stands in their history.
    #[schema(min_length = 1, max_length = 300, example = "Sorry for yesterday's outage")]
    reason: String,
    /// `admin` (the default), `promotional` or `trial`.
    #[schema(value_type = Option<String>, example = "admin")]
    source: Option<Source>,
    /// From when on it may be spent; at once where it is left out.
    effective_at: Option<Instant>,
    /// From when on it may no longer be; never where it is left out.
    expires_at: Option<Instant>,
    /// The only operations it may be spent on; all where it is left out.
    #[schema(value_type = Option<Vec<String>>)]
    operations: Option<Vec<Operation>>,
}

/// Grant credits
///
/// Gives the key's organisation credits, with a reason that stands in its history.
#[utoipa::path(post, path = "/grants", tag = "Grants", params(WriteHeaders), request_body = NewGrant,
    responses((status = 201, body = TransactionBody, description = "It is booked"), Errors),
    security(("api_key" = ["grant"])))]
pub async fn grant(
    State(api): State<Api>,
    caller: Keyed<Grant>,
    Once(key): Once,
    Sent(new): Sent<NewGrant>,
) -> Answered<TransactionBody> {
    let (program, now) = (&caller.program, api.backend.now());
    let source = new.source.unwrap_or(Source::Admin);
    if !matches!(source, Source::Admin | Source::Promotional | Source::Trial) {
        return Err(wrong("source", "Use admin, promotional or trial.".into()).into());
    }
    let reason = forms::reason(&new.reason)?;
    let Some(by) = program.maker.clone() else {
        let detail = "Nobody answers for this key: it was made without an account of staff.";
        return Err(api_errors::SCOPE_MISSING.problem(detail).into());
    };
    let change = Change::Grant {
        lot: id::fresh(now, LotId::from_uuid_simple),
        source,
        amount: new.amount.0,
        effective_at: new.effective_at.map(|at| at.0),
        expires_at: new.expires_at.map(|at| at.0),
        operations: new.operations,
    };
    let organisation = &program.organisation;
    let form_key = &format!("{organisation}:{key}");
    let ask = Ask { organisation, staff: &by, change, reason: &reason, form_key };
    let (transaction, replayed) = requests::book_alone(&api.backend, ask).await?;
    Ok(Answer::made(TransactionBody::of(&transaction), replayed))
}
