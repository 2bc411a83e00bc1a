//! The adapter to Stripe: requests built by async-stripe's typed builders, sent by our own
//! [`Transport`], answers read into narrow structs that ignore what they don't know.
//!
//! The same adapter speaks to the sandbox: only the base address differs. Metadata maps have one entry
//! each, so that a repeated request has the very same bytes.

mod corrections;
mod customers;
mod documents;
mod saved_cards;
mod taxes;

use std::collections::HashMap;

use async_trait::async_trait;
use reqwest::Url;
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::Value;
use stripe_checkout::CheckoutSessionMode;
use stripe_checkout::checkout_session::{
    CreateCheckoutSession, CreateCheckoutSessionAdaptivePricing, CreateCheckoutSessionLineItems,
    CreateCheckoutSessionLineItemsPriceData, CreateCheckoutSessionPaymentIntentData, ProductData,
    RetrieveCheckoutSession,
};
use stripe_client_core::StripeRequest;
use stripe_core::event::ListEvent;
use stripe_types::RangeQueryTs;

use super::port::{
    CheckoutDraft, CheckoutOpened, EventPage, ListedEvent, PaymentProgress, PaymentProvider,
    PaymentStatus, ProviderError, SessionFacts, SessionStatus,
};
use super::transport::Transport;

mod subscriptions;

/// The name under which a purchase travels in Stripe's metadata.
pub const METADATA_PURCHASE: &str = "purchase_id";
pub use saved_cards::METADATA_CONSENT;

/// The name under which an organisation travels in a customer's metadata.
const METADATA_ORGANISATION: &str = "organisation_id";
/// Events asked for at a time; Stripe allows at most 100.
const EVENTS_PER_PAGE: i64 = 100;

/// Stripe, or a server that speaks like it.
#[derive(Debug)]
pub struct Stripe {
    transport: Transport,
}

impl Stripe {
    /// `base` without path; `key` a secret or restricted key.
    ///
    /// # Errors
    /// The TLS library could not be set up.
    pub fn new(base: Url, key: SecretString) -> Result<Self, reqwest::Error> {
        Ok(Stripe { transport: Transport::new(base, key)? })
    }
}

#[async_trait]
impl PaymentProvider for Stripe {
    async fn create_checkout(
        &self,
        draft: &CheckoutDraft,
        key: &str,
    ) -> Result<CheckoutOpened, ProviderError> {
        let request = checkout_request(draft).build();
        let answer: SessionAnswer = self.transport.send(request, Some(key)).await?;
        Ok(CheckoutOpened { session_ref: answer.id, url: answer.url })
    }

    async fn fetch_checkout(&self, session_ref: &str) -> Result<SessionFacts, ProviderError> {
        let request =
            RetrieveCheckoutSession::new(session_ref).expand(vec!["payment_intent".into()]);
        let answer: SessionAnswer = self.transport.send(request.build(), None).await?;
        Ok(answer.into_facts())
    }

    async fn list_events(
        &self,
        since_seconds: i64,
        kinds: &[&str],
        after: Option<&str>,
    ) -> Result<EventPage, ProviderError> {
        let kinds: Vec<String> = kinds.iter().map(|kind| (*kind).to_owned()).collect();
        let mut request = ListEvent::new()
            .created(RangeQueryTs::gte(since_seconds))
            .types(kinds)
            .limit(EVENTS_PER_PAGE);
        if let Some(after) = after {
            request = request.starting_after(after);
        }
        let answer: EventsAnswer = self.transport.send(request.build(), None).await?;
        answer.into_page()
    }
}

fn single(key: &str, value: &str) -> HashMap<String, String> {
    HashMap::from([(key.to_owned(), value.to_owned())])
}

fn checkout_request(draft: &CheckoutDraft) -> CreateCheckoutSession {
    let metadata = single(METADATA_PURCHASE, &draft.purchase);
    let mut product = ProductData::new(&draft.product);
    product.description = Some(draft.description.clone());
    let mut price = CreateCheckoutSessionLineItemsPriceData::new(currency(&draft.currency));
    price.product_data = Some(product);
    price.unit_amount = Some(draft.amount_minor);
    price.tax_behavior = taxes::of_line(draft.tax);
    let mut line = CreateCheckoutSessionLineItems::new();
    line.price_data = Some(price);
    line.quantity = Some(1);
    let mut payment = CreateCheckoutSessionPaymentIntentData::new();
    payment.metadata = Some(metadata.clone());
    let mut adaptive_pricing = CreateCheckoutSessionAdaptivePricing::new();
    adaptive_pricing.enabled = Some(false);
    let page = CreateCheckoutSession::new()
        .mode(CheckoutSessionMode::Payment)
        .customer(&draft.customer)
        .client_reference_id(&draft.purchase)
        .metadata(metadata)
        .payment_intent_data(payment)
        .line_items(vec![line])
        .adaptive_pricing(adaptive_pricing)
        .success_url(&draft.success_url)
        .cancel_url(&draft.cancel_url)
        .expires_at(draft.expires_at_seconds);
    taxes::on_page(page, draft.tax)
}

