//! `GET /v1/balance`: what the organisation has, now or at any instant before.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Api;
use super::answer::{Answer, Answered};
use super::body::Asked;
use super::caller::{Keyed, Read};
use super::cursor::wrong;
use super::openapi::Errors;
use super::shape::{Amount, Instant};
use crate::backend::engine;
use crate::ledger::{LedgerState, Timestamp};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct BalanceQuery {
    /// The balance as it was at this instant; now where it is left out.
    #[param(value_type = Option<String>, format = DateTime)]
    as_of: Option<Instant>,
}

/// What an organisation has at one version of its ledger.
#[derive(Serialize, ToSchema)]
pub struct BalanceBody {
    /// The last transaction in it; a higher version is always newer.
    version: u64,
    /// What may be spent: balance − held − frozen.
    available: Amount,
    /// What open holds have set aside.
    held: Amount,
    /// What may not be spent until a dispute ends.
    frozen: Amount,
    /// What the lots still contain.
    balance: Amount,
    /// What was used and no lot has paid: the next credits pay it first.
    debt: Amount,
    /// What of the available is set aside for a department, a member or a key.
    earmarked: Amount,
    /// A plan gives as much as is asked: what is available is no limit.
    unlimited: bool,
    /// What lapses next, if anything does.
    next_expiry: Option<ExpiryBody>,
    /// The instant at which all this was true.
    as_of: Instant,
}

/// Credits that will lapse.
#[derive(Serialize, ToSchema)]
pub struct ExpiryBody {
    amount: Amount,
    at: Instant,
}

/// The balance
///
/// What the organisation has now, behind everything that was acknowledged, or as it was at `as_of`.
#[utoipa::path(get, path = "/balance", tag = "Balance", params(BalanceQuery),
    responses((status = 200, body = BalanceBody, description = "The balance"), Errors),
    security(("api_key" = ["read"])))]
pub async fn show(
    State(api): State<Api>,
    caller: Keyed<Read>,
    Asked(query): Asked<BalanceQuery>,
) -> Answered<BalanceBody> {
    let (organisation, now) = (&caller.program.organisation, api.backend.now());
    let Some(Instant(as_of)) = query.as_of else {
        let body = api.backend.engine.read(organisation, move |state| body(state, now)).await?;
        return Ok(Answer::ok(body));
    };
    if as_of > now {
        return Err(wrong("as_of", "That is still to come: leave it out for now.".into()).into());
    }
    let state = engine::state_at(&api.backend.db, organisation, as_of).await?;
    Ok(Answer::ok(body(&state, as_of)))
}

fn body(state: &LedgerState, at: Timestamp) -> BalanceBody {
    let state = state.caught_up(at);
    let balance = state.balance(at);
    let expiry = state.next_expiry(at);
    BalanceBody {
        version: state.head().sequence,
        available: Amount(balance.available),
        held: Amount(balance.held),
        frozen: Amount(balance.frozen),
        balance: Amount(balance.balance),
        debt: Amount(balance.debt),
        earmarked: Amount(balance.earmarked),
        unlimited: balance.unlimited,
        next_expiry: expiry
            .map(|next| ExpiryBody { amount: Amount(next.amount), at: Instant(next.at) }),
        as_of: Instant(at),
    }
}
