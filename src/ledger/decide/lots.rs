//! Lots: granted, and over.

use super::{Decision, Draft, give, positive, take};
use crate::ledger::command::Grant;
use crate::ledger::credits::Credits;
use crate::ledger::entry::{Account, Entry};
use crate::ledger::id::LotId;
use crate::ledger::index::{difference, sum};
use crate::ledger::lot::Lot;
use crate::ledger::refusal::Refusal;
use crate::ledger::state::LedgerState;
use crate::ledger::time::Timestamp;
use crate::ledger::transaction::{Repayment, TransactionKind};

pub(super) fn grant(state: &LedgerState, terms: &Grant, now: Timestamp) -> Result<Draft, Refusal> {
    let amount = match terms.unlimited {
        true if terms.amount.is_zero() => Credits::ZERO,
        true => return Err(Refusal::UnlimitedWithAmount { amount: terms.amount }),
        false => positive(terms.amount)?,
    };
    if state.lots.contains_key(&terms.lot) {
        return Err(Refusal::LotExists { lot: terms.lot.clone() });
    }
    if let Some(amount) = terms.carry_over.map(|it| it.at_most).filter(|most| most.is_negative()) {
        return Err(Refusal::AmountNegative { amount });
    }
    let effective_at = terms.effective_at.unwrap_or(now);
    if let Some(expires_at) = terms.expires_at.filter(|expires_at| *expires_at <= effective_at) {
        return Err(Refusal::ExpiresBeforeEffective { effective_at, expires_at });
    }
    state.head.granted.checked_add(amount).ok_or(Refusal::AmountOverflow { amount })?;
    let lot = terms.lot(now, state.head.sequence + 1);
    let repaid = repaid(state, amount);
    let entries = granted(&lot, &repaid);
    Ok(Draft::plain(TransactionKind::Grant { lot: Box::new(lot), repaid }, entries))
}

/// What `amount` pays of what is owed, oldest first.
fn repaid(state: &LedgerState, amount: Credits) -> Vec<Repayment> {
    let mut left = amount;
    let mut repaid = Vec::new();
    for outflow in state.outflows().filter(|outflow| outflow.owed.is_positive()) {
        let paid = outflow.owed.min(left);
        if paid.is_positive() {
            left = difference(left, paid);
            repaid.push(Repayment { of: outflow.transaction, amount: paid });
        }
    }
    repaid
}

fn granted(lot: &Lot, repaid: &[Repayment]) -> Vec<Entry> {
    if lot.unlimited {
        return Vec::new();
    }
    let debt = repaid.iter().map(|repayment| repayment.amount).fold(Credits::ZERO, sum);
    let parts =
        [(Account::Lot(lot.id.clone()), difference(lot.amount, debt)), (Account::Debt, debt)];
    let parts = parts.into_iter().filter(|(_, part)| part.is_positive());
    let mut entries = vec![take(Account::Funding(lot.source), lot.amount)];
    entries.extend(parts.map(|(account, part)| give(account, part)));
    entries
}

/// A lot that was due has been booked before the command, so there is only an answer to give.
pub(super) fn expire(state: &LedgerState, id: &LotId, now: Timestamp) -> Result<Decision, Refusal> {
    let lot = state.lots.get(id).ok_or_else(|| Refusal::LotNotFound { lot: id.clone() })?;
    match lot.expired_by {
        Some(sequence) if lot.is_expired(now) => Ok(Decision::Answered(sequence)),
        _ if lot.is_expired(now) => Err(Refusal::NothingToExpire { lot: id.clone() }),
        _ => Err(Refusal::LotNotExpired { lot: id.clone(), expires_at: lot.expires_at }),
    }
}

/// Ends a lot's time now, before its terms do.
pub(super) fn end(state: &LedgerState, id: &LotId, now: Timestamp) -> Result<Draft, Refusal> {
    let lot = state.lots.get(id).ok_or_else(|| Refusal::LotNotFound { lot: id.clone() })?;
    if lot.is_expired(now) {
        return Err(Refusal::NothingToExpire { lot: id.clone() });
    }
    if !lot.is_effective(now) {
        let (effective_at, expires_at) = (lot.effective_at, now);
        return Err(Refusal::ExpiresBeforeEffective { effective_at, expires_at });
    }
    let mut entries = Vec::new();
    if lot.remaining.is_positive() {
        entries.push(take(Account::Lot(id.clone()), lot.remaining));
        entries.push(give(Account::Expired, lot.remaining));
    }
    Ok(Draft::plain(TransactionKind::Expire { lot: id.clone(), early: true }, entries))
}

/// The expiry of what a lot may not keep, and its key. The first of a lot is named after the lot alone;
/// what lapses later is named after the sequence after which it did.
pub(in crate::ledger) fn lot_expired(
    state: &LedgerState,
    id: &LotId,
    now: Timestamp,
) -> (Draft, String) {
    let lot = state.lots.get(id).expect("what falls due is a lot of this state");
    let lapsed = difference(lot.remaining, lot.remaining.min(lot.may_keep(now)));
    let entries = vec![take(Account::Lot(id.clone()), lapsed), give(Account::Expired, lapsed)];
    let key = match lot.expired_by {
        None => format!("expire:{id}"),
        Some(_) => format!("expire:{id}:{}", state.head.sequence),
    };
    (Draft::plain(TransactionKind::Expire { lot: id.clone(), early: false }, entries), key)
}
