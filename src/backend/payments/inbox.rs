//! What the provider reports: believed, written down, answered, and only then acted on.
//!
//! An event is done when it has been acted on, not when it has been seen: a failure leaves it waiting
//! and it is tried again, later and later. Its content decides nothing but *which* purchase to ask
//! about; the facts are fetched afresh, so order, duplicates and old versions of an event do no harm.

use serde::Deserialize;
use serde_json::Value;

use super::port::ListedEvent;
use super::saved_cards::CARD_KINDS;
use super::signature::{self, SignatureError};
use super::stripe::METADATA_PURCHASE;
use super::subscriptions::news::{PlanNews, SUBSCRIPTION_KINDS};
use super::top_up::charge::PAYMENT_KINDS;
use super::{PaymentError, Payments, Why, money_back_events};
use crate::backend::step::Step;
use crate::backend::store::payment_event::{self, PaymentEvent};
use crate::backend::store::{StoreError, purchase, purchase_times};
use crate::ledger::time::{HOUR, MINUTE, SECOND};
use crate::ledger::{OrganisationId, PurchaseId, Timestamp};

/// The largest event that is read.
pub const MAXIMUM_EVENT_BYTES: usize = 1024 * 1024;
/// Events about payment pages.
pub const CHECKOUT_KINDS: [&str; 4] = [
    "checkout.session.completed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed",
    "checkout.session.expired",
];
/// Events that are acted on, and that the provider is asked for when one was missed.
pub const KINDS: [&[&str]; 5] =
    [&CHECKOUT_KINDS, &PAYMENT_KINDS, &CARD_KINDS, &money_back_events::KINDS, &SUBSCRIPTION_KINDS];
/// Nobody else takes an event for this long; whoever took it and died loses it then.
const LEASE: i64 = MINUTE;
/// The wait after the first failure; it doubles with each further one, up to [`LONGEST_WAIT`].
const FIRST_WAIT: i64 = 5 * SECOND;
/// The longest wait between two tries.
const LONGEST_WAIT: i64 = HOUR;
/// The longest id and kind of an event.
const LONGEST_NAME: usize = 255;

/// What became of an event that was believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Received {
    /// Written down.
    Stored,
    /// It had been written down before.
    Duplicate,
    /// About real money where we test, or the reverse: left alone.
    OtherMode,
}

/// Why an event is not taken.
#[derive(Debug, thiserror::Error)]
pub enum ReceiveError {
    /// It does not come from the provider.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// It is signed, but no event.
    #[error("the body is not an event")]
    Unreadable,
    /// It could not be written down: the provider must send it again.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The little of an event that is read when it comes.
#[derive(Deserialize)]
struct Envelope {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    livemode: bool,
}

impl Payments {
    /// Believes, or not, and writes down what was posted to the webhook address.
    ///
    /// # Errors
    /// Not signed by the provider, not an event, or the database failed.
    pub async fn receive(
        &self,
        signature: &str,
        body: &[u8],
        now: Timestamp,
    ) -> Result<Received, ReceiveError> {
        signature::verify(signature, body, &self.webhook_secrets, now.0 / SECOND)?;
        let text = std::str::from_utf8(body).map_err(|_| ReceiveError::Unreadable)?;
        let envelope: Envelope =
            serde_json::from_str(text).map_err(|_| ReceiveError::Unreadable)?;
        if !is_name(&envelope.id) || !is_name(&envelope.kind) {
            return Err(ReceiveError::Unreadable);
        }
        let Envelope { id, kind, livemode } = envelope;
        let event = ListedEvent { id, kind, livemode, payload: text.to_owned() };
        let received = self.store_event(event, now).await?;
        if received != Received::OtherMode {
            self.note_report(now).await;
        }
        Ok(received)
    }

    pub(super) async fn store_event(
        &self,
        event: ListedEvent,
        now: Timestamp,
    ) -> Result<Received, StoreError> {
        if event.livemode != self.livemode {
            let live = event.livemode;
            tracing::warn!(event = event.id, live, "an event of the other mode was ignored");
            return Ok(Received::OtherMode);
        }
        let event = PaymentEvent {
            provider: self.provider_name.to_owned(),
            livemode: event.livemode,
            id: event.id,
            kind: event.kind,
            payload: event.payload,
            received_at: now,
            attempts: 0,
        };
        if !payment_event::insert_once(&self.db, &event).await? {
            return Ok(Received::Duplicate);
        }
        self.bell.notify_one();
        Ok(Received::Stored)
    }

