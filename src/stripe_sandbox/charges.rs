//! Charges: one attempt to take an amount from one payment method.

use serde_json::{Value, json};

use super::balance_transactions::{self, Movement};
use super::cards::{self, Aftermath, Decline};
use super::failure::Answer;
use super::listing::{Filter, Page, list};
use super::parameters::Parameters;
use super::work::{Work, integer, text};
use super::{identifier, payment_method_details};

/// How an attempt ends, for now.
#[derive(Debug, Clone, Copy)]
pub(crate) enum State {
    Succeeded,
    Pending,
    Failed(Decline),
}

/// Records an attempt to collect the intent's amount.
pub(crate) async fn create(
    work: &mut Work<'_>,
    intent: &Value,
    method: &Value,
    state: State,
) -> Answer {
    let amount = integer(intent, "amount");
    let mut charge = json!({
        "id": identifier::new("ch"),
        "object": "charge",
        "amount": amount,
        "amount_captured": 0,
        "amount_refunded": 0,
        "application": null,
        "application_fee": null,
        "application_fee_amount": null,
        "balance_transaction": null,
        "billing_details": method["billing_details"],
        "calculated_statement_descriptor": null,
        "captured": false,
        "created": work.now_seconds(),
        "currency": intent["currency"],
        "customer": intent["customer"],
        "description": intent["description"],
        "disputed": false,
        "failure_balance_transaction": null,
        "failure_code": null,
        "failure_message": null,
        "fraud_details": {},
        "livemode": false,
        "metadata": intent["metadata"],
        "on_behalf_of": null,
        "outcome": null,
        "paid": false,
        "payment_intent": text(intent, "id"),
        "payment_method": text(method, "id"),
        "payment_method_details": payment_method_details::charge_details(method),
        "radar_options": {},
        "receipt_email": intent["receipt_email"],
        "receipt_number": null,
        "receipt_url": null,
        "refunded": false,
        "review": null,
        "shipping": null,
        "source": null,
        "source_transfer": null,
        "statement_descriptor": intent["statement_descriptor"],
        "statement_descriptor_suffix": intent["statement_descriptor_suffix"],
        "transfer_data": null,
        "transfer_group": intent["transfer_group"],
    });
    mark(&mut charge, state);
    if matches!(state, State::Succeeded) {
        book(work, &mut charge).await?;
    }
    let due_at = dispute_due(work, &charge, method);
    work.insert_with(&charge, Some(text(intent, "id")), due_at).await?;
    Ok(charge)
}

/// What became of a charge that was pending.
pub(crate) async fn settle(work: &mut Work<'_>, charge: &mut Value, state: State) -> Answer<()> {
    mark(charge, state);
    if matches!(state, State::Succeeded) {
        book(work, charge).await?;
    }
    work.update(charge).await
}

/// The money is there, and a receipt for it.
async fn book(work: &mut Work<'_>, charge: &mut Value) -> Answer<()> {
    let amount = integer(charge, "amount");
    let moved = balance_transactions::record(work, Movement::Charge, charge, amount).await?;
    charge["balance_transaction"] = moved["id"].clone();
    let base = work.config.public_base.trim_end_matches('/');
    charge["receipt_url"] = format!("{base}/receipts/{}", text(charge, "id")).into();
    Ok(())
}

/// When the owner of a test card disputes what was just paid.
fn dispute_due(work: &Work<'_>, charge: &Value, method: &Value) -> Option<i64> {
    let disputes =
        matches!(cards::of_method(method)?.aftermath, Aftermath::Dispute(_) | Aftermath::Inquiry);
    let delay = i64::try_from(work.config.settlement_delay.as_millis()).unwrap_or(i64::MAX);
    (disputes && text(charge, "status") == "succeeded").then(|| work.moment.saturating_add(delay))
}

/// Puts a charge into a state.
pub(crate) fn mark(charge: &mut Value, state: State) {
    match state {
        State::Succeeded => {
            charge["status"] = "succeeded".into();
            charge["paid"] = true.into();
            charge["captured"] = true.into();
            charge["amount_captured"] = charge["amount"].clone();
            charge["outcome"] = outcome("authorized", "approved_by_network", "Payment complete.");
        }
        State::Pending => {
            charge["status"] = "pending".into();
            charge["captured"] = true.into();
            charge["amount_captured"] = charge["amount"].clone();
            charge["outcome"] = outcome("authorized", "approved_by_network", "Payment pending.");
        }
        State::Failed(Decline { code, decline_code, message }) => {
            charge["status"] = "failed".into();
            charge["paid"] = false.into();
            charge["captured"] = false.into();
            charge["amount_captured"] = 0.into();
            charge["failure_code"] = code.into();
            charge["failure_message"] = message.into();
            charge["outcome"] =
                outcome("issuer_declined", "declined_by_network", "The bank declined.");
            charge["outcome"]["reason"] = decline_code.into();
        }
    }
}

fn outcome(kind: &str, network_status: &str, seller_message: &str) -> Value {
    json!({
        "advice_code": null,
        "network_advice_code": null,
        "network_decline_code": null,
        "network_status": network_status,
        "reason": null,
        "risk_level": "normal",
        "risk_score": 1,
        "seller_message": seller_message,
        "type": kind,
    })
}

/// `GET /v1/charges/{id}`
pub(crate) async fn retrieve(work: &mut Work<'_>, id: &str, parameters: Parameters) -> Answer {
    parameters.finish()?;
    work.named("charge", id).await
}

/// `GET /v1/charges`
pub(crate) async fn list_all(work: &mut Work<'_>, mut parameters: Parameters) -> Answer {
    let page = Page::take(&mut parameters)?;
    let mut filter = Filter::default();
    for field in ["customer", "payment_intent", "transfer_group"] {
        filter.take_text(&mut parameters, field)?;
    }
    parameters.finish()?;
    list(work, "charge", "/v1/charges", page, filter).await
}
