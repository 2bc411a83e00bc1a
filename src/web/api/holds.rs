//! `POST /v1/holds` and `GET /v1/holds/{id}`: credits set aside before work starts. What waits for credits
//! instead is in [`parked`](super::parked).

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Api;
use super::answer::{Answer, Answered, Refused};
use super::body::{Id, Sent};
use super::caller::{Keyed, Read, Spend};
use super::cursor::wrong;
use super::idempotency::{Once, WriteHeaders};
use super::openapi::Errors;
use super::parked::Parking;
use super::purpose::{Named, PurposeBody};
use super::quotes::operation_of;
use super::shape::{Amount, Instant};
use crate::backend::access::api_keys::Program;
use crate::backend::engine::{Receipt, SubmitError};
use crate::backend::id;
use crate::backend::store;
use crate::catalogue::AtZero;
use crate::ledger::command::MakeHold;
use crate::ledger::time::SECOND;
use crate::ledger::{
    Account, Actor, Command, Credits, DepartmentId, Hold, HoldId, HoldState, Operation, Order,
    OrganisationId, OverSettle, QuoteId, ReleaseCause, ReportId, Timestamp, Transaction,
    TransactionKind, UserId,
};
use crate::model::{Problem, api_errors};

/// How long a hold stands unless the request says so, in seconds.
const USUAL_SECONDS: i64 = 900;
/// How long a hold stands at most, in seconds: thirty days.
const MOST_SECONDS: i64 = 30 * 24 * 3600;
/// How long a parked hold waits unless the request says so, in seconds: a day.
const USUAL_WAIT_SECONDS: i64 = 24 * 3600;

/// Credits to be set aside.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewHold {
    /// How much: more than 0. Either this or a quote.
    amount: Option<Amount>,
    /// The quote whose `most` is set aside: `quo_…`. It also says the operation, `over_settle` and whether to
    /// park.
    #[schema(value_type = Option<String>)]
    quote: Option<QuoteId>,
    /// What it is for, as the rate card names it.
    #[schema(value_type = Option<String>, example = "chat")]
    operation: Option<Operation>,
    /// The department that pays: `dep_…`. By default the key's own, else the member's.
    #[schema(value_type = Option<String>)]
    department: Option<DepartmentId>,
    /// The person it is for: `usr_…`.
    #[schema(value_type = Option<String>)]
    member: Option<UserId>,
    /// The piece of work it belongs to: `rep_…`.
    #[schema(value_type = Option<String>)]
    report: Option<ReportId>,
    /// Seconds until the credits go back by themselves; 900 by default, at most thirty days.
    #[schema(minimum = 1, maximum = 2592000, example = 900)]
    expires_in: Option<i64>,
    /// What happens when more is settled than was held: `refuse` (the default), `absorb` or `draw`.
    #[schema(value_type = Option<String>, example = "refuse")]
    over_settle: Option<OverSettle>,
    /// What happens when credits or a limit do not allow it: `refuse` (the default) or `park`.
    #[schema(value_type = Option<String>, example = "refuse")]
    on_insufficient: Option<OnInsufficient>,
    /// Of what is parked, the highest comes first: 0 (the default) to 9.
    #[schema(minimum = 0, maximum = 9)]
    priority: Option<i64>,
    /// Seconds that it waits at most when it is parked; a day by default, at most thirty.
    #[schema(minimum = 1, maximum = 2592000)]
    wait_for: Option<i64>,
}

/// What happens when credits or a limit do not allow a hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnInsufficient {
    /// It is refused.
    #[default]
    Refuse,
    /// It waits until they do.
    Park,
}

/// Credits set aside for one piece of work, or waiting to be.
#[derive(Serialize, ToSchema)]
pub struct HoldBody {
    /// Its id: `hold_…`.
    pub(super) id: String,
    /// `open`, `settled` or `released`; `parked` while it waits, then perhaps `cancelled` or `expired`.
    pub(super) state: &'static str,
    /// How much was set aside, or is to be.
    pub(super) amount: Amount,
    /// What was charged in the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) settled: Option<Amount>,
    /// Why it was released: `requested` or `deadline`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cause: Option<&'static str>,
    /// When it goes back by itself; none before it is made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) expires_at: Option<Instant>,
    /// What happens when more is settled than was held.
    pub(super) over_settle: &'static str,
    /// What it is for.
    pub(super) purpose: PurposeBody,
    /// When it was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) made_at: Option<Instant>,
    /// The transaction that made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) transaction: Option<u64>,
    /// What was available after it was made; only in the answer that made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) available_after: Option<Amount>,
    /// How it waits, or waited, for credits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) waiting: Option<WaitingBody>,
}

