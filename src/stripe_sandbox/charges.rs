//! Charges: one attempt to take an amount from one payment method.

use serde_json::{Value, json};

use super::failure::Answer;
use super::listing::{Filter, Page, list};
use super::parameters::Parameters;
use super::work::{Work, integer, text};
use super::{identifier, payment_methods};

/// How an attempt ends, for now.
#[derive(Debug, Clone, Copy)]
pub(crate) enum State {
    Succeeded,
    Pending,
    Failed { code: &'static str, decline_code: &'static str, message: &'static str },
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
        "payment_method_details": payment_methods::charge_details(method),
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
    work.insert(&charge).await?;
    Ok(charge)
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
        State::Failed { code, decline_code, message } => {
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
