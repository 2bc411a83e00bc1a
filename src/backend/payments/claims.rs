//! What refunds and disputes come to in credits, and the next step towards it. Pure: no IO, no clock.
//!
//! Only totals count, never the way that led to them: whoever looks, in whatever order the provider's
//! reports came, finds the same [`Target`], so the ledger ends the same. Of money that is away the same
//! part of the credits is away, rounded down over the running total, so that parts add up to the whole.

use std::collections::BTreeMap;

use super::port::corrections::{DisputeFacts, PaymentTotals, RefundFacts, RefundStatus};
use crate::backend::store::correction::{Cause, Correction, StepKind};
use crate::backend::store::dispute::DisputeStanding;
use crate::ledger::{Credits, Lot};

/// What one refund or dispute should have of the credits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Why.
    pub cause: Cause,
    /// The provider's name for it.
    pub reference: String,
    /// What of the money is away, in minor units.
    pub money_minor: i64,
    /// What of the credits is to be out of the lot.
    pub taken: Credits,
    /// What of the credits is not to be spent until it ends.
    pub frozen: Credits,
    /// Nobody knows what it is: what was done about it stays.
    pub is_unknown: bool,
}

/// What every refund and dispute should have, in the order in which they are counted: those that steps
/// were taken for first, in the order of these, so that a rounded part never moves from one to another.
pub fn targets(credits: Credits, totals: &PaymentTotals, steps: &[Correction]) -> Vec<Target> {
    let share = Share { credits, paid_minor: totals.paid_minor };
    let mut counted = 0_i64;
    let mut next = |minor: i64| {
        let before = share.of(counted);
        counted = counted.saturating_add(minor);
        share.of(counted).checked_sub(before).unwrap_or_default()
    };
    let place = |reference: &str| {
        let known = steps.iter().position(|step| step.reference == reference);
        known.unwrap_or(usize::MAX)
    };
    let mut refunds: Vec<&RefundFacts> = totals.refunds.iter().collect();
    refunds.sort_by_key(|refund| place(&refund.reference));
    let mut disputes: Vec<&DisputeFacts> = totals.disputes.iter().collect();
    disputes.sort_by_key(|dispute| place(&dispute.reference));
    let mut targets: Vec<Target> = Vec::new();
    for refund in refunds {
        let succeeded = refund.status == RefundStatus::Succeeded;
        let money_minor = if succeeded { refund.amount_minor } else { 0 };
        let taken = next(money_minor);
        targets.push(Target::new(Cause::Refund, &refund.reference, money_minor, taken));
    }
    for dispute in &disputes {
        let money_minor = if dispute.is_away { dispute.amount_minor } else { 0 };
        let is_unknown = dispute.standing == DisputeStanding::Unknown;
        let taken = if is_unknown { Credits::ZERO } else { next(money_minor) };
        let target = Target::new(Cause::Dispute, &dispute.reference, money_minor, taken);
        targets.push(Target { is_unknown, ..target });
    }
    // What is only threatened comes after all that is away.
    for dispute in &disputes {
        if dispute.standing == DisputeStanding::Open && !dispute.has_moved {
            let frozen = next(dispute.amount_minor);
            let target = targets.iter_mut().find(|target| target.reference == dispute.reference);
            target.into_iter().for_each(|target| target.frozen = frozen);
        }
    }
    targets
}

impl Target {
    fn new(cause: Cause, reference: &str, money_minor: i64, taken: Credits) -> Target {
        let reference = reference.to_owned();
        Target { cause, reference, money_minor, taken, frozen: Credits::ZERO, is_unknown: false }
    }
}

/// Credits in proportion to money.
struct Share {
    credits: Credits,
    paid_minor: i64,
}

impl Share {
    /// The credits that `minor` of the payment stand for, rounded down; never more than all.
    fn of(&self, minor: i64) -> Credits {
        if self.paid_minor <= 0 {
            return Credits::ZERO;
        }
        let minor = i128::from(minor.clamp(0, self.paid_minor));
        let micro = i128::from(self.credits.micro()) * minor / i128::from(self.paid_minor);
        Credits::from_micro(i64::try_from(micro).unwrap_or(self.credits.micro()))
    }
}

