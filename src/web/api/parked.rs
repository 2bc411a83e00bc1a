//! Holds that wait for credits: parked by `POST /v1/holds`, listed, called off.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Api;
use super::answer::{Answer, Answered, reused};
use super::body::{Asked, Id, Sent};
use super::caller::{Keyed, Read, Spend};
use super::holds::{HoldBody, WaitingBody, hold_id, made};
use super::idempotency::{Once, WriteHeaders};
use super::openapi::Errors;
use super::purpose::PurposeBody;
use super::shape::{Amount, Instant};
use crate::backend::engine::SubmitError;
use crate::backend::parking;
use crate::backend::store::StoreError;
use crate::backend::store::parked_hold::{self, ParkedHold, ParkedState};
use crate::ledger::time::SECOND;
use crate::ledger::{Command, Credits, HoldId, Order, OrganisationId, Timestamp};
use crate::model::{Problem, api_errors};

/// Holds that a list has at most.
const MOST: usize = 200;

/// How a hold would wait.
#[derive(Clone, Copy, Debug)]
pub struct Parking {
    pub priority: i64,
    /// How long it waits at most.
    pub wait_seconds: i64,
    /// How long it stands once it is made.
    pub hold_seconds: i64,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct HoldsQuery {
    /// `open` (the default) or `parked`.
    #[param(value_type = Option<String>)]
    state: Option<StateAsked>,
}

/// A state to list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StateAsked {
    Open,
    Parked,
}

/// Holds.
#[derive(Serialize, ToSchema)]
pub struct HoldList {
    /// Open ones by age, parked ones in the order in which they are made; 200 at most.
    items: Vec<HoldBody>,
}

/// Nothing: the hold is in the address.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Cancelling {}

/// List holds
///
/// What stands, or what waits for credits.
#[utoipa::path(get, path = "/holds", tag = "Holds", params(HoldsQuery),
    responses((status = 200, body = HoldList, description = "The holds"), Errors),
    security(("api_key" = ["read"])))]
pub async fn list(
    State(api): State<Api>,
    caller: Keyed<Read>,
    Asked(query): Asked<HoldsQuery>,
) -> Answered<HoldList> {
    let organisation = &caller.program.organisation;
    if query.state == Some(StateAsked::Parked) {
        let waiting = parked_hold::waiting(&api.backend.db, organisation, MOST as i64).await?;
        let items = waiting.iter().map(HoldBody::parked).collect();
        return Ok(Answer::ok(HoldList { items }));
    }
    let now = api.backend.now();
    let open = api.backend.engine.read(organisation, move |state| {
        let open = state.holds().filter(|hold| hold.is_open() && hold.deadline > now);
        open.take(MOST).map(|hold| HoldBody::of(hold, now)).collect()
    });
    Ok(Answer::ok(HoldList { items: open.await? }))
}

/// Cancel a parked hold
///
/// It waits no longer. What is made already is released instead.
#[utoipa::path(post, path = "/holds/{id}/cancel", tag = "Holds", request_body = Cancelling,
    params(("id" = String, Path, description = "The hold: `hold_…`"), WriteHeaders),
    responses((status = 200, body = HoldBody, description = "It is cancelled"), Errors),
    security(("api_key" = ["spend"])))]
pub async fn cancel(
    State(api): State<Api>,
    caller: Keyed<Spend>,
    Id(id): Id,
    Once(_key): Once,
    Sent(Cancelling {}): Sent<Cancelling>,
) -> Answered<HoldBody> {
    let id: HoldId = hold_id(&id)?;
    let found = parked_hold::find(&api.backend.db, &caller.program.organisation, &id).await?;
    let found = found.ok_or_else(|| Problem::not_found("hold"))?;
    let (parked, is_cancelled) = parking::cancel(&api.backend, found).await?;
    if is_cancelled {
        return Ok(Answer::ok(HoldBody::parked(&parked)));
    }
    let kind = api_errors::find("hold_not_parked").unwrap_or(&api_errors::NOT_FOUND);
    let detail = "The hold waits no longer, so it cannot be called off.";
    Err(kind.problem(detail).with_cure("Read it; release it if it stands.").into())
}

