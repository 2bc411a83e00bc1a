//! What must be known before a group is decided: keys, version, state, and what orders name.

use super::answer::SubmitError;
use super::cache::Cached;
use crate::backend::store::commit::{self, Known};
use crate::backend::store::{Db, StoreError, budget, head, hold, lot, organisation, usage};
use crate::backend::zone::Zone;
use crate::ledger::{
    Command, ConsumptionOrder, Credits, Hold, IdempotencyKey, LedgerState, Lot, LotId, Order,
    OrganisationId,
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
    /// For each `SetBudget` of the group, by key: what its subject used in its window before.
    pub used: HashMap<IdempotencyKey, Credits>,
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
) -> Result<Fetched, FetchError> {
    let keys: Vec<&IdempotencyKey> = orders.iter().map(|order| &order.key).collect();
    for _ in 0..READS {
        let mut current = match cached.take() {
            Some(cached) => cached,
            None => load(db, organisation).await?,
        };
        let (known, holds, lots) = tokio::join!(
            commit::known(db, organisation, &keys),
            hold::some(db, organisation, missing_holds(orders, &current.state)),
            lot::some(db, organisation, missing_lots(orders, &current.state)),
        );
        let known = known?;
        if known.version == current.state.head().sequence {
            lots?.into_iter().for_each(|lot| current.state.with_lot(lot));
            holds?.into_iter().for_each(|hold| current.state.with_hold(hold));
            let used = used_before(db, organisation, orders).await?;
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

/// Lots that orders name and memory does not have: empty ones, or new ones whose id must be free.
fn missing_lots(orders: &[&Order], state: &LedgerState) -> Vec<String> {
    let named = orders.iter().filter_map(|order| order.command.lot());
    named.filter(|id| state.lot(id).is_none()).map(ToString::to_string).collect()
}

async fn used_before(
    db: &Db,
    organisation: &OrganisationId,
    orders: &[&Order],
) -> Result<HashMap<IdempotencyKey, Credits>, StoreError> {
    let mut used = HashMap::new();
    for order in orders {
        if let Command::SetBudget(set) = &order.command {
            let sum = usage::in_window(db, organisation, &set.subject, &set.window).await?;
            used.insert(order.key.clone(), sum);
        }
    }
    Ok(used)
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
        let now = head::find(db, organisation).await?;
        if now.is_some_and(|now| now.head.sequence == version) {
            let zone = zone_of(&stored.time_zone)?;
            return Ok(Cached::new(LedgerState::restore(stored.head, lots, holds, budgets), zone));
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
    let state = LedgerState::new(id.clone(), ConsumptionOrder::default());
    Ok(Cached::new(state, zone_of(&found.time_zone)?))
}

fn zone_of(name: &str) -> Result<Zone, StoreError> {
    Zone::of(name).map_err(|error| StoreError::corrupt("organisation", name, error))
}
