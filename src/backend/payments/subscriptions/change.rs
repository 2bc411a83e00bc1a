//! Another plan, the end of one, and the way back. What a change means is decided by [`plan_move`], once
//! for the preview and for the change itself.

use super::super::checkout::sound_form_key;
use super::super::port::subscriptions::{ChangeFrom, PlanChange};
use super::super::{PaymentError, Payments};
use super::Acting;
use super::terms::recurring_price;
use crate::backend::id;
use crate::backend::store::billing_customer;
use crate::backend::store::subscription::{Subscription, SubscriptionStatus};
use crate::catalogue::{Plan, Sale};
use crate::ledger::time::{HOUR, SECOND};
use crate::ledger::{Money, OrganisationId, Period, Timestamp};
use crate::model::Problem;

/// How long the figures of a preview stand.
const PREVIEW_STANDS: i64 = HOUR;

/// Why a plan cannot be had, left or changed as asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanRefusal {
    /// The catalogue does not offer it for money.
    #[error("this plan is not for sale")]
    NotForSale,
    /// It is the plan they have.
    #[error("this is the plan in force")]
    Same,
    /// There is no plan that is paid for.
    #[error("there is no plan that is paid for")]
    NothingToChange,
    /// Something else was chosen and is still to come.
    #[error("another change is under way")]
    Scheduled,
    /// An invoice waits for its money.
    #[error("an invoice waits for its payment")]
    Unpaid,
    /// From a year to a month.
    #[error("a year that was paid for is not cut into months")]
    YearToMonth,
    /// The figures that were shown are too old.
    #[error("the preview is too old")]
    Stale,
    /// Somebody else is choosing at the same time.
    #[error("somebody else is choosing at the same time")]
    Busy,
}

impl PlanRefusal {
    /// The *no* to show.
    pub fn problem(self) -> Problem {
        let (code, detail, cure) = match self {
            PlanRefusal::NotForSale => (
                "plan_not_for_sale",
                "This plan is not for sale here.",
                "Choose one of the plans that are shown.",
            ),
            PlanRefusal::Same => {
                ("plan_in_force", "This is the plan you have.", "Choose another plan.")
            }
            PlanRefusal::NothingToChange => (
                "no_paid_plan",
                "Your organisation pays for no plan, so there is nothing to change.",
                "Choose a plan first.",
            ),
            PlanRefusal::Scheduled => (
                "plan_change_scheduled",
                "A change of your plan is already on its way.",
                "Undo it first, on the page Subscription; then choose anew.",
            ),
            PlanRefusal::Unpaid => (
                "plan_unpaid",
                "The last invoice of your plan has not been paid.",
                "Pay it first, on the page Subscription; then change the plan.",
            ),
            PlanRefusal::YearToMonth => (
                "plan_year_runs",
                "Your plan is paid for a whole year, which cannot become a monthly plan half-way.",
                "Cancel it: it stays until the year is over. Then choose the monthly plan.",
            ),
            PlanRefusal::Stale => (
                "preview_stale",
                "The figures on the page have changed in the meantime.",
                "Look at them again and confirm. Nothing was charged.",
            ),
            PlanRefusal::Busy => (
                "plan_busy",
                "Somebody else in your organisation is choosing a plan at this moment.",
                "Wait a moment and look at the page Subscription again.",
            ),
        };
        Problem::conflict(code, detail).with_cure(cure)
    }
}

/// What another plan means for who has `current`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlanMove {
    /// It begins with a first payment.
    Begin,
    /// It takes over at once, and the difference is charged now.
    Now,
    /// A period of its own begins at once, and what is left of the old one is given back in money.
    NewPeriod,
    /// It takes over with the next period.
    NextPeriod,
    /// The plan that is paid for ends with its period.
    End,
    /// It is agreed on with people.
    Ask,
}

/// What choosing `wanted` means; `current` is the plan that is paid for.
///
/// # Errors
/// It is the plan they have, or it cannot be had from there.
pub fn plan_move(current: Option<&Plan>, wanted: &Plan) -> Result<PlanMove, PlanRefusal> {
    let price = match (wanted.sale, current) {
        (Sale::Custom, _) => return Ok(PlanMove::Ask),
        (Sale::Free, Some(_)) => return Ok(PlanMove::End),
        (Sale::Free, None) => return Err(PlanRefusal::Same),
        (Sale::Paid(_), None) => return Ok(PlanMove::Begin),
        (Sale::Paid(price), Some(_)) => price,
    };
    let Some(current) = current else { return Ok(PlanMove::Begin) };
    if current.code == wanted.code {
        return Err(PlanRefusal::Same);
    }
    let paid = current.price().map_or(0, |price: Money| price.minor);
    match (current.period, wanted.period) {
        (Period::Month, Period::Year) => Ok(PlanMove::NewPeriod),
        (Period::Year, Period::Month) => Err(PlanRefusal::YearToMonth),
        _ if price.minor > paid => Ok(PlanMove::Now),
        _ => Ok(PlanMove::NextPeriod),
    }
}