fn currency(code: &str) -> stripe_types::Currency {
    match code.to_ascii_lowercase().parse() {
        Ok(currency) => currency,
        Err(never) => match never {},
    }
}

#[derive(Deserialize)]
struct SessionAnswer {
    id: String,
    livemode: bool,
    url: Option<String>,
    status: Option<String>,
    payment_status: Option<String>,
    amount_total: Option<i64>,
    amount_subtotal: Option<i64>,
    total_details: Option<TotalDetails>,
    currency: Option<String>,
    currency_conversion: Option<CurrencyConversion>,
    client_reference_id: Option<String>,
    metadata: Option<HashMap<String, Value>>,
    payment_intent: Option<PaymentIntentAnswer>,
}

/// Present when the buyer paid in another currency than we asked: what it came to in ours.
#[derive(Deserialize)]
struct CurrencyConversion {
    amount_total: i64,
    amount_subtotal: Option<i64>,
    source_currency: String,
}

#[derive(Deserialize)]
struct TotalDetails {
    #[serde(default)]
    amount_tax: i64,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum PaymentIntentAnswer {
    Id(String),
    Expanded { id: String, status: Option<String> },
}

impl PaymentIntentAnswer {
    fn progress(&self) -> PaymentProgress {
        match self {
            PaymentIntentAnswer::Expanded { status: Some(status), .. }
                if matches!(status.as_str(), "requires_payment_method" | "canceled") =>
            {
                PaymentProgress::Failed
            }
            _ => PaymentProgress::Underway,
        }
    }

