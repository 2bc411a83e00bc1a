//! The one way in which refunds and disputes reach the ledger: ask the provider for the totals, and book
//! step by step what [`claims`] says is missing.
//!
//! Events, recheck, sweep and the staff's own refund all come here, as often and as much at the same time
//! as they like. The steps of a purchase are numbered, and a number is taken before the ledger is asked:
//! whoever finds it taken asks the provider again, so no step is ever decided on older news than the one
//! before it. A step that was cut short is finished first, under the same key.

use std::collections::BTreeMap;

use super::claims::{Booked, LotFigures, NextStep, Target, next_step, targets};
use super::port::ProviderError;
use super::port::corrections::{DisputeFacts, PaymentTotals};
use super::{PaymentError, Payments};
use crate::backend::engine::{Receipt, SubmitError};
use crate::backend::store::correction::{self, Correction, Outcome, Standing, StepKind};
use crate::backend::store::dispute::{self, Dispute, DisputeStanding};
use crate::backend::store::purchase::{Purchase, PurchaseStatus};
use crate::backend::store::refund_request::{self, RefundRequest};
use crate::backend::store::{lot, outflow};
use crate::ledger::time::SECOND;
use crate::ledger::{
    Account, Actor, Command, Credits, Currency, IdempotencyKey, Money, Order, Timestamp,
};

/// How often the provider is asked again because somebody else went on meanwhile.
const MAXIMUM_ROUNDS: usize = 10;
/// The most steps of one round. A step settles a refund or dispute, or a part of it.
const MAXIMUM_STEPS: usize = 500;

/// What one round came to.
enum Round {
    /// The ledger has what the totals say.
    Reached,
    /// Somebody else took a step: everything is to be looked at again.
    Overtaken,
}

impl Payments {
    /// Brings the ledger to what the provider says of the refunds and disputes of a purchase. Safe to
    /// call at any time, by any number of callers; a purchase that is not credited has nothing to lose,
    /// and its refunds are only written down.
    ///
    /// # Errors
    /// Provider, ledger or database gave no answer: the next call goes on where this one ended.
    pub async fn correct(&self, purchase: &Purchase, now: Timestamp) -> Result<(), PaymentError> {
        let (organisation, id) = (&purchase.organisation, &purchase.id);
        let Some(payment_ref) = &purchase.payment_ref else {
            // Nothing was paid, so nothing can go back.
            let standing = Standing::default();
            correction::set_standing(&self.db, organisation, id, &standing, false, now).await?;
            return Ok(());
        };
        for _ in 0..MAXIMUM_ROUNDS {
            if let Round::Reached = self.round(purchase, payment_ref, now).await? {
                return Ok(());
            }
        }
        Err(PaymentError::Contended)
    }

    async fn round(
        &self,
        purchase: &Purchase,
        payment_ref: &str,
        now: Timestamp,
    ) -> Result<Round, PaymentError> {
        let mut steps = self.finished_steps(purchase, now).await?;
        let known = steps.len();
        let totals = self.provider.payment_totals(payment_ref).await?;
        if totals.livemode != purchase.livemode {
            tracing::error!(purchase = %purchase.id, "its payment is of the other mode");
            return Ok(Round::Reached);
        }
        let currency = Currency::parse(&totals.currency).map_err(|error| garbled(&error))?;
        let disputes_moved = self.keep_disputes(purchase, &totals, currency, now).await?;
        let requests = self.requests(purchase, &totals).await?;
        let targets = targets(at_stake(purchase), &totals);
        for _ in 0..MAXIMUM_STEPS {
            let booked = Booked::of(&steps);
            let Some(next) = self.next(purchase, &targets, &booked, now).await? else {
                self.keep_standing(purchase, &totals, &steps, now).await?;
                if disputes_moved || steps.len() > known {
                    self.tell(&purchase.organisation, &purchase.id);
                }
                return Ok(Round::Reached);
            };
            let number = booked.number + 1;
            let money = Money { minor: totals.refunded_minor(), currency };
            let step = step(purchase, &targets, &next, number, money, now);
            let step = signed(step, &totals, &requests);
            if !correction::claim(&self.db, &step).await? {
                return Ok(Round::Overtaken);
            }
            steps.push(self.finish(purchase, step, now).await?);
        }
        Err(PaymentError::Contended)
    }

