//! What payments have to tell the admins besides auto top-up, which tells its own: a payment that failed
//! after its page was left, and a plan whose invoice is not paid.

use super::port::subscriptions::{InvoiceFacts, InvoiceState};
use super::{PaymentError, Payments};
use crate::backend::notices::{self, Tell};
use crate::backend::store::purchase::{Purchase, PurchaseKind, PurchaseStatus};
use crate::ledger::{OrganisationId, Timestamp};
use crate::model::alerts::AlertKind;
use crate::model::format::{credits_phrase, format_money};

/// What alerts about a plan's payments are about.
const PLAN: &str = "plan_payment";

impl Payments {
    /// A purchase whose buyer has left the payment page, and whose bank said no later.
    pub(super) async fn tell_if_failed(
        &self,
        purchase: &Purchase,
        now: Timestamp,
    ) -> Result<(), PaymentError> {
        let by_a_person = matches!(purchase.kind, PurchaseKind::Pack | PurchaseKind::OwnAmount);
        if purchase.status != PurchaseStatus::Failed || !by_a_person {
            return Ok(());
        }
        let tell = Tell {
            key: format!("purchase:{}:failed", purchase.id),
            topic: purchase.id.as_str(),
            kind: AlertKind::PaymentFailed,
            title: "A payment failed".to_owned(),
            detail: format!(
                "The bank refused {} for {}. Nothing was charged and no credits came.",
                format_money(&purchase.price),
                credits_phrase(purchase.credits),
            ),
            cure: Some(("/credits/billing", "See the payments")),
        };
        Ok(notices::tell_admins(&self.db, &self.live, &purchase.organisation, tell, now).await?)
    }

    /// A plan is past due: told once for each invoice that waits for its money.
    pub(super) async fn tell_of_past_due(
        &self,
        organisation: &OrganisationId,
        invoices: &[InvoiceFacts],
        now: Timestamp,
    ) -> Result<(), PaymentError> {
        let open = invoices.iter().find(|invoice| invoice.state == InvoiceState::Open);
        let Some(invoice) = open else { return Ok(()) };
        let tell = Tell {
            key: format!("invoice:{}:past_due", invoice.invoice),
            topic: PLAN,
            kind: AlertKind::PaymentFailed,
            title: "The plan's payment failed".to_owned(),
            detail:
                "The card was refused, so the plan brings no new credits until its invoice is paid."
                    .to_owned(),
            cure: Some(("/credits/subscription", "See the plan")),
        };
        Ok(notices::tell_admins(&self.db, &self.live, organisation, tell, now).await?)
    }

    /// A plan is no longer past due: it was paid, or has ended.
    pub(super) async fn past_due_is_over(
        &self,
        organisation: &OrganisationId,
        now: Timestamp,
    ) -> Result<(), PaymentError> {
        Ok(notices::close_topic(&self.db, &self.live, organisation, PLAN, now).await?)
    }
}