    /// Acts on one waiting event.
    ///
    /// # Errors
    /// The database failed. What fails for another reason waits for its next try.
    pub async fn process_inbox_step(&self, now: Timestamp) -> Result<Step, StoreError> {
        let lease_until = now.plus(LEASE);
        let (provider, live) = (self.provider_name, self.livemode);
        let Some(event) = payment_event::claim(&self.db, provider, live, now, lease_until).await?
        else {
            return Ok(Step::Idle);
        };
        match self.act(&event, now).await {
            Ok(()) => payment_event::mark_processed(&self.db, &event, now).await?,
            Err(error) => {
                tracing::warn!(event = event.id, attempts = event.attempts, %error, "will try again");
                let next = now.plus(wait_after(event.attempts));
                payment_event::mark_failed(&self.db, &event, &error.to_string(), next).await?;
            }
        }
        Ok(Step::Done)
    }

    async fn act(&self, event: &PaymentEvent, now: Timestamp) -> Result<(), PaymentError> {
        let kind = event.kind.as_str();
        if money_back_events::KINDS.contains(&kind) {
            return self.act_on_money_back(event, now).await;
        }
        if let Some(news) = PlanNews::read(kind, &event.payload) {
            return self.act_on_plan(&news, now).await;
        }
        if PAYMENT_KINDS.contains(&kind) {
            return self.act_on_payment(event, now).await;
        }
        if CARD_KINDS.contains(&kind) {
            return self.card_event(kind, &event.payload, now).await;
        }
        if !CHECKOUT_KINDS.contains(&kind) {
            return Ok(());
        }
        match self.purchase_of(event, now).await? {
            Some((organisation, id)) => {
                let seen = event.received_at;
                purchase_times::note_event(&self.db, &organisation, &id, seen).await?;
                self.settle(&organisation, &id, Why::Webhook, now).await.map(|_| ())
            }
            None => {
                tracing::info!(event = event.id, "an event about no purchase of ours");
                Ok(())
            }
        }
    }

    /// By the payment page; or by the reference, where we were cut short before noting the page.
    async fn purchase_of(
        &self,
        event: &PaymentEvent,
        now: Timestamp,
    ) -> Result<Option<(OrganisationId, PurchaseId)>, StoreError> {
        let Some(named) = Named::read(&event.payload) else { return Ok(None) };
        let known =
            purchase::find_by_session(&self.db, self.provider_name, &named.session_ref).await?;
        if known.is_some() {
            return Ok(known);
        }
        let Some(id) = named.purchase else { return Ok(None) };
        let Some((organisation, id)) = purchase::owner(&self.db, &id).await? else {
            return Ok(None);
        };
        let page = &named.session_ref;
        let adopted = purchase::set_session(&self.db, &organisation, &id, page, None, now).await?;
        Ok(adopted.then_some((organisation, id)))
    }
}

/// What an event about a payment page names.
struct Named {
    session_ref: String,
    purchase: Option<PurchaseId>,
}

impl Named {
    fn read(payload: &str) -> Option<Named> {
        let event: Value = serde_json::from_str(payload).ok()?;
        let object = event.pointer("/data/object")?;
        let session_ref = object.get("id")?.as_str()?.to_owned();
        let reference = object.get("client_reference_id").and_then(Value::as_str);
        let metadata = object.pointer(&format!("/metadata/{METADATA_PURCHASE}"));
        let purchase = reference.or(metadata.and_then(Value::as_str));
        let purchase = purchase.and_then(|text| PurchaseId::parse(text).ok());
        Some(Named { session_ref, purchase })
    }
}

fn is_name(text: &str) -> bool {
    let length = 1..=LONGEST_NAME;
    length.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn wait_after(attempts: i64) -> i64 {
    let doublings = u32::try_from(attempts - 1).unwrap_or(0).min(20);
    (FIRST_WAIT << doublings).min(LONGEST_WAIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_failure_waits_longer_up_to_an_hour() {
        assert_eq!(wait_after(1), 5 * SECOND);
        assert_eq!(wait_after(2), 10 * SECOND);
        assert_eq!(wait_after(4), 40 * SECOND);
        assert_eq!(wait_after(11), HOUR);
        assert_eq!(wait_after(10_000), HOUR);
    }

    #[test]
    fn an_event_names_its_page_and_purchase_whatever_else_it_lacks() {
        let read = |json: Value| Named::read(&json.to_string());
        let full = read(serde_json::json!({"data": {"object": {"id": "cs_1",
            "client_reference_id": "pur_1", "metadata": {"purchase_id": "pur_2"}}}}));
        assert_eq!(full.unwrap().purchase.unwrap().as_str(), "pur_1");
        let bare = read(serde_json::json!({"data": {"object": {"id": "cs_1"}}})).unwrap();
        assert_eq!((bare.session_ref.as_str(), bare.purchase), ("cs_1", None));
        assert!(read(serde_json::json!({"data": {"object": {}}})).is_none());
        assert!(read(serde_json::json!([])).is_none());
    }
}