    /// The purchase's steps, after finishing what was cut short.
    async fn finished_steps(
        &self,
        purchase: &Purchase,
        now: Timestamp,
    ) -> Result<Vec<Correction>, PaymentError> {
        let (organisation, id) = (&purchase.organisation, &purchase.id);
        let mut steps = Vec::new();
        for step in correction::of_purchase(&self.db, organisation, id).await? {
            steps.push(match step.outcome {
                Some(_) => step,
                None => self.finish(purchase, step, now).await?,
            });
        }
        Ok(steps)
    }

    /// Books a step that is written down, and writes down what became of it.
    async fn finish(
        &self,
        purchase: &Purchase,
        step: Correction,
        now: Timestamp,
    ) -> Result<Correction, PaymentError> {
        let outcome = match order(purchase, &step)? {
            None => Ok(Outcome::default()),
            Some(order) => match self.engine.submit(&purchase.organisation, order).await {
                Ok(receipt) => Ok(outcome(&step, &receipt)),
                // What the ledger says no to is not asked again under this number.
                Err(refused @ SubmitError::Refused(_)) => Err(refused),
                Err(unknown) => return Err(unknown.into()),
            },
        };
        let kept = outcome.as_ref().ok().copied().unwrap_or_default();
        correction::booked(&self.db, &step, kept, now).await?;
        match outcome {
            Ok(outcome) => {
                let (id, what) = (&purchase.id, step.step.as_str());
                tracing::info!(purchase = %id, step = what, credits = %step.credits, "corrected");
                Ok(Correction { outcome: Some(outcome), ..step })
            }
            Err(refused) => {
                tracing::error!(purchase = %purchase.id, %refused, "a correction was refused");
                Err(refused.into())
            }
        }
    }

    async fn next(
        &self,
        purchase: &Purchase,
        targets: &[Target],
        booked: &Booked,
        now: Timestamp,
    ) -> Result<Option<NextStep>, PaymentError> {
        let figures = self.lot_figures(purchase, now).await?;
        let mut owing = BTreeMap::new();
        if figures.free.is_positive() && !booked.revocations().is_empty() {
            let owed = outflow::owing(&self.db, &purchase.organisation).await?;
            owing = owed.into_iter().map(|one| (one.transaction, one.owed)).collect();
        }
        Ok(next_step(targets, booked, figures, &owing))
    }

    /// What the purchase's lot has now, with everything that fell due counted.
    async fn lot_figures(
        &self,
        purchase: &Purchase,
        now: Timestamp,
    ) -> Result<LotFigures, PaymentError> {
        if purchase.status != PurchaseStatus::Credited {
            return Ok(LotFigures::default());
        }
        let (organisation, id) = (&purchase.organisation, purchase.lot().map_err(lotless)?);
        let wanted = id.clone();
        let look =
            move |state: &crate::ledger::LedgerState| state.caught_up(now).lot(&wanted).cloned();
        let found = match self.engine.read(organisation, look).await? {
            Some(lot) => Some(lot),
            None => lot::find(&self.db, organisation, &id).await?,
        };
        Ok(found.as_ref().map(LotFigures::of).unwrap_or_default())
    }

    /// The requests of our staff behind these refunds, each with the provider's name noted.
    async fn requests(
        &self,
        purchase: &Purchase,
        totals: &PaymentTotals,
    ) -> Result<Vec<RefundRequest>, PaymentError> {
        if totals.refunds.iter().all(|refund| refund.request.is_none()) {
            return Ok(Vec::new());
        }
        let (organisation, id) = (&purchase.organisation, &purchase.id);
        let requests = refund_request::of_purchase(&self.db, organisation, id).await?;
        for request in requests.iter().filter(|request| request.refund_ref.is_none()) {
            let asked = Some(request.form_key.as_str());
            let made = totals.refunds.iter().find(|refund| refund.request.as_deref() == asked);
            if let Some(made) = made {
                refund_request::made(&self.db, &request.form_key, &made.reference).await?;
            }
        }
        Ok(requests)
    }

    /// Writes down the disputes as they are now; whether one is new or has moved.
    async fn keep_disputes(
        &self,
        purchase: &Purchase,
        totals: &PaymentTotals,
        currency: Currency,
        now: Timestamp,
    ) -> Result<bool, PaymentError> {
        if totals.disputes.is_empty() {
            return Ok(false);
        }
        let (organisation, id) = (&purchase.organisation, &purchase.id);
        let before = dispute::of_purchase(&self.db, organisation, id).await?;
        let mut moved = false;
        for facts in &totals.disputes {
            let row = dispute_row(purchase, facts, currency, now);
            let known = before.iter().find(|known| known.reference == row.reference);
            let same =
                |known: &&Dispute| known.status == row.status && known.away_minor == row.away_minor;
            if known.filter(same).is_none() {
                moved = true;
                alert(purchase, facts);
            }
            dispute::upsert(&self.db, &row).await?;
        }
        Ok(moved)
    }

