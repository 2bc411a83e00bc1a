//! Auto top-up as the page shows it: the card with its consent, the status and what cures it, the last
//! attempts, and what a choice would do.

use super::Facts;
use super::decide::{Decision, Reason, card_is_gone, decide, is_declined, is_expired};
use super::preview::{Played, play};
use super::settings::{Terms, in_words, new_settings, read};
use crate::backend::payments::saved_cards::consent_wording;
use crate::backend::payments::{PaymentError, Payments};
use crate::backend::store::auto_top_up::{self, AutoTopUp, Buys, Ended};
use crate::backend::store::organisation::Organisation;
use crate::backend::store::purchase::PurchaseStatus;
use crate::backend::store::saved_card::{self, SavedCard};
use crate::backend::store::top_up::{self, BalancePoint, TopUp};
use crate::backend::store::{StoreError, period, user};
use crate::backend::zone::{Month, Zone};
use crate::catalogue::{Catalogue, OWN_AMOUNT_CODE};
use crate::ledger::{Credits, Money, OrganisationId, Timestamp, UserId};
use crate::model::auto_top_up::{
    AttemptLine, AutoTopUpView, CardView, TopUpChoice, TopUpOffer, TopUpPreview, TopUpStatus,
    UP_TO_CODE,
};
use crate::model::format::{
    count_phrase, credits_phrase, format_credits, format_money, format_price_per_credit,
};

/// Attempts that the page lists.
const ATTEMPTS_SHOWN: usize = 10;
/// The most transactions of a month that are played over.
const MOST_POINTS: i64 = 100_000;

/// "Visa •••• 4242".
pub fn card_label(card: &SavedCard) -> String {
    let mut letters = card.brand.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{} •••• {}", letters.as_str(), card.last_four)
}

/// Why a bank refused, in words.
pub fn decline_words(code: &str) -> String {
    match code {
        "generic_decline" | "card_declined" | "do_not_honor" | "declined" => {
            "it gave no reason".to_owned()
        }
        "insufficient_funds" => "the card has insufficient funds".to_owned(),
        "expired_card" => "the card has expired".to_owned(),
        "lost_card" | "stolen_card" | "pickup_card" => "the card has been blocked".to_owned(),
        "card_not_there" => "the payment provider does not have the card any more".to_owned(),
        "canceled" => "the payment was called off".to_owned(),
        other => format!("it says “{}”", other.replace('_', " ")),
    }
}

/// Why the month's limit keeps it from buying.
pub fn cap_sentence(set: &AutoTopUp, price: &Money) -> String {
    format!(
        "One more purchase ({}) would pass the limit of {} for this calendar month. It goes on next \
         month, or when the limit is raised.",
        format_money(price),
        format_money(&set.cap)
    )
}

impl Payments {
    /// The section. `typed` is a choice that is to be tried out before it is switched on.
    ///
    /// # Errors
    /// The database failed, or the ledger gave no answer.
    pub async fn auto_top_up_view(
        &self,
        catalogue: &Catalogue,
        organisation: &Organisation,
        viewer: &UserId,
        typed: Option<TopUpChoice>,
        now: Timestamp,
    ) -> Result<AutoTopUpView, PaymentError> {
        let account = self.account(&organisation.id);
        let zone = self.zone_of(&organisation.id).await?;
        let set = auto_top_up::find(&self.db, &account).await?;
        let facts = self.top_up_facts(&account, now).await?;
        let (problems, preview) = match &typed {
            None => (Vec::new(), None),
            Some(typed) => match read(catalogue, typed) {
                Err(problems) => (problems, None),
                Ok(terms) => {
                    let tried = tried_out(set.as_ref(), account, viewer, terms.clone(), now);
                    let shown = self.preview(catalogue, zone, &facts, &tried, &terms, now).await?;
                    (Vec::new(), Some(shown))
                }
            },
        };
        Ok(AutoTopUpView {
            card: self.card_view(facts.card.as_ref(), zone, now).await?,
            wording: consent_wording(&organisation.name),
            status: status(catalogue, set.as_ref(), &facts, zone, now),
            choice: typed.unwrap_or_else(|| starting_choice(catalogue, set.as_ref())),
            problems,
            version: set.map_or(0, |set| set.version),
            offers: offers(catalogue),
            own_hint: own_hint(catalogue),
            currency: catalogue.currency.to_string(),
            preview,
            attempts: facts
                .recent
                .iter()
                .take(ATTEMPTS_SHOWN)
                .map(|it| line(it, zone, now))
                .collect(),
            not_offered: self.why_not_by_itself().map(str::to_owned),
            test: self.is_test(),
        })
    }