/// How a hold waits for credits.
#[derive(Serialize, ToSchema)]
pub struct WaitingBody {
    /// The code of the refusal that it waits out, such as `insufficient_credits`.
    pub(super) reason: String,
    /// The highest comes first, then the oldest.
    pub(super) priority: i64,
    /// Since when it waits.
    pub(super) since: Instant,
    /// Until when it waits at most.
    pub(super) until: Instant,
}

/// Make a hold
///
/// Sets credits aside so that nobody else can spend them. Refused with 402 unless the whole amount is
/// available, in lots and within every limit that applies. With `on_insufficient: park` it waits instead (202),
/// and is made as soon as credits or the limit allow it: poll it, or follow the events.
#[utoipa::path(post, path = "/holds", tag = "Holds", params(WriteHeaders), request_body = NewHold,
    responses((status = 201, body = HoldBody, description = "The hold stands"),
        (status = 202, body = HoldBody, description = "It is parked"), Errors),
    security(("api_key" = ["spend"])))]
pub async fn make(
    State(api): State<Api>,
    caller: Keyed<Spend>,
    Once(key): Once,
    Sent(new): Sent<NewHold>,
) -> Answered<HoldBody> {
    let (program, now) = (&caller.program, api.backend.now());
    let hold_seconds = new.expires_in.unwrap_or(USUAL_SECONDS);
    let deadline = deadline(hold_seconds, now)?;
    let priced = api.priced(program, &new).await?;
    let parking = Parking::of(&new, priced.parks, hold_seconds)?;
    let named = Named {
        operation: priced.operation,
        department: new.department,
        member: new.member,
        report: new.report,
        quote: new.quote,
    };
    let command = Command::Hold(MakeHold {
        hold: id::fresh(now, HoldId::from_uuid_simple),
        amount: priced.amount,
        deadline,
        over_settle: priced.over_settle,
        attribution: api.attribution(program, named).await?,
    });
    let actor = Actor::Key(program.key.clone());
    let order = Order { key, actor, occurred_at: now, command };
    if !priced.is_binding {
        if let Some(first) = api.parked_before(&program.organisation, &order).await? {
            return Ok(Answer::waits(HoldBody::first_answer(&first), true));
        }
        return made(&api.replay_only(&program.organisation, order).await?);
    }
    match parking {
        Some(parking) => api.hold_or_park(&program.organisation, order, parking).await,
        None => made(&api.backend.engine.submit(&program.organisation, order).await?),
    }
}

/// What a hold costs and by which policy, as the request or its quote says.
struct Priced {
    amount: Credits,
    operation: Option<Operation>,
    over_settle: OverSettle,
    parks: bool,
    is_binding: bool,
}

impl Api {
    async fn priced(&self, program: &Program, new: &NewHold) -> Result<Priced, Refused> {
        let asked = new.on_insufficient.map(|asked| asked == OnInsufficient::Park);
        match (new.amount, &new.quote) {
            (Some(Amount(amount)), None) => Ok(Priced {
                amount,
                operation: new.operation.clone(),
                over_settle: new.over_settle.unwrap_or(OverSettle::Refuse),
                parks: asked.unwrap_or_default(),
                is_binding: true,
            }),
            (None, Some(_)) if new.over_settle.is_some() => {
                Err(wrong("over_settle", "The quote says it: leave it out.".into()).into())
            }
            (None, Some(quote)) => {
                let kept = self.quote(program, quote).await?;
                Ok(Priced {
                    amount: kept.quote.most,
                    operation: operation_of(&kept, new.operation.as_ref())?,
                    over_settle: kept.quote.over_settle,
                    parks: asked.unwrap_or(kept.quote.at_zero == AtZero::Park),
                    is_binding: kept.is_binding(self.backend.now()),
                })
            }
            _ => Err(wrong("amount", "Give an amount or a quote, one of them.".into()).into()),
        }
    }

    /// The answer to a request that was booked while its quote still bound; a new one is refused.
    pub async fn replay_only(
        &self,
        organisation: &OrganisationId,
        order: Order,
    ) -> Result<Receipt, Refused> {
        match self.backend.engine.submit_if(organisation, order, |_state| false).await {
            Err(SubmitError::Unmet) => {
                let kind = api_errors::find("quote_expired").unwrap_or(&api_errors::NOT_FOUND);
                let problem = kind.problem("The quote binds no longer. Nothing was held.");
                Err(problem.with_cure("Ask for a new quote, and show its price.").into())
            }
            answer => Ok(answer?),
        }
    }
}

