//! Saved cards at Stripe: Checkout in setup mode, payment methods, payment intents off session.
//!
//! Reading and detaching a payment method have no parameters, so their two requests are written by hand
//! rather than carrying one more generated crate.

use std::collections::HashMap;

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::Value;
use stripe_checkout::CheckoutSessionMode;
use stripe_checkout::checkout_session::{
    CreateCheckoutSession, CreateCheckoutSessionCustomText, CreateCheckoutSessionSetupIntentData,
    CustomTextPositionParam, RetrieveCheckoutSession,
};
use stripe_client_core::{RequestBuilder, StripeMethod, StripeRequest};
use stripe_core::payment_intent::{
    CancelPaymentIntent, CreatePaymentIntent, CreatePaymentIntentOffSession, ListPaymentIntent,
    RetrievePaymentIntent,
};

use super::{METADATA_PURCHASE, Stripe, currency, single};
use crate::backend::payments::port::saved_cards::{
    CardFacts, CardPageDraft, CardPageFacts, ChargeFacts, ChargeState, SavedCards, SavedCharge,
};
use crate::backend::payments::port::{CheckoutOpened, ProviderError};

/// The name under which a consent travels in Stripe's metadata.
pub const METADATA_CONSENT: &str = "consent_id";
/// The code of a bank that wants to see the card's owner.
const NEEDS_OWNER: &str = "authentication_required";
/// Payments asked for at a time; Stripe allows at most 100.
const PAYMENTS_PER_PAGE: i64 = 100;
/// The most pages of one search.
const MAXIMUM_PAGES: usize = 20;

#[async_trait]
impl SavedCards for Stripe {
    async fn create_card_page(
        &self,
        draft: &CardPageDraft,
        key: &str,
    ) -> Result<CheckoutOpened, ProviderError> {
        let request = card_page_request(draft).build();
        let answer: PageAnswer = self.transport.send(request, Some(key)).await?;
        Ok(CheckoutOpened { session_ref: answer.id, url: answer.url })
    }

    async fn fetch_card_page(&self, session_ref: &str) -> Result<CardPageFacts, ProviderError> {
        let request = RetrieveCheckoutSession::new(session_ref)
            .expand(vec!["setup_intent.payment_method".into()]);
        let answer: CardPageAnswer = self.transport.send(request.build(), None).await?;
        Ok(answer.into_facts())
    }

