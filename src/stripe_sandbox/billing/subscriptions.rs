//! What a subscription is, and how it goes from one status to the next.

use serde_json::{Value, json};

use super::super::failure::Answer;
use super::super::work::{Work, integer, text};
use super::super::{events, identifier, payment_methods};
use super::period::{boundary_after, share};
use super::{items, lines};

/// How long a subscription may wait for its first payment, in seconds.
const FIRST_PAYMENT_WITHIN: i64 = 23 * 3600;

/// What a subscription begins with.
pub(crate) struct Draft {
    pub customer: String,
    pub items: Vec<Value>,
    pub default_payment_method: Value,
    pub metadata: Value,
    pub description: Value,
    /// Seconds of the test clock.
    pub trial_end: Option<i64>,
    /// When the first whole period begins, when not now.
    pub anchor: Option<i64>,
    /// Whether the card that pays first becomes the subscription's own.
    pub saves_card: bool,
    pub status: &'static str,
    /// Whether its invoices reckon taxes.
    pub automatic_tax: bool,
}

/// A subscription that is not written anywhere, with its first period.
pub(super) fn build(work: &Work<'_>, draft: Draft) -> Value {
    let now = work.today();
    let rhythm = draft.items[0]["price"]["recurring"].clone();
    let anchor = draft.trial_end.or(draft.anchor).unwrap_or(now);
    let end = if anchor > now { anchor } else { boundary_after(anchor, &rhythm, now) };
    let items = draft.items.into_iter().map(|mut item| {
        item["current_period_start"] = now.into();
        item["current_period_end"] = end.into();
        item
    });
    let items: Vec<Value> = items.collect();
    let mut subscription = json!({
        "id": identifier::new("sub"),
        "object": "subscription",
        "application": null,
        "application_fee_percent": null,
        "automatic_tax": automatic_tax(draft.automatic_tax),
        "billing_cycle_anchor": anchor,
        "billing_cycle_anchor_config": null,
        "billing_mode": { "flexible": null, "type": "classic" },
        "billing_schedules": [],
        "billing_thresholds": null,
        "cancel_at": null,
        "cancel_at_period_end": false,
        "canceled_at": null,
        "cancellation_details": {
            "comment": null, "feedback": null, "feedback_option": null, "reason": null,
        },
        "collection_method": "charge_automatically",
        "created": now,
        "currency": items[0]["price"]["currency"],
        "customer": draft.customer,
        "customer_account": null,
        "days_until_due": null,
        "default_payment_method": draft.default_payment_method,
        "default_source": null,
        "default_tax_rates": [],
        "description": draft.description,
        "discounts": [],
        "ended_at": null,
        "invoice_settings": {
            "account_tax_ids": null, "custom_fields": null, "description": null, "footer": null,
            "issuer": { "type": "self" },
        },
        "latest_invoice": null,
        "livemode": false,
        "managed_payments": null,
        "metadata": draft.metadata,
        "next_pending_invoice_item_invoice": null,
        "on_behalf_of": null,
        "pause_collection": null,
        "payment_settings": {
            "payment_method_options": null,
            "payment_method_types": null,
            "save_default_payment_method": if draft.saves_card { "on_subscription" } else { "off" },
        },
        "pending_invoice_item_interval": null,
        "pending_setup_intent": null,
        "pending_update": null,
        "schedule": null,
        "start_date": now,
        "status": draft.status,
        "test_clock": null,
        "transfer_data": null,
        "trial_end": draft.trial_end,
        "trial_settings": { "end_behavior": { "billing_cycle_anchor": null, "missing_payment_method": "create_invoice" } },
        "trial_start": draft.trial_end.map(|_| now),
    });
    items::put(&mut subscription, items);
    subscription
}

/// A subscription's `automatic_tax`.
pub(super) fn automatic_tax(enabled: bool) -> Value {
    json!({
        "disabled_reason": null,
        "enabled": enabled,
        "liability": enabled.then(|| json!({ "type": "self" })),
    })
}

/// A new subscription with its event.
pub(crate) async fn start(work: &mut Work<'_>, draft: Draft) -> Answer {
    let subscription = build(work, draft);
    let owner = text(&subscription, "customer").to_owned();
    work.insert_with(&subscription, Some(&owner), due_at(&subscription)).await?;
    events::emit(work, "customer.subscription.created", &subscription).await?;
    Ok(subscription)
}

/// The lines of its first invoice. A first period that is shorter costs its share, unless `free`.
pub(super) async fn first_lines(
    work: &mut Work<'_>,
    subscription: &Value,
    free: bool,
) -> Answer<Vec<Value>> {
    let mut first = Vec::new();
    for item in items::of(subscription) {
        let whole = items::amount(&item);
        let (start, anchor) =
            (integer(&item, "current_period_start"), integer(subscription, "billing_cycle_anchor"));
        let length = boundary_after(anchor, &item["price"]["recurring"], anchor) - anchor;
        let amount = match (text(subscription, "status"), anchor > start) {
            ("trialing", _) => 0,
            (_, true) if free => 0,
            (_, true) => share(whole, anchor - length, anchor, start),
            (_, false) => whole,
        };
        first.push(lines::regular(work, subscription, &item, amount).await?);
    }
    Ok(first)
}