/// A change worked out against the provider's facts of this moment.
struct WorkedOut {
    subscription: String,
    change: PlanChange,
}

impl Payments {
    /// What changing to `plan` at once would cost now.
    ///
    /// # Errors
    /// It cannot be changed so, or the provider gave no answer.
    pub async fn charge_now(
        &self,
        organisation: &OrganisationId,
        plan: &Plan,
        now: Timestamp,
    ) -> Result<i64, PaymentError> {
        let at_seconds = now.0 / SECOND;
        let worked_out = self.work_out(organisation, plan, at_seconds, now).await?;
        // The provider asks for a product that exists; making it changes nothing for anybody.
        self.offer(plan, now).await?;
        let key = format!("preview:{}", id::uuid_simple(now));
        Ok(self.provider.preview_change(&worked_out.change, &key).await?)
    }

    /// Changes to `plan`: at once when it costs more, from the next period on when it costs less.
    /// `shown_at` is the second whose figures were shown.
    ///
    /// # Errors
    /// It cannot be changed so, the card was declined, or provider or database gave no answer. A change
    /// whose payment does not go through is not made.
    pub async fn change_to(
        &self,
        acting: Acting<'_>,
        plan: &Plan,
        shown_at: i64,
        now: Timestamp,
    ) -> Result<(), PaymentError> {
        let form_key = sound_form_key(acting.form_key)?;
        let age = now.since(Timestamp(shown_at.saturating_mul(SECOND)));
        if !(-HOUR..=PREVIEW_STANDS).contains(&age) {
            return Err(PlanRefusal::Stale.into());
        }
        let worked_out = self.work_out(acting.organisation, plan, shown_at, now).await?;
        self.offer(plan, now).await?;
        let key = format!("plan-change:{}:{form_key}:{}", worked_out.subscription, plan.code);
        self.provider.change_plan(&worked_out.change, &key).await?;
        self.settle_subscription(acting.organisation, None, now).await?;
        Ok(())
    }

    /// Ends the plan with its period.
    ///
    /// # Errors
    /// There is no plan that is paid for, or provider or database gave no answer.
    pub async fn cancel_plan(
        &self,
        acting: Acting<'_>,
        now: Timestamp,
    ) -> Result<(), PaymentError> {
        self.set_end(acting, true, now).await
    }

    /// Takes back a scheduled end, or a scheduled change to another plan.
    ///
    /// # Errors
    /// There is no plan that is paid for, or provider or database gave no answer.
    pub async fn keep_plan(&self, acting: Acting<'_>, now: Timestamp) -> Result<(), PaymentError> {
        let form_key = sound_form_key(acting.form_key)?;
        let row = self.running(acting.organisation, now).await?;
        if row.mirror.ends_with_period {
            return self.set_end(acting, false, now).await;
        }
        let paid = match row
            .mirror
            .paid
            .as_deref()
            .filter(|paid| row.mirror.next.as_deref() != Some(paid))
        {
            Some(paid) => self.terms_of(paid).await?,
            None => None,
        };
        let paid = paid.ok_or(PlanRefusal::NothingToChange)?;
        let change = self.change_of(&row, &paid, ChangeFrom::NextPeriod).await?;
        let key = format!("plan-keep:{}:{form_key}", change.subscription);
        self.provider.change_plan(&change, &key).await?;
        self.settle_subscription(acting.organisation, None, now).await?;
        Ok(())
    }

    /// The provider's own page for cards and invoices.
    ///
    /// # Errors
    /// The organisation has bought nothing yet, or the provider gave no answer.
    pub async fn customer_portal(
        &self,
        acting: Acting<'_>,
        now: Timestamp,
    ) -> Result<String, PaymentError> {
        let (provider, live) = (self.provider_name, self.livemode);
        let customer =
            billing_customer::find(&self.db, acting.organisation, provider, live).await?;
        let customer = customer.ok_or(PlanRefusal::NothingToChange)?;
        let back = format!("{}/credits/subscription", acting.base_url);
        let key = format!("portal:{}", id::uuid_simple(now));
        Ok(self.provider.customer_page(&customer, &back, &key).await?)
    }