    fn into_id(self) -> String {
        match self {
            PaymentIntentAnswer::Id(id) | PaymentIntentAnswer::Expanded { id, .. } => id,
        }
    }
}

impl SessionAnswer {
    fn into_facts(self) -> SessionFacts {
        let tax_here = self.total_details.map_or(0, |details| details.amount_tax);
        let (amount_minor, subtotal_minor, tax_minor, currency) = match self.currency_conversion {
            // In our currency the tax is told only as what comes on top.
            Some(CurrencyConversion { amount_total, amount_subtotal, source_currency }) => {
                let on_top = amount_subtotal.map_or(0, |subtotal| amount_total - subtotal);
                (Some(amount_total), amount_subtotal, on_top, Some(source_currency))
            }
            None => (self.amount_total, self.amount_subtotal, tax_here, self.currency),
        };
        let metadata_purchase = self.metadata.as_ref().and_then(|all| all.get(METADATA_PURCHASE));
        SessionFacts {
            status: session_status(self.status.as_deref()),
            payment_status: payment_status(self.payment_status.as_deref()),
            progress: self
                .payment_intent
                .as_ref()
                .map_or(PaymentProgress::Underway, PaymentIntentAnswer::progress),
            amount_minor,
            subtotal_minor,
            tax_minor,
            currency: currency.map(|code| code.to_ascii_lowercase()),
            livemode: self.livemode,
            client_reference: self.client_reference_id,
            metadata_purchase: metadata_purchase.and_then(Value::as_str).map(str::to_owned),
            payment_ref: self.payment_intent.map(PaymentIntentAnswer::into_id),
            url: self.url,
            session_ref: self.id,
        }
    }
}

fn session_status(word: Option<&str>) -> SessionStatus {
    match word {
        Some("open") => SessionStatus::Open,
        Some("complete") => SessionStatus::Complete,
        Some("expired") => SessionStatus::Expired,
        _ => SessionStatus::Unknown,
    }
}

fn payment_status(word: Option<&str>) -> PaymentStatus {
    match word {
        Some("paid") => PaymentStatus::Paid,
        Some("no_payment_required") => PaymentStatus::NothingDue,
        Some("unpaid") => PaymentStatus::Unpaid,
        _ => PaymentStatus::Unknown,
    }
}

#[derive(Deserialize)]
struct EventsAnswer {
    data: Vec<Value>,
    #[serde(default)]
    has_more: bool,
}

impl EventsAnswer {
    fn into_page(self) -> Result<EventPage, ProviderError> {
        let events = self.data.iter().map(listed_event).collect::<Option<Vec<_>>>();
        let events = events.ok_or_else(|| ProviderError::Garbled {
            cause: "an event in the list has no id, type or livemode".to_owned(),
        })?;
        let next = events.last().filter(|_| self.has_more).map(|event| event.id.clone());
        Ok(EventPage { events, next })
    }
}

fn listed_event(event: &Value) -> Option<ListedEvent> {
    Some(ListedEvent {
        id: event.get("id")?.as_str()?.to_owned(),
        kind: event.get("type")?.as_str()?.to_owned(),
        livemode: event.get("livemode")?.as_bool()?,
        payload: event.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::store::purchase_tax::TaxMode;

    fn draft() -> CheckoutDraft {
        CheckoutDraft {
            purchase: "pur_1".into(),
            customer: "cus_1".into(),
            product: "1,000 credits".into(),
            description: "Credits never expire".into(),
            amount_minor: 1_000,
            currency: "USD".into(),
            tax: TaxMode::Off,
            success_url: "http://127.0.0.1:3000/credits/return/pur_1".into(),
            cancel_url: "http://127.0.0.1:3000/credits/buy?pack=a&cancelled=pur_1".into(),
            expires_at_seconds: 1_795_002_700,
        }
    }

    fn facts(json: Value) -> SessionFacts {
        serde_json::from_value::<SessionAnswer>(json).unwrap().into_facts()
    }

    #[test]
    fn a_checkout_request_says_everything_stripe_needs_and_is_the_same_each_time() {
        let request = checkout_request(&draft()).build();
        let body = request.body.clone().unwrap();
        assert_eq!(request.path, "/checkout/sessions");
        let fields: Vec<(String, String)> =
            Url::parse(&format!("http://x/?{body}")).unwrap().query_pairs().into_owned().collect();
        for (name, value) in [
            ("mode", "payment"),
            ("customer", "cus_1"),
            ("client_reference_id", "pur_1"),
            ("metadata[purchase_id]", "pur_1"),
            ("payment_intent_data[metadata][purchase_id]", "pur_1"),
            ("line_items[0][quantity]", "1"),
            ("line_items[0][price_data][currency]", "usd"),
            ("line_items[0][price_data][unit_amount]", "1000"),
            ("line_items[0][price_data][product_data][name]", "1,000 credits"),
            ("adaptive_pricing[enabled]", "false"),
            ("expires_at", "1795002700"),
        ] {
            assert!(fields.contains(&(name.into(), value.into())), "{name}={value} in {fields:?}");
        }
        assert_eq!(checkout_request(&draft()).build().body.unwrap(), body);
    }

    #[test]
    fn with_taxes_on_the_page_asks_for_them_and_for_what_they_depend_on() {
        let asked = |tax| {
            let body = checkout_request(&CheckoutDraft { tax, ..draft() }).build().body.unwrap();
            form_urlencoded::parse(body.as_bytes()).into_owned().collect::<Vec<_>>()
        };
        let (without, with) = (asked(TaxMode::Off), asked(TaxMode::Exclusive));
        for (name, value) in [
            ("automatic_tax[enabled]", "true"),
            ("tax_id_collection[enabled]", "true"),
            ("customer_update[address]", "auto"),
            ("customer_update[name]", "auto"),
            ("billing_address_collection", "required"),
            ("line_items[0][price_data][tax_behavior]", "exclusive"),
        ] {
            assert!(with.contains(&(name.into(), value.into())), "{name}={value} in {with:?}");
            assert!(!without.iter().any(|(asked, _)| asked == name), "{name} in {without:?}");
        }
    }

    #[test]
    fn a_session_is_read_whether_its_payment_is_named_or_spelled_out() {
        let base = serde_json::json!({"id": "cs_1", "livemode": false, "status": "complete",
            "payment_status": "unpaid", "amount_total": 1000, "currency": "usd",
            "metadata": {"purchase_id": "pur_1"}, "payment_intent": "pi_1", "new_field": {"a": 1}});
        assert_eq!(facts(base.clone()).payment_ref.as_deref(), Some("pi_1"));
        assert_eq!(facts(base.clone()).progress, PaymentProgress::Underway);
        let mut expanded = base;
        expanded["payment_intent"] =
            serde_json::json!({"id": "pi_1", "status": "requires_payment_method"});
        assert_eq!(facts(expanded.clone()).payment_ref.as_deref(), Some("pi_1"));
        assert_eq!(facts(expanded).progress, PaymentProgress::Failed);
    }

    #[test]
    fn what_the_buyer_paid_in_another_currency_is_read_in_ours() {
        let read = facts(serde_json::json!({"id": "cs_1", "livemode": true, "amount_total": 940,
            "currency": "eur",
            "currency_conversion": {"amount_total": 1000, "source_currency": "usd", "fx_rate": "0.94"}}));
        assert_eq!((read.amount_minor, read.currency.as_deref()), (Some(1_000), Some("usd")));
    }

    #[test]
    fn an_unknown_word_is_unknown_and_not_an_error() {
        let read = facts(serde_json::json!({"id": "cs_1", "livemode": true, "status": "paused",
            "payment_status": "half"}));
        assert_eq!(read.status, SessionStatus::Unknown);
        assert_eq!(read.payment_status, PaymentStatus::Unknown);
    }

    #[test]
    fn the_next_page_of_events_starts_after_the_last_one() {
        let answer = |more| EventsAnswer {
            data: vec![serde_json::json!({"id": "evt_1", "type": "x.y", "livemode": false})],
            has_more: more,
        };
        assert_eq!(answer(true).into_page().unwrap().next.as_deref(), Some("evt_1"));
        assert_eq!(answer(false).into_page().unwrap().next, None);
        let broken = EventsAnswer { data: vec![serde_json::json!({"id": 1})], has_more: false };
        assert!(matches!(broken.into_page(), Err(ProviderError::Garbled { .. })));
    }
}
