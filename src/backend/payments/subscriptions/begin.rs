//! The first payment page of a plan. An organisation has one at most: whoever chooses again gets the
//! same page, or a new one when the old has been closed for good, so nobody pays for two plans.

use super::super::checkout::{OPENING_LIMIT, closing_time, sound_form_key};
use super::super::port::SessionStatus;
use super::super::port::subscriptions::SubscriptionDraft;
use super::super::{PaymentError, Payments};
use super::Acting;
use super::change::PlanRefusal;
use super::terms::recurring_price;
use crate::backend::store::billing_customer;
use crate::backend::store::subscription::{self, Page, Subscription};
use crate::catalogue::Plan;
use crate::ledger::Timestamp;
use crate::ledger::time::{MINUTE, SECOND};

/// A payment page is looked at by the sweep when it is older than this.
const FIRST_CHECK_AFTER: i64 = 2 * MINUTE;

/// Where the buyer goes now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Begun {
    /// To the payment page.
    PayAt(String),
    /// Back to the plan's page: it is paid for already.
    AlreadyThere,
}

impl Payments {
    /// Opens the payment page on which `plan` is subscribed to.
    ///
    /// # Errors
    /// The organisation has a plan that it pays for, or the plan is not for sale; or provider or
    /// database gave no answer: the same form may be posted again.
    pub async fn subscribe(
        &self,
        acting: Acting<'_>,
        plan: &Plan,
        now: Timestamp,
    ) -> Result<Begun, PaymentError> {
        let opening = async {
            match self.open_page_of(acting, plan, now).await {
                // The customer is gone at the provider and forgotten here: once more with a new one.
                Err(PaymentError::Provider(error)) if error.is_missing() => {
                    self.open_page_of(acting, plan, now).await
                }
                other => other,
            }
        };
        tokio::time::timeout(OPENING_LIMIT, opening).await.map_err(|_| PaymentError::TooSlow)?
    }

    async fn open_page_of(
        &self,
        acting: Acting<'_>,
        plan: &Plan,
        now: Timestamp,
    ) -> Result<Begun, PaymentError> {
        let form_key = sound_form_key(acting.form_key)?;
        let price = recurring_price(plan, self.tax).ok_or(PlanRefusal::NotForSale)?;
        let place = self.place(acting.organisation);
        subscription::ensure(&self.db, place).await?;
        let settled = self.settle_subscription(acting.organisation, None, now).await?;
        let row = settled.ok_or(PaymentError::NotFound)?;
        if row.status.is_paid() {
            return Ok(Begun::AlreadyThere);
        }
        let product = self.offer(plan, now).await?;
        if let Some(url) = self.page_still_good(&row, &product, now) {
            return Ok(Begun::PayAt(url));
        }
        self.close_page(&row, form_key).await?;
        let customer = self.customer(acting.organisation, acting.organisation_name, now).await?;
        let site = acting.base_url;
        let draft = SubscriptionDraft {
            organisation: acting.organisation.to_string(),
            customer: customer.clone(),
            plan: price,
            success_url: format!("{site}/credits/subscription"),
            cancel_url: format!("{site}/credits/subscription?cancelled={}", plan.code),
            expires_at_seconds: closing_time(now).0 / SECOND,
        };
        // A page that closes later is another request: its key says when.
        let key = format!("plan:{form_key}:{product}:{}", draft.expires_at_seconds);
        let opened = match self.provider.open_subscription_page(&draft, &key).await {
            Ok(opened) => opened,
            Err(error) => {
                if error.is_missing() {
                    let (provider, live) = (self.provider_name, self.livemode);
                    let organisation = acting.organisation;
                    billing_customer::delete(&self.db, organisation, provider, live, &customer)
                        .await?;
                }
                return Err(error.into());
            }
        };
        let page = Page {
            page: opened.session_ref,
            url: opened.url,
            product,
            closes_at: closing_time(now),
        };
        self.keep_page(acting, &row, page, now).await
    }

    /// The open page, when it is for the same plan and stays open for a while.
    fn page_still_good(&self, row: &Subscription, product: &str, now: Timestamp) -> Option<String> {
        let open = row.page.as_ref()?;
        let good = open.product == product && open.closes_at.since(now) > MINUTE;
        open.url.clone().filter(|_| good)
    }

    /// Closes the page that is open, so that nobody pays there any more.
    async fn close_page(&self, row: &Subscription, form_key: &str) -> Result<(), PaymentError> {
        let Some(open) = &row.page else { return Ok(()) };
        let key = format!("close:{}:{form_key}", open.page);
        match self.provider.close_subscription_page(&open.page, &key).await {
            Ok(()) => Ok(()),
            Err(error) if error.is_unknown() => Err(error.into()),
            Err(_) => {
                // Closed already, or somebody has just paid there.
                let seen = self.provider.fetch_subscription_page(&open.page).await?;
                match seen.status {
                    SessionStatus::Expired => Ok(()),
                    _ => Err(PlanRefusal::Busy.into()),
                }
            }
        }
    }

    async fn keep_page(
        &self,
        acting: Acting<'_>,
        row: &Subscription,
        page: Page,
        now: Timestamp,
    ) -> Result<Begun, PaymentError> {
        let place = self.place(acting.organisation);
        let instead_of = row.page.as_ref().map(|open| open.page.as_str());
        let check_at = now.plus(FIRST_CHECK_AFTER);
        subscription::set_page(&self.db, place, &page, acting.user, instead_of, check_at).await?;
        let standing = subscription::find(&self.db, place).await?.and_then(|row| row.page);
        let standing = standing.ok_or(PlanRefusal::Busy)?;
        if standing.page != page.page {
            // Somebody else chose at the same time: their page counts, ours is closed.
            let key = format!("close:{}:late", page.page);
            self.provider.close_subscription_page(&page.page, &key).await?;
        }
        if standing.product != page.product {
            return Err(PlanRefusal::Busy.into());
        }
        standing.url.map(Begun::PayAt).ok_or_else(|| PlanRefusal::Busy.into())
    }
}
