//! `POST /v1/invoices/create_preview`: the invoice that a change, or the next period, would make.

use serde_json::{Value, json};

use super::super::checkout::take_enabled;
use super::super::failure::{Answer, Failure};
use super::super::identifier;
use super::super::parameters::Parameters;
use super::super::work::{Work, integer, text};
use super::changes::{self, Changed};
use super::subscriptions;
use super::{invoices, items, lines, renewal};

/// `POST /v1/invoices/create_preview`
pub(crate) async fn create(work: &mut Work<'_>, mut parameters: Parameters) -> Answer {
    let subscription = parameters.take_text("subscription")?;
    let customer = parameters.take_text("customer")?;
    parameters.take_choice("preview_mode", &["next", "recurring"])?;
    parameters.take_currency("currency")?;
    let details = parameters.take_group("subscription_details")?.unwrap_or_default();
    let automatic = take_enabled(&mut parameters, "automatic_tax")?;
    parameters.finish()?;
    match (subscription, customer) {
        (Some(id), _) => {
            let mut subscription = work.referred("subscription", &id, "subscription").await?;
            if let Some(enabled) = automatic {
                subscription["automatic_tax"] = subscriptions::automatic_tax(enabled);
            }
            of_change(work, subscription, details).await
        }
        (None, Some(id)) => {
            let customer = work.referred("customer", &id, "customer").await?;
            of_start(work, customer, details, automatic.unwrap_or(false)).await
        }
        (None, None) => Err(Failure::missing_parameter("subscription")),
    }
}

async fn of_change(work: &mut Work<'_>, before: Value, mut details: Parameters) -> Answer {
    let cancels = details.take_boolean("cancel_at_period_end")?;
    let cancels_now = details.take_boolean("cancel_now")?.unwrap_or(false);
    let asked = changes::take(work, &mut details, &before).await?;
    details.finish()?;
    let ends = cancels.unwrap_or(before["cancel_at_period_end"] == json!(true))
        || text(&before, "status") == "canceled"
        || cancels_now;
    let instant = asked.instant;
    let Changed { subscription, lines: mut due, bill_now } =
        changes::work_out(work, &before, asked).await?;
    if bill_now {
        return draw(work, &subscription, due, "subscription_update", instant).await;
    }
    if ends && due.is_empty() {
        let message = "No upcoming invoices for customer: the subscription ends with its period.";
        return Err(Failure::invalid_coded("invoice_upcoming_none", "", message));
    }
    let mut all = work.owned("line_item", text(&subscription, "id")).await?;
    all.append(&mut due);
    if ends {
        return draw(work, &subscription, all, "subscription_cycle", instant).await;
    }
    let next = renewal::next_period(&subscription);
    all.extend(lines::of_period(work, &next).await?);
    let at = subscriptions::period_end(&subscription);
    draw(work, &next, all, "upcoming", at).await
}

async fn of_start(
    work: &mut Work<'_>,
    customer: Value,
    mut details: Parameters,
    automatic_tax: bool,
) -> Answer {
    let items = items::take(work, &mut details, &[]).await?;
    let items = items.ok_or_else(|| Failure::missing_parameter("subscription_details[items]"))?;
    details.take_choice("proration_behavior", &["always_invoice", "create_prorations", "none"])?;
    let trial_end = details.take_integer("trial_end")?;
    details.finish()?;
    let draft = subscriptions::Draft {
        customer: text(&customer, "id").to_owned(),
        items,
        default_payment_method: Value::Null,
        metadata: json!({}),
        description: Value::Null,
        trial_end,
        anchor: None,
        saves_card: false,
        status: if trial_end.is_some() { "trialing" } else { "active" },
        automatic_tax,
    };
    let subscription = subscriptions::build(work, draft);
    let due = subscriptions::first_lines(work, &subscription, false).await?;
    let at = work.today();
    draw(work, &subscription, due, "subscription_create", at).await
}

/// The invoice as it would be at `instant`, with the customer's credit counted.
async fn draw(
    work: &mut Work<'_>,
    subscription: &Value,
    lines: Vec<Value>,
    reason: &str,
    instant: i64,
) -> Answer {
    let customer = work.named("customer", text(subscription, "customer")).await?;
    let draft = invoices::Draft {
        customer: &customer,
        subscription: Some(subscription),
        lines,
        reason,
        currency: text(subscription, "currency"),
        automatic_tax: false,
    };
    let mut invoice = invoices::build(work, identifier::new("upcoming_in"), draft).await?;
    let after_all = integer(&customer, "balance") + integer(&invoice, "total");
    invoice["created"] = instant.into();
    invoice["amount_due"] = after_all.max(0).into();
    invoice["amount_remaining"] = after_all.max(0).into();
    invoice["ending_balance"] = after_all.min(0).into();
    invoice["next_payment_attempt"] = (instant + 3600).into();
    Ok(invoice)
}
