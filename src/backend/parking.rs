//! Parked holds: asked for when credits or a limit did not allow them, made as soon as they do.
//!
//! **Never twice.** What is booked is the very order of the request, under its own idempotency key: however
//! often and on however many nodes it is sent, the ledger makes one hold. So a step that is killed anywhere
//! is simply repeated: a row that is `admitting` is sent again, and gets the first answer.
//!
//! **In order.** The highest priority first, then the oldest. Who waits for the pool's credits is overtaken by
//! nobody: the first that does not fit ends the round. Who waits for a limit of their own lets others pass.
//!
//! **Called off.** Only what waits is cancelled. Should a hold be made all the same, by a node that was on the
//! way, that node finds the row ended and releases the hold at once.

use crate::backend::engine::SubmitError;
use crate::backend::state::Backend;
use crate::backend::step::Step;
use crate::backend::store::StoreError;
use crate::backend::store::parked_hold::{self, ParkedHold, ParkedState};
use crate::ledger::time::SECOND;
use crate::ledger::{
    Actor, Command, IdempotencyKey, LedgerState, Order, OrganisationId, Refusal, Timestamp, apply,
};

/// Organisations that one step looks after.
const ORGANISATIONS: i64 = 100;
/// Holds of one organisation that one step tries.
const TRIES: i64 = 100;

/// Why a step stopped.
#[derive(Debug, thiserror::Error)]
pub enum ParkingError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The ledger did not answer.
    #[error(transparent)]
    Ledger(SubmitError),
}

/// What came of a try.
enum Tried {
    Admitted,
    /// A limit of its own refuses it.
    NotYet,
    /// The pool has too little, or somebody else is at it.
    Stop,
}

impl Tried {
    fn after(refusal: &Refusal) -> Tried {
        match refusal {
            Refusal::InsufficientCredits { .. } => Tried::Stop,
            _ => Tried::NotYet,
        }
    }
}

/// Whether a refusal may be waited out.
pub fn may_wait(refusal: &Refusal) -> bool {
    matches!(
        refusal,
        Refusal::InsufficientCredits { .. }
            | Refusal::Earmarked { .. }
            | Refusal::BudgetExceeded { .. }
    )
}

/// The topic under which listeners hear of a parked hold.
fn topic(parked: &ParkedHold) -> String {
    format!("hold:{}", parked.id)
}

/// Admits what may be admitted now, and ends what has waited long enough. One step of the job.
///
/// # Errors
/// The database or the ledger failed; the next step tries again.
pub async fn step(backend: &Backend) -> Result<Step, ParkingError> {
    let now = backend.now();
    let expired = parked_hold::expire(&backend.db, now).await?;
    let mut admitted = 0;
    let mut after = String::new();
    loop {
        let some = parked_hold::organisations(&backend.db, &after, ORGANISATIONS).await?;
        for organisation in &some {
            admitted += admit(backend, organisation).await?;
        }
        match some.last() {
            Some(last) if some.len() as i64 == ORGANISATIONS => after = last.to_string(),
            _ => break,
        }
    }
    Ok(if admitted > 0 || expired > 0 { Step::Done } else { Step::Idle })
}

/// Admits what may be admitted in one organisation, in order; how many.
async fn admit(backend: &Backend, organisation: &OrganisationId) -> Result<u64, ParkingError> {
    let mut admitted = 0;
    for parked in parked_hold::waiting(&backend.db, organisation, TRIES).await? {
        match try_one(backend, &parked).await? {
            Tried::Admitted => admitted += 1,
            Tried::NotYet => {}
            Tried::Stop => break,
        }
    }
    Ok(admitted)
}

