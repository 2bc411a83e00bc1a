//! Settling an automatic purchase: the one place where a saved card is charged.
//!
//! Called by [`Payments::settle`](super::Payments::settle) as often as anyone likes. What follows from an
//! outcome is written in an order in which each step may be repeated, and the purchase's status last: as
//! long as that is unfinished, the sweep comes back.

use serde_json::Value;

use super::decide::{Reason, rest};
use super::{PAGE, TOPIC, views};
use crate::backend::notices::{self, Tell};
use crate::backend::payments::checkout::{Payer, Started};
use crate::backend::payments::port::saved_cards::{ChargeFacts, ChargeState, SavedCharge};
use crate::backend::payments::saved_cards::object_of;
use crate::backend::payments::stripe::METADATA_PURCHASE;
use crate::backend::payments::{PaymentError, Payments, Why};
use crate::backend::store::payment_event::PaymentEvent;
use crate::backend::store::purchase::{self, Details, Purchase, PurchaseKind, PurchaseStatus};
use crate::backend::store::top_up::{self, TopUp};
use crate::backend::store::{auto_top_up, purchase_times, saved_card};
use crate::ledger::time::{HOUR, MINUTE, SECOND};
use crate::ledger::{OrganisationId, PurchaseId, Timestamp};
use crate::model::alerts::AlertKind;
use crate::model::format::{credits_phrase, format_money};

/// Events about payments that are acted on.
pub const PAYMENT_KINDS: [&str; 5] = [
    "payment_intent.succeeded",
    "payment_intent.processing",
    "payment_intent.payment_failed",
    "payment_intent.requires_action",
    "payment_intent.canceled",
];
/// A key is repeated for this long; the provider may forget it after a day.
const KEY_LIVES: i64 = 20 * HOUR;
/// Clocks differ: a payment is searched for from so much before the purchase on.
const CLOCKS_DIFFER: i64 = 10 * MINUTE;

/// What the provider's facts come to for an automatic purchase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The money is there as agreed: grant the credits.
    Grant,
    /// The bank will say later.
    Processing,
    /// The bank wants to see the card's owner.
    NeedsOwner,
    /// The bank refused.
    Declined(String),
    /// It was called off.
    Canceled,
    /// It differs from what was frozen: someone must look.
    Review(String),
    /// Nothing follows.
    Nothing,
}

/// What `facts` mean for `purchase`. Pure.
pub fn outcome(purchase: &Purchase, facts: &ChargeFacts) -> Outcome {
    let moves_money = matches!(facts.state, ChargeState::Succeeded | ChargeState::Processing);
    if let Some(mismatch) = mismatch(purchase, facts).filter(|_| moves_money) {
        return Outcome::Review(mismatch);
    }
    match &facts.state {
        ChargeState::Succeeded => Outcome::Grant,
        ChargeState::Processing => Outcome::Processing,
        ChargeState::NeedsOwner => Outcome::NeedsOwner,
        ChargeState::Declined { code } => Outcome::Declined(code.clone()),
        ChargeState::Canceled => Outcome::Canceled,
        ChargeState::Unknown => Outcome::Nothing,
    }
}

fn mismatch(purchase: &Purchase, facts: &ChargeFacts) -> Option<String> {
    let (price, code) = (purchase.price.minor, purchase.price.currency.as_str());
    if facts.purchase.as_deref().is_some_and(|named| named != purchase.id.as_str()) {
        return Some("the payment names another purchase".to_owned());
    }
    if facts.livemode.is_some_and(|live| live != purchase.livemode) {
        return Some("the payment is of the other mode".to_owned());
    }
    let same_currency = facts.currency.as_deref().is_some_and(|it| it.eq_ignore_ascii_case(code));
    if facts.amount_minor == Some(price) && same_currency {
        return None;
    }
    let found = facts.amount_minor.map_or_else(|| "nothing".to_owned(), |minor| minor.to_string());
    Some(format!("the payment is {found}, the purchase costs {price} {code}"))
}

