//! `GET /v1/lots`: the lots that give, in the order in which they are spent.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::Api;
use super::answer::{Answer, Answered};
use super::caller::{Keyed, Read};
use super::openapi::Errors;
use super::shape::{Amount, Instant};
use crate::ledger::{LedgerState, Lot, Timestamp};

/// The lots.
#[derive(Serialize, ToSchema)]
pub struct LotList {
    /// First those that are spent now, in that order; then those whose time is still to come.
    items: Vec<LotBody>,
}

/// One grant of credits with its terms, which never change.
#[derive(Serialize, ToSchema)]
pub struct LotBody {
    /// Its id: `lot_…`.
    id: String,
    /// `subscription`, `purchased`, `promotional`, `referral`, `trial` or `admin`.
    source: &'static str,
    /// What was granted.
    amount: Amount,
    /// What may still be spent or held of it.
    remaining: Amount,
    /// What of it may not be spent until a dispute ends.
    frozen: Amount,
    /// Its place in the order of spending; lowest first.
    priority: i32,
    /// It gives as much as is asked.
    unlimited: bool,
    /// The only operations it may be spent on; null for all.
    operations: Option<Vec<String>>,
    /// From when on it may be spent.
    effective_at: Instant,
    /// From when on it may no longer be; null for never.
    expires_at: Option<Instant>,
    /// The transaction that granted it.
    transaction: u64,
}

/// List lots
///
/// Every lot that has something to give, in the order in which they are spent.
#[utoipa::path(get, path = "/lots", tag = "Lots and limits",
    responses((status = 200, body = LotList, description = "The lots"), Errors),
    security(("api_key" = ["read"])))]
pub async fn list(State(api): State<Api>, caller: Keyed<Read>) -> Answered<LotList> {
    let now = api.backend.now();
    let organisation = &caller.program.organisation;
    let items = api.backend.engine.read(organisation, move |state| lots(state, now)).await?;
    Ok(Answer::ok(LotList { items }))
}

fn lots(state: &LedgerState, now: Timestamp) -> Vec<LotBody> {
    let state = state.caught_up(now);
    let gives = |lot: &&Lot| lot.gives() || lot.frozen.is_positive();
    let later = state.lots().filter(|lot| !lot.is_effective(now) && !lot.is_expired(now));
    state.spendable_lots(now).chain(later).filter(gives).map(LotBody::of).collect()
}

impl LotBody {
    fn of(lot: &Lot) -> Self {
        let names = |operations: &Vec<crate::ledger::Operation>| {
            operations.iter().map(ToString::to_string).collect()
        };
        LotBody {
            id: lot.id.to_string(),
            source: lot.source.code(),
            amount: Amount(lot.amount),
            remaining: Amount(lot.remaining),
            frozen: Amount(lot.frozen),
            priority: lot.priority,
            unlimited: lot.unlimited,
            operations: lot.operations.as_ref().map(names),
            effective_at: Instant(lot.effective_at),
            expires_at: lot.expires_at.map(Instant),
            transaction: lot.granted_by,
        }
    }
}
