//! Which lots are spent first, and what choosing the other order would change.

use crate::backend::access::Caller;
use crate::backend::balance::{ReadError, recent_usage};
use crate::backend::credits::words;
use crate::backend::engine::SubmitError;
use crate::backend::forecast::lapses;
use crate::backend::id;
use crate::backend::state::Backend;
use crate::backend::store::organisation::Organisation;
use crate::ledger::command::SetTerms;
use crate::ledger::{
    Actor, Command, ConsumptionOrder, Credits, IdempotencyKey, LedgerState, LotId, Order,
    Timestamp, apply,
};
use crate::model::Problem;
use crate::model::spending_order::{LotTurn, SpendingOrderPage};

/// Why the order was not changed.
#[derive(Debug, thiserror::Error)]
pub enum SpendingOrderError {
    /// The form is none of ours.
    #[error(transparent)]
    Refused(#[from] Problem),
    /// The ledger did not take it.
    #[error(transparent)]
    Submit(#[from] SubmitError),
    /// The figures could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
}

/// The page: every lot with its turn now and then, reckoned by the ledger's own rules on a state that
/// nobody else sees.
///
/// # Errors
/// Ledger or database gave no answer.
pub async fn page(
    backend: &Backend,
    organisation: &Organisation,
) -> Result<SpendingOrderPage, SpendingOrderError> {
    let (now, zone) = (backend.now(), backend.zone(organisation)?);
    let state = backend.ledger(&organisation.id).await?;
    let used = recent_usage(&backend.db, &organisation.id, now).await.map_err(ReadError::from)?;
    let (holds, then) = (state.terms().order, other(state.terms().order));
    let form_key = id::uuid_simple(now);
    let mut changed = state.clone();
    let order = order_of(Actor::System, then, &form_key, now)?;
    apply(&mut changed, &order, now).answer.map_err(Problem::from)?;
    let turns: Vec<&LotId> = changed.spendable_lots(now).map(|lot| &lot.id).collect();
    let place = |place: usize| u32::try_from(place + 1).unwrap_or(u32::MAX);
    let lots = state.spendable_lots(now).enumerate().map(|(turn, lot)| LotTurn {
        id: lot.id.to_string(),
        origin: words::origin(&backend.catalogue, lot),
        remaining: lot.remaining,
        expires: lot.expires_at.map(|at| zone.moment(at)),
        place_now: place(turn),
        place_then: place(turns.iter().position(|id| **id == lot.id).unwrap_or(turn)),
    });
    Ok(SpendingOrderPage {
        now: holds,
        then,
        lots: lots.collect(),
        lapses_now: lapsing(&state, used, now),
        lapses_then: lapsing(&changed, used, now),
        form_key,
    })
}

/// The order that does not hold.
const fn other(order: ConsumptionOrder) -> ConsumptionOrder {
    match order {
        ConsumptionOrder::ByPriority => ConsumptionOrder::ExpiringFirst,
        ConsumptionOrder::ExpiringFirst => ConsumptionOrder::ByPriority,
    }
}

fn lapsing(state: &LedgerState, used: Credits, now: Timestamp) -> Option<Credits> {
    let unused = lapses(state.spendable_lots(now), used, now).into_iter().map(|lapse| lapse.unused);
    used.is_positive().then(|| Credits::checked_sum(unused).unwrap_or(Credits::MAX))
}

/// Sets the order; the same form sets it once, and an order that holds already stays.
///
/// # Errors
/// The form's key is none of ours, or the ledger gave no answer.
pub async fn set(
    backend: &Backend,
    caller: &Caller,
    order: ConsumptionOrder,
    form_key: &str,
) -> Result<(), SpendingOrderError> {
    let state = backend.ledger(&caller.organisation).await?;
    if state.terms().order == order {
        return Ok(());
    }
    let actor = Actor::Member(caller.user.clone());
    let order = order_of(actor, order, form_key, backend.now())?;
    backend.engine.submit(&caller.organisation, order).await?;
    Ok(())
}

fn order_of(
    actor: Actor,
    order: ConsumptionOrder,
    form_key: &str,
    now: Timestamp,
) -> Result<Order, Problem> {
    let key = IdempotencyKey::parse(&format!("spending-order:{form_key}")).map_err(|_| {
        Problem::invalid_field("form_key", "This form is incomplete.").with_cure("Open it again.")
    })?;
    let terms = SetTerms { order: Some(order), ..SetTerms::default() };
    Ok(Order { key, actor, occurred_at: now, command: Command::SetTerms(terms) })
}