impl Payments {
    /// Brings an automatic purchase as far as the provider's facts allow; whether it moved.
    pub(in crate::backend::payments) async fn settle_top_up(
        &self,
        purchase: &Purchase,
        now: Timestamp,
    ) -> Result<bool, PaymentError> {
        let attempt = top_up::find(&self.db, &purchase.organisation, &purchase.id).await?;
        let Some(attempt) = attempt else { return self.close_if_over(purchase, now).await };
        let Some(facts) = self.charge_facts(purchase, &attempt, now).await? else {
            let to = PurchaseStatus::Expired;
            return Ok(purchase::advance(&self.db, purchase, to, Details::default(), now).await?);
        };
        let payment_ref = facts.payment_ref.as_deref();
        if let Some(payment_ref) = payment_ref {
            top_up::note_payment(&self.db, &attempt, payment_ref).await?;
        }
        let outcome = outcome(purchase, &facts);
        tracing::debug!(purchase = %purchase.id, ?outcome, "an automatic purchase");
        match outcome {
            Outcome::Grant => self.grant(purchase, payment_ref, now).await,
            Outcome::Processing => {
                let details = Details { payment_ref, note: None };
                let to = PurchaseStatus::Processing;
                Ok(purchase::advance(&self.db, purchase, to, details, now).await?)
            }
            Outcome::NeedsOwner => self.ask_owner(purchase, &attempt, now).await,
            // Called off because its owner is to pay on a page, which is not open yet.
            Outcome::Canceled if attempt.needs_owner_at.is_some() => {
                self.close_if_over(purchase, now).await
            }
            Outcome::Canceled => {
                self.declined(purchase, &attempt, payment_ref, "canceled", now).await
            }
            Outcome::Declined(code) => {
                self.declined(purchase, &attempt, payment_ref, &code, now).await
            }
            Outcome::Review(reason) => self.review(purchase, payment_ref, &reason, now).await,
            Outcome::Nothing => Ok(false),
        }
    }

    /// Acts on an event about a payment: it names a purchase, which is then settled like any other.
    pub(in crate::backend::payments) async fn act_on_payment(
        &self,
        event: &PaymentEvent,
        now: Timestamp,
    ) -> Result<(), PaymentError> {
        let Some(payment) = object_of(&event.payload) else { return Ok(()) };
        let named = payment.pointer(&format!("/metadata/{METADATA_PURCHASE}"));
        let named = named.and_then(Value::as_str).and_then(|text| PurchaseId::parse(text).ok());
        let by_name = match named {
            Some(id) => purchase::owner(&self.db, &id).await?,
            None => None,
        };
        let by_ref = match (by_name, payment.get("id").and_then(Value::as_str)) {
            (None, Some(payment_ref)) => {
                top_up::by_payment(&self.db, self.provider_name, payment_ref).await?
            }
            (found, _) => found,
        };
        match by_ref {
            Some((organisation, id)) => {
                purchase_times::note_event(&self.db, &organisation, &id, event.received_at).await?;
                self.settle(&organisation, &id, Why::Webhook, now).await.map(drop)
            }
            None => Ok(()),
        }
    }

    /// What the provider says: by the payment's name, else by asking once more under the same key, else,
    /// when the key may be forgotten, by looking for it. `None` where it never reached the provider.
    async fn charge_facts(
        &self,
        purchase: &Purchase,
        attempt: &TopUp,
        now: Timestamp,
    ) -> Result<Option<ChargeFacts>, PaymentError> {
        if let Some(payment_ref) = &attempt.payment_ref {
            return Ok(Some(self.provider.fetch_payment(payment_ref).await?));
        }
        if now.since(purchase.created_at) < KEY_LIVES && purchase.status.is_unfinished() {
            let charge = saved_charge(purchase, attempt);
            let key = format!("topup:{}:charge", purchase.id);
            return Ok(Some(self.provider.charge_saved(&charge, &key).await?));
        }
        let since = purchase.created_at.plus(-CLOCKS_DIFFER).micros() / SECOND;
        let customer = &attempt.frozen.customer_ref;
        Ok(self.provider.find_payment(customer, purchase.id.as_str(), since).await?)
    }

    async fn declined(
        &self,
        purchase: &Purchase,
        attempt: &TopUp,
        payment_ref: Option<&str>,
        code: &str,
        now: Timestamp,
    ) -> Result<bool, PaymentError> {
        let account = &attempt.frozen.account;
        top_up::note_decline(&self.db, attempt, code, now).await?;
        let set = auto_top_up::find(&self.db, account).await?;
        let resumed_at = set.map_or(Timestamp::EARLIEST, |set| set.resumed_at);
        let fingerprint = &attempt.frozen.fingerprint;
        let of_card = top_up::of_card(&self.db, account, fingerprint, super::LOOK_BACK).await?;
        let stopped = rest(&of_card, resumed_at) == Some(Reason::Stopped);
        let card = self.card_words(attempt).await?;
        let tell = declined_notice(purchase, &card, code, stopped);
        notices::tell_admins(&self.db, &self.live, &purchase.organisation, tell, now).await?;
        let details = Details { payment_ref, note: None };
        let to = PurchaseStatus::Failed;
        Ok(purchase::advance(&self.db, purchase, to, details, now).await?)
    }

    /// The bank asks for the card's owner: the admins get a link, and a day.
    async fn ask_owner(
        &self,
        purchase: &Purchase,
        attempt: &TopUp,
        now: Timestamp,
    ) -> Result<bool, PaymentError> {
        let news = attempt.needs_owner_at.is_none();
        top_up::note_owner(&self.db, attempt, now).await?;
        let card = self.card_words(attempt).await?;
        let tell = Tell {
            key: format!("top-up:{}:owner", purchase.id),
            topic: TOPIC,
            kind: AlertKind::PaymentFailed,
            title: "An automatic top-up waits for you".to_owned(),
            detail: format!(
                "The bank of {card} wants its owner to confirm {} for {}. Nothing is charged before that, \
                 and auto top-up rests until then.",
                format_money(&purchase.price),
                credits_phrase(purchase.credits),
            ),
            cure: Some((PAGE, "Confirm the payment")),
        };
        notices::tell_admins(&self.db, &self.live, &purchase.organisation, tell, now).await?;
        Ok(self.close_if_over(purchase, now).await? || news)
    }

