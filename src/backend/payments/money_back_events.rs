//! Events about money on its way back: which purchase they are about. What they say of it is not read.

use serde_json::Value;

use super::port::corrections::PaymentTotals;
use super::{PaymentError, Payments, Why};
use crate::backend::store::correction;
use crate::backend::store::payment_event::PaymentEvent;
use crate::backend::store::purchase;
use crate::ledger::{OrganisationId, PurchaseId, Timestamp};

/// Events about refunds and disputes.
pub const KINDS: [&str; 10] = [
    "refund.created",
    "refund.updated",
    "refund.failed",
    "charge.refunded",
    "charge.refund.updated",
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.funds_reinstated",
    "charge.dispute.closed",
];

impl Payments {
    /// Settles the purchase that the event is about and then brings its corrections up to date.
    pub(super) async fn act_on_money_back(
        &self,
        event: &PaymentEvent,
        now: Timestamp,
    ) -> Result<(), PaymentError> {
        let Some(payment_ref) = payment_of(&event.payload) else {
            tracing::info!(event = event.id, "an event about no payment of ours");
            return Ok(());
        };
        match self.purchase_paid_by(&payment_ref).await? {
            Some((organisation, id)) => {
                self.settle(&organisation, &id, Why::MoneyBack, now).await.map(|_| ())
            }
            None => {
                tracing::info!(event = event.id, payment_ref, "an event about no purchase of ours");
                Ok(())
            }
        }
    }

    /// By the payment that we noted; or by the reference that the provider keeps with it, where the
    /// money went back before we heard that it came.
    pub(super) async fn purchase_paid_by(
        &self,
        payment_ref: &str,
    ) -> Result<Option<(OrganisationId, PurchaseId)>, PaymentError> {
        let provider = self.provider_name;
        let known = correction::purchase_of_payment(&self.db, provider, payment_ref).await?;
        if known.is_some() {
            return Ok(known);
        }
        let totals = match self.provider.payment_totals(payment_ref).await {
            Ok(totals) => totals,
            Err(error) if error.is_missing() => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let Some(id) = purchase_in(&totals) else { return Ok(None) };
        Ok(purchase::owner(&self.db, &id).await?)
    }
}

fn purchase_in(totals: &PaymentTotals) -> Option<PurchaseId> {
    PurchaseId::parse(totals.metadata_purchase.as_deref()?).ok()
}

/// The payment that a refund, charge or dispute belongs to.
fn payment_of(payload: &str) -> Option<String> {
    let event: Value = serde_json::from_str(payload).ok()?;
    let payment = event.pointer("/data/object/payment_intent")?;
    let id = payment.as_str().or_else(|| payment.get("id").and_then(Value::as_str));
    id.map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_names_its_payment_whether_by_id_or_spelled_out() {
        let named = |object: Value| {
            payment_of(&serde_json::json!({"data": {"object": object}}).to_string())
        };
        assert_eq!(named(serde_json::json!({"payment_intent": "pi_1"})).as_deref(), Some("pi_1"));
        let spelled = serde_json::json!({"payment_intent": {"id": "pi_2", "status": "x"}});
        assert_eq!(named(spelled).as_deref(), Some("pi_2"));
        assert_eq!(named(serde_json::json!({"payment_intent": null})), None);
        assert_eq!(payment_of("not json"), None);
    }
}
