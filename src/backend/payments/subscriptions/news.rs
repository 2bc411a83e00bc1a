//! What events say about plans: whose customer it is about, and which subscription. Nothing else of an
//! event is believed; the facts are asked for.

use serde_json::Value;

use super::super::{PaymentError, Payments};
use crate::backend::store::subscription;
use crate::ledger::Timestamp;

/// Events about subscriptions and their invoices.
pub const SUBSCRIPTION_KINDS: [&str; 6] = [
    "invoice.paid",
    "invoice.payment_failed",
    "invoice.payment_action_required",
    "invoice.finalization_failed",
    "customer.subscription.updated",
    "customer.subscription.deleted",
];

/// Whom an event is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanNews {
    customer: String,
    subscription: Option<String>,
}

impl PlanNews {
    /// Reads an event; `None` where it is not about a plan.
    pub fn read(kind: &str, payload: &str) -> Option<PlanNews> {
        let event: Value = serde_json::from_str(payload).ok()?;
        let object = event.pointer("/data/object")?;
        let text = |path: &str| object.pointer(path).and_then(Value::as_str).map(str::to_owned);
        let subscription = match kind {
            kind if kind.starts_with("customer.subscription.") => text("/id"),
            kind if kind.starts_with("invoice.") => {
                // Where it stood in older versions of the interface, too.
                text("/parent/subscription_details/subscription").or_else(|| text("/subscription"))
            }
            _ if text("/mode").as_deref() == Some("subscription") => text("/subscription"),
            _ => return None,
        };
        Some(PlanNews { customer: text("/customer")?, subscription })
    }
}

impl Payments {
    pub(in super::super) async fn act_on_plan(
        &self,
        news: &PlanNews,
        now: Timestamp,
    ) -> Result<(), PaymentError> {
        let (provider, live) = (self.provider_name, self.livemode);
        let owner = subscription::owner_by_customer(&self.db, provider, live, &news.customer);
        let Some(organisation) = owner.await? else {
            tracing::info!(customer = news.customer, "an event about no customer of ours");
            return Ok(());
        };
        self.settle_subscription(&organisation, news.subscription.as_deref(), now).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(kind: &str, object: Value) -> Option<(String, Option<String>)> {
        let event = serde_json::json!({"data": {"object": object}}).to_string();
        PlanNews::read(kind, &event).map(|news| (news.customer, news.subscription))
    }

    #[test]
    fn an_event_names_its_customer_and_subscription_wherever_they_stand() {
        let named = Some(("cus_1".to_owned(), Some("sub_1".to_owned())));
        let new = serde_json::json!({"id": "in_1", "customer": "cus_1",
            "parent": {"subscription_details": {"subscription": "sub_1"}}});
        assert_eq!(read("invoice.paid", new), named);
        let old = serde_json::json!({"id": "in_1", "customer": "cus_1", "subscription": "sub_1"});
        assert_eq!(read("invoice.payment_failed", old), named);
        let ended = serde_json::json!({"id": "sub_1", "customer": "cus_1"});
        assert_eq!(read("customer.subscription.deleted", ended), named);
        let page = serde_json::json!({"id": "cs_1", "customer": "cus_1", "mode": "subscription",
            "subscription": "sub_1"});
        assert_eq!(read("checkout.session.completed", page), named);
    }

    #[test]
    fn a_payment_page_for_a_pack_is_no_news_of_a_plan() {
        let page = serde_json::json!({"id": "cs_1", "customer": "cus_1", "mode": "payment"});
        assert_eq!(read("checkout.session.completed", page), None);
        assert_eq!(read("invoice.paid", serde_json::json!({"id": "in_1"})), None);
    }
}
