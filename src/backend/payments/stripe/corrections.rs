//! Stripe's side of refunds and disputes: three reads at the same time make one [`PaymentTotals`].

use std::collections::{BTreeSet, HashMap};

use async_trait::async_trait;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use stripe_client_core::{RequestBuilder, StripeRequest};
use stripe_core::dispute::ListDispute;
use stripe_core::payment_intent::RetrievePaymentIntent;
use stripe_core::refund::{CreateRefund, ListRefund};
use stripe_types::RangeQueryTs;

use super::{METADATA_PURCHASE, Stripe, single};
use crate::backend::payments::port::ProviderError;
use crate::backend::payments::port::corrections::{
    DisputeFacts, MoneyBack, PaymentTotals, RefundDraft, RefundFacts, RefundStatus,
};
use crate::backend::store::dispute::DisputeStanding;

/// The name under which our form's key travels in a refund's metadata.
const METADATA_REQUEST: &str = "refund_request";
/// Refunds or disputes asked for at a time; Stripe allows at most 100.
const PER_PAGE: i64 = 100;
/// The most pages that are read of one list.
const MAXIMUM_PAGES: usize = 1_000;

#[async_trait]
impl MoneyBack for Stripe {
    async fn payment_totals(&self, payment_ref: &str) -> Result<PaymentTotals, ProviderError> {
        let intent =
            RetrievePaymentIntent::new(payment_ref).expand(vec!["latest_charge".to_owned()]);
        let disputes = ListDispute::new().payment_intent(payment_ref).limit(PER_PAGE);
        let (intent, refunds, disputes) = tokio::try_join!(
            self.transport.send::<IntentAnswer>(intent.build(), None),
            self.refunds_of(payment_ref),
            self.transport.send::<ListAnswer<DisputeAnswer>>(disputes.build(), None),
        )?;
        Ok(totals(intent, refunds, disputes.data))
    }

    async fn payments_with_money_back(
        &self,
        since_seconds: i64,
    ) -> Result<Vec<String>, ProviderError> {
        let refunds = self.pages::<RefundAnswer>(|after| {
            let since = RangeQueryTs::gte(since_seconds);
            let request = ListRefund::new().created(since).limit(PER_PAGE);
            match after {
                Some(after) => request.starting_after(after).build(),
                None => request.build(),
            }
        });
        let disputes = self.pages::<DisputeAnswer>(|after| {
            let since = RangeQueryTs::gte(since_seconds);
            let request = ListDispute::new().created(since).limit(PER_PAGE);
            match after {
                Some(after) => request.starting_after(after).build(),
                None => request.build(),
            }
        });
        let (refunds, disputes) = tokio::try_join!(refunds, disputes)?;
        let refunded = refunds.into_iter().filter_map(|refund| refund.payment_intent);
        let disputed = disputes.into_iter().filter_map(|dispute| dispute.payment_intent);
        let payments: BTreeSet<String> = refunded.chain(disputed).collect();
        Ok(payments.into_iter().collect())
    }

    async fn refund(&self, draft: &RefundDraft, key: &str) -> Result<RefundFacts, ProviderError> {
        let answer: RefundAnswer =
            self.transport.send(refund_request(draft).build(), Some(key)).await?;
        Ok(answer.into_facts())
    }
}

impl Stripe {
    async fn refunds_of(&self, payment_ref: &str) -> Result<Vec<RefundAnswer>, ProviderError> {
        self.pages(|after| {
            let request = ListRefund::new().payment_intent(payment_ref).limit(PER_PAGE);
            match after {
                Some(after) => request.starting_after(after).build(),
                None => request.build(),
            }
        })
        .await
    }

    /// All pages of a list; `request` asks for the page behind an id, or the first one.
    async fn pages<T: Listed>(
        &self,
        request: impl Fn(Option<&str>) -> RequestBuilder,
    ) -> Result<Vec<T>, ProviderError> {
        let mut all: Vec<T> = Vec::new();
        for _ in 0..MAXIMUM_PAGES {
            let wanted = request(all.last().map(T::id));
            let page: ListAnswer<T> = self.transport.send(wanted, None).await?;
            let ended = !page.has_more || page.data.is_empty();
            all.extend(page.data);
            if ended {
                break;
            }
        }
        Ok(all)
    }
}