    async fn card_words(&self, attempt: &TopUp) -> Result<String, PaymentError> {
        let account = &attempt.frozen.account;
        let card = saved_card::find(&self.db, account).await?;
        let same = card.filter(|card| card.fingerprint == attempt.frozen.fingerprint);
        Ok(same.map_or_else(|| "the saved card".to_owned(), |card| views::card_label(&card)))
    }

    /// After an automatic purchase moved: its organisation is looked at again, and what was told is
    /// taken back when the credits are there.
    pub(in crate::backend::payments) async fn top_up_moved(
        &self,
        purchase: &Purchase,
        now: Timestamp,
    ) -> Result<(), PaymentError> {
        let organisation = &purchase.organisation;
        if purchase.status == PurchaseStatus::Credited {
            notices::close_topic(&self.db, &self.live, organisation, TOPIC, now).await?;
        }
        auto_top_up::wake(&self.db, &self.account(organisation)).await?;
        self.live.low_water().ring();
        Ok(())
    }

    /// Opens a payment page for an automatic purchase that waits for the card's owner.
    ///
    /// # Errors
    /// There is no such purchase, or the provider or the database gave no answer: the button works again.
    pub async fn confirm_top_up(
        &self,
        id: &PurchaseId,
        payer: Payer<'_>,
        now: Timestamp,
    ) -> Result<Started, PaymentError> {
        let organisation: &OrganisationId = payer.organisation;
        let known = self.purchase(organisation, id).await?;
        if known.kind != PurchaseKind::TopUp {
            return Err(PaymentError::NotFound);
        }
        let purchase = self.settle(organisation, id, Why::Recheck, now).await?;
        let attempt = top_up::find(&self.db, organisation, id).await?;
        let attempt = attempt.ok_or(PaymentError::NotFound)?;
        let there = Ok(Started::AlreadyThere { purchase: id.clone() });
        match (purchase.status, &purchase.checkout_url) {
            (PurchaseStatus::Open, Some(url)) if now < purchase.expires_at => {
                Ok(Started::PayAt { purchase: id.clone(), url: url.clone() })
            }
            (PurchaseStatus::Created, _) if attempt.needs_owner_at.is_some() => {
                if !self.call_off(&purchase, &attempt).await? {
                    return there;
                }
                let purchase = self.with_time_to_pay(purchase, now).await?;
                self.open_page(&purchase, payer, now).await
            }
            _ => there,
        }
    }

    /// Calls off the payment without its owner before one with them is opened; `false` where it was made
    /// in the meantime.
    async fn call_off(&self, purchase: &Purchase, attempt: &TopUp) -> Result<bool, PaymentError> {
        let Some(payment_ref) = &attempt.payment_ref else { return Ok(true) };
        let key = format!("topup:{}:cancel", purchase.id);
        let canceled = match self.provider.cancel_payment(payment_ref, &key).await {
            Ok(facts) => facts,
            // It was called off before, or is not there: what it is now decides.
            Err(error) if error.is_unknown() => return Err(error.into()),
            Err(_) => self.provider.fetch_payment(payment_ref).await?,
        };
        Ok(!matches!(canceled.state, ChargeState::Succeeded | ChargeState::Processing))
    }
}

fn saved_charge(purchase: &Purchase, attempt: &TopUp) -> SavedCharge {
    SavedCharge {
        purchase: purchase.id.to_string(),
        customer: attempt.frozen.customer_ref.clone(),
        method_ref: attempt.frozen.method_ref.clone(),
        amount_minor: purchase.price.minor,
        currency: purchase.price.currency.to_string(),
        description: format!("{} ({})", purchase.pack_name, credits_phrase(purchase.credits)),
    }
}

fn declined_notice<'a>(purchase: &Purchase, card: &str, code: &str, stopped: bool) -> Tell<'a> {
    let amount = format_money(&purchase.price);
    let reason = views::decline_words(code);
    let (title, next) = if stopped {
        (
            "Auto top-up has stopped",
            "It was the fourth time in a row, so this card is not charged any more until an admin \
             confirms it or saves another one.",
        )
    } else {
        ("An automatic top-up was declined", "It is tried again after an hour at the earliest.")
    };
    Tell {
        key: format!("top-up:{}:declined", purchase.id),
        topic: TOPIC,
        kind: AlertKind::PaymentFailed,
        title: title.to_owned(),
        detail: format!(
            "The bank of {card} refused {amount}: {reason}. Nothing was charged. {next}"
        ),
        cure: Some((PAGE, "See auto top-up")),
    }
}
