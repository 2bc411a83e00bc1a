//! The ledger's terms in words that people use. Decides nothing.

use crate::backend::balance::source_label;
use crate::backend::store::correction::{Cause, Correction, StepKind};
use crate::backend::store::history::HistoryRow;
use crate::catalogue::{Catalogue, PricePerCredit};
use crate::ledger::{
    Account, Actor, ConsumptionOrder, Credits, Lot, Money, Operation, Origin, ReleaseCause, Source,
    TransactionKind,
};
use crate::model::format::{credits_phrase, format_credits, format_money, format_price_per_credit};

/// Who something is put down to when no person did it.
pub const SYSTEM: &str = "System";

/// What was paid for, by the rate card's name; the code where the rate card has dropped it.
pub fn operation_label(catalogue: &Catalogue, operation: Option<&Operation>) -> String {
    let Some(operation) = operation else { return "Usage".to_owned() };
    match catalogue.operation(operation.as_str()) {
        Some(found) => found.name.clone(),
        None => operation.to_string(),
    }
}

/// What kind of transaction it is, as the lists name it.
pub fn kind_label(kind: &TransactionKind) -> &'static str {
    match kind {
        TransactionKind::Grant { lot, .. } => addition_label(lot),
        TransactionKind::Settle { .. } | TransactionKind::Charge => "Usage",
        TransactionKind::Hold { .. } => "Hold",
        TransactionKind::Release { .. } => "Release",
        TransactionKind::Expire { .. } => "Expiry",
        TransactionKind::SetBudget { .. } | TransactionKind::MoveBudget { .. } => "Limit",
        TransactionKind::ExtendHold { .. } => "Hold extended",
        TransactionKind::Reverse { .. } => "Reversal",
        TransactionKind::Revoke { .. } => "Taken back",
        TransactionKind::Freeze { .. } => "Frozen",
        TransactionKind::Unfreeze { .. } => "Unfrozen",
        TransactionKind::Adjust { .. } => "Correction",
        TransactionKind::SetTerms { .. } => "Terms",
        TransactionKind::SetPlan { .. } => "Plan",
    }
}

/// What kind of addition a lot is: paid for, free, or granted.
pub fn addition_label(lot: &Lot) -> &'static str {
    match (lot.source, &lot.cost) {
        (Source::Purchased, _) | (Source::Subscription, Some(_)) => "Purchase",
        (Source::Subscription, None) => "Plan",
        (Source::Trial | Source::Promotional | Source::Referral, _) => "Free Credits",
        (Source::Admin, _) => "Admin Grant",
    }
}

/// What kind of correction it is, as the lists name it.
pub fn correction_label(step: &Correction) -> &'static str {
    match step.cause {
        Cause::Refund => "Refund",
        Cause::Dispute => "Dispute",
    }
}

/// Which payment was corrected; with the reason for those who may read it.
pub fn correction_origin(step: &Correction, with_reason: bool) -> String {
    let payment = short_id(step.purchase.as_str());
    let returned = step.step == StepKind::GivenBack;
    match (returned, step.reason.as_ref().filter(|_| with_reason)) {
        (true, _) => format!("Payment {payment}, given back"),
        (false, Some(reason)) => format!("Payment {payment}: {reason}"),
        (false, None) => format!("Payment {payment}"),
    }
}

/// The money that went with the credits: "−$30.00".
pub fn paid_back(step: &Correction) -> Option<String> {
    let minor = step.money.minor.checked_neg().filter(|minor| *minor < 0)?;
    (step.step == StepKind::Taken).then(|| format_money(&Money { minor, ..step.money }))
}

/// Where an addition came from, and what of it went to pay what was owed.
pub fn addition_origin(catalogue: &Catalogue, kind: &TransactionKind) -> String {
    let (lot, repaid) = match kind {
        TransactionKind::Grant { lot, repaid } => (lot, repaid),
        TransactionKind::Adjust { reason, .. } => return reason.clone(),
        TransactionKind::Revoke { .. } => return "The payment behind it went back".to_owned(),
        _ => return String::new(),
    };
    let from = origin(catalogue, lot);
    match Credits::checked_sum(repaid.iter().map(|repayment| repayment.amount)) {
        Some(paid) if paid.is_positive() => {
            format!("{from}; {} of it paid what was owed", format_credits(paid))
        }
        _ => from,
    }
}

/// Where a lot came from.
pub fn origin(catalogue: &Catalogue, lot: &Lot) -> String {
    match &lot.origin {
        Origin::Payment { purchase } => format!("Payment {}", short_id(purchase.as_str())),
        Origin::PlanPeriod { plan, .. } => {
            match (catalogue.plan(plan), &catalogue.annual_package) {
                (Some(offered), _) => format!("Plan {}", offered.name),
                (None, Some(package)) => package.name.clone(),
                (None, None) => format!("Plan {plan}"),
            }
        }
        Origin::Code { code } => format!("Code {code}"),
        Origin::Referral { .. } => "Referral".to_owned(),
        Origin::StaffGrant { reason, .. } => reason.clone(),
        Origin::Signup => "Free credits to begin with".to_owned(),
    }
}