    async fn card_view(
        &self,
        card: Option<&SavedCard>,
        zone: Zone,
        now: Timestamp,
    ) -> Result<Option<CardView>, PaymentError> {
        let Some(card) = card else { return Ok(None) };
        let consent = saved_card::find_consent(&self.db, &card.consent).await?;
        let consent = consent.ok_or_else(|| {
            StoreError::corrupt(
                "saved_card",
                &card.account.organisation,
                "its consent is not there",
            )
        })?;
        Ok(Some(CardView {
            label: card_label(card),
            expires: format!("{:02}/{}", card.expires_month, card.expires_year),
            is_expired: is_expired(card, now),
            saved: zone.moment(card.saved_at),
            consent_by: self.name_of(&consent.user).await?,
            consent_at: zone.moment(consent.given_at),
            consent: consent.wording,
        }))
    }

    async fn name_of(&self, id: &UserId) -> Result<String, PaymentError> {
        let found = user::find(&self.db, id).await?;
        Ok(found.map_or_else(|| "somebody who has left".to_owned(), |user| user.name))
    }

    async fn preview(
        &self,
        catalogue: &Catalogue,
        zone: Zone,
        facts: &Facts,
        tried: &AutoTopUp,
        terms: &Terms,
        now: Timestamp,
    ) -> Result<TopUpPreview, PaymentError> {
        let month = zone.month(now).before();
        let points = self.month_of(&tried.account.organisation, zone, month).await?;
        let played = play(&points, tried, catalogue);
        let decision = decide(&facts.situation(tried, catalogue, now));
        let cost = Money { minor: played.cost_minor, currency: catalogue.currency };
        Ok(TopUpPreview {
            summary: in_words(catalogue, terms),
            month: month.label(),
            last_month: played_in_words(&played, &cost, month, zone),
            purchases: played.purchases.iter().map(|at| zone.moment(*at)).collect(),
            credits: played.credits,
            cost,
            charges_now: matches!(decision, Decision::Charge(_)),
            now: decision_in_words(&decision, facts.available, zone),
        })
    }

    /// What was available after each transaction of a month, with what it began with.
    async fn month_of(
        &self,
        organisation: &OrganisationId,
        zone: Zone,
        month: Month,
    ) -> Result<Vec<BalancePoint>, PaymentError> {
        let (start, end) = (zone.start_of(month), zone.start_of(month.plus(1)));
        let before = period::position(&self.db, organisation, start).await?;
        let through = period::position(&self.db, organisation, end).await?;
        let mut points =
            top_up::balances(&self.db, organisation, before, through, MOST_POINTS).await?;
        if let Some(first) = points.first_mut().filter(|first| first.at < start) {
            *first = BalancePoint { at: start, topped_up: Credits::ZERO, ..*first };
        }
        Ok(points)
    }
}

/// The choice as if `viewer` had switched it on.
fn tried_out(
    set: Option<&AutoTopUp>,
    account: saved_card::Account,
    viewer: &UserId,
    terms: Terms,
    now: Timestamp,
) -> AutoTopUp {
    let version = set.map_or(0, |set| set.version);
    let resumed_at = set.map_or(Timestamp(0), |set| set.resumed_at);
    AutoTopUp { resumed_at, ..new_settings(account, viewer, terms, version, now) }
}

fn starting_choice(catalogue: &Catalogue, set: Option<&AutoTopUp>) -> TopUpChoice {
    let Some(set) = set else {
        let packs = &catalogue.packs;
        let pack = packs.iter().find(|pack| pack.recommended).or(packs.first());
        let warned_below = catalogue.thresholds.credits_left.first();
        return TopUpChoice {
            threshold: warned_below.map(ToString::to_string).unwrap_or_default(),
            buys: pack.map_or_else(|| OWN_AMOUNT_CODE.to_owned(), |pack| pack.code.clone()),
            ..TopUpChoice::default()
        };
    };
    let (buys, credits) = match &set.buys {
        Buys::Pack(code) => (code.clone(), String::new()),
        Buys::Own(credits) => (OWN_AMOUNT_CODE.to_owned(), credits.to_string()),
        Buys::UpTo(credits) => (UP_TO_CODE.to_owned(), credits.to_string()),
    };
    // "$1,000.00" without its sign is how the field is read again.
    let cap: String =
        format_money(&set.cap).chars().filter(|it| it.is_ascii_digit() || *it == '.').collect();
    TopUpChoice { threshold: set.threshold.to_string(), buys, credits, cap }
}

