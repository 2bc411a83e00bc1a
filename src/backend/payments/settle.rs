//! The one way a purchase moves on: ask the provider, compare with the frozen terms, credit or not.
//!
//! Webhook, return page, recheck and sweep all call [`Payments::settle`], as often and as much at the
//! same time as they like. The ledger books the grant once; the status is written after it and only
//! moves forward, so "did it" and "already done" are the same answer.

use super::fulfil::{Decision, decide, grant_order};
use super::{PaymentError, Payments};
use crate::backend::engine::SubmitError;
use crate::backend::store::purchase::{self, Details, Purchase, PurchaseKind, PurchaseStatus};
use crate::backend::store::purchase_tax;
use crate::ledger::time::SECOND;
use crate::ledger::{OrganisationId, PurchaseId, Timestamp};

/// How long a person waits between two rechecks of one purchase.
pub const RECHECK_INTERVAL: i64 = 10 * SECOND;

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// The provider reported something.
    Webhook,
    /// The buyer came back.
    ReturnPage,
    /// A person pressed Recheck.
    Recheck,
    /// It was this purchase's turn.
    Sweep,
    /// The provider reported a refund or a dispute.
    MoneyBack,
}

impl Payments {
    /// Brings a purchase as far as the provider's facts allow, and returns it as it then stands.
    ///
    /// # Errors
    /// There is no such purchase in this organisation, or provider, ledger or database gave no answer:
    /// nothing is half done, and the next call goes on.
    pub async fn settle(
        &self,
        organisation: &OrganisationId,
        id: &PurchaseId,
        why: Why,
        now: Timestamp,
    ) -> Result<Purchase, PaymentError> {
        let purchase = self.paid_up(organisation, id, why, now).await?;
        if self.is_to_be_corrected(&purchase, why) {
            self.correct(&purchase, now).await?;
        }
        Ok(purchase)
    }

    /// The purchase as far as the facts about its payment allow; refunds and disputes come after.
    async fn paid_up(
        &self,
        organisation: &OrganisationId,
        id: &PurchaseId,
        why: Why,
        now: Timestamp,
    ) -> Result<Purchase, PaymentError> {
        let purchase = self.purchase(organisation, id).await?;
        if purchase.kind == PurchaseKind::Plan {
            self.settle_subscription(organisation, None, now).await?;
            return self.purchase(organisation, id).await;
        }
        if !self.is_to_be_asked(&purchase, why) {
            return Ok(purchase);
        }
        let moved = match (&purchase.session_ref, purchase.kind) {
            (Some(session_ref), _) => self.ask(&purchase, session_ref, why, now).await?,
            (None, PurchaseKind::TopUp) => self.settle_top_up(&purchase, now).await?,
            (None, _) => self.close_if_over(&purchase, now).await?,
        };
        if !moved {
            return Ok(purchase);
        }
        self.tell(organisation, id);
        let purchase = self.purchase(organisation, id).await?;
        self.tell_if_failed(&purchase, now).await?;
        if purchase.kind == PurchaseKind::TopUp {
            self.top_up_moved(&purchase, now).await?;
        }
        Ok(purchase)
    }

    /// As [`Payments::settle`], for a person: not more often than every [`RECHECK_INTERVAL`].
    ///
    /// # Errors
    /// As [`Payments::settle`], or it is too soon.
    pub async fn recheck(
        &self,
        organisation: &OrganisationId,
        id: &PurchaseId,
        now: Timestamp,
    ) -> Result<Purchase, PaymentError> {
        self.purchase(organisation, id).await?;
        let not_since = now.plus(-RECHECK_INTERVAL);
        if !purchase::claim_recheck(&self.db, organisation, id, now, not_since).await? {
            return Err(PaymentError::TooSoon {
                sentence: "This payment was rechecked a moment ago.",
                retry_after: (RECHECK_INTERVAL / SECOND).unsigned_abs(),
            });
        }
        self.settle(organisation, id, Why::Recheck, now).await
    }

    /// The purchase with this id, if it is this organisation's.
    ///
    /// # Errors
    /// It is not there, or the database failed.
    pub async fn purchase(
        &self,
        organisation: &OrganisationId,
        id: &PurchaseId,
    ) -> Result<Purchase, PaymentError> {
        let found = purchase::find(&self.db, organisation, id).await?;
        found.ok_or(PaymentError::NotFound)
    }

    fn is_to_be_asked(&self, purchase: &Purchase, why: Why) -> bool {
        // An ending is looked at again when the provider or a person says that there is news.
        let news = matches!(why, Why::Webhook | Why::Recheck | Why::MoneyBack);
        let final_ending =
            matches!(purchase.status, PurchaseStatus::Credited | PurchaseStatus::Closed);
        self.is_ours(purchase) && !final_ending && (purchase.status.is_unfinished() || news)
    }