impl Api {
    /// Makes the hold, or parks it where credits or a limit do not allow it. The same request again gets
    /// the first answer, whatever has become of it.
    pub async fn hold_or_park(
        &self,
        organisation: &OrganisationId,
        order: Order,
        parking: Parking,
    ) -> Answered<HoldBody> {
        let db = &self.backend.db;
        if let Some(first) = self.parked_before(organisation, &order).await? {
            return Ok(Answer::waits(HoldBody::first_answer(&first), true));
        }
        let refusal = match self.backend.engine.submit(organisation, order.clone()).await {
            Ok(receipt) => return made(&receipt),
            Err(SubmitError::Refused(refusal)) if parking::may_wait(&refusal) => refusal,
            Err(error) => return Err(error.into()),
        };
        let parked = row(organisation, order, parking, refusal.code(), self.backend.now())?;
        match parked_hold::insert(db, &parked).await {
            Ok(()) => Ok(Answer::waits(HoldBody::first_answer(&parked), false)),
            // The same request arrived twice at once, and the other one was first.
            Err(StoreError::Conflict { .. }) => {
                let first = self.parked_before(organisation, &parked.order).await?;
                Ok(Answer::waits(HoldBody::first_answer(first.as_ref().unwrap_or(&parked)), true))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// What the same request parked before.
    pub async fn parked_before(
        &self,
        organisation: &OrganisationId,
        order: &Order,
    ) -> Result<Option<ParkedHold>, super::answer::Refused> {
        let known =
            parked_hold::find_by_request(&self.backend.db, organisation, order.key.as_str())
                .await?;
        match known {
            Some(known) if known.fingerprint != order.fingerprint().0 => Err(reused().into()),
            known => Ok(known),
        }
    }
}

fn row(
    organisation: &OrganisationId,
    order: Order,
    parking: Parking,
    waits_for: &str,
    now: Timestamp,
) -> Result<ParkedHold, Problem> {
    let Command::Hold(terms) = &order.command else { return Err(Problem::not_found("hold")) };
    Ok(ParkedHold {
        organisation: organisation.clone(),
        id: terms.hold.clone(),
        state: ParkedState::Waiting,
        priority: parking.priority,
        created_at: now,
        ends_at: now.plus(parking.wait_seconds * SECOND),
        fingerprint: order.fingerprint().0,
        order,
        hold_seconds: parking.hold_seconds,
        waits_for: waits_for.to_owned(),
    })
}

impl HoldBody {
    /// A hold that waits, or waited in vain.
    pub(super) fn parked(parked: &ParkedHold) -> Self {
        let state = match parked.state {
            ParkedState::Cancelled => "cancelled",
            ParkedState::Expired => "expired",
            ParkedState::Waiting | ParkedState::Admitting | ParkedState::Admitted => "parked",
        };
        HoldBody { state, ..HoldBody::first_answer(parked) }
    }

    /// The answer to the request that parked it.
    pub(super) fn first_answer(parked: &ParkedHold) -> Self {
        let terms = match &parked.order.command {
            Command::Hold(terms) => Some(terms),
            _ => None,
        };
        HoldBody {
            id: parked.id.to_string(),
            state: "parked",
            amount: Amount(terms.map_or(Credits::ZERO, |terms| terms.amount)),
            settled: None,
            cause: None,
            expires_at: None,
            over_settle: terms.map_or("refuse", |terms| terms.over_settle.code()),
            purpose: terms.map(|terms| PurposeBody::of(&terms.attribution)).unwrap_or_default(),
            made_at: None,
            transaction: None,
            available_after: None,
            waiting: Some(WaitingBody {
                reason: parked.waits_for.clone(),
                priority: parked.priority,
                since: Instant(parked.created_at),
                until: Instant(parked.ends_at),
            }),
        }
    }
}
