//! Subscriptions: from the choice of a plan to the lot of each period.
//!
//! The provider keeps the subscription and takes the money; the ledger keeps the credits; our table
//! keeps what the provider said last. [`settle`] brings all three together from the provider's facts
//! alone: webhook, return page, recheck and sweep call it, in any order and as often as they like.
//!
//! What is here: [`terms`] (what a plan was when it was sold), [`periods`] (pure: what an invoice pays
//! for), [`credit`] (an invoice becomes a purchase and a lot), [`begin`] (the first payment page),
//! [`change`] (another plan, the end, the way back), [`automatic`] (free and agreed plans, which need no
//! provider), [`news`] (what events say).

pub mod automatic;
pub mod begin;
pub mod change;
mod credit;
pub mod news;
pub mod periods;
pub mod settle;
pub mod terms;

use super::{PaymentError, Payments};
use crate::backend::store::subscription::{self, Place, Subscription, SubscriptionStatus};
use crate::backend::store::{StoreError, billing_customer};
use crate::catalogue::Plan;
use crate::ledger::{OrganisationId, Timestamp, UserId};

/// What open pages listen to.
pub const TOPIC: &str = "subscription";

/// Who acts for which organisation.
#[derive(Clone, Copy, Debug)]
pub struct Acting<'a> {
    /// Whose plan it is.
    pub organisation: &'a OrganisationId,
    /// The organisation's name, as the provider's dashboard shows it.
    pub organisation_name: &'a str,
    /// Who presses the button.
    pub user: &'a UserId,
    /// Where this site is reached, without a slash at its end.
    pub base_url: &'a str,
    /// The hidden key of the form: the same form posted twice is one change.
    pub form_key: &'a str,
}

impl Payments {
    pub(super) fn place<'a>(&'a self, organisation: &'a OrganisationId) -> Place<'a> {
        Place { organisation, provider: self.provider_name, livemode: self.livemode }
    }

    /// The organisation's plan as it is written down, after asking the provider where news is awaited. A
    /// provider that does not answer is no error: what was said last is returned.
    ///
    /// # Errors
    /// The database failed.
    pub async fn plan_row(
        &self,
        organisation: &OrganisationId,
        now: Timestamp,
    ) -> Result<Option<Subscription>, StoreError> {
        let row = subscription::find(&self.db, self.place(organisation)).await?;
        let awaited = row.as_ref().is_some_and(|row| {
            use SubscriptionStatus::{Incomplete, PastDue};
            row.page.is_some() || matches!(row.status, Incomplete | PastDue)
        });
        if !awaited {
            return Ok(row);
        }
        match self.settle_subscription(organisation, None, now).await {
            Ok(settled) => Ok(settled),
            Err(PaymentError::Store(error)) => Err(error),
            Err(error) => {
                tracing::warn!(%organisation, %error, "the page could not learn more of the plan");
                Ok(row)
            }
        }
    }

    /// The frozen terms that a product stands for, if they are ours.
    ///
    /// # Errors
    /// The database failed.
    pub async fn plan_named(&self, product: Option<&str>) -> Result<Option<Plan>, StoreError> {
        match product {
            Some(product) => self.terms_of(product).await,
            None => Ok(None),
        }
    }

    /// Whether the organisation is known to the provider.
    ///
    /// # Errors
    /// The database failed.
    pub async fn has_customer(&self, organisation: &OrganisationId) -> Result<bool, StoreError> {
        let (provider, live) = (self.provider_name, self.livemode);
        let customer = billing_customer::find(&self.db, organisation, provider, live).await?;
        Ok(customer.is_some())
    }

    fn tell_of_plan(&self, organisation: &OrganisationId) {
        self.live.notify(organisation, TOPIC);
    }
}