    async fn keep_standing(
        &self,
        purchase: &Purchase,
        totals: &PaymentTotals,
        steps: &[Correction],
        now: Timestamp,
    ) -> Result<(), PaymentError> {
        let standing = Standing {
            refunded_minor: totals.refunded_minor(),
            credits_taken: correction::credits_taken(steps),
            dispute: foremost(&totals.disputes).map(|standing| standing.as_str().to_owned()),
        };
        let (organisation, id, open) =
            (&purchase.organisation, &purchase.id, totals.is_unfinished());
        correction::set_standing(&self.db, organisation, id, &standing, open, now).await?;
        Ok(())
    }
}

/// The credits that the payment stands for: none before they were granted.
fn at_stake(purchase: &Purchase) -> Credits {
    match purchase.status {
        PurchaseStatus::Credited => purchase.credits,
        _ => Credits::ZERO,
    }
}

/// `refunded` is what all succeeded refunds come to; the step's own money is its target's.
fn step(
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
fn signed(step: Correction, totals: &PaymentTotals, requests: &[RefundRequest]) -> Correction {
    let refund = totals.refunds.iter().find(|refund| refund.reference == step.reference);
    let form_key = refund.and_then(|refund| refund.request.as_deref());
    let request = requests.iter().find(|request| Some(request.form_key.as_str()) == form_key);
    let staff = request.map(|request| request.staff.clone());
    let reason = request.map(|request| request.reason.clone());
    Correction { staff, reason, ..step }
}

/// The order that books a step; none for one that moves no credits.
fn order(purchase: &Purchase, step: &Correction) -> Result<Option<Order>, PaymentError> {
    let lot = purchase.lot().map_err(lotless)?;
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
        key: IdempotencyKey::parse(&key).map_err(super::fulfil::GrantError::from)?,
        actor: step.staff.clone().map_or(Actor::System, Actor::Staff),
        occurred_at: step.decided_at,
        command,
    }))
}

fn outcome(step: &Correction, receipt: &Receipt) -> Outcome {
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

fn dispute_row(
    purchase: &Purchase,
    facts: &DisputeFacts,
    currency: Currency,
    now: Timestamp,
) -> Dispute {
    Dispute {
        organisation: purchase.organisation.clone(),
        purchase: purchase.id.clone(),
        reference: facts.reference.clone(),
        amount: Money { minor: facts.amount_minor, currency },
        away_minor: if facts.is_away { facts.amount_minor } else { 0 },
        standing: facts.standing,
        status: facts.status.clone(),
        reason: facts.reason.clone(),
        opened_at: Timestamp(facts.created_seconds.saturating_mul(SECOND)),
        seen_at: now,
    }
}

/// Whoever runs the installation should look: a dispute has days to be answered at the provider.
fn alert(purchase: &Purchase, facts: &DisputeFacts) {
    let (id, organisation) = (&purchase.id, &purchase.organisation);
    let (dispute, status) = (&facts.reference, &facts.status);
    match facts.standing {
        DisputeStanding::Unknown => tracing::error!(
            purchase = %id, %organisation, dispute, status,
            "a dispute has a status that is not known: nothing was done about it"
        ),
        DisputeStanding::Open | DisputeStanding::Inquiry | DisputeStanding::Lost => {
            tracing::error!(purchase = %id, %organisation, dispute, status, "a payment is disputed");
        }
        DisputeStanding::Won | DisputeStanding::Withdrawn => {
            tracing::info!(purchase = %id, %organisation, dispute, status, "a dispute is over");
        }
    }
}

/// The standing that matters most among the disputes of a payment.
fn foremost(disputes: &[DisputeFacts]) -> Option<DisputeStanding> {
    use DisputeStanding::{Inquiry, Lost, Open, Unknown, Withdrawn, Won};
    let order = [Unknown, Open, Inquiry, Lost, Won, Withdrawn];
    order.into_iter().find(|standing| disputes.iter().any(|one| one.standing == *standing))
}

fn garbled(error: &impl ToString) -> PaymentError {
    ProviderError::Garbled { cause: error.to_string() }.into()
}

fn lotless(error: crate::ledger::id::IdError) -> PaymentError {
    super::fulfil::GrantError::from(error).into()
}