/// What Stripe lists by pages.
trait Listed: DeserializeOwned {
    fn id(&self) -> &str;
}

impl Listed for RefundAnswer {
    fn id(&self) -> &str {
        &self.id
    }
}

impl Listed for DisputeAnswer {
    fn id(&self) -> &str {
        &self.id
    }
}

fn refund_request(draft: &RefundDraft) -> CreateRefund {
    CreateRefund::new()
        .payment_intent(&draft.payment_ref)
        .amount(draft.amount_minor)
        .metadata(single(METADATA_REQUEST, &draft.request))
}

#[derive(Deserialize)]
struct ListAnswer<T> {
    data: Vec<T>,
    #[serde(default)]
    has_more: bool,
}

#[derive(Deserialize)]
struct IntentAnswer {
    id: String,
    livemode: bool,
    currency: String,
    metadata: Option<HashMap<String, Value>>,
    latest_charge: Option<ChargeAnswer>,
}

#[derive(Deserialize)]
struct ChargeAnswer {
    #[serde(default)]
    paid: bool,
    amount_captured: i64,
    amount_refunded: i64,
    currency: String,
}

#[derive(Deserialize)]
struct RefundAnswer {
    id: String,
    amount: i64,
    payment_intent: Option<String>,
    status: Option<String>,
    #[serde(default)]
    created: i64,
    metadata: Option<HashMap<String, Value>>,
}

#[derive(Deserialize)]
struct DisputeAnswer {
    id: String,
    amount: i64,
    payment_intent: Option<String>,
    status: String,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    balance_transactions: Vec<MovementAnswer>,
    #[serde(default)]
    is_charge_refundable: bool,
    #[serde(default)]
    created: i64,
}

/// What moved on the merchant's balance, in the balance's own currency: only its direction is read.
#[derive(Deserialize)]
struct MovementAnswer {
    amount: i64,
}

fn totals(
    intent: IntentAnswer,
    refunds: Vec<RefundAnswer>,
    disputes: Vec<DisputeAnswer>,
) -> PaymentTotals {
    let charge = intent.latest_charge.filter(|charge| charge.paid);
    let paid_minor = charge.as_ref().map_or(0, |charge| charge.amount_captured);
    let off = charge.as_ref().map_or(0, |charge| charge.amount_refunded);
    let currency = charge.map_or(intent.currency, |charge| charge.currency);
    let mut refunds: Vec<RefundFacts> = refunds.into_iter().map(RefundAnswer::into_facts).collect();
    refunds.sort_by(|one, other| {
        (one.created_seconds, &one.reference).cmp(&(other.created_seconds, &other.reference))
    });
    let mut disputes: Vec<DisputeFacts> =
        disputes.into_iter().map(DisputeAnswer::into_facts).collect();
    disputes.sort_by(|one, other| {
        (one.created_seconds, &one.reference).cmp(&(other.created_seconds, &other.reference))
    });
    let named = intent.metadata.as_ref().and_then(|all| all.get(METADATA_PURCHASE));
    PaymentTotals {
        payment_ref: intent.id,
        livemode: intent.livemode,
        metadata_purchase: named.and_then(Value::as_str).map(str::to_owned),
        paid_minor,
        currency: currency.to_ascii_lowercase(),
        refundable_minor: (paid_minor - off).max(0),
        refunds,
        disputes,
    }
}

impl RefundAnswer {
    fn into_facts(self) -> RefundFacts {
        let request = self.metadata.as_ref().and_then(|all| all.get(METADATA_REQUEST));
        RefundFacts {
            amount_minor: self.amount,
            status: refund_status(self.status.as_deref()),
            created_seconds: self.created,
            request: request.and_then(Value::as_str).map(str::to_owned),
            reference: self.id,
        }
    }
}