fn offers(catalogue: &Catalogue) -> Vec<TopUpOffer> {
    let pack = |pack: &crate::catalogue::Pack| TopUpOffer {
        code: pack.code.clone(),
        label: format!(
            "{}: {} for {}",
            pack.name,
            credits_phrase(pack.credits),
            format_money(&pack.price)
        ),
    };
    let mut offers: Vec<TopUpOffer> = catalogue.packs.iter().map(pack).collect();
    if catalogue.own_amount.is_some() {
        for (code, label) in
            [(OWN_AMOUNT_CODE, "An own number of credits"), (UP_TO_CODE, "Fill the balance up to")]
        {
            offers.push(TopUpOffer { code: code.to_owned(), label: label.to_owned() });
        }
    }
    offers
}

fn own_hint(catalogue: &Catalogue) -> Option<String> {
    let own = catalogue.own_amount?;
    Some(format!(
        "{} to {} credits a purchase, {} each",
        format_credits(own.minimum),
        format_credits(own.maximum),
        format_price_per_credit(own.price_per_credit(), own.currency)
    ))
}

fn played_in_words(played: &Played, cost: &Money, month: Month, zone: Zone) -> String {
    let name = month.label();
    let Some(lowest) = played.lowest else {
        return format!("{name} has no transactions, so nothing would have been bought.");
    };
    let count = u64::try_from(played.purchases.len()).unwrap_or(u64::MAX);
    let mut text = if count == 0 {
        format!(
            "Nothing would have been bought: the lowest balance was {}.",
            credits_phrase(lowest)
        )
    } else {
        format!(
            "It would have bought {}: {} for {}.",
            count_phrase(count, "time", "times"),
            credits_phrase(played.credits),
            format_money(cost)
        )
    };
    if let Some(at) = played.stopped_by_cap {
        text.push_str(&format!(
            " The monthly limit would have stopped it on {}.",
            zone.moment(at).day
        ));
    }
    text
}

fn decision_in_words(decision: &Decision, available: Credits, zone: Zone) -> String {
    match decision {
        Decision::Charge(pack) => format!(
            "Yes: with {} available, {} would be charged for {} as soon as it is on.",
            credits_phrase(available),
            format_money(&pack.price),
            credits_phrase(pack.credits)
        ),
        Decision::TurnOff(ended) => format!("No: {}", ended_words(*ended)),
        Decision::Nothing(reason) => {
            let (_, _, sentence) = reason_words(reason, available, zone);
            format!("No: {sentence}")
        }
    }
}

fn ended_words(ended: Ended) -> &'static str {
    match ended {
        Ended::CardRemoved => "there is no saved card. Save one first.",
        Ended::CardExpired => "the saved card has expired. Save another one.",
    }
}

/// Word, tone and sentence of why nothing is bought now.
fn reason_words(
    reason: &Reason,
    available: Credits,
    zone: Zone,
) -> (&'static str, &'static str, String) {
    let left = credits_phrase(available);
    match reason {
        Reason::Off => ("Off", "", "it is off.".to_owned()),
        Reason::Unlimited => ("On", "good", "the plan has no limit.".to_owned()),
        Reason::Enough => ("On", "good", format!("{left} available are enough, with what is on its way.")),
        Reason::UnderWay => {
            ("On", "info", "a purchase is under way, and its outcome comes first.".to_owned())
        }
        Reason::Stopped => (
            "Stopped",
            "bad",
            "the bank has refused the card four times in a row. Save another card, or confirm that \
             this one is good again."
                .to_owned(),
        ),
        Reason::NeedsOwner => (
            "Waits for you",
            "bad",
            "the bank wants the card's owner to confirm a payment. Confirm it below, save another \
             card, or confirm that this one may be charged again."
                .to_owned(),
        ),
        Reason::AfterDecline { until } => (
            "Pauses",
            "warn",
            format!("the bank has refused the card. It is tried again after {}.", zone.moment(*until).text),
        ),
        Reason::TooOften { until } => (
            "Pauses",
            "info",
            format!("it has bought twice within ten minutes. It goes on after {}.", zone.moment(*until).text),
        ),
        Reason::CapReached { until, wanted } => (
            "Limit reached",
            "warn",
            format!(
                "one more purchase ({}) would pass this month's limit. It goes on after {}, or when \
                 the limit is raised.",
                format_money(&wanted.price),
                zone.moment(*until).text
            ),
        ),
        Reason::NotForSale => (
            "Nothing to buy",
            "warn",
            "what it was set to buy is not for sale any more. Choose something else.".to_owned(),
        ),
    }
}

