//! The steps that write documents. Each may be asked any number of times, by anyone at once, and cut
//! short anywhere: a purchase has one receipt or invoice, and a credit note for each change of what was
//! paid back.

use super::content::{Change, Setting, of_change, of_purchase};
use super::{Documents, number};
use crate::backend::payments::PaymentError;
use crate::backend::step::Step;
use crate::backend::store::billing_details;
use crate::backend::store::billing_document::{self, Document, NewDocument};
use crate::backend::store::correction;
use crate::backend::store::organisation::{self, Organisation};
use crate::backend::store::purchase::{Purchase, PurchaseStatus};
use crate::backend::store::{StoreError, purchase, purchase_times};
use crate::backend::zone::Zone;
use crate::ledger::time::MINUTE;
use crate::ledger::{Credits, OrganisationId, Timestamp};
use crate::model::document::DocumentContent;

/// How long a document waits after a failure to learn what belongs on it.
pub const RETRY_AFTER: i64 = MINUTE;
/// The most documents that one look at a page writes first; the job writes the rest.
const AT_ONCE: usize = 8;

/// Why a document could not be written now.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    /// The provider did not say what taxes there are.
    #[error(transparent)]
    Payment(#[from] PaymentError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What went back of a purchase's money, and of its credits with it.
#[derive(Clone, Copy, Debug)]
pub struct Refunded<'a> {
    /// In minor units, in all since the purchase: the cumulative total, not the last part.
    pub total_minor: i64,
    /// Credits taken back in all since the purchase.
    pub credits: Credits,
    /// Why, for the customer.
    pub reason: Option<&'a str>,
}

/// What became of the document that was due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    /// None is due.
    Nothing,
    /// It is there.
    Written,
    /// The provider did not say what belongs on it.
    Postponed,
}

impl Documents {
    /// Writes the receipt or invoice that has waited longest.
    ///
    /// # Errors
    /// The database failed. A provider that does not answer is asked again later.
    pub async fn issue_step(&self, now: Timestamp) -> Result<Step, StoreError> {
        Ok(match self.issue_next(None, now).await? {
            Next::Nothing => Step::Idle,
            Next::Written | Next::Postponed => Step::Done,
        })
    }

    /// Writes what an organisation's page is about to list, as far as there is little of it.
    ///
    /// # Errors
    /// The database failed.
    pub async fn issue_due(
        &self,
        organisation: &OrganisationId,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        for _ in 0..AT_ONCE {
            // A provider that does not answer is not asked again while somebody waits for a page.
            if self.issue_next(Some(organisation), now).await? != Next::Written {
                break;
            }
        }
        Ok(())
    }

    async fn issue_next(
        &self,
        of: Option<&OrganisationId>,
        now: Timestamp,
    ) -> Result<Next, StoreError> {
        let due = purchase_times::due_for_document(&self.db, of, now).await?;
        let Some((organisation, id)) = due else { return Ok(Next::Nothing) };
        let Some(purchase) = purchase::find(&self.db, &organisation, &id).await? else {
            return Ok(Next::Nothing);
        };
        match self.issue_all(&purchase, now).await {
            Ok(()) => Ok(Next::Written),
            Err(DocumentError::Store(error)) => Err(error),
            Err(DocumentError::Payment(error)) => {
                tracing::warn!(purchase = %id, %error, "its document waits for the provider");
                let until = now.plus(RETRY_AFTER);
                purchase_times::postpone_document(&self.db, &organisation, &id, until).await?;
                Ok(Next::Postponed)
            }
        }
    }

    /// Writes everything that is due of a purchase: its receipt or invoice, and a credit note for what
    /// was refunded since.
    ///
    /// # Errors
    /// As [`Documents::issue`].
    pub async fn issue_all(
        &self,
        purchase: &Purchase,
        now: Timestamp,
    ) -> Result<(), DocumentError> {
        let (organisation, id) = (&purchase.organisation, &purchase.id);
        if self.issue(purchase, now).await?.is_none() {
            billing_document::nothing_due(&self.db, organisation, id).await?;
            return Ok(());
        }
        let standing = correction::standing_of(&self.db, organisation, id).await?;
        let refunds =
            correction::refunds(&correction::of_purchase(&self.db, organisation, id).await?);
        let credits = Credits::checked_sum(refunds.iter().map(|refund| refund.credits));
        let refunded = Refunded {
            total_minor: standing.refunded_minor,
            credits: credits.unwrap_or_default(),
            reason: refunds.last().and_then(|refund| refund.reason.as_deref()),
        };
        self.credit_note(purchase, refunded, now).await?;
        billing_document::mark_documented(&self.db, organisation, id).await?;
        Ok(())
    }

