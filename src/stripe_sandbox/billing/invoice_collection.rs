//! Taking the money for an invoice: the first attempt, retries, and what the subscription makes of it.

use serde_json::{Value, json};

use super::super::collection::{self, Collected, Presence};
use super::super::failure::Answer;
use super::super::payment_intents::{self, Draft};
use super::super::work::{Work, integer, text};
use super::super::{events, identifier};
use super::{invoices, subscriptions};

/// The waits between the attempts to pay one invoice, in seconds. After the last the subscription ends.
const RETRY_AFTER: [i64; 3] = [3 * 24 * 3600, 5 * 24 * 3600, 7 * 24 * 3600];

/// Finalizes a draft and takes the money, as far as there is a card to take it from.
pub(crate) async fn bill(
    work: &mut Work<'_>,
    invoice: Value,
    presence: Presence,
) -> Answer<(Value, Option<Collected>)> {
    let invoice = invoices::finalize(work, invoice).await?;
    if integer(&invoice, "amount_due") == 0 {
        let invoice = invoices::mark_paid(work, invoice, 0).await?;
        subscriptions::invoice_paid(work, &invoice, None).await?;
        return Ok((invoice, None));
    }
    request_payment(work, &invoice).await?;
    collect(work, invoice, None, presence).await
}

/// The intent of an open invoice and the row that ties them together.
pub(super) async fn request_payment(work: &mut Work<'_>, invoice: &Value) -> Answer {
    let description = match text(invoice, "billing_reason") {
        "subscription_create" => "Subscription creation",
        "subscription_update" => "Subscription update",
        _ => "Invoice",
    };
    let wishes = json!({ "description": description, "setup_future_usage": "off_session" });
    let draft = Draft {
        amount: integer(invoice, "amount_due"),
        currency: text(invoice, "currency"),
        customer: invoice["customer"].clone(),
        payment_method_types: json!(["card"]),
        owner: Some(text(invoice, "id")),
        wishes: &wishes,
    };
    let intent = payment_intents::start(work, draft).await?;
    tie(work, invoice, &intent).await?;
    let mut invoice = invoice.clone();
    invoice["confirmation_secret"] =
        json!({ "client_secret": intent["client_secret"], "type": "payment_intent" });
    work.update(&invoice).await?;
    Ok(intent)
}

/// Notes that an intent pays an invoice.
pub(super) async fn tie(work: &mut Work<'_>, invoice: &Value, intent: &Value) -> Answer<()> {
    let payment = json!({
        "id": identifier::new("inpay"),
        "object": "invoice_payment",
        "amount_paid": null,
        "amount_requested": invoice["amount_due"],
        "created": work.today(),
        "currency": invoice["currency"],
        "invoice": invoice["id"],
        "is_default": true,
        "livemode": false,
        "payment": { "payment_intent": intent["id"], "type": "payment_intent" },
        "status": "open",
        "status_transitions": { "canceled_at": null, "paid_at": null },
    });
    work.insert_with(&payment, Some(text(invoice, "id")), None).await
}

/// One attempt to pay an open invoice, with `method` or the card that is meant for it.
pub(crate) async fn collect(
    work: &mut Work<'_>,
    invoice: Value,
    method: Option<Value>,
    presence: Presence,
) -> Answer<(Value, Option<Collected>)> {
    let id = text(&invoice, "id").to_owned();
    let method = match method {
        Some(method) => Some(method),
        None => subscriptions::card_for(work, &invoice).await?,
    };
    let intent = work.owned("payment_intent", &id).await?.pop();
    let (Some(method), Some(mut intent)) = (method, intent) else {
        return Ok((invoice, None));
    };
    let collected = collection::collect(work, &mut intent, &method, presence).await?;
    Ok((work.named("invoice", &id).await?, Some(collected)))
}

/// What the invoice's intent has come to.
pub(crate) async fn follow(work: &mut Work<'_>, invoice: Value, intent: &Value) -> Answer<()> {
    if text(&invoice, "status") == "paid" {
        return Ok(());
    }
    match text(intent, "status") {
        "succeeded" => {
            note_paid(work, text(&invoice, "id")).await?;
            let amount = integer(intent, "amount_received");
            let invoice = invoices::mark_paid(work, invoice, amount).await?;
            subscriptions::invoice_paid(work, &invoice, Some(intent)).await
        }
        "requires_action" => {
            events::emit(work, "invoice.payment_action_required", &invoice).await?;
            failed(work, invoice).await
        }
        "requires_payment_method" => failed(work, invoice).await,
        _ => Ok(()),
    }
}

/// The row between invoice and intent says that the money has come.
pub(super) async fn note_paid(work: &mut Work<'_>, invoice: &str) -> Answer<()> {
    for mut payment in work.owned("invoice_payment", invoice).await? {
        payment["status"] = "paid".into();
        payment["amount_paid"] = payment["amount_requested"].clone();
        payment["status_transitions"]["paid_at"] = work.today().into();
        work.update(&payment).await?;
        events::emit(work, "invoice_payment.paid", &payment).await?;
    }
    Ok(())
}

/// An attempt that did not bring the money: the next one is planned, or given up.
pub(super) async fn failed(work: &mut Work<'_>, mut invoice: Value) -> Answer<()> {
    let attempts = integer(&invoice, "attempt_count") + 1;
    let first = text(&invoice, "billing_reason") == "subscription_create";
    let wait = usize::try_from(attempts - 1).ok().and_then(|index| RETRY_AFTER.get(index));
    let next = wait.filter(|_| !first).map(|wait| work.today() + wait);
    invoice["attempt_count"] = attempts.into();
    invoice["attempted"] = true.into();
    invoice["next_payment_attempt"] = next.into();
    work.replace(&invoice, next.map(|at| at * 1000)).await?;
    events::emit(work, "invoice.payment_failed", &invoice).await?;
    subscriptions::invoice_failed(work, &invoice, next.is_none() && !first).await
}
