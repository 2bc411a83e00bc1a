//! What happens to a dispute: it opens, money leaves and comes back, it is won or lost.
//!
//! Every turn can be ordered on its own through the control routes, so that any sequence a bank may
//! produce can be played, also the odd ones.

use serde_json::{Value, json};

use super::balance_transactions::{self, Movement};
use super::disputes::{balance, is_open, no_evidence};
use super::failure::{Answer, Failure};
use super::parameters::Parameters;
use super::work::{Work, integer, text};
use super::{events, identifier, money};

const REASONS: [&str; 14] = [
    "bank_cannot_process",
    "check_returned",
    "credit_not_processed",
    "customer_initiated",
    "debit_not_authorized",
    "duplicate",
    "fraudulent",
    "general",
    "incorrect_account_details",
    "insufficient_funds",
    "noncompliant",
    "product_not_received",
    "product_unacceptable",
    "unrecognized",
];
/// How long a merchant may take to answer, in seconds.
const ANSWER_WITHIN: i64 = 9 * 24 * 3600;

/// How a dispute opens.
pub(crate) struct Opening {
    /// In minor units; none: all of the charge.
    pub amount: Option<i64>,
    pub reason: String,
    /// The bank only asks: no money moves yet.
    pub inquiry: bool,
    /// Whether the money leaves at once.
    pub withdraw: bool,
}

/// How a dispute ends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    Won,
    Lost,
    /// An inquiry that did not become a dispute.
    Warned,
    /// The dispute was taken back before it counted.
    Prevented,
}

/// `POST /control/charges/{id}/dispute`
pub(crate) async fn open_by_order(
    work: &mut Work<'_>,
    charge: &str,
    mut parameters: Parameters,
) -> Answer {
    let charge = work.named("charge", charge).await?;
    let opening = Opening {
        amount: parameters.take_integer("amount")?,
        reason: parameters
            .take_choice("reason", &REASONS)?
            .unwrap_or_else(|| "fraudulent".to_owned()),
        inquiry: parameters.take_boolean("inquiry")?.unwrap_or(false),
        withdraw: parameters.take_boolean("withdraw")?.unwrap_or(true),
    };
    parameters.finish()?;
    open(work, charge, opening).await
}

/// Opens a dispute about a successful charge.
pub(crate) async fn open(work: &mut Work<'_>, charge: Value, opening: Opening) -> Answer {
    let whole = integer(&charge, "amount");
    let amount = opening.amount.unwrap_or(whole);
    if text(&charge, "status") != "succeeded" || !(1..=whole).contains(&amount) {
        let most = money::format(whole, text(&charge, "currency"));
        let message = format!("Only a charge that succeeded can be disputed, up to {most}.");
        return Err(Failure::invalid("amount", message));
    }
    let earlier = work.owned("dispute", text(&charge, "id")).await?;
    if earlier.iter().any(is_open) {
        return Err(Failure::invalid("", "This charge has an open dispute already."));
    }
    let mut after = charge.clone();
    after["disputed"] = true.into();
    work.update(&after).await?;
    let dispute = build(work, &charge, amount, &opening);
    work.insert_with(&dispute, Some(text(&charge, "id")), None).await?;
    events::emit(work, "charge.dispute.created", &dispute).await?;
    if opening.inquiry || !opening.withdraw {
        return Ok(dispute);
    }
    withdraw(work, dispute).await
}

fn build(work: &Work<'_>, charge: &Value, amount: i64, opening: &Opening) -> Value {
    let details = &charge["payment_method_details"];
    let mut dispute = json!({
        "id": identifier::new("du"),
        "object": "dispute",
        "amount": amount,
        "balance_transactions": [],
        "charge": charge["id"],
        "created": work.now_seconds(),
        "currency": charge["currency"],
        "enhanced_eligibility_types": [],
        "evidence": no_evidence(),
        "evidence_details": {
            "due_by": work.now_seconds() + ANSWER_WITHIN,
            "enhanced_eligibility": {},
            "has_evidence": false,
            "past_due": false,
            "submission_count": 0,
            "submission_method": "not_submitted",
        },
        "intended_submission_method": null,
        "is_charge_refundable": opening.inquiry,
        "livemode": false,
        "metadata": {},
        "network_reason_code": null,
        "payment_intent": charge["payment_intent"],
        "reason": opening.reason,
        "status": if opening.inquiry { "warning_needs_response" } else { "needs_response" },
    });
    if text(details, "type") == "card" {
        dispute["payment_method_details"] = json!({
            "card": {
                "brand": details["card"]["brand"],
                "case_type": if opening.inquiry { "inquiry" } else { "chargeback" },
                "network": details["card"]["brand"],
                "network_reason_code": "10.4",
            },
            "type": "card",
        });
    }
    dispute
}

