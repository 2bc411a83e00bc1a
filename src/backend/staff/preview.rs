//! What a grant or a correction would do, by the ledger's own rules on a state that nobody else sees.

use super::StaffError;
use super::requests::order_of;
use crate::backend::state::Backend;
use crate::backend::store::lot;
use crate::backend::store::staff_request::{Change, StaffRequest};
use crate::ledger::{Credits, LedgerState, Lot, LotId, OrganisationId, Timestamp, apply};
use crate::model::Problem;

/// What a change would do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effect {
    /// What may be spent now.
    pub available_now: Credits,
    /// And afterwards.
    pub available: Credits,
    /// What of it pays what is owed.
    pub repaid: Credits,
}

/// What the request would do, or the ledger's *no*.
///
/// # Errors
/// The ledger says no, or cannot be read.
pub async fn effect(
    backend: &Backend,
    request: &StaffRequest,
    now: Timestamp,
) -> Result<Effect, StaffError> {
    let state = backend.engine.state(&request.organisation).await?;
    let mut state = state.caught_up(now).into_owned();
    if let Change::Adjust { lot, .. } = &request.change
        && state.lot(lot).is_none()
    {
        let found = lot::find(&backend.db, &request.organisation, lot).await?;
        state.with_lot(found.ok_or_else(|| StaffError::missing("lot"))?);
    }
    let (before, owed) = (state.balance(now), state.head().debt);
    apply(&mut state, &order_of(request)?, now).answer.map_err(Problem::from)?;
    let (after, owes) = (state.balance(now), state.head().debt);
    Ok(Effect {
        available_now: before.available,
        available: after.available,
        repaid: owed.checked_sub(owes).unwrap_or_default(),
    })
}

/// A lot of an organisation as it stands, empty or not.
///
/// # Errors
/// There is none, or the ledger cannot be read.
pub async fn lot_of(
    backend: &Backend,
    organisation: &OrganisationId,
    id: &LotId,
    state: &LedgerState,
) -> Result<Lot, StaffError> {
    match state.lot(id) {
        Some(lot) => Ok(lot.clone()),
        None => {
            let found = lot::find(&backend.db, organisation, id).await?;
            found.ok_or_else(|| StaffError::missing("lot"))
        }
    }
}
