//! The states a payment intent goes through. Writing it and telling of it is the caller's.

use serde_json::{Value, json};

use super::cards::Decline;
use super::failure::Failure;
use super::work::{Work, text};

/// Marks the intent as paid by this charge.
pub(crate) fn mark_succeeded(intent: &mut Value, charge: &Value) {
    intent["status"] = "succeeded".into();
    intent["amount_received"] = intent["amount"].clone();
    intent["last_payment_error"] = Value::Null;
    intent["processing"] = Value::Null;
    intent["next_action"] = Value::Null;
    intent["latest_charge"] = text(charge, "id").into();
    intent["payment_method"] = charge["payment_method"].clone();
}

/// Marks the intent as waiting for the bank.
pub(crate) fn mark_processing(intent: &mut Value, charge: &Value) {
    intent["status"] = "processing".into();
    intent["last_payment_error"] = Value::Null;
    intent["latest_charge"] = text(charge, "id").into();
    intent["payment_method"] = charge["payment_method"].clone();
}

/// Marks the intent as waiting for its payer at the bank's page.
pub(crate) fn mark_requires_action(work: &Work<'_>, intent: &mut Value, method: &Value) {
    intent["status"] = "requires_action".into();
    intent["last_payment_error"] = Value::Null;
    intent["payment_method"] = text(method, "id").into();
    intent["next_action"] = to_bank(work, intent);
}

/// The payer is to go to the bank's page, and then to the address that is in `next_action` already.
pub(crate) fn to_bank(work: &Work<'_>, intent: &Value) -> Value {
    let base = work.config.public_base.trim_end_matches('/');
    let page = format!("{base}/authenticate/{}", text(intent, "id"));
    let return_url = &intent["next_action"]["redirect_to_url"]["return_url"];
    json!({
        "type": "redirect_to_url",
        "redirect_to_url": { "return_url": return_url, "url": page },
    })
}

/// Notes where the payer shall come back to, should the bank ask.
pub(crate) fn come_back_to(intent: &mut Value, return_url: Option<String>) {
    if return_url.is_some() {
        intent["next_action"] = json!({ "redirect_to_url": { "return_url": return_url } });
    }
}

/// What an intent says about a refusal.
pub(crate) fn refusal(reason: Decline, method: &Value) -> Value {
    let is_card = !reason.decline_code.is_empty();
    let mut error = json!({
        "code": reason.code,
        "doc_url": Failure::documentation(reason.code),
        "message": reason.message,
        "payment_method": method,
        "type": if is_card { "card_error" } else { "invalid_request_error" },
    });
    if is_card {
        error["decline_code"] = reason.decline_code.into();
    }
    error
}

/// Marks the intent as in need of another way to pay.
pub(crate) fn mark_failed(
    intent: &mut Value,
    charge: Option<&Value>,
    method: &Value,
    reason: Decline,
) {
    let mut error = refusal(reason, method);
    if let Some(charge) = charge {
        error["charge"] = charge["id"].clone();
        intent["latest_charge"] = charge["id"].clone();
    }
    intent["status"] = "requires_payment_method".into();
    intent["processing"] = Value::Null;
    intent["next_action"] = Value::Null;
    intent["payment_method"] = Value::Null;
    intent["last_payment_error"] = error;
}
