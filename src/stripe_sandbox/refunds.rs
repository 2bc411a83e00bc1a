//! Refunds: create, retrieve, update, list; and what the bank says of them later.

use serde_json::{Value, json};

use super::balance_transactions::{self, Movement};
use super::cards::{self, Aftermath};
use super::failure::{Answer, Failure};
use super::listing::{Filter, Page, list};
use super::parameters::Parameters;
use super::work::{Work, integer, text};
use super::{disputes, events, identifier, money};

const REASONS: [&str; 3] = ["duplicate", "fraudulent", "requested_by_customer"];

/// `POST /v1/refunds`
pub(crate) async fn create(work: &mut Work<'_>, mut parameters: Parameters) -> Answer {
    let charge = take_charge(work, &mut parameters).await?;
    let wanted = parameters.take_integer("amount")?;
    let reason = parameters.take_choice("reason", &REASONS)?;
    let metadata = parameters.take_metadata(json!({}))?;
    parameters.finish()?;
    let amount = refundable(work, &charge, wanted).await?;
    let method = work.named("payment_method", text(&charge, "payment_method")).await?;
    let (status, due_at) = first_state(work, &method);
    let mut refund = build(work, &charge, amount, status);
    refund["reason"] = reason.into();
    refund["metadata"] = metadata;
    let moved = balance_transactions::record(work, Movement::Refund, &refund, -amount).await?;
    refund["balance_transaction"] = moved["id"].clone();
    work.insert_with(&refund, Some(text(&charge, "id")), due_at).await?;
    events::emit(work, "refund.created", &refund).await?;
    let after = add_refunded(work, &charge, amount).await?;
    events::emit_change(work, "charge.refunded", &charge, &after).await?;
    Ok(refund)
}

async fn take_charge(work: &mut Work<'_>, parameters: &mut Parameters) -> Answer {
    let charge = parameters.take_text("charge")?;
    let intent = parameters.take_text("payment_intent")?;
    let id = match (charge, &intent) {
        (Some(charge), _) => charge,
        (None, Some(intent)) => {
            let intent = work.referred("payment_intent", intent, "payment_intent").await?;
            text(&intent, "latest_charge").to_owned()
        }
        (None, None) => {
            let message = "One of the following params should be provided for this request: \
                           payment_intent or charge.";
            return Err(Failure::invalid_coded("parameter_missing", "charge", message));
        }
    };
    let charge = work.find("charge", &id).await?.ok_or_else(|| match &intent {
        Some(intent) => {
            let message = format!(
                "This PaymentIntent ({intent}) does not have a successful charge to refund."
            );
            Failure::invalid("payment_intent", message)
        }
        None => Failure::no_such_reference("charge", &id, "charge"),
    })?;
    if intent.is_some_and(|intent| charge["payment_intent"] != json!(intent)) {
        let message = "The charge does not belong to the payment_intent.";
        return Err(Failure::invalid("payment_intent", message));
    }
    Ok(charge)
}

/// The amount to refund, in minor units, when all of it can be.
async fn refundable(work: &mut Work<'_>, charge: &Value, wanted: Option<i64>) -> Answer<i64> {
    let id = text(charge, "id");
    if text(charge, "status") != "succeeded" {
        let message = format!("Charge {id} has not succeeded, so it cannot be refunded.");
        return Err(Failure::invalid_coded("charge_not_refundable", "", message));
    }
    if disputes::of_charge(work, id).await?.iter().any(disputes::holds_the_money) {
        let message = format!("Charge {id} has been charged back; cannot issue a refund.");
        return Err(Failure::invalid_coded("charge_disputed", "", message));
    }
    let left = integer(charge, "amount") - integer(charge, "amount_refunded");
    if left == 0 {
        let message = format!("Charge {id} has already been refunded.");
        return Err(Failure::invalid_coded("charge_already_refunded", "", message));
    }
    let amount = wanted.unwrap_or(left);
    if amount < 1 {
        return Err(Failure::invalid_coded(
            "parameter_invalid_integer",
            "amount",
            "Invalid positive integer",
        ));
    }
    if amount > left {
        let currency = text(charge, "currency");
        let message = format!(
            "Refund amount ({}) is greater than unrefunded amount on charge ({})",
            money::format(amount, currency),
            money::format(left, currency)
        );
        return Err(Failure::invalid("amount", message));
    }
    Ok(amount)
}

/// The state a refund begins in, and when the bank will say more about it.
fn first_state(work: &Work<'_>, method: &Value) -> (&'static str, Option<i64>) {
    let delay = i64::try_from(work.config.settlement_delay.as_millis()).unwrap_or(i64::MAX);
    let later = Some(work.moment.saturating_add(delay));
    match cards::of_method(method).map(|card| card.aftermath) {
        Some(Aftermath::RefundFails) => ("succeeded", later),
        Some(Aftermath::RefundWaits) | None => ("pending", later),
        Some(_) => ("succeeded", None),
    }
}

