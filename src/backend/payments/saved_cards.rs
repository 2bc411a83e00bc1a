//! The one card that an organisation has saved: kept with a recorded consent, shown, taken away.
//!
//! The number is typed at the provider and never here. The consent (who, when, which words) is written
//! before the provider hears of it and stays for good. The page that comes back and the provider's event
//! both end in [`Payments::look_at_card_page`], which asks the provider afresh; a card is kept once.

use serde_json::Value;

use super::port::saved_cards::{CardFacts, CardPageDraft};
use super::stripe::METADATA_CONSENT;
use super::top_up::TOPIC;
use super::{PaymentError, Payments};
use crate::backend::store::auto_top_up::{self, Ended};
use crate::backend::store::saved_card::{self, Consent, SavedCard};
use crate::backend::store::{StoreError, billing_customer};
use crate::backend::{id, notices};
use crate::ledger::{Currency, OrganisationId, Timestamp, UserId};

/// Events about cards that are acted on.
pub const CARD_KINDS: [&str; 4] = [
    "setup_intent.succeeded",
    "payment_method.automatically_updated",
    "payment_method.updated",
    "payment_method.detached",
];
/// What open pages listen to.
const CARD_TOPIC: &str = "saved_card";

/// Who saves a card.
#[derive(Clone, Copy, Debug)]
pub struct SaveCard<'a> {
    /// Whose card it will be.
    pub organisation: &'a OrganisationId,
    /// The organisation's name, for the wording and the provider's dashboard.
    pub organisation_name: &'a str,
    /// Who agrees.
    pub user: &'a UserId,
    /// The currency that it will be charged in.
    pub currency: Currency,
    /// Where this site is reached, without a slash at its end.
    pub base_url: &'a str,
}

/// What one agrees to when a card is saved, word by word.
pub fn consent_wording(organisation: &str) -> String {
    format!(
        "I agree that this card is kept by the payment provider and charged for {organisation} without \
         asking me each time, for automatic purchases of credits: when few are left, in the amount and \
         up to the monthly limit that an admin of {organisation} sets. The card can be removed and \
         automatic purchases switched off at any time on the billing page."
    )
}

impl Payments {
    /// Records the consent and opens the provider's page on which the card is typed: its address.
    ///
    /// # Errors
    /// The provider or the database gave no answer; nothing is saved, and the button works again.
    pub async fn save_card(
        &self,
        request: SaveCard<'_>,
        now: Timestamp,
    ) -> Result<String, PaymentError> {
        match self.open_card_page(request, now).await {
            // The customer is gone at the provider and forgotten here: once more with a new one.
            Err(PaymentError::Provider(error)) if error.is_missing() => {
                self.open_card_page(request, now).await
            }
            other => other,
        }
    }

    async fn open_card_page(
        &self,
        request: SaveCard<'_>,
        now: Timestamp,
    ) -> Result<String, PaymentError> {
        let SaveCard { organisation, organisation_name, user, currency, base_url } = request;
        let customer = self.customer(organisation, organisation_name, now).await?;
        let consent = Consent {
            account: self.account(organisation),
            id: format!("consent_{}", id::uuid_simple(now)),
            user: user.clone(),
            wording: consent_wording(organisation_name),
            given_at: now,
            customer_ref: customer.clone(),
            page_ref: None,
            method_ref: None,
        };
        saved_card::insert_consent(&self.db, &consent).await?;
        let draft = CardPageDraft {
            consent: consent.id.clone(),
            customer: customer.clone(),
            currency: currency.to_string(),
            wording: consent.wording.clone(),
            success_url: format!("{base_url}/settings/billing?card={}#auto-top-up", consent.id),
            cancel_url: format!("{base_url}{}", super::top_up::PAGE),
        };
        let key = format!("card:{}", consent.id);
        let opened = match self.provider.create_card_page(&draft, &key).await {
            Ok(opened) => opened,
            Err(error) => {
                if error.is_missing() {
                    let (provider, live) = (self.provider_name, self.livemode);
                    billing_customer::delete(&self.db, organisation, provider, live, &customer)
                        .await?;
                }
                return Err(error.into());
            }
        };
        saved_card::set_page(&self.db, &consent, &opened.session_ref).await?;
        opened.url.ok_or(PaymentError::TooSlow)
    }

    /// Asks the provider what became of the page that was opened for this consent, and keeps the card.
    ///
    /// # Errors
    /// The organisation gave no such consent, or the provider or the database gave no answer.
    pub async fn look_at_card_page(
        &self,
        organisation: &OrganisationId,
        consent: &str,
        now: Timestamp,
    ) -> Result<(), PaymentError> {
        let found = saved_card::find_consent(&self.db, consent).await?;
        let ours = found.filter(|found| found.account == self.account(organisation));
        let consent = ours.ok_or(PaymentError::NotFound)?;
        self.keep_card_of(&consent, now).await
    }

