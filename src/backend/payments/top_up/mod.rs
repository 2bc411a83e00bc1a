//! Auto top-up: credits are bought with the saved card when few are left.
//!
//! [`decide`] (pure) says whether; the step here asks it, right after a commit that let a balance fall
//! below its threshold ([`LowWater`](crate::backend::live::LowWater) rings) and from time to time in case
//! a ring was lost. [`charge`] is what settles such a purchase, [`settings`] what an admin may change,
//! [`preview`] (pure) what would have happened, [`views`] what the page shows.
//!
//! **Once, on however many nodes.** An attempt is written under the number after the last one that the
//! decision saw, together with its purchase; of two that saw the same, one finds the number taken. The
//! history is read *before* the balance, so whatever an earlier attempt brought is in the balance that
//! the next decision sees.
//!
//! **Charged once.** The provider is asked under a key made of the purchase, with everything frozen that
//! the request is made of. A timeout, a `kill -9`, a lost answer: [`Payments::settle`] repeats the same
//! request under the same key, whoever calls it, and never makes another.

pub mod charge;
pub mod decide;
pub mod preview;
pub mod settings;
pub mod views;

use super::checkout::FIRST_CHECK_AFTER;
use super::{PaymentError, Payments, TaxMode, Why};
use crate::backend::step::Step;
use crate::backend::store::auto_top_up::{self, AutoTopUp, Ended};
use crate::backend::store::purchase::{Purchase, PurchaseKind, PurchaseStatus};
use crate::backend::store::saved_card::{self, Account, SavedCard};
use crate::backend::store::top_up::{self, NewTopUp, TopUp};
use crate::backend::store::{StoreError, head, organisation};
use crate::backend::zone::Zone;
use crate::backend::{id, notices};
use crate::catalogue::{Catalogue, Pack, Validity};
use crate::ledger::time::{HOUR, MINUTE};
use crate::ledger::{Credits, OrganisationId, PurchaseId, Timestamp};
use crate::model::alerts::AlertKind;
use decide::{Decision, Reason, Situation, decide};

/// What notices about it are about.
pub(super) const TOPIC: &str = "auto_top_up";
/// Where the page shows it.
pub(super) const PAGE: &str = "/settings/billing#auto-top-up";
/// How soon it is looked at again when nothing says when.
const LOOK_AGAIN: i64 = MINUTE;
/// Until somebody changes something.
const NEVER: Timestamp = Timestamp(i64::MAX);
/// Attempts that a decision looks back at.
const LOOK_BACK: i64 = 50;
/// How long the card's owner has to confirm a payment, below the day that a payment page may stand.
pub const OWNER_HAS: i64 = 23 * HOUR;

/// What a decision is made of, read in this order.
pub(super) struct Facts {
    pub card: Option<SavedCard>,
    pub recent: Vec<TopUp>,
    pub of_card: Vec<TopUp>,
    pub spent_minor: i64,
    pub next_month: Timestamp,
    pub available: Credits,
    pub unlimited: bool,
}

impl Facts {
    /// These facts and settings as a decision sees them.
    pub fn situation<'a>(
        &'a self,
        set: &'a AutoTopUp,
        catalogue: &'a Catalogue,
        now: Timestamp,
    ) -> Situation<'a> {
        Situation {
            set,
            card: self.card.as_ref(),
            catalogue,
            available: self.available,
            unlimited: self.unlimited,
            recent: &self.recent,
            of_card: &self.of_card,
            spent_minor: self.spent_minor,
            next_month: self.next_month,
            now,
        }
    }
}

impl Payments {
    /// An organisation's account at the provider that this installation sells through.
    pub(super) fn account(&self, organisation: &OrganisationId) -> Account {
        Account {
            organisation: organisation.clone(),
            provider: self.provider_name.to_owned(),
            livemode: self.livemode,
        }
    }

    /// Looks after one organisation whose balance is low, or whose card is no longer good.
    ///
    /// # Errors
    /// The database failed. A provider that does not answer is asked again by the sweep.
    pub async fn top_up_step(
        &self,
        catalogue: &Catalogue,
        now: Timestamp,
    ) -> Result<Step, PaymentError> {
        if self.why_not_by_itself().is_some() {
            return Ok(Step::Idle);
        }
        let (provider, live) = (self.provider_name, self.livemode);
        let month = decide::month_number(now);
        if let Some(set) = auto_top_up::without_card(&self.db, provider, live, month).await? {
            let card = saved_card::find(&self.db, &set.account).await?;
            let ended = decide::card_is_gone(card.as_ref(), now);
            self.turn_off(&set, ended.unwrap_or(Ended::CardRemoved), now).await?;
            return Ok(Step::Done);
        }
        let Some(set) = auto_top_up::due(&self.db, provider, live, now).await? else {
            self.watch_balances().await?;
            return Ok(Step::Idle);
        };
        let turn = now.plus(LOOK_AGAIN);
        if auto_top_up::postpone(&self.db, &set.account, set.look_at, turn).await? {
            let next = self.consider(&set, catalogue, now).await?;
            auto_top_up::postpone(&self.db, &set.account, turn, next).await?;
        }
        Ok(Step::Done)
    }

