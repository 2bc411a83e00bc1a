//! Lots: granted, and over.

use super::{Decision, Draft, give, give_to_lot, positive, take};
use crate::ledger::command::Grant;
use crate::ledger::entry::Account;
use crate::ledger::id::LotId;
use crate::ledger::lot::Lot;
use crate::ledger::refusal::Refusal;
use crate::ledger::state::LedgerState;
use crate::ledger::time::Timestamp;
use crate::ledger::transaction::TransactionKind;

pub(super) fn grant(state: &LedgerState, terms: &Grant, now: Timestamp) -> Result<Draft, Refusal> {
    let amount = positive(terms.amount)?;
    if state.lots.contains_key(&terms.lot) {
        return Err(Refusal::LotExists { lot: terms.lot.clone() });
    }
    let effective_at = terms.effective_at.unwrap_or(now);
    if let Some(expires_at) = terms.expires_at.filter(|expires_at| *expires_at <= effective_at) {
        return Err(Refusal::ExpiresBeforeEffective { effective_at, expires_at });
    }
    state.head.granted.checked_add(amount).ok_or(Refusal::AmountOverflow { amount })?;
    let lot = Lot {
        id: terms.lot.clone(),
        source: terms.source,
        amount,
        remaining: amount,
        priority: terms.priority.unwrap_or(terms.source.default_priority()),
        effective_at,
        expires_at: terms.expires_at,
        created_at: now,
        cost: terms.cost,
        origin: terms.origin.clone(),
        operations: terms.operations.clone(),
        expired_by: None,
    };
    let entries = vec![take(Account::Funding(lot.source), amount), give_to_lot(&lot.id, amount)];
    Ok(Draft::plain(TransactionKind::Grant { lot: Box::new(lot) }, entries))
}

/// A lot that was due has been booked before the command, so there is only an answer to give.
pub(super) fn expire(state: &LedgerState, id: &LotId, now: Timestamp) -> Result<Decision, Refusal> {
    let lot = state.lots.get(id).ok_or_else(|| Refusal::LotNotFound { lot: id.clone() })?;
    match lot.expired_by {
        Some(sequence) => Ok(Decision::Answered(sequence)),
        None if lot.is_expired(now) => Err(Refusal::NothingToExpire { lot: id.clone() }),
        None => Err(Refusal::LotNotExpired { lot: id.clone(), expires_at: lot.expires_at }),
    }
}

/// The expiry of what a lot has left, and its key. The first of a lot is named after the lot alone;
/// what comes back later expires under the sequence after which it did.
pub(in crate::ledger) fn lot_expired(state: &LedgerState, id: &LotId) -> (Draft, String) {
    let lot = state.lots.get(id).expect("what falls due is a lot of this state");
    let entries =
        vec![take(Account::Lot(id.clone()), lot.remaining), give(Account::Expired, lot.remaining)];
    let key = match lot.expired_by {
        None => format!("expire:{id}"),
        Some(_) => format!("expire:{id}:{}", state.head.sequence),
    };
    (Draft::plain(TransactionKind::Expire { lot: id.clone() }, entries), key)
}
