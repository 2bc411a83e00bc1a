//! What happens at the end of a period: the next one, the end, or an invoice that waits no longer.

use serde_json::Value;

use super::super::collection::Presence;
use super::super::failure::Answer;
use super::super::work::{Work, integer, text};
use super::period::boundary_after;
use super::{invoice_collection, invoices, items, lines, subscriptions};

/// How long a renewal's invoice stays a draft, in seconds: as with Stripe, an hour.
const DRAFT_FOR: i64 = 3600;

/// The subscription's period is over, or its first payment did not come.
pub(crate) async fn act(work: &mut Work<'_>, subscription: Value) -> Answer<()> {
    if text(&subscription, "status") == "incomplete" {
        return expire(work, subscription).await;
    }
    let ends = subscription["cancel_at"].as_i64().is_some_and(|at| at <= work.today());
    if ends || subscription["cancel_at_period_end"] == true {
        return subscriptions::end(work, subscription, "cancellation_requested").await.map(drop);
    }
    renew(work, subscription).await
}

async fn expire(work: &mut Work<'_>, before: Value) -> Answer<()> {
    let mut after = before.clone();
    after["status"] = "incomplete_expired".into();
    after["ended_at"] = work.today().into();
    subscriptions::write(work, &before, &after).await?;
    for invoice in work.owned("invoice", text(&after, "id")).await? {
        if text(&invoice, "status") == "open" {
            invoices::give_up(work, invoice, "void").await?;
        }
    }
    Ok(())
}

async fn renew(work: &mut Work<'_>, before: Value) -> Answer<()> {
    let mut after = next_period(&before);
    if text(&before, "status") == "trialing" {
        after["status"] = "active".into();
    }
    let mut due = take_pending(work, text(&after, "id")).await?;
    due.extend(lines::of_period(work, &after).await?);
    let customer = work.named("customer", text(&after, "customer")).await?;
    let draft = invoices::Draft {
        customer: &customer,
        subscription: Some(&after),
        lines: due,
        reason: "subscription_cycle",
        currency: text(&after, "currency"),
        automatic_tax: false,
    };
    let invoice = invoices::draft(work, draft, Some(work.today() + DRAFT_FOR)).await?;
    after["latest_invoice"] = invoice["id"].clone();
    subscriptions::write(work, &before, &after).await
}

/// The subscription in the period after its present one.
pub(super) fn next_period(before: &Value) -> Value {
    let mut after = before.clone();
    let start = subscriptions::period_end(before);
    let anchor = integer(before, "billing_cycle_anchor");
    let next = items::of(before).into_iter().map(|mut item| {
        item["current_period_start"] = start.into();
        item["current_period_end"] =
            boundary_after(anchor, &item["price"]["recurring"], start).into();
        item
    });
    let next = next.collect();
    items::put(&mut after, next);
    after
}

/// Keeps lines for the next invoice.
pub(super) async fn keep_pending(
    work: &mut Work<'_>,
    subscription: &str,
    lines: &[Value],
) -> Answer<()> {
    for line in lines {
        work.insert_with(line, Some(subscription), None).await?;
    }
    Ok(())
}

async fn take_pending(work: &mut Work<'_>, subscription: &str) -> Answer<Vec<Value>> {
    let pending = work.owned("line_item", subscription).await?;
    for line in &pending {
        work.remove(text(line, "id")).await?;
    }
    Ok(pending)
}

/// A draft goes out, or an open invoice is tried again.
pub(crate) async fn act_on_invoice(work: &mut Work<'_>, invoice: Value) -> Answer<()> {
    if text(&invoice, "status") == "draft" {
        return invoice_collection::bill(work, invoice, Presence::Away).await.map(drop);
    }
    work.replace(&invoice, None).await?;
    let id = text(&invoice, "id").to_owned();
    let (_, collected) = invoice_collection::collect(work, invoice, None, Presence::Away).await?;
    if collected.is_none() {
        let invoice = work.named("invoice", &id).await?;
        invoice_collection::failed(work, invoice).await?;
    }
    Ok(())
}
