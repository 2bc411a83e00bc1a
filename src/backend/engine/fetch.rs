//! What must be known before a group is decided: keys, version, state, and what orders name.

use super::answer::SubmitError;
use super::cache::Cached;
use crate::backend::store::commit::{self, Known};
use crate::backend::store::{
    Db, StoreError, budget, head, hold, lot, organisation, outflow, terms, usage,
};
use crate::backend::zone::Zone;
use crate::ledger::{
    Command, Credits, Hold, IdempotencyKey, LedgerState, Lot, LotId, Order, OrganisationId,
    Outflow, Parts, SetBudget, Span, Terms, Timestamp, Window,
};
use std::collections::{BTreeSet, HashMap};

/// Reads of one state before we say that others write too fast.
const READS: usize = 16;

/// Everything that a group is decided on.
pub struct Fetched {
    /// What the database knows of the group's keys.
    pub known: Known,
    /// The state at the version of `known`.
    pub cached: Cached,
    /// For each `SetBudget` of the group that wants it, by key: what its subject used before, in the
    /// stretches of time that may be the one.
    pub used: HashMap<IdempotencyKey, Vec<(Span, Credits)>>,
}

/// Why a group cannot be decided.
#[derive(Debug)]
pub enum FetchError {
    /// There is no such organisation: no use in trying again.
    NoSuchOrganisation,
    /// The database failed.
    Store(StoreError),
}

impl From<StoreError> for FetchError {
    fn from(error: StoreError) -> Self {
        FetchError::Store(error)
    }
}

impl From<FetchError> for SubmitError {
    fn from(error: FetchError) -> Self {
        match error {
            FetchError::NoSuchOrganisation => SubmitError::NoSuchOrganisation,
            FetchError::Store(error) => error.into(),
        }
    }
}

/// Reads what memory does not have. `cached` is what memory has.
///
/// The keys' version must be that of the state: then nobody wrote between the two, and what is read
/// beside the keys belongs to that version too, or the write will find the version moved.
pub async fn fetch(
    db: &Db,
    organisation: &OrganisationId,
    orders: &[&Order],
    mut cached: Option<Cached>,
    now: Timestamp,
) -> Result<Fetched, FetchError> {
    let keys: Vec<&IdempotencyKey> = orders.iter().map(|order| &order.key).collect();
    for _ in 0..READS {
        let mut current = match cached.take() {
            Some(cached) => cached,
            None => load(db, organisation).await?,
        };
        let outflows = missing_outflows(db, organisation, orders, &current.state).await?;
        let (known, holds, lots) = tokio::join!(
            commit::known(db, organisation, &keys),
            hold::some(db, organisation, missing_holds(orders, &current.state)),
            lot::some(db, organisation, missing_lots(orders, &outflows, &current.state)),
        );
        let known = known?;
        if known.version == current.state.head().sequence {
            lots?.into_iter().for_each(|lot| current.state.with_lot(lot));
            holds?.into_iter().for_each(|hold| current.state.with_hold(hold));
            outflows.into_iter().for_each(|outflow| current.state.with_outflow(outflow));
            let used = used_before(db, organisation, orders, &current, now).await?;
            return Ok(Fetched { known, cached: current, used });
        }
    }
    Err(too_fast(organisation).into())
}

/// Holds that orders name and memory does not have: closed ones, or new ones whose id must be free.
fn missing_holds(orders: &[&Order], state: &LedgerState) -> Vec<String> {
    let named = orders.iter().filter_map(|order| order.command.hold());
    named.filter(|id| state.hold(id).is_none()).map(ToString::to_string).collect()
}

/// Lots that orders name and memory does not have: empty ones, or new ones whose id must be free; and
/// those that get something back.
fn missing_lots(orders: &[&Order], outflows: &[Outflow], state: &LedgerState) -> Vec<String> {
    let named = orders.iter().filter_map(|order| order.command.lot());
    let reversed = orders.iter().filter_map(|order| order.command.outflow());
    let in_memory = reversed.filter_map(|transaction| state.outflow(transaction));
    let bearing = outflows.iter().chain(in_memory).flat_map(Outflow::lots);
    named.chain(bearing).filter(|id| state.lot(id).is_none()).map(ToString::to_string).collect()
}

