//! Balance transactions: what moved on the merchant's balance. The sandbox takes no fees.

use serde_json::{Value, json};

use super::failure::Answer;
use super::identifier;
use super::listing::{Filter, Page, list};
use super::parameters::Parameters;
use super::work::{Work, text};

/// How long money waits before it could be paid out, in seconds.
const AVAILABLE_AFTER: i64 = 2 * 24 * 3600;

/// What a movement is for.
#[derive(Clone, Copy)]
pub(crate) enum Movement {
    Charge,
    Refund,
    RefundFailure,
    Dispute,
    DisputeReversal,
}

impl Movement {
    /// Stripe's `type` and `reporting_category`.
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Movement::Charge => ("charge", "charge"),
            Movement::Refund => ("refund", "refund"),
            Movement::RefundFailure => ("refund_failure", "refund_failure"),
            Movement::Dispute => ("adjustment", "dispute"),
            Movement::DisputeReversal => ("adjustment", "dispute_reversal"),
        }
    }
}

/// Records that `amount` minor units came (or, when negative, went) because of `source`.
pub(crate) async fn record(
    work: &mut Work<'_>,
    movement: Movement,
    source: &Value,
    amount: i64,
) -> Answer {
    let (kind, category) = movement.words();
    let transaction = json!({
        "id": identifier::new("txn"),
        "object": "balance_transaction",
        "amount": amount,
        "available_on": work.now_seconds() + AVAILABLE_AFTER,
        "balance_type": "payments",
        "created": work.now_seconds(),
        "currency": source["currency"],
        "description": source["description"],
        "exchange_rate": null,
        "fee": 0,
        "fee_details": [],
        "net": amount,
        "reporting_category": category,
        "source": text(source, "id"),
        "status": "pending",
        "type": kind,
    });
    work.insert_with(&transaction, Some(text(source, "id")), None).await?;
    Ok(transaction)
}

/// `GET /v1/balance_transactions/{id}`
pub(crate) async fn retrieve(work: &mut Work<'_>, id: &str, parameters: Parameters) -> Answer {
    parameters.finish()?;
    work.named("balance_transaction", id).await
}

/// `GET /v1/balance_transactions`
pub(crate) async fn list_all(work: &mut Work<'_>, mut parameters: Parameters) -> Answer {
    let page = Page::take(&mut parameters)?;
    let mut filter = Filter::default();
    for field in ["source", "type", "currency"] {
        filter.take_text(&mut parameters, field)?;
    }
    parameters.finish()?;
    list(work, "balance_transaction", "/v1/balance_transactions", page, filter).await
}