    async fn fetch_card(&self, method_ref: &str) -> Result<Option<CardFacts>, ProviderError> {
        let request =
            RequestBuilder::new(StripeMethod::Get, format!("/payment_methods/{method_ref}"));
        match self.transport.send::<MethodAnswer>(request, None).await {
            Ok(answer) => Ok(answer.into_facts()),
            Err(error) if error.is_missing() => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn detach_card(&self, method_ref: &str, key: &str) -> Result<(), ProviderError> {
        let path = format!("/payment_methods/{method_ref}/detach");
        let request = RequestBuilder::new(StripeMethod::Post, path);
        self.transport.send::<Value>(request, Some(key)).await.map(drop)
    }

    async fn charge_saved(
        &self,
        charge: &SavedCharge,
        key: &str,
    ) -> Result<ChargeFacts, ProviderError> {
        match self.transport.send(charge_request(charge).build(), Some(key)).await {
            Ok(answer) => Ok(PaymentAnswer::into_facts(answer)),
            Err(ProviderError::Declined { code, payment_ref, .. }) => {
                Ok(refused_facts(charge, code, payment_ref))
            }
            // The card or its customer is gone: a definite no, and nothing was charged.
            Err(error) if error.is_missing() => {
                let code = Some("card_not_there".to_owned());
                Ok(refused_facts(charge, code, None))
            }
            Err(error) => Err(error),
        }
    }

    async fn fetch_payment(&self, payment_ref: &str) -> Result<ChargeFacts, ProviderError> {
        let request = RetrievePaymentIntent::new(payment_ref).build();
        Ok(PaymentAnswer::into_facts(self.transport.send(request, None).await?))
    }

    async fn find_payment(
        &self,
        customer: &str,
        purchase: &str,
        since_seconds: i64,
    ) -> Result<Option<ChargeFacts>, ProviderError> {
        let mut after: Option<String> = None;
        for _ in 0..MAXIMUM_PAGES {
            let mut request = ListPaymentIntent::new().customer(customer).limit(PAYMENTS_PER_PAGE);
            if let Some(after) = &after {
                request = request.starting_after(after);
            }
            let page: PaymentsAnswer = self.transport.send(request.build(), None).await?;
            let old = page.data.iter().any(|payment| payment.created < since_seconds);
            after = page.data.last().map(|payment| payment.id.clone()).filter(|_| page.has_more);
            let found = page.data.into_iter().find(|payment| payment.names(purchase));
            if found.is_some() || old || after.is_none() {
                return Ok(found.map(PaymentAnswer::into_facts));
            }
        }
        Ok(None)
    }

    async fn cancel_payment(
        &self,
        payment_ref: &str,
        key: &str,
    ) -> Result<ChargeFacts, ProviderError> {
        let request = CancelPaymentIntent::new(payment_ref).build();
        Ok(PaymentAnswer::into_facts(self.transport.send(request, Some(key)).await?))
    }
}

fn card_page_request(draft: &CardPageDraft) -> CreateCheckoutSession {
    let metadata = single(METADATA_CONSENT, &draft.consent);
    let mut setup = CreateCheckoutSessionSetupIntentData::new();
    setup.metadata = Some(metadata.clone());
    let mut text = CreateCheckoutSessionCustomText::new();
    text.submit = Some(CustomTextPositionParam::new(&draft.wording));
    CreateCheckoutSession::new()
        .mode(CheckoutSessionMode::Setup)
        .customer(&draft.customer)
        .currency(currency(&draft.currency))
        .client_reference_id(&draft.consent)
        .metadata(metadata)
        .setup_intent_data(setup)
        .custom_text(text)
        .success_url(&draft.success_url)
        .cancel_url(&draft.cancel_url)
}

fn charge_request(charge: &SavedCharge) -> CreatePaymentIntent {
    CreatePaymentIntent::new(charge.amount_minor, currency(&charge.currency))
        .customer(&charge.customer)
        .payment_method(&charge.method_ref)
        .description(&charge.description)
        .metadata(single(METADATA_PURCHASE, &charge.purchase))
        .off_session(CreatePaymentIntentOffSession::Bool(true))
        .confirm(true)
}

/// What a refusal without a payment to read comes to.
fn refused_facts(
    charge: &SavedCharge,
    code: Option<String>,
    payment_ref: Option<String>,
) -> ChargeFacts {
    let state = match code.as_deref() {
        Some(NEEDS_OWNER) => ChargeState::NeedsOwner,
        code => ChargeState::Declined { code: code.unwrap_or("declined").to_owned() },
    };
    ChargeFacts {
        payment_ref,
        state,
        amount_minor: Some(charge.amount_minor),
        currency: Some(charge.currency.to_ascii_lowercase()),
        livemode: None,
        purchase: Some(charge.purchase.clone()),
    }
}

#[derive(Deserialize)]
struct PageAnswer {
    id: String,
    url: Option<String>,
}

#[derive(Deserialize)]
struct CardPageAnswer {
    livemode: bool,
    client_reference_id: Option<String>,
    setup_intent: Option<SetupAnswer>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum SetupAnswer {
    Expanded { status: Option<String>, payment_method: Option<MethodOrId> },
    Id(#[expect(dead_code, reason = "says that it was not expanded")] String),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum MethodOrId {
    Method(Box<MethodAnswer>),
    Id(#[expect(dead_code, reason = "says that it was not expanded")] String),
}

impl CardPageAnswer {
    fn into_facts(self) -> CardPageFacts {
        let card = match self.setup_intent {
            Some(SetupAnswer::Expanded {
                status,
                payment_method: Some(MethodOrId::Method(it)),
            }) if status.as_deref() == Some("succeeded") => it.into_facts(),
            _ => None,
        };
        CardPageFacts { consent: self.client_reference_id, livemode: self.livemode, card }
    }
}

#[derive(Deserialize)]
struct MethodAnswer {
    id: String,
    customer: Option<NamedOrId>,
    card: Option<CardAnswer>,
}

#[derive(Deserialize)]
struct CardAnswer {
    brand: Option<String>,
    last4: Option<String>,
    exp_month: i64,
    exp_year: i64,
    fingerprint: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum NamedOrId {
    Id(String),
    Named { id: String },
}

impl NamedOrId {
    fn into_id(self) -> String {
        match self {
            NamedOrId::Id(id) | NamedOrId::Named { id } => id,
        }
    }
}

impl MethodAnswer {
    /// `None` for what is no card.
    fn into_facts(self) -> Option<CardFacts> {
        let card = self.card?;
        Some(CardFacts {
            // Without a fingerprint the card is known by its name alone.
            fingerprint: card.fingerprint.unwrap_or_else(|| self.id.clone()),
            method_ref: self.id,
            customer: self.customer.map(NamedOrId::into_id),
            brand: card.brand.unwrap_or_else(|| "card".to_owned()),
            last_four: card.last4.unwrap_or_default(),
            expires_month: card.exp_month,
            expires_year: card.exp_year,
        })
    }
}

#[derive(Deserialize)]
struct PaymentsAnswer {
    data: Vec<PaymentAnswer>,
    #[serde(default)]
    has_more: bool,
}

#[derive(Deserialize)]
struct PaymentAnswer {
    id: String,
    status: Option<String>,
    amount: Option<i64>,
    currency: Option<String>,
    livemode: Option<bool>,
    #[serde(default)]
    created: i64,
    metadata: Option<HashMap<String, Value>>,
    last_payment_error: Option<PaymentErrorAnswer>,
}

#[derive(Deserialize)]
struct PaymentErrorAnswer {
    code: Option<String>,
    decline_code: Option<String>,
}

impl PaymentErrorAnswer {
    fn telling(&self) -> Option<&str> {
        self.decline_code.as_deref().or(self.code.as_deref())
    }
}

impl PaymentAnswer {
    fn purchase(&self) -> Option<&str> {
        self.metadata.as_ref()?.get(METADATA_PURCHASE)?.as_str()
    }

    fn names(&self, purchase: &str) -> bool {
        self.purchase() == Some(purchase)
    }

    fn state(&self) -> ChargeState {
        let reason = self.last_payment_error.as_ref().and_then(PaymentErrorAnswer::telling);
        match self.status.as_deref() {
            Some("succeeded") => ChargeState::Succeeded,
            Some("processing") => ChargeState::Processing,
            Some("requires_action") => ChargeState::NeedsOwner,
            Some("canceled") => ChargeState::Canceled,
            Some("requires_payment_method") => match reason {
                Some(NEEDS_OWNER) => ChargeState::NeedsOwner,
                reason => ChargeState::Declined { code: reason.unwrap_or("declined").to_owned() },
            },
            _ => ChargeState::Unknown,
        }
    }

    fn into_facts(self) -> ChargeFacts {
        ChargeFacts {
            state: self.state(),
            purchase: self.purchase().map(str::to_owned),
            payment_ref: Some(self.id),
            amount_minor: self.amount,
            currency: self.currency.map(|code| code.to_ascii_lowercase()),
            livemode: self.livemode,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn payment(json: Value) -> ChargeFacts {
        serde_json::from_value::<PaymentAnswer>(json).unwrap().into_facts()
    }

    fn fields(body: &str) -> Vec<(String, String)> {
        form_urlencoded::parse(body.as_bytes()).into_owned().collect()
    }

    #[test]
    fn a_charge_says_that_its_owner_is_away_and_is_the_same_each_time() {
        let charge = SavedCharge {
            purchase: "pur_1".into(),
            customer: "cus_1".into(),
            method_ref: "pm_1".into(),
            amount_minor: 22_000,
            currency: "USD".into(),
            description: "Auto top-up: 200 credits".into(),
        };
        let body = charge_request(&charge).build().body.unwrap();
        for (name, value) in [
            ("amount", "22000"),
            ("currency", "usd"),
            ("customer", "cus_1"),
            ("payment_method", "pm_1"),
            ("off_session", "true"),
            ("confirm", "true"),
            ("metadata[purchase_id]", "pur_1"),
        ] {
            assert!(fields(&body).contains(&(name.into(), value.into())), "{name} in {body}");
        }
        assert_eq!(charge_request(&charge).build().body.unwrap(), body);
    }

    #[test]
    fn a_card_page_takes_no_money_and_shows_what_is_agreed_to() {
        let draft = CardPageDraft {
            consent: "consent_1".into(),
            customer: "cus_1".into(),
            currency: "USD".into(),
            wording: "You allow it.".into(),
            success_url: "http://127.0.0.1:3000/settings/billing?card=consent_1".into(),
            cancel_url: "http://127.0.0.1:3000/settings/billing".into(),
        };
        let body = card_page_request(&draft).build().body.unwrap();
        for (name, value) in [
            ("mode", "setup"),
            ("setup_intent_data[metadata][consent_id]", "consent_1"),
            ("custom_text[submit][message]", "You allow it."),
        ] {
            assert!(fields(&body).contains(&(name.into(), value.into())), "{name} in {body}");
        }
    }

    #[test]
    fn every_state_of_a_payment_is_one_of_ours_and_new_words_are_unknown() {
        let state = |status: &str| payment(json!({"id": "pi_1", "status": status})).state;
        assert_eq!(state("succeeded"), ChargeState::Succeeded);
        assert_eq!(state("processing"), ChargeState::Processing);
        assert_eq!(state("requires_action"), ChargeState::NeedsOwner);
        assert_eq!(state("canceled"), ChargeState::Canceled);
        assert_eq!(state("requires_confirmation"), ChargeState::Unknown);
        assert_eq!(state("resting"), ChargeState::Unknown);
    }

    #[test]
    fn a_refusal_carries_the_banks_own_reason() {
        let refused = |code: &str, decline: Option<&str>| {
            payment(json!({"id": "pi_1", "status": "requires_payment_method",
                "last_payment_error": {"code": code, "decline_code": decline}}))
            .state
        };
        let lost = ChargeState::Declined { code: "lost_card".into() };
        assert_eq!(refused("card_declined", Some("lost_card")), lost);
        let expired = ChargeState::Declined { code: "expired_card".into() };
        assert_eq!(refused("expired_card", None), expired);
        assert_eq!(refused(NEEDS_OWNER, Some(NEEDS_OWNER)), ChargeState::NeedsOwner);
    }

    #[test]
    fn a_card_is_read_from_a_finished_page_only() {
        let page = |status: &str| {
            let answer: CardPageAnswer = serde_json::from_value(json!({
                "id": "cs_1", "livemode": false, "client_reference_id": "consent_1",
                "setup_intent": {"id": "seti_1", "status": status, "payment_method": {
                    "id": "pm_1", "customer": "cus_1", "card": {"brand": "visa", "last4": "4242",
                    "exp_month": 12, "exp_year": 2034, "fingerprint": "f", "wallet": null}}}}))
            .unwrap();
            answer.into_facts()
        };
        let card = page("succeeded").card.unwrap();
        assert_eq!((card.last_four.as_str(), card.customer.as_deref()), ("4242", Some("cus_1")));
        assert_eq!(page("requires_action").card, None);
        let closed: CardPageAnswer =
            serde_json::from_value(json!({"livemode": false, "setup_intent": null})).unwrap();
        assert_eq!(closed.into_facts().card, None);
    }
}
