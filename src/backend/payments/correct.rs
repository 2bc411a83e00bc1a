//! The one way in which refunds and disputes reach the ledger: ask the provider for the totals, and book
//! step by step what [`claims`] says is missing.
//!
//! Events, recheck, sweep and the staff's own refund all come here, as often and as much at the same time
//! as they like. The steps of a purchase are numbered, and a number is taken before the ledger is asked:
//! whoever finds it taken asks the provider again, so no step is ever decided on older news than the one
//! before it. A step that was cut short is finished first, under the same key.

mod disputes;
mod steps;

use std::collections::BTreeMap;

use disputes::foremost;
use steps::{order, outcome, signed, step};

use super::claims::{Booked, LotFigures, NextStep, Target, next_step, targets};
use super::port::ProviderError;
use super::port::corrections::PaymentTotals;
use super::{PaymentError, Payments};
use crate::backend::engine::SubmitError;
use crate::backend::store::correction::{self, Correction, Outcome, Standing};
use crate::backend::store::purchase::{Purchase, PurchaseStatus};
use crate::backend::store::refund_request::{self, RefundRequest};
use crate::backend::store::{lot, outflow};
use crate::ledger::{Credits, Currency, Money, Timestamp};

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
        let targets = targets(at_stake(purchase), &totals, &steps);
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

fn garbled(error: &impl ToString) -> PaymentError {
    ProviderError::Garbled { cause: error.to_string() }.into()
}

fn lotless(error: crate::ledger::id::IdError) -> PaymentError {
    super::fulfil::GrantError::from(error).into()
}