/// When the present period ends, in seconds.
pub(crate) fn period_end(subscription: &Value) -> i64 {
    integer(&subscription["items"]["data"][0], "current_period_end")
}

/// When something happens to it by itself.
fn due_at(subscription: &Value) -> Option<i64> {
    let at = match text(subscription, "status") {
        "canceled" | "incomplete_expired" => return None,
        "incomplete" => integer(subscription, "created") + FIRST_PAYMENT_WITHIN,
        _ => {
            let end = period_end(subscription);
            subscription["cancel_at"].as_i64().map_or(end, |at| at.min(end))
        }
    };
    Some(at.saturating_mul(1000))
}

/// Writes it, with when something will happen to it next, and tells what changed.
pub(crate) async fn write(work: &mut Work<'_>, before: &Value, after: &Value) -> Answer<()> {
    work.replace(after, due_at(after)).await?;
    events::emit_change(work, "customer.subscription.updated", before, after).await
}

/// The subscription that an invoice is for.
async fn of_invoice(work: &mut Work<'_>, invoice: &Value) -> Answer<Option<Value>> {
    match invoice["parent"]["subscription_details"]["subscription"].as_str() {
        Some(id) => work.find("subscription", id).await,
        None => Ok(None),
    }
}

/// The card that an invoice is paid with: its subscription's, else its customer's.
pub(super) async fn card_for(work: &mut Work<'_>, invoice: &Value) -> Answer<Option<Value>> {
    let subscription = of_invoice(work, invoice).await?.unwrap_or_default();
    let customer = work.find("customer", text(invoice, "customer")).await?.unwrap_or_default();
    let chosen = [
        &subscription["default_payment_method"],
        &customer["invoice_settings"]["default_payment_method"],
    ];
    for id in chosen.into_iter().filter_map(Value::as_str) {
        let method = work.find("payment_method", id).await?;
        if let Some(method) = method.filter(|method| method["customer"] == invoice["customer"]) {
            return Ok(Some(method));
        }
    }
    Ok(None)
}

/// An invoice of it was paid: it goes on.
pub(super) async fn invoice_paid(
    work: &mut Work<'_>,
    invoice: &Value,
    intent: Option<&Value>,
) -> Answer<()> {
    let Some(before) = of_invoice(work, invoice).await? else { return Ok(()) };
    let mut after = before.clone();
    if let Some(intent) = intent
        && text(&before["payment_settings"], "save_default_payment_method") == "on_subscription"
    {
        let method = text(intent, "payment_method").to_owned();
        payment_methods::keep_for(work, &method, text(&before, "customer")).await?;
        after["default_payment_method"] = method.into();
    }
    if matches!(text(&before, "status"), "incomplete" | "past_due" | "unpaid") {
        after["status"] = "active".into();
    }
    if after == before { Ok(()) } else { write(work, &before, &after).await }
}

/// An invoice of it could not be paid; `given_up` after the last attempt.
pub(super) async fn invoice_failed(
    work: &mut Work<'_>,
    invoice: &Value,
    given_up: bool,
) -> Answer<()> {
    let Some(before) = of_invoice(work, invoice).await? else { return Ok(()) };
    if given_up && text(&before, "status") != "canceled" {
        return end(work, before, "payment_failed").await.map(drop);
    }
    if !matches!(text(&before, "status"), "active" | "trialing") {
        return Ok(());
    }
    let mut after = before.clone();
    after["status"] = "past_due".into();
    write(work, &before, &after).await
}

/// It ends now. Invoices that are still open are not collected any more.
pub(crate) async fn end(work: &mut Work<'_>, mut subscription: Value, reason: &str) -> Answer {
    let now = work.today();
    subscription["status"] = "canceled".into();
    subscription["ended_at"] = now.into();
    if subscription["canceled_at"].is_null() {
        subscription["canceled_at"] = now.into();
    }
    if subscription["cancellation_details"]["reason"].is_null() {
        subscription["cancellation_details"]["reason"] = reason.into();
    }
    work.replace(&subscription, None).await?;
    for mut invoice in work.owned("invoice", text(&subscription, "id")).await? {
        if matches!(text(&invoice, "status"), "draft" | "open") {
            invoice["auto_advance"] = false.into();
            invoice["next_payment_attempt"] = Value::Null;
            invoice["automatically_finalizes_at"] = Value::Null;
            work.replace(&invoice, None).await?;
        }
    }
    events::emit(work, "customer.subscription.deleted", &subscription).await?;
    Ok(subscription)
}