fn status(
    catalogue: &Catalogue,
    set: Option<&AutoTopUp>,
    facts: &Facts,
    zone: Zone,
    now: Timestamp,
) -> TopUpStatus {
    let spent = Money { minor: facts.spent_minor, currency: catalogue.currency };
    let of = |word: &str, tone: &str, sentence: String| TopUpStatus {
        is_on: set.is_some_and(|set| set.is_on),
        word: word.to_owned(),
        tone: tone.to_owned(),
        sentence,
        spent: set.map(|_| spent),
        cap: set.map(|set| set.cap),
        rests: false,
    };
    let Some(set) = set else {
        return of("Off", "", "Credits are bought only when an admin buys them.".to_owned());
    };
    if !set.is_on {
        let why = match set.ended {
            Some(_) if card_is_gone(facts.card.as_ref(), now).is_none() => {
                "It turned itself off because the card was gone. Switch it on again below."
            }
            Some(Ended::CardRemoved) => "It turned itself off: the saved card is no longer there.",
            Some(Ended::CardExpired) => "It turned itself off: the saved card has expired.",
            None => "Credits are bought only when an admin buys them.",
        };
        return of("Off", if set.ended.is_some() { "warn" } else { "" }, why.to_owned());
    }
    let terms = Terms { threshold: set.threshold, buys: set.buys.clone(), cap: set.cap };
    let summary = in_words(catalogue, &terms);
    match decide(&facts.situation(set, catalogue, now)) {
        Decision::Charge(_) => of("On", "info", format!("{summary} It is about to buy.")),
        Decision::TurnOff(ended) => of("Off", "warn", capital(ended_words(ended))),
        Decision::Nothing(Reason::Enough | Reason::Unlimited) => of("On", "good", summary),
        Decision::Nothing(reason) => {
            let rests = matches!(reason, Reason::Stopped | Reason::NeedsOwner);
            let (word, tone, sentence) = reason_words(&reason, facts.available, zone);
            let sentence = format!("{summary} Now: {sentence}");
            TopUpStatus { rests, ..of(word, tone, sentence) }
        }
    }
}

fn capital(sentence: &str) -> String {
    let mut letters = sentence.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}", letters.as_str())
}

fn line(attempt: &TopUp, zone: Zone, now: Timestamp) -> AttemptLine {
    let waits = attempt.needs_owner_at.is_some()
        && matches!(attempt.status, PurchaseStatus::Created | PurchaseStatus::Open);
    let (word, tone, detail) = match attempt.status {
        PurchaseStatus::Credited => ("Credited", "good", String::new()),
        _ if is_declined(attempt) => {
            let reason = decline_words(attempt.decline_code.as_deref().unwrap_or("declined"));
            ("Declined", "bad", format!("The bank refused: {reason}. Nothing was charged."))
        }
        _ if waits => {
            let until = zone.moment(attempt.begun_at.plus(super::OWNER_HAS)).text;
            (
                "Waits for you",
                "bad",
                format!("The bank wants its owner to confirm it, until {until}."),
            )
        }
        PurchaseStatus::Processing => ("Waiting for the bank", "info", String::new()),
        PurchaseStatus::Closed => ("Closed", "warn", "It was looked into.".to_owned()),
        PurchaseStatus::Review => ("Under review", "warn", "Nothing was credited yet.".to_owned()),
        PurchaseStatus::Expired if attempt.needs_owner_at.is_some() => {
            ("Not confirmed", "warn", "Nothing was charged.".to_owned())
        }
        PurchaseStatus::Expired | PurchaseStatus::Failed => {
            ("Not made", "warn", "Nothing was charged.".to_owned())
        }
        PurchaseStatus::Created | PurchaseStatus::Open => {
            let young = now.since(attempt.begun_at) < super::LOOK_AGAIN;
            let detail = if young {
                ""
            } else {
                "The payment provider has not said yet. It is asked again; nobody is charged twice."
            };
            ("Under way", "info", detail.to_owned())
        }
    };
    AttemptLine {
        purchase: attempt.purchase.to_string(),
        at: zone.moment(attempt.begun_at),
        credits: attempt.credits,
        price: attempt.price,
        word: word.to_owned(),
        tone: tone.to_owned(),
        detail,
        waits_for_owner: waits,
    }
}
