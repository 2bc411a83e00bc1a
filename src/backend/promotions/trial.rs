//! Free credits to begin with, where the catalogue gives any: once for every new organisation.

use super::PromotionError;
use crate::backend::engine::SubmitError;
use crate::backend::id;
use crate::backend::state::Backend;
use crate::backend::step::Step;
use crate::backend::store::signup_credit;
use crate::backend::zone::Zone;
use crate::ledger::time::DAY;
use crate::ledger::{
    Actor, Command, Grant, IdempotencyKey, LotId, Order, Origin, Source, Timestamp,
};

/// How old an organisation may be when the catalogue begins to give free credits.
const NEW_FOR: i64 = 7 * DAY;

/// Grants the free credits of one organisation that has none.
///
/// # Errors
/// Ledger or database gave no answer; the next step tries again.
pub async fn step(backend: &Backend, now: Timestamp) -> Result<Step, PromotionError> {
    let Some(terms) = &backend.catalogue.trial else { return Ok(Step::Idle) };
    let found = signup_credit::without(&backend.db, now.plus(-NEW_FOR)).await?;
    let Some(organisation) = found else { return Ok(Step::Idle) };
    let lot = id::fresh(now, LotId::from_uuid_simple);
    let mut grant = Grant::plain(lot, Source::Trial, terms.credits, Origin::Signup);
    grant.expires_at = terms.valid.months().and_then(|months| Zone::UTC.months_after(now, months));
    let order = Order {
        key: IdempotencyKey::parse("trial:signup")?,
        actor: Actor::System,
        occurred_at: now,
        command: Command::Grant(Box::new(grant)),
    };
    match backend.engine.submit(&organisation, order).await {
        // It has them already, of a catalogue that gave another number.
        Ok(_) | Err(SubmitError::KeyConflict) => {}
        Err(error) => return Err(error.into()),
    }
    signup_credit::granted(&backend.db, &organisation, now).await?;
    tracing::info!(%organisation, credits = %terms.credits, "free credits to begin with");
    Ok(Step::Done)
}