    async fn set_end(
        &self,
        acting: Acting<'_>,
        ends: bool,
        now: Timestamp,
    ) -> Result<(), PaymentError> {
        let form_key = sound_form_key(acting.form_key)?;
        let row = self.running(acting.organisation, now).await?;
        let name = row.mirror.subscription.ok_or(PlanRefusal::NothingToChange)?;
        let key = format!("plan-end:{name}:{ends}:{form_key}");
        self.provider.set_ends_with_period(&name, ends, &key).await?;
        self.settle_subscription(acting.organisation, None, now).await?;
        Ok(())
    }

    /// The organisation's row after asking the provider, if it pays for a plan.
    async fn running(
        &self,
        organisation: &OrganisationId,
        now: Timestamp,
    ) -> Result<Subscription, PaymentError> {
        let row = self.settle_subscription(organisation, None, now).await?;
        let paid = row.filter(|row| row.status.is_paid());
        Ok(paid.ok_or(PlanRefusal::NothingToChange)?)
    }

    async fn work_out(
        &self,
        organisation: &OrganisationId,
        plan: &Plan,
        at_seconds: i64,
        now: Timestamp,
    ) -> Result<WorkedOut, PaymentError> {
        let row = self.running(organisation, now).await?;
        if !matches!(row.status, SubscriptionStatus::Active | SubscriptionStatus::Trialing) {
            return Err(PlanRefusal::Unpaid.into());
        }
        let Some(paid) = row.mirror.paid.clone() else { return Err(PlanRefusal::Unpaid.into()) };
        if row.mirror.ends_with_period || row.mirror.next.as_ref() != Some(&paid) {
            return Err(PlanRefusal::Scheduled.into());
        }
        let current = self.terms_of(&paid).await?;
        let from = match plan_move(current.as_ref(), plan)? {
            PlanMove::Now | PlanMove::NewPeriod => ChangeFrom::Now { at_seconds },
            PlanMove::NextPeriod => ChangeFrom::NextPeriod,
            PlanMove::Begin | PlanMove::End | PlanMove::Ask => {
                return Err(PlanRefusal::NotForSale.into());
            }
        };
        let change = self.change_of(&row, plan, from).await?;
        Ok(WorkedOut { subscription: change.subscription.clone(), change })
    }

    async fn change_of(
        &self,
        row: &Subscription,
        plan: &Plan,
        from: ChangeFrom,
    ) -> Result<PlanChange, PaymentError> {
        let name = row.mirror.subscription.as_deref().ok_or(PlanRefusal::NothingToChange)?;
        let facts = self.provider.fetch_subscription(name).await?;
        let from = match from {
            ChangeFrom::Now { at_seconds } => ChangeFrom::Now {
                // The provider takes no second outside the period that runs.
                at_seconds: at_seconds.clamp(
                    facts.period_start_seconds,
                    facts.period_end_seconds.max(facts.period_start_seconds),
                ),
            },
            later => later,
        };
        let price = recurring_price(plan, self.tax).ok_or(PlanRefusal::NotForSale)?;
        Ok(PlanChange { subscription: facts.subscription, item: facts.item, plan: price, from })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::parse::from_toml;

    const PHOTOS: &str = include_str!("../../../../catalogues/event-photos.toml");

    #[test]
    fn dearer_is_now_cheaper_is_later_and_a_year_is_not_cut_into_months() {
        let catalogue = from_toml("event-photos.toml", PHOTOS).unwrap();
        let plan = |code: &str| catalogue.plan(code).unwrap();
        let (pro, studio) = (plan("pro"), plan("studio"));
        let (yearly, custom) = (plan("pro-yearly"), plan("custom"));
        assert_eq!(plan_move(None, pro), Ok(PlanMove::Begin));
        assert_eq!(plan_move(Some(pro), studio), Ok(PlanMove::Now));
        assert_eq!(plan_move(Some(studio), pro), Ok(PlanMove::NextPeriod));
        assert_eq!(plan_move(Some(pro), yearly), Ok(PlanMove::NewPeriod));
        assert_eq!(plan_move(Some(yearly), pro), Err(PlanRefusal::YearToMonth));
        assert_eq!(plan_move(Some(pro), pro), Err(PlanRefusal::Same));
        assert_eq!(plan_move(Some(pro), custom), Ok(PlanMove::Ask));
        let free = Plan { sale: Sale::Free, ..pro.clone() };
        assert_eq!(plan_move(Some(pro), &free), Ok(PlanMove::End));
        assert_eq!(plan_move(None, &free), Err(PlanRefusal::Same));
    }
}
