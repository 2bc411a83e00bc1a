//! Holds: made, extended, settled, released.

use super::gate::{Counted, Payment, gate, gate_with_debt};
use super::{Decision, Draft, give, give_back, give_to_spent, positive, take, take_from_lots};
use crate::ledger::command::MakeHold;
use crate::ledger::credits::Credits;
use crate::ledger::entry::{Account, Entry};
use crate::ledger::hold::{Draw, Hold, HoldState, OverSettle, ReleaseCause};
use crate::ledger::id::{HoldId, LotId};
use crate::ledger::index::difference;
use crate::ledger::record::add_draw;
use crate::ledger::refusal::Refusal;
use crate::ledger::state::LedgerState;
use crate::ledger::time::Timestamp;
use crate::ledger::transaction::TransactionKind;

pub(super) fn hold(
    state: &LedgerState,
    terms: &MakeHold,
    now: Timestamp,
) -> Result<Draft, Refusal> {
    let amount = positive(terms.amount)?;
    if state.holds.contains_key(&terms.hold) {
        return Err(Refusal::HoldExists { hold: terms.hold.clone() });
    }
    if terms.deadline <= now {
        return Err(Refusal::HoldDeadlineInPast { deadline: terms.deadline, now });
    }
    let draws = gate(state, amount, &terms.attribution, Counted { now, counted_at: now })?;
    let mut entries = take_from_lots(state, &draws);
    entries.push(give(Account::Held(terms.hold.clone()), amount));
    Ok(Draft {
        kind: TransactionKind::Hold {
            hold: terms.hold.clone(),
            deadline: terms.deadline,
            over_settle: terms.over_settle,
        },
        attribution: terms.attribution.clone(),
        corrects: None,
        entries,
    })
}

pub(super) fn settle(
    state: &LedgerState,
    id: &HoldId,
    amount: Credits,
    now: Timestamp,
) -> Result<Decision, Refusal> {
    if amount.is_negative() {
        return Err(Refusal::AmountNegative { amount });
    }
    let hold = find_hold(state, id)?;
    match &hold.state {
        HoldState::Open => settle_open(state, hold, amount, now).map(Decision::Book),
        HoldState::Settled { transaction, .. } => Ok(Decision::Answered(*transaction)),
        HoldState::Released { cause: ReleaseCause::Deadline, transaction, .. } => {
            settle_late(state, hold, amount, *transaction, now).map(Decision::Book)
        }
        HoldState::Released { cause: ReleaseCause::Requested, at, .. } => {
            Err(Refusal::HoldAlreadyReleased { hold: id.clone(), at: *at })
        }
    }
}

/// The first lots of the hold pay; what they need not pay goes back to the later ones.
fn settle_open(
    state: &LedgerState,
    hold: &Hold,
    amount: Credits,
    now: Timestamp,
) -> Result<Draft, Refusal> {
    let (charged, absorbed) = charged_and_absorbed(hold, amount)?;
    let (mut paid, returned) = split(&hold.draws, charged);
    let beyond = draw_beyond(state, hold, charged, now)?;
    let mut entries = vec![take(Account::Held(hold.id.clone()), hold.amount)];
    entries.extend(take_from_lots(state, &beyond.draws));
    entries.extend(owe(beyond.owed));
    entries.extend(give_to_spent(charged));
    returned.iter().for_each(|draw| entries.extend(give_back(state, draw)));
    beyond.draws.into_iter().for_each(|draw| add_draw(&mut paid, draw));
    Ok(settled(hold, paid, absorbed, hold.made_at, hold.made_by, entries))
}

/// What the deadline gave back is drawn again, under the rules of now.
fn settle_late(
    state: &LedgerState,
    hold: &Hold,
    amount: Credits,
    release: u64,
    now: Timestamp,
) -> Result<Draft, Refusal> {
    let (charged, absorbed) = charged_and_absorbed(hold, amount)?;
    let at = Counted { now, counted_at: now };
    let payment = pay(state, hold, charged, at)?;
    let mut entries = take_from_lots(state, &payment.draws);
    entries.extend(owe(payment.owed));
    entries.extend(give_to_spent(charged));
    Ok(settled(hold, payment.draws, absorbed, now, release, entries))
}

/// What pays `amount` for a hold: only the policy `draw` may leave something owed.
fn pay(state: &LedgerState, hold: &Hold, amount: Credits, at: Counted) -> Result<Payment, Refusal> {
    match hold.over_settle {
        OverSettle::Draw => gate_with_debt(state, amount, &hold.attribution, at),
        OverSettle::Refuse | OverSettle::Absorb => {
            let draws = gate(state, amount, &hold.attribution, at)?;
            Ok(Payment { draws, owed: Credits::ZERO })
        }
    }
}

fn owe(amount: Credits) -> Option<Entry> {
    amount.is_positive().then(|| take(Account::Debt, amount))
}

fn settled(
    hold: &Hold,
    paid: Vec<Draw>,
    absorbed: Credits,
    counted_at: Timestamp,
    corrects: u64,
    entries: Vec<Entry>,
) -> Draft {
    Draft {
        kind: TransactionKind::Settle { hold: hold.id.clone(), paid, absorbed, counted_at },
        attribution: hold.attribution.clone(),
        corrects: Some(corrects),
        entries,
    }
}