/// Outflows that orders would give back and memory does not have.
async fn missing_outflows(
    db: &Db,
    organisation: &OrganisationId,
    orders: &[&Order],
    state: &LedgerState,
) -> Result<Vec<Outflow>, StoreError> {
    let mut missing = Vec::new();
    let named = orders.iter().filter_map(|order| order.command.outflow());
    for transaction in named.filter(|transaction| state.outflow(*transaction).is_none()) {
        missing.extend(outflow::find(db, organisation, transaction).await?);
    }
    Ok(missing)
}

async fn used_before(
    db: &Db,
    organisation: &OrganisationId,
    orders: &[&Order],
    current: &Cached,
    now: Timestamp,
) -> Result<HashMap<IdempotencyKey, Vec<(Span, Credits)>>, StoreError> {
    let mut used = HashMap::new();
    for order in orders {
        if let Command::SetBudget(set) = &order.command {
            let wanted = current.state.usage_wanted(set, now).map(|(_, span)| span);
            let mut sums = Vec::new();
            for span in [wanted, in_zone(current, set, now)].into_iter().flatten() {
                sums.push((span, usage::in_span(db, organisation, &set.subject, span).await?));
            }
            used.insert(order.key.clone(), sums);
        }
    }
    Ok(used)
}

/// The stretch of a window that begins anew, by the calendar that is about to be set.
fn in_zone(current: &Cached, set: &SetBudget, now: Timestamp) -> Option<Span> {
    let Window::Every(every) = set.window else { return None };
    let now = now.max(current.state.head().recorded_at);
    let calendar = current.zone.calendar();
    Some(Terms { calendar, ..current.state.terms().clone() }.span(every, now))
}

/// The state as the database has it at one version.
async fn load(db: &Db, organisation: &OrganisationId) -> Result<Cached, FetchError> {
    for _ in 0..READS {
        let Some(stored) = head::find(db, organisation).await? else {
            return empty(db, organisation).await;
        };
        let version = stored.head.sequence;
        let holds = hold::open(db, organisation).await?;
        let mut lots = lot::open(db, organisation).await?;
        lots.extend(lot::some(db, organisation, emptied(&lots, &holds)).await?);
        let budgets = budget::all(db, organisation).await?;
        let outflows = outflow::owing(db, organisation).await?;
        let terms = terms::find(db, organisation).await?;
        let now = head::find(db, organisation).await?;
        if now.is_some_and(|now| now.head.sequence == version) {
            let zone = zone_of(&stored.time_zone)?;
            let parts = Parts { head: stored.head, terms, lots, holds, budgets, outflows };
            return Ok(Cached::new(LedgerState::restore(parts), zone));
        }
    }
    Err(too_fast(organisation).into())
}

/// Lots with nothing left that open holds may give back to.
fn emptied(open: &[Lot], holds: &[Hold]) -> Vec<String> {
    let open: BTreeSet<&LotId> = open.iter().map(|lot| &lot.id).collect();
    let drawn: BTreeSet<&LotId> =
        holds.iter().flat_map(|hold| hold.draws.iter().map(|draw| &draw.lot)).collect();
    drawn.difference(&open).map(ToString::to_string).collect()
}

fn too_fast(organisation: &OrganisationId) -> StoreError {
    StoreError::corrupt("ledger_head", organisation, "its version moves faster than it can be read")
}

/// The state of an organisation in whose ledger nothing has happened.
async fn empty(db: &Db, id: &OrganisationId) -> Result<Cached, FetchError> {
    let found = organisation::find(db, id).await?.ok_or(FetchError::NoSuchOrganisation)?;
    Ok(Cached::new(LedgerState::new(id.clone()), zone_of(&found.time_zone)?))
}

fn zone_of(name: &str) -> Result<Zone, StoreError> {
    Zone::of(name).map_err(|error| StoreError::corrupt("organisation", name, error))
}