async fn try_one(backend: &Backend, parked: &ParkedHold) -> Result<Tried, ParkingError> {
    use ParkedState::{Admitted, Admitting, Cancelled, Waiting};
    let (db, now) = (&backend.db, backend.now());
    if parked.state == Waiting
        && let Some(refusal) = would_be_refused(backend, parked, now).await?
    {
        return Ok(Tried::after(&refusal));
    }
    if parked.state == Waiting
        && !parked_hold::advance(db, parked, (Waiting, Admitting), now).await?
    {
        return Ok(Tried::Stop);
    }
    match backend.engine.submit(&parked.organisation, order_at(parked, now)).await {
        Ok(_) => {
            let is_noted = parked_hold::advance(db, parked, (Admitting, Admitted), now).await?
                || parked_hold::advance(db, parked, (Waiting, Admitted), now).await?;
            if !is_noted && is_over(backend, parked).await? {
                take_back(backend, parked, now).await?;
                return Ok(Tried::NotYet);
            }
            backend.live.notify(&parked.organisation, topic(parked));
            Ok(Tried::Admitted)
        }
        Err(SubmitError::Refused(refusal)) => {
            parked_hold::advance(db, parked, (Admitting, Waiting), now).await?;
            Ok(Tried::after(&refusal))
        }
        // Its key was used for something else meanwhile: it can never be admitted.
        Err(SubmitError::KeyConflict) => {
            parked_hold::advance(db, parked, (Admitting, Cancelled), now).await?;
            Ok(Tried::NotYet)
        }
        Err(error) => {
            parked_hold::advance(db, parked, (Admitting, Waiting), now).await?;
            Err(ParkingError::Ledger(error))
        }
    }
}

/// Why the ledger would not make the hold now, if it would not. Nothing is written to find out.
async fn would_be_refused(
    backend: &Backend,
    parked: &ParkedHold,
    now: Timestamp,
) -> Result<Option<Refusal>, ParkingError> {
    let order = order_at(parked, now);
    let look = move |state: &LedgerState| {
        let mut trial = state.clone();
        apply(&mut trial, &order, now).answer.err()
    };
    backend.engine.read(&parked.organisation, look).await.map_err(ParkingError::Ledger)
}

/// Whether it was cancelled or has expired.
async fn is_over(backend: &Backend, parked: &ParkedHold) -> Result<bool, ParkingError> {
    let found = parked_hold::find(&backend.db, &parked.organisation, &parked.id).await?;
    let state = found.map(|found| found.state);
    Ok(matches!(state, Some(ParkedState::Cancelled | ParkedState::Expired)))
}

/// Gives back what was held for a request that was called off while it was on the way.
async fn take_back(
    backend: &Backend,
    parked: &ParkedHold,
    now: Timestamp,
) -> Result<(), ParkingError> {
    let key = IdempotencyKey::parse(&format!("parked:{}:release", parked.id));
    let key = key.map_err(|error| StoreError::corrupt("parked_hold", &parked.id, error))?;
    let command = Command::Release { hold: parked.id.clone() };
    let order = Order { key, actor: Actor::System, occurred_at: now, command };
    let released = backend.engine.submit(&parked.organisation, order).await;
    released.map(drop).map_err(ParkingError::Ledger)
}

/// The order of the request, with the time that its hold stands counted from now.
fn order_at(parked: &ParkedHold, now: Timestamp) -> Order {
    let mut order = parked.order.clone();
    if let Command::Hold(terms) = &mut order.command {
        terms.deadline = now.plus(parked.hold_seconds.saturating_mul(SECOND));
    }
    order
}

/// Calls a parked hold off; the row as it is now, and whether it waits no longer because of this or of an
/// earlier cancellation.
///
/// # Errors
/// The database failed.
pub async fn cancel(
    backend: &Backend,
    parked: ParkedHold,
) -> Result<(ParkedHold, bool), StoreError> {
    let to = (ParkedState::Waiting, ParkedState::Cancelled);
    if parked_hold::advance(&backend.db, &parked, to, backend.now()).await? {
        backend.live.notify(&parked.organisation, topic(&parked));
    }
    let found = parked_hold::find(&backend.db, &parked.organisation, &parked.id).await?;
    let found = found.unwrap_or(parked);
    let is_cancelled = found.state == ParkedState::Cancelled;
    Ok((found, is_cancelled))
}
