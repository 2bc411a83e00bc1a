//! Plans that need no provider: the free one, which whoever has no other has, and those that were agreed
//! on. The ledger grants their periods by the passing of time.

use super::super::{PaymentError, Payments};
use super::credit::order;
use super::terms::ledger_plan;
use crate::backend::engine::SubmitError;
use crate::backend::step::Step;
use crate::backend::store::subscription::{self, SubscriptionStatus};
use crate::catalogue::{Catalogue, Plan};
use crate::ledger::{Command, LedgerState, OrganisationId, Renewal, Timestamp};

impl Payments {
    /// Gives the catalogue's free plan to an organisation that has no plan at all.
    ///
    /// # Errors
    /// Ledger or database gave no answer; the next step tries again.
    pub async fn free_plan_step(
        &self,
        catalogue: &Catalogue,
        now: Timestamp,
    ) -> Result<Step, PaymentError> {
        let Some(free) = catalogue.free_plan() else { return Ok(Step::Idle) };
        let (provider, live) = (self.provider_name, self.livemode);
        let without = subscription::without_plan(&self.db, provider, live).await?;
        let Some(organisation) = without else { return Ok(Step::Idle) };
        let none = |state: &LedgerState| state.terms().plan.is_none();
        self.set_automatic(&organisation, free, now, none).await?;
        self.stand(&organisation, SubscriptionStatus::Free).await?;
        Ok(Step::Done)
    }

    /// Puts an organisation on a plan that was agreed on, from now on.
    ///
    /// # Errors
    /// It pays for a plan, which ends first; or ledger or database gave no answer.
    pub async fn agree_on_plan(
        &self,
        organisation: &OrganisationId,
        plan: &Plan,
        now: Timestamp,
    ) -> Result<(), PaymentError> {
        let row = self.settle_subscription(organisation, None, now).await?;
        if row.is_some_and(|row| row.status.is_paid()) {
            return Err(super::change::PlanRefusal::Scheduled.into());
        }
        let code = plan.code.clone();
        let other = move |state: &LedgerState| {
            state.terms().plan.as_ref().is_none_or(|standing| standing.plan.code != code)
        };
        self.set_automatic(organisation, plan, now, other).await?;
        self.stand(organisation, SubscriptionStatus::Agreed).await
    }

    /// Ends a plan that was agreed on: the free one follows, where there is one.
    ///
    /// # Errors
    /// There is none, or ledger or database gave no answer.
    pub async fn end_agreed_plan(
        &self,
        organisation: &OrganisationId,
        now: Timestamp,
    ) -> Result<(), PaymentError> {
        let row = subscription::find(&self.db, self.place(organisation)).await?;
        if row.is_none_or(|row| row.status != SubscriptionStatus::Agreed) {
            return Err(super::change::PlanRefusal::NothingToChange.into());
        }
        let key = format!("plan-end:agreed:{}", now.micros());
        let end = order(&key, Command::SetPlan { plan: None }, now)?;
        self.engine.submit(organisation, end).await?;
        self.stand(organisation, SubscriptionStatus::None).await
    }

    async fn set_automatic(
        &self,
        organisation: &OrganisationId,
        plan: &Plan,
        now: Timestamp,
        wanted: impl Fn(&LedgerState) -> bool + Send + 'static,
    ) -> Result<(), PaymentError> {
        let terms = ledger_plan(plan, now, Renewal::Automatic);
        let key = format!("plan-set:{}:{}", plan.code, now.micros());
        let command = Command::SetPlan { plan: Some(Box::new(terms)) };
        match self.engine.submit_if(organisation, order(&key, command, now)?, wanted).await {
            // Another node was first.
            Ok(_) | Err(SubmitError::Unmet) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    async fn stand(
        &self,
        organisation: &OrganisationId,
        status: SubscriptionStatus,
    ) -> Result<(), PaymentError> {
        let place = self.place(organisation);
        subscription::ensure(&self.db, place).await?;
        subscription::set_status(&self.db, place, status).await?;
        self.tell_of_plan(organisation);
        Ok(())
    }
}
