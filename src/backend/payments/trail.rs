//! The trail of a payment: what happened when, and what is waited for, in honest sentences. Decides
//! nothing; it tells what stands in the purchase's row.

use super::{PaymentError, Payments, TaxMode};
use crate::backend::store::purchase::{Purchase, PurchaseKind, PurchaseStatus};
use crate::backend::store::purchase_times::{self, PurchaseTimes};
use crate::backend::store::{oversight, setting};
use crate::ledger::Timestamp;
use crate::model::Moment;
use crate::model::format::{credits_phrase, format_money};
use crate::model::payments::{TrailState, TrailStep};

use PurchaseStatus::{Closed, Created, Credited, Expired, Failed, Open, Processing, Review};
use TrailState::{Ahead, Done, Skipped, Stopped, Waiting};

/// The place of the step that the provider's report is.
const REPORTED: usize = 3;

/// What a step came to: its state, when, and the sentence.
type Told = (TrailState, Option<Timestamp>, String);

impl Payments {
    /// The steps of a purchase, in their order.
    ///
    /// # Errors
    /// The database failed.
    pub async fn trail(
        &self,
        purchase: &Purchase,
        now: Timestamp,
        moment: impl Fn(Timestamp) -> Moment,
    ) -> Result<Vec<TrailStep>, PaymentError> {
        let times = purchase_times::find(&self.db, &purchase.organisation, &purchase.id).await?;
        let closer = match purchase.status {
            Closed => oversight::closed_by(&self.db, purchase).await?,
            _ => None,
        };
        let Some(closer) = closer else { return Ok(steps(purchase, &times, now, moment)) };
        let note = purchase.note.as_ref().map(|note| format!("{note} ({closer})"));
        Ok(steps(&Purchase { note, ..purchase.clone() }, &times, now, moment))
    }

    /// When the provider last reported anything to the webhook address.
    ///
    /// # Errors
    /// The database failed.
    pub async fn last_report(&self) -> Result<Option<Timestamp>, PaymentError> {
        let kept = setting::find(&self.db, &self.last_report_key()).await?;
        Ok(kept.and_then(|text| text.parse().ok()).map(Timestamp))
    }

    /// Notes that a report has come in now.
    pub(super) async fn note_report(&self, now: Timestamp) {
        // The report itself is kept: only the sentence about it would be old.
        if let Err(error) =
            setting::set(&self.db, &self.last_report_key(), &now.0.to_string()).await
        {
            tracing::warn!(%error, "when a report came in could not be noted");
        }
    }

    fn last_report_key(&self) -> String {
        let mode = if self.livemode { "live" } else { "test" };
        format!("payments.last_report.{}.{mode}", self.provider_name)
    }
}

/// The steps of a purchase, in their order.
pub fn steps(
    purchase: &Purchase,
    times: &PurchaseTimes,
    now: Timestamp,
    moment: impl Fn(Timestamp) -> Moment,
) -> Vec<TrailStep> {
    let provider = provider_name(purchase);
    let told = [
        ("Created".to_owned(), created(purchase)),
        (format!("Sent to {provider}"), sent(purchase, times, provider)),
        (format!("Paid at {provider}"), paid(purchase, times, now, provider)),
        (format!("Reported by {provider}"), reported(purchase, times, provider)),
        ("Credited".to_owned(), credited(purchase, times)),
    ];
    let step = |(label, (state, at, sentence)): (String, Told)| TrailStep {
        label,
        state,
        at: at.map(&moment),
        sentence,
    };
    // The reports about a plan name its subscription, and none of them one purchase.
    let tells = |index: usize| purchase.kind != PurchaseKind::Plan || index != REPORTED;
    let told = told.into_iter().enumerate().filter(|(index, _)| tells(*index));
    told.map(|(_, told)| step(told)).collect()
}

/// What people call the one who takes the money.
pub fn provider_name(purchase: &Purchase) -> &'static str {
    if purchase.provider == "stripe" { "Stripe" } else { "the test checkout" }
}

fn created(purchase: &Purchase) -> Told {
    let what = credits_phrase(purchase.credits);
    let price = format_money(&purchase.price);
    let tax = if purchase.tax_mode == TaxMode::Exclusive { ", and the tax on it" } else { "" };
    (Done, Some(purchase.created_at), format!("The terms were fixed: {what} for {price}{tax}."))
}