/// One ordered turn: `POST /control/disputes/{id}/{turn}`.
pub(crate) async fn turn(
    work: &mut Work<'_>,
    id: &str,
    turn: &str,
    mut parameters: Parameters,
) -> Answer {
    let dispute = work.named("dispute", id).await?;
    let ending =
        parameters.take_choice("outcome", &["won", "lost", "warning_closed", "prevented"])?;
    parameters.finish()?;
    match turn {
        "withdraw" => withdraw(work, dispute).await,
        "reinstate" => reinstate(work, dispute).await,
        "escalate" => escalate(work, dispute).await,
        "review" => {
            let before = dispute.clone();
            submit(work, before, dispute).await
        }
        "close" => {
            let ending = match ending.as_deref() {
                Some("won") => Ending::Won,
                Some("lost") => Ending::Lost,
                Some("warning_closed") => Ending::Warned,
                Some(_) => Ending::Prevented,
                None => return Err(Failure::missing_parameter("outcome")),
            };
            close(work, dispute, ending).await
        }
        _ => Err(Failure::unknown_address("POST", &format!("/control/disputes/{id}/{turn}"))),
    }
}

/// The disputed amount leaves the merchant's balance.
pub(crate) async fn withdraw(work: &mut Work<'_>, mut dispute: Value) -> Answer {
    if balance(&dispute) < 0 {
        return Err(Failure::invalid("", "The money of this dispute was taken already."));
    }
    take_money(work, &mut dispute).await?;
    work.update(&dispute).await?;
    events::emit(work, "charge.dispute.funds_withdrawn", &dispute).await?;
    Ok(dispute)
}

async fn take_money(work: &mut Work<'_>, dispute: &mut Value) -> Answer<()> {
    let amount = -integer(dispute, "amount");
    move_money(work, dispute, Movement::Dispute, amount).await
}

async fn move_money(
    work: &mut Work<'_>,
    dispute: &mut Value,
    movement: Movement,
    amount: i64,
) -> Answer<()> {
    let moved = balance_transactions::record(work, movement, dispute, amount).await?;
    if let Some(movements) = dispute["balance_transactions"].as_array_mut() {
        movements.push(moved);
    }
    Ok(())
}

/// The amount comes back, whether or not the dispute goes on.
pub(crate) async fn reinstate(work: &mut Work<'_>, mut dispute: Value) -> Answer {
    let away = balance(&dispute);
    if away >= 0 {
        return Err(Failure::invalid("", "No money of this dispute is away."));
    }
    move_money(work, &mut dispute, Movement::DisputeReversal, -away).await?;
    work.update(&dispute).await?;
    events::emit(work, "charge.dispute.funds_reinstated", &dispute).await?;
    Ok(dispute)
}

/// An inquiry becomes a dispute, and the money leaves.
async fn escalate(work: &mut Work<'_>, before: Value) -> Answer {
    if !is_open(&before) || !text(&before, "status").starts_with("warning") {
        return Err(Failure::invalid("", "Only an open inquiry becomes a dispute."));
    }
    let mut dispute = before.clone();
    dispute["status"] = "needs_response".into();
    dispute["is_charge_refundable"] = false.into();
    if dispute["payment_method_details"].is_object() {
        dispute["payment_method_details"]["card"]["case_type"] = "chargeback".into();
    }
    work.update(&dispute).await?;
    events::emit_change(work, "charge.dispute.updated", &before, &dispute).await?;
    withdraw(work, dispute).await
}

/// The bank reads the evidence.
pub(crate) async fn submit(work: &mut Work<'_>, before: Value, mut dispute: Value) -> Answer {
    let warning = text(&dispute, "status").starts_with("warning");
    if !is_open(&dispute) {
        return Err(Failure::invalid("", "This dispute is closed."));
    }
    dispute["status"] = if warning { "warning_under_review" } else { "under_review" }.into();
    let count = integer(&dispute["evidence_details"], "submission_count") + 1;
    dispute["evidence_details"]["submission_count"] = count.into();
    dispute["evidence_details"]["submission_method"] = "manual".into();
    work.update(&dispute).await?;
    events::emit_change(work, "charge.dispute.updated", &before, &dispute).await?;
    Ok(dispute)
}

/// The end. A dispute that is lost before its money was taken loses it now, without an event of its
/// own: what a receiver meets that never saw `funds_withdrawn`.
pub(crate) async fn close(work: &mut Work<'_>, before: Value, ending: Ending) -> Answer {
    if !is_open(&before) {
        return Err(Failure::invalid("", "This dispute is closed already."));
    }
    let mut dispute = before.clone();
    dispute["status"] = match ending {
        Ending::Won => "won",
        Ending::Lost => "lost",
        Ending::Warned => "warning_closed",
        Ending::Prevented => "prevented",
    }
    .into();
    dispute["is_charge_refundable"] = (ending != Ending::Lost).into();
    if ending == Ending::Lost && balance(&dispute) == 0 {
        take_money(work, &mut dispute).await?;
    }
    work.update(&dispute).await?;
    events::emit_change(work, "charge.dispute.closed", &before, &dispute).await?;
    if ending != Ending::Lost && balance(&dispute) < 0 {
        return reinstate(work, dispute).await;
    }
    Ok(dispute)
}