/// Until the bank has said yes, nothing is taken from anybody.
fn refund_status(word: Option<&str>) -> RefundStatus {
    match word {
        Some("succeeded") => RefundStatus::Succeeded,
        Some("failed" | "canceled") => RefundStatus::Failed,
        _ => RefundStatus::Pending,
    }
}

impl DisputeAnswer {
    fn into_facts(self) -> DisputeFacts {
        let standing = standing(&self.status);
        let has_moved = !self.balance_transactions.is_empty();
        let net = self.balance_transactions.iter().map(|moved| moved.amount);
        let net = net.fold(0, i64::saturating_add);
        // Lost without a word about the money: it is gone all the same.
        let lost_silently = standing == DisputeStanding::Lost && !has_moved;
        DisputeFacts {
            reference: self.id,
            amount_minor: self.amount,
            standing,
            status: self.status,
            reason: self.reason,
            is_away: net < 0 || lost_silently,
            has_moved,
            allows_refund: self.is_charge_refundable,
            created_seconds: self.created,
        }
    }
}

fn standing(word: &str) -> DisputeStanding {
    match word {
        "warning_needs_response" | "warning_under_review" => DisputeStanding::Inquiry,
        "needs_response" | "under_review" | "appeal_needs_response" | "appeal_under_review" => {
            DisputeStanding::Open
        }
        "won" => DisputeStanding::Won,
        "lost" => DisputeStanding::Lost,
        "warning_closed" | "prevented" => DisputeStanding::Withdrawn,
        _ => DisputeStanding::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dispute(json: Value) -> DisputeFacts {
        serde_json::from_value::<DisputeAnswer>(json).unwrap().into_facts()
    }

    #[test]
    fn a_dispute_is_away_while_more_has_left_than_came_back() {
        let with = |status: &str, moved: Value| {
            dispute(serde_json::json!({"id": "du_1", "amount": 900, "status": status,
                "reason": "fraudulent", "balance_transactions": moved, "created": 7}))
        };
        assert!(!with("needs_response", serde_json::json!([])).is_away);
        assert!(with("needs_response", serde_json::json!([{"amount": -815}])).is_away);
        let back = with("won", serde_json::json!([{"amount": -815}, {"amount": 815}]));
        assert!(!back.is_away && back.has_moved);
        assert!(with("lost", serde_json::json!([])).is_away, "nobody told, but it is gone");
        assert!(!with("lost", serde_json::json!([{"amount": -9}, {"amount": 9}])).is_away);
    }

    #[test]
    fn a_word_that_we_do_not_know_is_unknown_and_keeps_its_word() {
        let read = dispute(serde_json::json!({"id": "du_1", "amount": 1, "status": "in_orbit"}));
        assert_eq!((read.standing, read.status.as_str()), (DisputeStanding::Unknown, "in_orbit"));
        assert_eq!(standing("warning_under_review"), DisputeStanding::Inquiry);
        assert_eq!(standing("prevented"), DisputeStanding::Withdrawn);
    }

    #[test]
    fn a_refund_counts_only_when_it_succeeded() {
        assert_eq!(refund_status(Some("requires_action")), RefundStatus::Pending);
        assert_eq!(refund_status(None), RefundStatus::Pending);
        assert_eq!(refund_status(Some("canceled")), RefundStatus::Failed);
    }

    #[test]
    fn a_refund_request_has_the_same_bytes_each_time() {
        let draft =
            RefundDraft { payment_ref: "pi_1".into(), amount_minor: 333, request: "form-1".into() };
        let built = refund_request(&draft).build();
        assert_eq!(built.path, "/refunds");
        let body = built.body.unwrap();
        for part in ["payment_intent=pi_1", "amount=333", "metadata[refund_request]=form-1"] {
            let encoded = part.replace('[', "%5B").replace(']', "%5D");
            assert!(body.contains(part) || body.contains(&encoded), "{part} in {body}");
        }
        assert_eq!(refund_request(&draft).build().body.unwrap(), body);
    }
}
