//! A step as it is written down, the order that books it, and what the ledger's answer comes to. Pure.

use crate::backend::engine::Receipt;
use crate::backend::payments::PaymentError;
use crate::backend::payments::claims::{NextStep, Target};
use crate::backend::payments::fulfil::GrantError;
use crate::backend::payments::port::corrections::PaymentTotals;
use crate::backend::store::correction::{Correction, Outcome, StepKind};
use crate::backend::store::purchase::Purchase;
use crate::backend::store::refund_request::RefundRequest;
use crate::ledger::{Account, Actor, Command, IdempotencyKey, Money, Order, Timestamp};

/// `refunded` is what all succeeded refunds come to; the step's own money is its target's.
pub(super) fn step(
    purchase: &Purchase,
    targets: &[Target],
    next: &NextStep,
    number: i64,
    refunded: Money,
    now: Timestamp,
) -> Correction {
    let target = &targets[next.target];
    Correction {
        organisation: purchase.organisation.clone(),
        purchase: purchase.id.clone(),
        number,
        cause: target.cause,
        reference: target.reference.clone(),
        step: next.step,
        credits: next.credits,
        undoes: next.undoes,
        money: Money { minor: target.money_minor, currency: refunded.currency },
        refunded_minor: refunded.minor,
        decided_at: now,
        staff: None,
        reason: None,
        outcome: None,
    }
}

/// The step with who of the staff is behind its refund, and why.
pub(super) fn signed(
    step: Correction,
    totals: &PaymentTotals,
    requests: &[RefundRequest],
) -> Correction {
    let refund = totals.refunds.iter().find(|refund| refund.reference == step.reference);
    let form_key = refund.and_then(|refund| refund.request.as_deref());
    let request = requests.iter().find(|request| Some(request.form_key.as_str()) == form_key);
    let staff = request.map(|request| request.staff.clone());
    let reason = request.map(|request| request.reason.clone());
    Correction { staff, reason, ..step }
}

/// The order that books a step; none for one that moves no credits.
pub(super) fn order(purchase: &Purchase, step: &Correction) -> Result<Option<Order>, PaymentError> {
    let lot = purchase.lot().map_err(GrantError::from)?;
    let amount = step.credits;
    let command = match (step.step, step.undoes) {
        (StepKind::Noted, _) => return Ok(None),
        (StepKind::Taken, _) => Command::Revoke { lot, amount },
        (StepKind::GivenBack, Some(transaction)) => {
            Command::Reverse { transaction, amount: Some(amount) }
        }
        (StepKind::GivenBack, None) => return Ok(None),
        (StepKind::Frozen, _) => Command::Freeze { lot, amount },
        (StepKind::Unfrozen, _) => Command::Unfreeze { lot, amount: Some(amount) },
    };
    let key = format!("purchase:{}:correction:{}", purchase.id, step.number);
    Ok(Some(Order {
        key: IdempotencyKey::parse(&key).map_err(GrantError::from)?,
        actor: step.staff.clone().map_or(Actor::System, Actor::Staff),
        occurred_at: step.decided_at,
        command,
    }))
}

pub(super) fn outcome(step: &Correction, receipt: &Receipt) -> Outcome {
    let transaction = &receipt.transaction;
    let mut outcome = Outcome { sequence: Some(transaction.sequence), ..Outcome::default() };
    if step.step == StepKind::Taken {
        for entry in &transaction.entries {
            let less = entry.amount.checked_neg().unwrap_or_default();
            match entry.account {
                Account::Frozen(_) => outcome.from_frozen = less,
                Account::Debt => outcome.owed = less,
                _ => {}
            }
        }
    }
    outcome
}