    /// Why nothing is bought by itself here at all: a saved card is charged an amount, and the provider
    /// reckons no tax that would come on top of it.
    pub fn why_not_by_itself(&self) -> Option<&'static str> {
        (self.tax == TaxMode::Exclusive).then_some(
            "Prices here are without tax, which the payment page adds by where you are. A saved card is \
             charged without that page, so credits are not bought by themselves here.",
        )
    }

    /// Waits until a balance has fallen below its threshold.
    pub async fn balance_is_low(&self) {
        self.live.low_water().rung().await;
    }

    /// Has the bell ring for every organisation that has it on.
    async fn watch_balances(&self) -> Result<(), StoreError> {
        let marks = auto_top_up::watched(&self.db, self.provider_name, self.livemode).await?;
        self.live.low_water().watch(marks);
        Ok(())
    }

    /// Decides and does it; when to look next.
    async fn consider(
        &self,
        set: &AutoTopUp,
        catalogue: &Catalogue,
        now: Timestamp,
    ) -> Result<Timestamp, PaymentError> {
        let facts = self.top_up_facts(&set.account, now).await?;
        let decision = decide(&facts.situation(set, catalogue, now));
        tracing::debug!(organisation = %set.account.organisation, ?decision, "auto top-up");
        match decision {
            Decision::Charge(pack) => {
                self.buy_now(set, &facts, &pack, now).await?;
                Ok(now.plus(LOOK_AGAIN))
            }
            Decision::TurnOff(ended) => {
                self.turn_off(set, ended, now).await?;
                Ok(NEVER)
            }
            Decision::Nothing(reason) => {
                self.tell_why_not(set, &reason, now).await?;
                Ok(look_after(&reason, now))
            }
        }
    }

    /// Reads what a decision is made of: the history before the balance.
    pub(super) async fn top_up_facts(
        &self,
        account: &Account,
        now: Timestamp,
    ) -> Result<Facts, PaymentError> {
        let (db, id) = (&self.db, &account.organisation);
        let card = saved_card::find(db, account).await?;
        let recent = top_up::history(db, account, LOOK_BACK).await?;
        let of_card = self.attempts_with(account, card.as_ref()).await?;
        let zone = self.zone_of(id).await?;
        let month = zone.month(now);
        let spent_minor = top_up::spent_since(db, account, zone.start_of(month)).await?;
        let next_month = zone.start_of(month.plus(1));
        let head = head::find(db, id).await?;
        let available = head.map_or(Credits::ZERO, |head| head.available);
        let unlimited = self.engine.read(id, move |state| state.balance(now).unlimited).await?;
        Ok(Facts { card, recent, of_card, spent_minor, next_month, available, unlimited })
    }

    pub(super) async fn attempts_with(
        &self,
        account: &Account,
        card: Option<&SavedCard>,
    ) -> Result<Vec<TopUp>, StoreError> {
        match card {
            Some(card) => top_up::of_card(&self.db, account, &card.fingerprint, LOOK_BACK).await,
            None => Ok(Vec::new()),
        }
    }

    pub(super) async fn zone_of(&self, id: &OrganisationId) -> Result<Zone, StoreError> {
        let found = organisation::find(&self.db, id).await?;
        let found = found.ok_or_else(|| StoreError::corrupt("organisation", id, "not there"))?;
        Zone::of(&found.time_zone).map_err(|error| StoreError::corrupt("organisation", id, error))
    }

    /// Freezes the terms under the next number and has the purchase settled; nothing where another node
    /// was first.
    async fn buy_now(
        &self,
        set: &AutoTopUp,
        facts: &Facts,
        pack: &Pack,
        now: Timestamp,
    ) -> Result<(), PaymentError> {
        let Some(card) = &facts.card else { return Ok(()) };
        let number = facts.recent.first().map_or(0, |last| last.frozen.number) + 1;
        let attempt = NewTopUp {
            account: set.account.clone(),
            number,
            customer_ref: card.customer_ref.clone(),
            method_ref: card.method_ref.clone(),
            fingerprint: card.fingerprint.clone(),
        };
        let purchase = self.freeze_top_up(set, number, pack, now);
        let check_at = now.plus(FIRST_CHECK_AFTER);
        if !top_up::begin(&self.db, &attempt, &purchase, check_at).await? {
            return Ok(());
        }
        let organisation = &set.account.organisation;
        tracing::info!(%organisation, purchase = %purchase.id, credits = %pack.credits, "auto top-up");
        // A provider that does not answer is asked again under the same key, by the sweep.
        if let Err(error) = self.settle(organisation, &purchase.id, Why::Sweep, now).await {
            tracing::warn!(purchase = %purchase.id, %error, "an automatic purchase waits for its outcome");
        }
        Ok(())
    }

    fn freeze_top_up(&self, set: &AutoTopUp, number: i64, pack: &Pack, now: Timestamp) -> Purchase {
        let mode = if self.livemode { "live" } else { "test" };
        Purchase {
            organisation: set.account.organisation.clone(),
            id: id::fresh(now, PurchaseId::from_uuid_simple),
            kind: PurchaseKind::TopUp,
            paid_lot: None,
            invoice_ref: None,
            user: set.user.clone(),
            pack: pack.code.clone(),
            pack_name: format!("Auto top-up: {}", pack.name),
            credits: pack.credits,
            price: pack.price,
            tax_mode: self.tax,
            tax_minor: 0,
            valid_months: match pack.validity {
                Validity::NeverExpires => None,
                Validity::Months(months) => Some(months),
            },
            livemode: self.livemode,
            provider: self.provider_name.to_owned(),
            status: PurchaseStatus::Created,
            form_key: Some(format!("top-up:{}:{mode}:{number}", self.provider_name)),
            session_ref: None,
            payment_ref: None,
            checkout_url: None,
            attempt: 1,
            created_at: now,
            updated_at: now,
            expires_at: now.plus(OWNER_HAS),
            paid_at: None,
            note: None,
        }
    }

    /// Turns it off by itself and tells the admins.
    pub(super) async fn turn_off(
        &self,
        set: &AutoTopUp,
        ended: Ended,
        now: Timestamp,
    ) -> Result<(), PaymentError> {
        let what = match ended {
            Ended::CardRemoved => "The saved card is no longer there",
            Ended::CardExpired => "The saved card has expired",
        };
        let tell = notices::Tell {
            key: format!("top-up-off:{}:{}", set.account.provider, set.version),
            topic: TOPIC,
            kind: AlertKind::TopUpStopped,
            title: "Auto top-up is off".to_owned(),
            detail: format!(
                "{what}, so no credits are bought by themselves any more. Save a card and switch auto \
                 top-up on again."
            ),
            cure: Some((PAGE, "Save a card")),
        };
        notices::tell_admins(&self.db, &self.live, &set.account.organisation, tell, now).await?;
        auto_top_up::switch_off(&self.db, &set.account, Some(ended), now).await?;
        Ok(())
    }

    /// Tells the admins of what keeps it from buying until somebody does something.
    async fn tell_why_not(
        &self,
        set: &AutoTopUp,
        reason: &Reason,
        now: Timestamp,
    ) -> Result<(), PaymentError> {
        let (key, title, detail) = match reason {
            Reason::CapReached { wanted, until } => (
                format!("top-up-cap:{}:{}", set.version, until.micros()),
                "Auto top-up has reached this month's limit",
                views::cap_sentence(set, &wanted.price),
            ),
            Reason::NotForSale => (
                format!("top-up-gone:{}", set.version),
                "Auto top-up has nothing to buy",
                "What it was set to buy is not for sale any more. Choose something else."
                    .to_owned(),
            ),
            _ => return Ok(()),
        };
        let tell = notices::Tell {
            key,
            topic: TOPIC,
            kind: AlertKind::TopUpStopped,
            title: title.to_owned(),
            detail,
            cure: Some((PAGE, "See auto top-up")),
        };
        notices::tell_admins(&self.db, &self.live, &set.account.organisation, tell, now).await?;
        Ok(())
    }
}

/// When to look again at what is not bought for this reason.
fn look_after(reason: &Reason, now: Timestamp) -> Timestamp {
    match reason {
        Reason::Off | Reason::Stopped | Reason::NeedsOwner => NEVER,
        Reason::Enough | Reason::UnderWay => now.plus(LOOK_AGAIN),
        Reason::Unlimited | Reason::NotForSale => now.plus(HOUR),
        Reason::AfterDecline { until }
        | Reason::TooOften { until }
        | Reason::CapReached { until, .. } => *until,
    }
}
