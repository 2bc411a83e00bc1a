//! What has to do with credits that left for good: given back, revoked, frozen; and corrections.

use super::{Decision, Draft, give, give_back, give_to_lot, positive, take};
use crate::ledger::credits::Credits;
use crate::ledger::entry::{Account, Entry};
use crate::ledger::id::LotId;
use crate::ledger::index::{difference, sum};
use crate::ledger::lot::Lot;
use crate::ledger::refusal::Refusal;
use crate::ledger::state::LedgerState;
use crate::ledger::transaction::TransactionKind;

pub(super) fn find_lot<'a>(state: &'a LedgerState, id: &LotId) -> Result<&'a Lot, Refusal> {
    state.lot(id).ok_or_else(|| Refusal::LotNotFound { lot: id.clone() })
}

/// Gives back what is owed first, then what the lots that paid last paid.
pub(super) fn reverse(
    state: &LedgerState,
    transaction: u64,
    amount: Option<Credits>,
) -> Result<Draft, Refusal> {
    let outflow = state.outflow(transaction).ok_or(Refusal::NothingToReverse { transaction })?;
    let (asked, left) = (positive(amount.unwrap_or(outflow.left()))?, outflow.left());
    if asked > left {
        return Err(Refusal::ReversalTooLarge { transaction, asked, left });
    }
    let (owed, returned) = outflow.giving_back(asked);
    let mut entries = vec![take(outflow.cause.account(), asked)];
    entries.extend(owed.is_positive().then(|| give(Account::Debt, owed)));
    returned.iter().for_each(|draw| entries.extend(give_back(state, draw)));
    let kind = TransactionKind::Reverse { of: transaction, counted_at: outflow.counted_at };
    let attribution = outflow.attribution.clone();
    Ok(Draft { kind, attribution, corrects: Some(transaction), entries })
}

/// Takes what is frozen, then what is free, and owes the rest.
pub(super) fn revoke(state: &LedgerState, id: &LotId, amount: Credits) -> Result<Draft, Refusal> {
    let (asked, lot) = (positive(amount)?, find_lot(state, id)?);
    let left = difference(lot.amount, lot.revoked);
    if asked > left {
        return Err(Refusal::RevocationTooLarge { lot: id.clone(), asked, left });
    }
    let frozen = lot.frozen.min(asked);
    let free = lot.remaining.min(difference(asked, frozen));
    let owed = difference(difference(asked, frozen), free);
    let parts = [
        (Account::Frozen(id.clone()), frozen),
        (Account::Lot(id.clone()), free),
        (Account::Debt, owed),
    ];
    let mut entries: Vec<Entry> = parts
        .into_iter()
        .filter(|(_, part)| part.is_positive())
        .map(|(account, part)| take(account, part))
        .collect();
    entries.push(give(Account::Revoked, asked));
    Ok(about(lot, TransactionKind::Revoke { lot: id.clone() }, entries))
}

/// Freezes what is free, and notes the rest to be frozen as it comes back.
pub(super) fn freeze(state: &LedgerState, id: &LotId, amount: Credits) -> Result<Draft, Refusal> {
    let (asked, lot) = (positive(amount)?, find_lot(state, id)?);
    let taken = [lot.revoked, lot.frozen, lot.freeze_wanted].into_iter().fold(Credits::ZERO, sum);
    let left = difference(lot.amount, taken).max(Credits::ZERO);
    if asked > left {
        return Err(Refusal::FreezeTooLarge { lot: id.clone(), asked, left });
    }
    let now = lot.remaining.min(asked);
    let mut entries = Vec::new();
    if now.is_positive() {
        entries.push(take(Account::Lot(id.clone()), now));
        entries.push(give(Account::Frozen(id.clone()), now));
    }
    let kind = TransactionKind::Freeze { lot: id.clone(), wanted: difference(asked, now) };
    Ok(about(lot, kind, entries))
}

/// Wants less frozen first, then gives back what is.
pub(super) fn unfreeze(
    state: &LedgerState,
    id: &LotId,
    amount: Option<Credits>,
) -> Result<Draft, Refusal> {
    let lot = find_lot(state, id)?;
    let frozen = sum(lot.frozen, lot.freeze_wanted);
    let asked = positive(amount.unwrap_or(frozen))?;
    if asked > frozen {
        return Err(Refusal::NotFrozen { lot: id.clone(), asked, frozen });
    }
    let unwanted = lot.freeze_wanted.min(asked);
    let back = difference(asked, unwanted);
    let mut entries = Vec::new();
    if back.is_positive() {
        entries.push(take(Account::Frozen(id.clone()), back));
        entries.push(give_to_lot(id, back));
    }
    Ok(about(lot, TransactionKind::Unfreeze { lot: id.clone(), unwanted }, entries))
}

/// Corrects a grant by as much as is still free in it, or by more.
pub(super) fn adjust(
    state: &LedgerState,
    id: &LotId,
    change: Credits,
    reason: &str,
) -> Result<Draft, Refusal> {
    let lot = find_lot(state, id)?;
    if change.is_zero() {
        return Err(Refusal::NothingToChange);
    }
    if lot.unlimited {
        return Err(Refusal::UnlimitedWithAmount { amount: change });
    }
    let less = change.checked_neg().ok_or(Refusal::AmountOverflow { amount: change })?;
    let left = lot.remaining.min(difference(lot.amount, lot.revoked));
    if less > left {
        let lot = id.clone();
        return Err(Refusal::AdjustmentTooLarge { lot, asked: less, left });
    }
    state.head.granted.checked_add(change).ok_or(Refusal::AmountOverflow { amount: change })?;
    let entries = vec![take(Account::Funding(lot.source), change), give_to_lot(id, change)];
    let kind = TransactionKind::Adjust { lot: id.clone(), reason: reason.to_owned() };
    Ok(about(lot, kind, entries))
}

/// What is done to a lot corrects its grant.
fn about(lot: &Lot, kind: TransactionKind, entries: Vec<Entry>) -> Draft {
    Draft { corrects: Some(lot.granted_by), ..Draft::plain(kind, entries) }
}

impl Decision {
    pub(super) fn of(draft: Result<Draft, Refusal>) -> Result<Decision, Refusal> {
        draft.map(Decision::Book)
    }
}