/// The credits that `minor` of a payment of `paid_minor` stand for, rounded down.
pub fn share(credits: Credits, paid_minor: i64, minor: i64) -> Credits {
    Share { credits, paid_minor }.of(minor)
}

/// A revocation of this purchase of which something is left to be given back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revocation {
    /// The refund or dispute that it was for.
    pub reference: String,
    /// The ledger's transaction.
    pub sequence: u64,
    /// What was not given back of it.
    pub left: Credits,
}

/// What has been done so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Booked {
    /// The number of the last step; 0 before the first.
    pub number: i64,
    taken: BTreeMap<String, Credits>,
    money: BTreeMap<String, i64>,
    frozen: Credits,
    revocations: Vec<Revocation>,
}

impl Booked {
    /// What these steps, all of which have an outcome, come to.
    pub fn of(steps: &[Correction]) -> Booked {
        let mut booked = Booked::default();
        steps.iter().for_each(|step| booked.add(step));
        booked
    }

    fn add(&mut self, step: &Correction) {
        self.number = self.number.max(step.number);
        self.money.insert(step.reference.clone(), step.money.minor);
        let Some(outcome) = step.outcome else { return };
        let Some(sequence) = outcome.sequence else { return };
        let taken = self.taken.entry(step.reference.clone()).or_default();
        match step.step {
            StepKind::Taken => {
                *taken = plus(*taken, step.credits);
                let left = step.credits;
                let reference = step.reference.clone();
                self.revocations.push(Revocation { reference, sequence, left });
                // What was frozen went first; what was still to be frozen is wanted no more.
                let thawed = plus(outcome.from_frozen, outcome.owed);
                self.frozen = minus(self.frozen, thawed).max(Credits::ZERO);
            }
            StepKind::GivenBack => {
                *taken = minus(*taken, step.credits);
                let undone =
                    self.revocations.iter_mut().filter(|it| Some(it.sequence) == step.undoes);
                undone.for_each(|it| it.left = minus(it.left, step.credits));
                self.revocations.retain(|it| it.left.is_positive());
            }
            StepKind::Frozen => self.frozen = plus(self.frozen, step.credits),
            StepKind::Unfrozen => self.frozen = minus(self.frozen, step.credits),
            StepKind::Noted => {}
        }
    }

    /// What was taken for one refund or dispute and not given back.
    fn taken_for(&self, reference: &str) -> Credits {
        self.taken.get(reference).copied().unwrap_or_default()
    }

    /// The revocations of which something is left, the oldest first.
    pub fn revocations(&self) -> &[Revocation] {
        &self.revocations
    }
}

/// What the ledger has of the purchase's lot, as far as it matters here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LotFigures {
    /// What could still be taken out of it.
    pub takeable: Credits,
    /// What could still be frozen in it.
    pub freezable: Credits,
    /// What is free in it.
    pub free: Credits,
    /// What of it lapsed unspent: nobody owes that.
    pub lapsed: Credits,
}

impl LotFigures {
    /// Those of this lot.
    pub fn of(lot: &Lot) -> LotFigures {
        let takeable = minus(lot.amount, lot.revoked).max(Credits::ZERO);
        let held_back = plus(lot.frozen, lot.freeze_wanted);
        LotFigures {
            takeable,
            freezable: minus(takeable, held_back).max(Credits::ZERO),
            free: lot.remaining,
            lapsed: lot.expired,
        }
    }
}

/// The next thing to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NextStep {
    /// Which refund or dispute it is for: its place among the targets.
    pub target: usize,
    /// What to do.
    pub step: StepKind,
    /// With how many credits.
    pub credits: Credits,
    /// The transaction to undo, where credits are given back.
    pub undoes: Option<u64>,
}

/// The next step towards the targets; `None` when they are reached, as far as they can be.
///
/// `owing` are the places in the journal of revocations of which something is still owed, with how much.
pub fn next_step(
    targets: &[Target],
    booked: &Booked,
    lot: LotFigures,
    owing: &BTreeMap<u64, Credits>,
) -> Option<NextStep> {
    give_back(targets, booked)
        .or_else(|| pay_debt_from_what_came_back(targets, booked, lot, owing))
        .or_else(|| take(targets, booked, lot))
        .or_else(|| freeze(targets, booked, lot))
        .or_else(|| note(targets, booked))
}