/// What is charged of the reported `amount`, and what is absorbed, by the hold's policy.
fn charged_and_absorbed(hold: &Hold, amount: Credits) -> Result<(Credits, Credits), Refusal> {
    if amount <= hold.amount {
        return Ok((amount, Credits::ZERO));
    }
    let excess = difference(amount, hold.amount);
    match hold.over_settle {
        OverSettle::Absorb => Ok((hold.amount, excess)),
        OverSettle::Draw => Ok((amount, Credits::ZERO)),
        OverSettle::Refuse => Err(Refusal::OverSettleRefused {
            hold: hold.id.clone(),
            asked: amount,
            held: hold.amount,
            excess,
        }),
    }
}

/// What pays that is charged beyond the hold; it counts where the hold counts.
fn draw_beyond(
    state: &LedgerState,
    hold: &Hold,
    charged: Credits,
    now: Timestamp,
) -> Result<Payment, Refusal> {
    let beyond = difference(charged, hold.amount).max(Credits::ZERO);
    if beyond.is_zero() {
        return Ok(Payment { draws: Vec::new(), owed: Credits::ZERO });
    }
    pay(state, hold, beyond, Counted { now, counted_at: hold.made_at })
}

/// More credits are drawn under the rules of now, and count where the hold counts.
pub(super) fn extend(
    state: &LedgerState,
    id: &HoldId,
    by: Credits,
    deadline: Option<Timestamp>,
    now: Timestamp,
) -> Result<Draft, Refusal> {
    if by.is_negative() {
        return Err(Refusal::AmountNegative { amount: by });
    }
    let hold = find_hold(state, id)?;
    match &hold.state {
        HoldState::Open => {}
        HoldState::Settled { amount, .. } => {
            return Err(Refusal::HoldAlreadySettled { hold: id.clone(), amount: *amount });
        }
        HoldState::Released { at, .. } => {
            return Err(Refusal::HoldAlreadyReleased { hold: id.clone(), at: *at });
        }
    }
    if deadline.is_some_and(|deadline| deadline <= hold.deadline) {
        return Err(Refusal::DeadlineNotLater { hold: id.clone(), deadline: hold.deadline });
    }
    if by.is_zero() && deadline.is_none() {
        return Err(Refusal::NothingToChange);
    }
    let at = Counted { now, counted_at: hold.made_at };
    let mut entries = Vec::new();
    if by.is_positive() {
        entries = take_from_lots(state, &gate(state, by, &hold.attribution, at)?);
        entries.push(give(Account::Held(id.clone()), by));
    }
    let deadline = deadline.unwrap_or(hold.deadline);
    Ok(Draft {
        kind: TransactionKind::ExtendHold { hold: id.clone(), deadline },
        attribution: hold.attribution.clone(),
        corrects: Some(hold.made_by),
        entries,
    })
}

pub(super) fn release(state: &LedgerState, id: &HoldId) -> Result<Decision, Refusal> {
    let hold = find_hold(state, id)?;
    match &hold.state {
        HoldState::Open => Ok(Decision::Book(released(state, hold, ReleaseCause::Requested))),
        HoldState::Released { transaction, .. } => Ok(Decision::Answered(*transaction)),
        HoldState::Settled { amount, .. } => {
            Err(Refusal::HoldAlreadySettled { hold: id.clone(), amount: *amount })
        }
    }
}

fn released(state: &LedgerState, hold: &Hold, cause: ReleaseCause) -> Draft {
    let mut entries = vec![take(Account::Held(hold.id.clone()), hold.amount)];
    hold.draws.iter().for_each(|draw| entries.extend(give_back(state, draw)));
    Draft {
        kind: TransactionKind::Release { hold: hold.id.clone(), cause },
        attribution: hold.attribution.clone(),
        corrects: Some(hold.made_by),
        entries,
    }
}

/// The release of a hold whose deadline has passed.
pub(in crate::ledger) fn deadline_passed(state: &LedgerState, id: &HoldId) -> Draft {
    let hold = state.holds.get(id).expect("what falls due is an open hold of this state");
    released(state, hold, ReleaseCause::Deadline)
}

fn find_hold<'a>(state: &'a LedgerState, id: &HoldId) -> Result<&'a Hold, Refusal> {
    state.holds.get(id).ok_or_else(|| Refusal::HoldNotFound { hold: id.clone() })
}

/// The first `amount` of the draws, and the rest.
fn split(draws: &[Draw], amount: Credits) -> (Vec<Draw>, Vec<Draw>) {
    let (mut first, mut rest, mut missing) = (Vec::new(), Vec::new(), amount);
    for draw in draws {
        let taken = draw.amount.min(missing);
        missing = difference(missing, taken);
        push_draw(&mut first, &draw.lot, taken);
        push_draw(&mut rest, &draw.lot, difference(draw.amount, taken));
    }
    (first, rest)
}

fn push_draw(draws: &mut Vec<Draw>, lot: &LotId, amount: Credits) {
    if amount.is_positive() {
        draws.push(Draw { lot: lot.clone(), amount });
    }
}