/// The answer to a hold that was made.
pub fn made(receipt: &Receipt) -> Answered<HoldBody> {
    let body = HoldBody::made_by(&receipt.transaction);
    let body = body.ok_or_else(|| Refused::Broken("a hold was answered by no hold".to_owned()))?;
    Ok(Answer::made(body, receipt.replayed))
}

impl Parking {
    /// What a request says about waiting, if it may wait.
    fn of(new: &NewHold, parks: bool, hold_seconds: i64) -> Result<Option<Self>, Problem> {
        let priority = new.priority.unwrap_or_default();
        if !(0..=9).contains(&priority) {
            return Err(wrong("priority", "A priority is 0 to 9.".into()));
        }
        let wait_seconds = new.wait_for.unwrap_or(USUAL_WAIT_SECONDS);
        if !(1..=MOST_SECONDS).contains(&wait_seconds) {
            return Err(wrong("wait_for", format!("It waits for 1 to {MOST_SECONDS} seconds.")));
        }
        Ok(parks.then_some(Parking { priority, wait_seconds, hold_seconds }))
    }
}

/// Read a hold
///
/// Whether it still stands, and how it ended if not.
#[utoipa::path(get, path = "/holds/{id}", tag = "Holds",
    params(("id" = String, Path, description = "The hold: `hold_…`")),
    responses((status = 200, body = HoldBody, description = "The hold"), Errors),
    security(("api_key" = ["read"])))]
pub async fn show(State(api): State<Api>, caller: Keyed<Read>, Id(id): Id) -> Answered<HoldBody> {
    let id = hold_id(&id)?;
    let (db, organisation) = (&api.backend.db, &caller.program.organisation);
    if let Some(hold) = store::hold::find(db, organisation, &id).await? {
        return Ok(Answer::ok(HoldBody::of(&hold, api.backend.now())));
    }
    let parked = store::parked_hold::find(db, organisation, &id).await?;
    let parked = parked.ok_or_else(|| Problem::not_found("hold"))?;
    Ok(Answer::ok(HoldBody::parked(&parked)))
}

/// A hold's id; what is none names no hold of this organisation.
pub fn hold_id(text: &str) -> Result<HoldId, Problem> {
    HoldId::parse(text).map_err(|_| Problem::not_found("hold"))
}

/// The instant so many seconds from now.
pub fn deadline(seconds: i64, now: Timestamp) -> Result<Timestamp, Problem> {
    if !(1..=MOST_SECONDS).contains(&seconds) {
        return Err(wrong("expires_in", format!("A hold stands for 1 to {MOST_SECONDS} seconds.")));
    }
    Ok(now.plus(seconds * SECOND))
}

impl HoldBody {
    /// The hold as the transaction made it.
    pub(super) fn made_by(transaction: &Transaction) -> Option<Self> {
        let TransactionKind::Hold { hold, deadline, over_settle } = &transaction.kind else {
            return None;
        };
        Some(HoldBody {
            id: hold.to_string(),
            state: "open",
            amount: Amount(transaction.moved(&Account::Held(hold.clone()))),
            settled: None,
            cause: None,
            expires_at: Some(Instant(*deadline)),
            over_settle: over_settle.code(),
            purpose: PurposeBody::of(&transaction.attribution),
            made_at: Some(Instant(transaction.recorded_at)),
            transaction: Some(transaction.sequence),
            available_after: Some(Amount(transaction.available_after)),
            waiting: None,
        })
    }

    /// The hold as it stands at `now`: past its deadline it is released, booked or not.
    pub(super) fn of(hold: &Hold, now: Timestamp) -> Self {
        let (state, settled, cause) = match &hold.state {
            HoldState::Open if hold.deadline <= now => {
                ("released", None, Some(ReleaseCause::Deadline.code()))
            }
            HoldState::Open => ("open", None, None),
            HoldState::Settled { amount, .. } => ("settled", Some(Amount(*amount)), None),
            HoldState::Released { cause, .. } => ("released", None, Some(cause.code())),
        };
        HoldBody {
            id: hold.id.to_string(),
            state,
            amount: Amount(hold.amount),
            settled,
            cause,
            expires_at: Some(Instant(hold.deadline)),
            over_settle: hold.over_settle.code(),
            purpose: PurposeBody::of(&hold.attribution),
            made_at: Some(Instant(hold.made_at)),
            transaction: Some(hold.made_by),
            available_after: None,
            waiting: None,
        }
    }
}
