//! Disputes: a payer's bank asks for money back. The API reads and answers them; opening and every
//! turn of a dispute is `dispute_turns`.

use serde_json::{Value, json};

use super::dispute_turns::{self, Ending};
use super::events;
use super::failure::{Answer, Failure};
use super::listing::{Filter, Page, list};
use super::parameters::Parameters;
use super::work::{Work, integer, text};

/// The texts that evidence may have, as far as they are plain.
const EVIDENCE_TEXTS: [&str; 16] = [
    "access_activity_log",
    "billing_address",
    "cancellation_policy_disclosure",
    "cancellation_rebuttal",
    "customer_email_address",
    "customer_name",
    "customer_purchase_ip",
    "duplicate_charge_explanation",
    "product_description",
    "refund_policy_disclosure",
    "refund_refusal_explanation",
    "service_date",
    "shipping_address",
    "shipping_carrier",
    "shipping_date",
    "uncategorized_text",
];
/// Evidence that would be a file; the sandbox keeps none.
const EVIDENCE_FILES: [&str; 11] = [
    "cancellation_policy",
    "customer_communication",
    "customer_signature",
    "duplicate_charge_documentation",
    "duplicate_charge_id",
    "receipt",
    "refund_policy",
    "service_documentation",
    "shipping_documentation",
    "shipping_tracking_number",
    "uncategorized_file",
];

/// Evidence of which nothing has been given.
pub(crate) fn no_evidence() -> Value {
    let mut evidence = json!({ "enhanced_evidence": {} });
    for field in EVIDENCE_TEXTS.iter().chain(&EVIDENCE_FILES) {
        evidence[*field] = Value::Null;
    }
    evidence
}

/// The disputes of one charge, the oldest first.
pub(crate) async fn of_charge(work: &mut Work<'_>, charge: &str) -> Answer<Vec<Value>> {
    work.owned("dispute", charge).await
}

/// Whether the charge's money cannot be refunded because of this dispute.
pub(crate) fn holds_the_money(dispute: &Value) -> bool {
    dispute["is_charge_refundable"] == json!(false)
}

/// What the dispute has moved on the merchant's balance: negative while the money is away.
pub(crate) fn balance(dispute: &Value) -> i64 {
    let movements = dispute["balance_transactions"].as_array();
    movements.into_iter().flatten().map(|movement| integer(movement, "amount")).sum()
}

/// Whether somebody may still answer.
pub(crate) fn is_open(dispute: &Value) -> bool {
    let closed = ["won", "lost", "warning_closed", "prevented"];
    !closed.contains(&text(dispute, "status"))
}

/// `GET /v1/disputes/{id}`
pub(crate) async fn retrieve(work: &mut Work<'_>, id: &str, parameters: Parameters) -> Answer {
    parameters.finish()?;
    work.named("dispute", id).await
}

/// `POST /v1/disputes/{id}`: evidence. The text `winning_evidence` wins and `losing_evidence` loses.
pub(crate) async fn update(work: &mut Work<'_>, id: &str, mut parameters: Parameters) -> Answer {
    let before = work.named("dispute", id).await?;
    let mut dispute = before.clone();
    let given = take_evidence(&mut dispute, &mut parameters)?;
    let submit = parameters.take_boolean("submit")?.unwrap_or(true);
    dispute["metadata"] = parameters.take_metadata(dispute["metadata"].take())?;
    parameters.finish()?;
    if !given {
        work.update(&dispute).await?;
        events::emit_change(work, "charge.dispute.updated", &before, &dispute).await?;
        return Ok(dispute);
    }
    if !text(&dispute, "status").ends_with("needs_response") {
        let message = "This dispute does not need a response any more.";
        return Err(Failure::invalid("evidence", message));
    }
    dispute["evidence_details"]["has_evidence"] = true.into();
    if !submit {
        work.update(&dispute).await?;
        events::emit_change(work, "charge.dispute.updated", &before, &dispute).await?;
        return Ok(dispute);
    }
    let dispute = dispute_turns::submit(work, before, dispute).await?;
    match text(&dispute["evidence"], "uncategorized_text") {
        "winning_evidence" => dispute_turns::close(work, dispute, Ending::Won).await,
        "losing_evidence" => dispute_turns::close(work, dispute, Ending::Lost).await,
        _ => Ok(dispute),
    }
}

fn take_evidence(dispute: &mut Value, parameters: &mut Parameters) -> Answer<bool> {
    let Some(mut evidence) = parameters.take_group("evidence")? else { return Ok(false) };
    for field in EVIDENCE_TEXTS {
        if let Some(value) = evidence.take_raw(field)? {
            dispute["evidence"][field] = if value.is_empty() { Value::Null } else { value.into() };
        }
    }
    evidence.finish()?;
    Ok(true)
}

/// `POST /v1/disputes/{id}/close`: the merchant gives in.
pub(crate) async fn close(work: &mut Work<'_>, id: &str, parameters: Parameters) -> Answer {
    parameters.finish()?;
    let dispute = work.named("dispute", id).await?;
    let ending =
        if text(&dispute, "status").starts_with("warning") { Ending::Warned } else { Ending::Lost };
    dispute_turns::close(work, dispute, ending).await
}

/// `GET /v1/disputes`
pub(crate) async fn list_all(work: &mut Work<'_>, mut parameters: Parameters) -> Answer {
    let page = Page::take(&mut parameters)?;
    let mut filter = Filter::default();
    for field in ["charge", "payment_intent"] {
        filter.take_text(&mut parameters, field)?;
    }
    parameters.finish()?;
    list(work, "dispute", "/v1/disputes", page, filter).await
}