/// Whether the provider must have heard of it, even where nobody noted when.
fn was_sent(purchase: &Purchase, times: &PurchaseTimes) -> bool {
    times.sent_at.is_some()
        || purchase.session_ref.is_some()
        || purchase.payment_ref.is_some()
        || purchase.invoice_ref.is_some()
}

fn sent(purchase: &Purchase, times: &PurchaseTimes, provider: &str) -> Told {
    if was_sent(purchase, times) {
        let sentence = match purchase.kind {
            PurchaseKind::Pack | PurchaseKind::OwnAmount => "The payment page was opened.",
            PurchaseKind::TopUp => "The saved card was to be charged.",
            PurchaseKind::Plan => "The invoice of the period was made.",
        };
        return (Done, times.sent_at, sentence.to_owned());
    }
    match purchase.status {
        Created | Open | Processing => {
            let sentence = format!(
                "{} has not confirmed the order yet. Nothing can have been charged.",
                capitalised(provider)
            );
            (Waiting, None, sentence)
        }
        _ => (Stopped, None, "The payment page never opened, so nothing was charged.".to_owned()),
    }
}

fn paid(purchase: &Purchase, times: &PurchaseTimes, now: Timestamp, provider: &str) -> Told {
    if let Some(at) = purchase.paid_at {
        return (Done, Some(at), format!("We learned from {provider} that the money is there."));
    }
    if !was_sent(purchase, times) {
        let state = if purchase.status.is_unfinished() { Ahead } else { Skipped };
        return (state, None, "Comes after the payment page has opened.".to_owned());
    }
    let waiting = |sentence: &str| (Waiting, None, sentence.to_owned());
    let stopped = |sentence: &str| (Stopped, Some(purchase.updated_at), sentence.to_owned());
    match purchase.status {
        Processing => waiting(
            "The buyer is through, the bank is not: with this kind of payment that takes up to a few \
             days. Nobody needs to do anything.",
        ),
        Created | Open if now < purchase.expires_at => {
            waiting("Nobody has paid yet. The payment page is still open.")
        }
        Created | Open => waiting(
            "No payment was reported, and the payment page should have closed. We keep asking.",
        ),
        Failed => stopped("The bank did not make this payment. Nothing was charged."),
        Expired => stopped("The payment page closed without a payment. Nothing was charged."),
        Review => {
            let why = purchase.note.as_deref().unwrap_or("something differs from the order");
            let sentence = format!("What was reported needs a person's look: {why}.");
            (Stopped, Some(purchase.updated_at), sentence)
        }
        Closed => {
            let why = purchase.note.as_deref().unwrap_or("nothing was to be credited");
            (Stopped, Some(purchase.updated_at), format!("It was looked into and closed: {why}."))
        }
        Credited => (Done, None, "It was paid; nobody noted when.".to_owned()),
    }
}

fn reported(purchase: &Purchase, times: &PurchaseTimes, provider: &str) -> Told {
    if let Some(at) = times.event_at {
        return (Done, Some(at), format!("A report of {provider} about this payment has arrived."));
    }
    if !was_sent(purchase, times) {
        let state = if purchase.status.is_unfinished() { Ahead } else { Skipped };
        return (state, None, "There is nothing to report yet.".to_owned());
    }
    match purchase.status {
        Credited => {
            let sentence =
                format!("No report has arrived. It was not needed: we asked {provider} ourselves.");
            (Skipped, None, sentence)
        }
        status if status.is_unfinished() => {
            let sentence = format!(
                "No report about this payment has arrived. We ask {provider} from time to time."
            );
            (Waiting, None, sentence)
        }
        _ => (Skipped, None, format!("No report has arrived; we asked {provider} ourselves.")),
    }
}