    /// Only what was paid can go back. That a payment has just come is no reason to ask: the sweep
    /// looks once after every grant, and money that goes back is reported by events of its own.
    fn is_to_be_corrected(&self, purchase: &Purchase, why: Why) -> bool {
        let news = matches!(why, Why::MoneyBack | Why::Recheck | Why::Sweep);
        let paid = match purchase.status {
            PurchaseStatus::Credited => true,
            PurchaseStatus::Review | PurchaseStatus::Closed => purchase.payment_ref.is_some(),
            _ => false,
        };
        self.is_ours(purchase) && news && paid
    }

    /// Whether the configured provider is the one that this purchase was made with.
    pub(super) fn is_ours(&self, purchase: &Purchase) -> bool {
        purchase.provider == self.provider_name && purchase.livemode == self.livemode
    }

    async fn ask(
        &self,
        purchase: &Purchase,
        session_ref: &str,
        why: Why,
        now: Timestamp,
    ) -> Result<bool, PaymentError> {
        let facts = match self.provider.fetch_checkout(session_ref).await {
            Ok(facts) => facts,
            Err(error) if error.is_missing() => {
                return self
                    .review(purchase, None, "the provider does not know the payment page", now)
                    .await;
            }
            Err(error) => return Err(error.into()),
        };
        let decision = decide(purchase, &facts);
        tracing::debug!(purchase = %purchase.id, ?why, ?decision, "asked the payment provider");
        if matches!(decision, Decision::Grant | Decision::Processing) {
            let (organisation, id) = (&purchase.organisation, &purchase.id);
            purchase_tax::note(&self.db, organisation, id, facts.tax_minor).await?;
        }
        let to = match decision {
            Decision::Nothing => return Ok(false),
            Decision::Grant => {
                return self.grant(purchase, facts.payment_ref.as_deref(), now).await;
            }
            Decision::Review(mismatch) => {
                let payment = facts.payment_ref.as_deref();
                return self.review(purchase, payment, &mismatch.to_string(), now).await;
            }
            Decision::Processing => PurchaseStatus::Processing,
            Decision::Failed => PurchaseStatus::Failed,
            Decision::Expired => PurchaseStatus::Expired,
        };
        let details = Details { payment_ref: facts.payment_ref.as_deref(), note: None };
        Ok(purchase::advance(&self.db, purchase, to, details, now).await?)
    }

    /// Books the credits of a purchase whose money is there, once, and notes it.
    pub(super) async fn grant(
        &self,
        purchase: &Purchase,
        payment_ref: Option<&str>,
        now: Timestamp,
    ) -> Result<bool, PaymentError> {
        let (organisation, id) = (&purchase.organisation, &purchase.id);
        let paid_at = purchase::fix_paid_at(&self.db, organisation, id, now).await?;
        let order = grant_order(purchase, paid_at)?;
        match self.engine.submit(organisation, order).await {
            Ok(_) => {}
            Err(refusal @ (SubmitError::Refused(_) | SubmitError::KeyConflict)) => {
                return self.review(purchase, payment_ref, &refusal.to_string(), now).await;
            }
            Err(error) => return Err(error.into()),
        }
        let details = Details { payment_ref, note: None };
        let moved =
            purchase::advance(&self.db, purchase, PurchaseStatus::Credited, details, now).await?;
        if moved {
            tracing::info!(purchase = %id, %organisation, credits = %purchase.credits, "credited");
        }
        Ok(moved)
    }

    /// Nothing is granted; the operator is told in the log, the buyer on the return page.
    pub(super) async fn review(
        &self,
        purchase: &Purchase,
        payment_ref: Option<&str>,
        reason: &str,
        now: Timestamp,
    ) -> Result<bool, PaymentError> {
        let details = Details { payment_ref, note: Some(reason) };
        let moved =
            purchase::advance(&self.db, purchase, PurchaseStatus::Review, details, now).await?;
        if moved {
            let organisation = &purchase.organisation;
            tracing::error!(purchase = %purchase.id, %organisation, reason, "a payment needs review");
        }
        Ok(moved)
    }

    /// A purchase whose payment page never came to be ends when the page would have closed.
    pub(super) async fn close_if_over(
        &self,
        purchase: &Purchase,
        now: Timestamp,
    ) -> Result<bool, PaymentError> {
        if now < purchase.expires_at {
            return Ok(false);
        }
        let to = PurchaseStatus::Expired;
        Ok(purchase::advance(&self.db, purchase, to, Details::default(), now).await?)
    }
}