    async fn keep_card_of(&self, consent: &Consent, now: Timestamp) -> Result<(), PaymentError> {
        // What came of it is known: a late event does not bring a card back that was removed since.
        let Some(page_ref) = consent.page_ref.as_deref().filter(|_| consent.method_ref.is_none())
        else {
            return Ok(());
        };
        let facts = self.provider.fetch_card_page(page_ref).await?;
        let named = facts.consent.as_deref() == Some(consent.id.as_str());
        let Some(card) = facts.card.filter(|_| named && facts.livemode == self.livemode) else {
            return Ok(());
        };
        let before = saved_card::find(&self.db, &consent.account).await?;
        let card = kept(consent, card, now);
        saved_card::put(&self.db, &card).await?;
        saved_card::set_method(&self.db, consent, &card.method_ref).await?;
        auto_top_up::wake(&self.db, &consent.account).await?;
        self.live.notify(&consent.account.organisation, CARD_TOPIC);
        let replaced = before.filter(|before| before.method_ref != card.method_ref);
        if let Some(replaced) = replaced
            && let Err(error) = self.detach(&replaced.method_ref).await
        {
            // It is charged by nobody any more; only the provider still lists it.
            tracing::warn!(card = replaced.method_ref, %error, "a replaced card could not be detached");
        }
        Ok(())
    }

    /// Takes the card away at the provider and here; auto top-up ends with it. Without a card nothing
    /// happens.
    ///
    /// # Errors
    /// The provider or the database gave no answer: nothing has changed.
    pub async fn remove_card(
        &self,
        organisation: &OrganisationId,
        now: Timestamp,
    ) -> Result<(), PaymentError> {
        let Some(card) = saved_card::find(&self.db, &self.account(organisation)).await? else {
            return Ok(());
        };
        self.detach(&card.method_ref).await?;
        self.forget_card(&card, now).await
    }

    async fn detach(&self, method_ref: &str) -> Result<(), PaymentError> {
        let key = format!("card:{method_ref}:detach");
        let Err(error) = self.provider.detach_card(method_ref, &key).await else { return Ok(()) };
        if error.is_passing() {
            return Err(error.into());
        }
        // A definite no: it may have been taken away there before.
        let there = self.provider.fetch_card(method_ref).await?;
        match there.and_then(|card| card.customer) {
            Some(_) => Err(error.into()),
            None => Ok(()),
        }
    }

    /// The card is gone at the provider: here too, and with it auto top-up.
    async fn forget_card(&self, card: &SavedCard, now: Timestamp) -> Result<(), PaymentError> {
        let set = auto_top_up::find(&self.db, &card.account).await?;
        if let Some(set) = set.filter(|set| set.is_on) {
            self.turn_off(&set, Ended::CardRemoved, now).await?;
        }
        saved_card::delete(&self.db, &card.account, &card.method_ref).await?;
        self.live.notify(&card.account.organisation, CARD_TOPIC);
        Ok(())
    }

    /// Acts on an event about a card: it says which one to ask about, and nothing else is believed.
    pub(super) async fn card_event(
        &self,
        kind: &str,
        payload: &str,
        now: Timestamp,
    ) -> Result<(), PaymentError> {
        let Some(object) = object_of(payload) else { return Ok(()) };
        if kind.starts_with("setup_intent.") {
            let named = object.pointer(&format!("/metadata/{METADATA_CONSENT}"));
            let Some(named) = named.and_then(Value::as_str) else { return Ok(()) };
            let Some(consent) = saved_card::find_consent(&self.db, named).await? else {
                return Ok(());
            };
            let ours = self.account(&consent.account.organisation) == consent.account;
            return if ours { self.keep_card_of(&consent, now).await } else { Ok(()) };
        }
        let Some(method_ref) = object.get("id").and_then(Value::as_str) else { return Ok(()) };
        let (provider, live) = (self.provider_name, self.livemode);
        match saved_card::find_by_method(&self.db, provider, live, method_ref).await? {
            Some(card) => self.refresh_card(&card, now).await,
            None => Ok(()),
        }
    }

    async fn refresh_card(&self, card: &SavedCard, now: Timestamp) -> Result<(), PaymentError> {
        let facts = self.provider.fetch_card(&card.method_ref).await?;
        let still_theirs = |facts: &CardFacts| facts.customer.as_ref() == Some(&card.customer_ref);
        let Some(facts) = facts.filter(still_theirs) else {
            return self.forget_card(card, now).await;
        };
        saved_card::put(&self.db, &updated(card, facts)).await?;
        auto_top_up::wake(&self.db, &card.account).await?;
        self.live.notify(&card.account.organisation, CARD_TOPIC);
        Ok(())
    }

    /// Takes back what admins were told about auto top-up.
    pub(super) async fn cured(
        &self,
        organisation: &OrganisationId,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        notices::close_topic(&self.db, &self.live, organisation, TOPIC, now).await
    }
}

/// What an event is about.
pub(super) fn object_of(payload: &str) -> Option<Value> {
    let mut event: Value = serde_json::from_str(payload).ok()?;
    event.pointer_mut("/data/object").map(Value::take)
}

fn kept(consent: &Consent, card: CardFacts, now: Timestamp) -> SavedCard {
    SavedCard {
        account: consent.account.clone(),
        method_ref: card.method_ref,
        customer_ref: card.customer.unwrap_or_else(|| consent.customer_ref.clone()),
        brand: card.brand,
        last_four: card.last_four,
        expires_month: card.expires_month,
        expires_year: card.expires_year,
        fingerprint: card.fingerprint,
        consent: consent.id.clone(),
        saved_at: now,
    }
}

fn updated(card: &SavedCard, facts: CardFacts) -> SavedCard {
    SavedCard {
        brand: facts.brand,
        last_four: facts.last_four,
        expires_month: facts.expires_month,
        expires_year: facts.expires_year,
        fingerprint: facts.fingerprint,
        ..card.clone()
    }
}