/// What was paid for a lot, with the price of one credit.
pub fn paid(lot: &Lot) -> Option<String> {
    let cost: &Money = lot.cost.as_ref().filter(|cost| cost.minor > 0)?;
    let each = PricePerCredit::new(cost, lot.amount);
    let each = format_price_per_credit(each, cost.currency);
    Some(format!("{} ({each} per credit)", format_money(cost)))
}

/// Who did it: a person's name where one is known.
pub fn person(row: &HistoryRow) -> String {
    if let Some(name) = &row.person {
        return name.clone();
    }
    match (&row.actor, &row.attribution.key) {
        (Actor::Key(key), _) | (_, Some(key)) => format!("API key {}", short_id(key.as_str())),
        (Actor::Staff(_), _) => "Staff".to_owned(),
        (Actor::Member(_) | Actor::System, _) => SYSTEM.to_owned(),
    }
}

/// An account of the journal.
pub fn account(account: &Account) -> String {
    match account {
        Account::Funding(source) => format!("From outside: {}", source_label(*source)),
        Account::Lot(lot) => format!("Lot {}", short_id(lot.as_str())),
        Account::Held(hold) => format!("Held {}", short_id(hold.as_str())),
        Account::Spent => "Spent".to_owned(),
        Account::Expired => "Lapsed".to_owned(),
        Account::Revoked => "Refunded".to_owned(),
        Account::Frozen(lot) => format!("Frozen in lot {}", short_id(lot.as_str())),
        Account::Debt => "Owed".to_owned(),
    }
}

/// One sentence on what a transaction did.
pub fn summary(kind: &TransactionKind, moved: Credits) -> String {
    let moved = credits_phrase(moved);
    match kind {
        TransactionKind::Grant { .. } => format!("Came in: {moved}."),
        TransactionKind::Hold { .. } => format!("Set aside before work began: {moved}."),
        TransactionKind::Settle { absorbed, .. } if absorbed.is_positive() => {
            let absorbed = credits_phrase(*absorbed);
            format!(
                "Charged for finished work: {moved}. Used beyond that, and not charged: {absorbed}."
            )
        }
        TransactionKind::Settle { .. } => {
            format!("Charged for finished work: {moved}. What was held beyond that went back.")
        }
        TransactionKind::Charge => format!("Charged for work already done: {moved}."),
        TransactionKind::Release { cause: ReleaseCause::Requested, .. } => {
            format!("Back in the lots it came from: {moved}.")
        }
        TransactionKind::Release { cause: ReleaseCause::Deadline, .. } => {
            format!(
                "Back in the lots it came from, because the hold's deadline had passed: {moved}."
            )
        }
        TransactionKind::Expire { .. } => format!("Lapsed unspent: {moved}."),
        TransactionKind::SetBudget { limit: Some(limit), .. } => {
            format!("A limit of {} was set. No credits moved.", format_credits(*limit))
        }
        TransactionKind::SetBudget { limit: None, .. } => {
            "A limit was removed. No credits moved.".to_owned()
        }
        TransactionKind::MoveBudget { amount, .. } => {
            format!("{} of one limit went to another. No credits moved.", credits_phrase(*amount))
        }
        TransactionKind::ExtendHold { .. } => {
            format!("More set aside for work that goes on: {moved}.")
        }
        TransactionKind::Reverse { .. } => format!("Given back: {moved}."),
        TransactionKind::Revoke { .. } => {
            format!("Taken out, because the money for them went back: {moved}.")
        }
        TransactionKind::Freeze { .. } => {
            format!("Not to be spent until a dispute ends: {moved}.")
        }
        TransactionKind::Unfreeze { .. } => format!("May be spent again: {moved}."),
        TransactionKind::Adjust { reason, .. } => format!("Corrected by {moved}: {reason}"),
        TransactionKind::SetTerms { terms } if terms.order.is_some() => match terms.order {
            Some(ConsumptionOrder::ExpiringFirst) => {
                "From here on what lapses soonest is spent first. No credits moved.".to_owned()
            }
            _ => "From here on credits are spent source by source. No credits moved.".to_owned(),
        },
        TransactionKind::SetTerms { .. } => {
            "What the organisation agreed on was changed. No credits moved.".to_owned()
        }
        TransactionKind::SetPlan { plan: Some(standing) } => {
            format!("The plan is now {}. No credits moved.", standing.plan.code)
        }
        TransactionKind::SetPlan { plan: None } => {
            "The plan was ended. No credits moved.".to_owned()
        }
    }
}

/// The last letters of an id: enough to tell two apart on one page.
pub fn short_id(id: &str) -> String {
    const SHOWN: usize = 6;
    let letters = id.chars().count();
    let tail: String = id.chars().skip(letters.saturating_sub(SHOWN)).collect();
    format!("…{tail}")
}