    /// The number of a purchase's receipt or invoice, which is written now if it is not there; `None`
    /// while the purchase is not credited.
    ///
    /// # Errors
    /// The provider did not say what taxes there are, or the database failed.
    pub async fn issue(
        &self,
        purchase: &Purchase,
        now: Timestamp,
    ) -> Result<Option<String>, DocumentError> {
        if purchase.status != PurchaseStatus::Credited {
            return Ok(None);
        }
        let (organisation, id) = (&purchase.organisation, &purchase.id);
        let mut known = self.of(purchase).await?;
        if known.is_empty() {
            let taxes = self.payments.taxes(purchase).await?;
            let new = self
                .prepare(purchase, now, |setting| of_purchase(purchase, &taxes, setting))
                .await?;
            if let Some(number) = billing_document::append(&self.db, &new).await? {
                tracing::info!(purchase = %id, number, "a document was written");
                return Ok(Some(number));
            }
            // Somebody else was first.
            known = self.of(purchase).await?;
        }
        billing_document::mark_documented(&self.db, organisation, id).await?;
        Ok(known.into_iter().next().map(|document| document.number))
    }

    /// Writes the credit note for what went back of a purchase since its last document; `None` where
    /// nothing did. Call it whenever the cumulative total may have changed: the same total writes
    /// nothing, a smaller one (a refund that failed afterwards) writes a correction. It writes the
    /// purchase's receipt or invoice first where that is missing.
    ///
    /// # Errors
    /// As [`Documents::issue`].
    pub async fn credit_note(
        &self,
        purchase: &Purchase,
        refunded: Refunded<'_>,
        now: Timestamp,
    ) -> Result<Option<String>, DocumentError> {
        if self.issue(purchase, now).await?.is_none() {
            return Ok(None);
        }
        loop {
            let known = self.of(purchase).await?;
            let (Some(original), Some(last)) = (known.first(), known.last()) else {
                return Ok(None);
            };
            if last.refunded_minor == refunded.total_minor {
                return Ok(None);
            }
            let change = Change {
                original: &original.content,
                original_number: &original.number,
                last_number: &last.number,
                before_minor: last.refunded_minor,
                after_minor: refunded.total_minor,
                credits: credits_since(&known, refunded.credits),
                reason: refunded.reason,
            };
            let new = self.prepare(purchase, now, |setting| of_change(&change, setting)).await?;
            let new =
                NewDocument { place: last.place + 1, refunded_minor: refunded.total_minor, ..new };
            if let Some(number) = billing_document::append(&self.db, &new).await? {
                tracing::info!(purchase = %purchase.id, number, "a credit note was written");
                return Ok(Some(number));
            }
        }
    }

    async fn of(&self, purchase: &Purchase) -> Result<Vec<Document>, StoreError> {
        billing_document::of_purchase(&self.db, &purchase.organisation, &purchase.id).await
    }

    /// Everything of a document but its number.
    async fn prepare(
        &self,
        purchase: &Purchase,
        now: Timestamp,
        content: impl FnOnce(&Setting<'_>) -> DocumentContent,
    ) -> Result<NewDocument, StoreError> {
        let organisation = self.organisation(&purchase.organisation).await?;
        let zone = Zone::of(&organisation.time_zone)
            .map_err(|error| StoreError::corrupt("organisation", &organisation.id, error))?;
        let details = billing_details::latest(&self.db, &organisation.id).await?;
        let setting = Setting {
            seller: &self.seller,
            organisation_name: &organisation.name,
            buyer: details.as_ref().map(|version| &version.details),
            zone,
            now,
        };
        let letters = number::prefix(&self.db, &organisation.id, &organisation.name).await?;
        let test = if purchase.livemode { "" } else { "TEST-" };
        Ok(NewDocument {
            organisation: organisation.id.clone(),
            livemode: purchase.livemode,
            number_begins: format!("{test}{letters}-{}-", zone.year(now)),
            purchase: purchase.id.clone(),
            place: 0,
            refunded_minor: 0,
            issued_at: now,
            content: content(&setting),
        })
    }

    async fn organisation(&self, id: &OrganisationId) -> Result<Organisation, StoreError> {
        let found = organisation::find(&self.db, id).await?;
        found.ok_or_else(|| StoreError::corrupt("organisation", id, "not there"))
    }
}

/// Credits taken back since the last document: the total less what the notes so far say.
fn credits_since(known: &[Document], total: Credits) -> Credits {
    let noted = known.iter().skip(1).map(|document| document.content.credits);
    // Notes carry what was taken back with a minus.
    let noted = Credits::checked_sum(noted).unwrap_or_default();
    total.checked_add(noted).unwrap_or_default()
}