fn credited(purchase: &Purchase, times: &PurchaseTimes) -> Told {
    let what = credits_phrase(purchase.credits);
    match (purchase.status, purchase.paid_at) {
        (Credited, _) => (Done, times.credited_at, format!("{what} came into the balance.")),
        (Review, _) => {
            let sentence =
                "No credits were booked, because what was reported differs from the order.";
            (Stopped, Some(purchase.updated_at), sentence.to_owned())
        }
        (_, Some(_)) => {
            let sentence =
                format!("The money is there, the {what} are being booked. That goes on by itself.");
            (Waiting, None, sentence)
        }
        (Failed | Expired, None) => {
            (Skipped, None, "Nothing was paid, so nothing was booked.".to_owned())
        }
        _ => (
            Ahead,
            None,
            format!("As soon as the money is there, {what} are booked by themselves."),
        ),
    }
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::{Credits, Currency, Money, OrganisationId, PurchaseId, UserId};

    const NOON: Timestamp = Timestamp(1_769_860_800_000_000);
    const HOUR: i64 = 3_600_000_000;

    fn purchase(status: PurchaseStatus) -> Purchase {
        Purchase {
            organisation: OrganisationId::parse("org_1").unwrap(),
            id: PurchaseId::parse("pur_1").unwrap(),
            kind: PurchaseKind::Pack,
            paid_lot: None,
            invoice_ref: None,
            user: UserId::parse("usr_1").unwrap(),
            pack: "fifty".into(),
            pack_name: "Fifty".into(),
            credits: Credits::from_micro(50_000_000),
            price: Money { minor: 6_000, currency: Currency::parse("usd").unwrap() },
            tax_mode: TaxMode::Off,
            tax_minor: 0,
            valid_months: None,
            livemode: true,
            provider: "stripe".into(),
            status,
            form_key: None,
            session_ref: None,
            payment_ref: None,
            checkout_url: None,
            attempt: 1,
            created_at: NOON,
            updated_at: NOON.plus(HOUR / 2),
            expires_at: NOON.plus(HOUR),
            paid_at: None,
            note: None,
        }
    }

    fn told(purchase: &Purchase, times: PurchaseTimes, now: Timestamp) -> Vec<TrailStep> {
        let moment = |at: Timestamp| Moment {
            machine: at.to_string(),
            text: at.to_string(),
            day: at.to_string(),
        };
        steps(purchase, &times, now, moment)
    }

    fn states(purchase: &Purchase, times: PurchaseTimes) -> Vec<TrailState> {
        told(purchase, times, NOON.plus(1)).iter().map(|step| step.state).collect()
    }

    const SENT: PurchaseTimes =
        PurchaseTimes { sent_at: Some(NOON), event_at: None, credited_at: None };

    #[test]
    fn each_step_is_waited_for_in_its_turn() {
        let nothing = PurchaseTimes::default();
        assert_eq!(states(&purchase(Created), nothing), [Done, Waiting, Ahead, Ahead, Ahead]);
        assert_eq!(states(&purchase(Open), SENT), [Done, Done, Waiting, Waiting, Ahead]);
        let seen = PurchaseTimes { event_at: Some(NOON), ..SENT };
        assert_eq!(states(&purchase(Processing), seen), [Done, Done, Waiting, Done, Ahead]);
        let paid = Purchase { paid_at: Some(NOON), ..purchase(Open) };
        assert_eq!(states(&paid, seen), [Done, Done, Done, Done, Waiting]);
        let done = Purchase { paid_at: Some(NOON), ..purchase(Credited) };
        let all = PurchaseTimes { credited_at: Some(NOON), ..seen };
        assert_eq!(states(&done, all), [Done, Done, Done, Done, Done]);
    }

    #[test]
    fn a_payment_that_ends_says_where_it_stopped() {
        assert_eq!(states(&purchase(Failed), SENT), [Done, Done, Stopped, Skipped, Skipped]);
        assert_eq!(states(&purchase(Expired), SENT), [Done, Done, Stopped, Skipped, Skipped]);
        let never = states(&purchase(Expired), PurchaseTimes::default());
        assert_eq!(never, [Done, Stopped, Skipped, Skipped, Skipped]);
        let review = Purchase { note: Some("the payment is 1 USD".into()), ..purchase(Review) };
        assert_eq!(states(&review, SENT), [Done, Done, Stopped, Skipped, Stopped]);
        let sentence = &told(&review, SENT, NOON)[2].sentence;
        assert!(sentence.contains("the payment is 1 USD"), "{sentence}");
    }

    #[test]
    fn credits_that_came_without_a_report_say_so() {
        let done = Purchase { paid_at: Some(NOON), ..purchase(Credited) };
        let trail = told(&done, PurchaseTimes { credited_at: Some(NOON), ..SENT }, NOON);
        assert_eq!(trail[3].state, Skipped);
        assert!(trail[3].sentence.contains("we asked Stripe ourselves"), "{}", trail[3].sentence);
        assert!(trail[3].at.is_none() && trail[4].at.is_some());
    }

    #[test]
    fn an_open_page_and_one_that_should_have_closed_are_told_apart() {
        let open = purchase(Open);
        assert!(told(&open, SENT, NOON)[2].sentence.contains("still open"));
        assert!(told(&open, SENT, NOON.plus(2 * HOUR))[2].sentence.contains("should have closed"));
    }
}