fn build(work: &Work<'_>, charge: &Value, amount: i64, status: &str) -> Value {
    let kind = text(&charge["payment_method_details"], "type");
    let mut refund = json!({
        "id": identifier::new("re"),
        "object": "refund",
        "amount": amount,
        "balance_transaction": null,
        "charge": charge["id"],
        "created": work.now_seconds(),
        "currency": charge["currency"],
        "customer": charge["customer"],
        "customer_account": null,
        "destination_details": { "type": kind },
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        "payment_method": charge["payment_method"],
        "reason": null,
        "receipt_number": null,
        "source_transfer_reversal": null,
        "status": status,
        "transfer_reversal": null,
    });
    if status == "pending" {
        refund["pending_reason"] = "processing".into();
    }
    refund["destination_details"][kind] = if kind == "card" {
        json!({ "reference_status": "pending", "reference_type": "acquirer_reference_number", "type": "refund" })
    } else {
        json!({ "reference": null, "reference_status": "pending" })
    };
    refund
}

/// Counts a refund (or, when negative, its failure) on its charge; returns the charge as it is now.
async fn add_refunded(work: &mut Work<'_>, charge: &Value, amount: i64) -> Answer {
    let mut after = charge.clone();
    let refunded = integer(charge, "amount_refunded") + amount;
    after["amount_refunded"] = refunded.into();
    after["refunded"] = (refunded == integer(charge, "amount")).into();
    work.update(&after).await?;
    Ok(after)
}

/// What the bank finally says; `succeeds` overrides what the test card stands for.
pub(crate) async fn settle(work: &mut Work<'_>, refund: Value, succeeds: Option<bool>) -> Answer {
    let method = work.named("payment_method", text(&refund, "payment_method")).await?;
    let card = cards::of_method(&method).map(|card| card.aftermath);
    let succeeds = succeeds.unwrap_or(card != Some(Aftermath::RefundFails));
    match (text(&refund, "status"), succeeds) {
        ("pending", true) => succeed(work, refund).await,
        ("pending" | "succeeded", false) => fail(work, refund).await,
        (status, _) => {
            Err(Failure::invalid("", format!("This refund is {status}: nothing waits.")))
        }
    }
}

async fn succeed(work: &mut Work<'_>, before: Value) -> Answer {
    let mut refund = before.clone();
    refund["status"] = "succeeded".into();
    refund.as_object_mut().map(|fields| fields.remove("pending_reason"));
    work.replace(&refund, None).await?;
    events::emit_change(work, "refund.updated", &before, &refund).await?;
    events::emit_change(work, "charge.refund.updated", &before, &refund).await?;
    Ok(refund)
}

async fn fail(work: &mut Work<'_>, before: Value) -> Answer {
    let amount = integer(&before, "amount");
    let mut refund = before.clone();
    refund["status"] = "failed".into();
    refund["failure_reason"] = "expired_or_canceled_card".into();
    refund.as_object_mut().map(|fields| fields.remove("pending_reason"));
    let moved =
        balance_transactions::record(work, Movement::RefundFailure, &refund, amount).await?;
    refund["failure_balance_transaction"] = moved["id"].clone();
    work.replace(&refund, None).await?;
    let charge = work.named("charge", text(&refund, "charge")).await?;
    add_refunded(work, &charge, -amount).await?;
    events::emit_change(work, "refund.updated", &before, &refund).await?;
    events::emit_change(work, "charge.refund.updated", &before, &refund).await?;
    events::emit(work, "refund.failed", &refund).await?;
    Ok(refund)
}

/// `GET /v1/refunds/{id}`
pub(crate) async fn retrieve(work: &mut Work<'_>, id: &str, parameters: Parameters) -> Answer {
    parameters.finish()?;
    work.named("refund", id).await
}

/// `POST /v1/refunds/{id}`: only the metadata may change.
pub(crate) async fn update(work: &mut Work<'_>, id: &str, mut parameters: Parameters) -> Answer {
    let before = work.named("refund", id).await?;
    let mut refund = before.clone();
    refund["metadata"] = parameters.take_metadata(refund["metadata"].take())?;
    parameters.finish()?;
    work.update(&refund).await?;
    events::emit_change(work, "refund.updated", &before, &refund).await?;
    Ok(refund)
}

/// `GET /v1/refunds`
pub(crate) async fn list_all(work: &mut Work<'_>, mut parameters: Parameters) -> Answer {
    let page = Page::take(&mut parameters)?;
    let mut filter = Filter::default();
    for field in ["charge", "payment_intent"] {
        filter.take_text(&mut parameters, field)?;
    }
    parameters.finish()?;
    list(work, "refund", "/v1/refunds", page, filter).await
}