/// Credits whose money came back, out of the revocation that took them last.
fn give_back(targets: &[Target], booked: &Booked) -> Option<NextStep> {
    targets.iter().enumerate().filter(|(_, it)| !it.is_unknown).find_map(|(place, target)| {
        let too_much = minus(booked.taken_for(&target.reference), target.taken);
        let of_it = |it: &&Revocation| it.reference == target.reference;
        let last = booked.revocations.iter().rev().find(of_it)?;
        let credits = too_much.min(last.left);
        let (step, undoes) = (StepKind::GivenBack, Some(last.sequence));
        credits.is_positive().then_some(NextStep { target: place, step, credits, undoes })
    })
}

/// Nothing is owed while the very lot has credits: what came back to it pays first. The revocation is
/// undone as far as that goes, and the next step takes the same from what is free.
fn pay_debt_from_what_came_back(
    targets: &[Target],
    booked: &Booked,
    lot: LotFigures,
    owing: &BTreeMap<u64, Credits>,
) -> Option<NextStep> {
    booked.revocations.iter().find_map(|revocation| {
        let owed = *owing.get(&revocation.sequence)?;
        let credits = owed.min(lot.free).min(revocation.left);
        let target = targets.iter().position(|it| it.reference == revocation.reference)?;
        let (step, undoes) = (StepKind::GivenBack, Some(revocation.sequence));
        credits.is_positive().then_some(NextStep { target, step, credits, undoes })
    })
}

/// Credits whose money is away. What lapsed unspent was never used, so it is not taken a second time.
fn take(targets: &[Target], booked: &Booked, lot: LotFigures) -> Option<NextStep> {
    let missing = |target: &Target| {
        let taken = booked.taken_for(&target.reference);
        minus(target.taken, taken).max(Credits::ZERO)
    };
    let known = || targets.iter().enumerate().filter(|(_, it)| !it.is_unknown);
    let wanted = known().map(|(_, target)| missing(target)).fold(Credits::ZERO, plus);
    let most = minus(wanted, lot.lapsed).min(lot.takeable);
    known().find_map(|(place, target)| {
        let credits = missing(target).min(most);
        let step = StepKind::Taken;
        credits.is_positive().then_some(NextStep { target: place, step, credits, undoes: None })
    })
}

/// More or less frozen, as much as open disputes threaten.
fn freeze(targets: &[Target], booked: &Booked, lot: LotFigures) -> Option<NextStep> {
    if targets.iter().any(|target| target.is_unknown) {
        return None;
    }
    let wanted = targets.iter().map(|target| target.frozen).fold(Credits::ZERO, plus);
    let more = minus(wanted, booked.frozen).min(lot.freezable);
    let less = minus(booked.frozen, wanted);
    let of_dispute = |target: &Target| target.cause == Cause::Dispute;
    let threatening = targets.iter().position(|target| target.frozen.is_positive());
    let target = threatening.or_else(|| targets.iter().rposition(of_dispute))?;
    let step = |step, credits| Some(NextStep { target, step, credits, undoes: None });
    if less.is_positive() {
        step(StepKind::Unfrozen, less)
    } else if more.is_positive() {
        step(StepKind::Frozen, more)
    } else {
        None
    }
}

/// Money that moved without any credits moving is written down too.
fn note(targets: &[Target], booked: &Booked) -> Option<NextStep> {
    let known = |target: &Target| booked.money.get(&target.reference).copied().unwrap_or(0);
    let target = targets.iter().position(|it| !it.is_unknown && it.money_minor != known(it))?;
    let (step, credits) = (StepKind::Noted, Credits::ZERO);
    Some(NextStep { target, step, credits, undoes: None })
}

fn plus(one: Credits, other: Credits) -> Credits {
    one.checked_add(other).unwrap_or(Credits::MAX)
}

fn minus(one: Credits, other: Credits) -> Credits {
    one.checked_sub(other).unwrap_or_default()
}

#[cfg(test)]
mod tests;
