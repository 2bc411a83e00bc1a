//! Subscriptions: update, cancel, retrieve, list.

use serde_json::Value;

use super::super::failure::{Answer, Failure};
use super::super::listing::{Filter, Page, list};
use super::super::parameters::Parameters;
use super::super::work::{Work, text};
use super::changes::{self, Changed};
use super::subscription_creation::{
    Unpaid, bill, take_automatic_tax, take_ignored, take_method, take_payment_settings, take_unpaid,
};
use super::{items, lines, renewal, subscriptions};

const FEEDBACK: [&str; 8] = [
    "customer_service",
    "low_quality",
    "missing_features",
    "other",
    "switched_service",
    "too_complex",
    "too_expensive",
    "unused",
];
/// `POST /v1/subscriptions/{id}`
pub(crate) async fn update(work: &mut Work<'_>, id: &str, mut parameters: Parameters) -> Answer {
    let before = work.named("subscription", id).await?;
    let ended = matches!(text(&before, "status"), "canceled" | "incomplete_expired");
    let mut laid = before.clone();
    laid["metadata"] = parameters.take_metadata(laid["metadata"].take())?;
    take_cancellation_details(&mut laid, &mut parameters)?;
    if ended {
        parameters.finish()?;
        subscriptions::write(work, &before, &laid).await?;
        return Ok(laid);
    }
    let unpaid = take_unpaid(&mut parameters)?;
    let customer = work.named("customer", text(&before, "customer")).await?;
    if let Some(method) = take_method(work, &mut parameters, &customer).await? {
        laid["default_payment_method"] = method.into();
    }
    if let Some(enabled) = take_automatic_tax(&mut parameters, &customer)? {
        laid["automatic_tax"] = subscriptions::automatic_tax(enabled);
    }
    if let Some(saves) = take_payment_settings(&mut parameters)? {
        laid["payment_settings"]["save_default_payment_method"] =
            if saves { "on_subscription" } else { "off" }.into();
    }
    if let Some(description) = parameters.take_raw("description")? {
        laid["description"] = if description.is_empty() { Value::Null } else { description.into() };
    }
    let change = changes::take(work, &mut parameters, &laid).await?;
    let Changed { mut subscription, lines, bill_now } =
        changes::work_out(work, &laid, change).await?;
    if let Some(cancels) = parameters.take_boolean("cancel_at_period_end")? {
        set_cancellation(work, &mut subscription, cancels);
    }
    if let Some(at) = parameters.take_raw("cancel_at")? {
        subscription["cancel_at"] = at.parse::<i64>().ok().into();
        subscription["canceled_at"] = at.parse::<i64>().ok().map(|_| work.today()).into();
    }
    take_ignored(&mut parameters)?;
    parameters.finish()?;
    subscriptions::write(work, &before, &subscription).await?;
    if bill_now {
        return bill(work, subscription, lines, "subscription_update", unpaid).await;
    }
    renewal::keep_pending(work, id, &lines).await?;
    Ok(subscription)
}

/// Whether it ends with its period.
pub(crate) fn set_cancellation(work: &Work<'_>, subscription: &mut Value, cancels: bool) {
    let end = subscriptions::period_end(subscription);
    subscription["cancel_at_period_end"] = cancels.into();
    subscription["cancel_at"] = cancels.then_some(end).into();
    subscription["canceled_at"] = cancels.then(|| work.today()).into();
    subscription["cancellation_details"]["reason"] =
        cancels.then_some("cancellation_requested").into();
}

fn take_cancellation_details(subscription: &mut Value, parameters: &mut Parameters) -> Answer<()> {
    let Some(mut group) = parameters.take_group("cancellation_details")? else { return Ok(()) };
    if let Some(comment) = group.take_raw("comment")? {
        subscription["cancellation_details"]["comment"] = comment.into();
    }
    if let Some(feedback) = group.take_choice("feedback", &FEEDBACK)? {
        subscription["cancellation_details"]["feedback"] = feedback.into();
    }
    group.finish()
}

/// `DELETE /v1/subscriptions/{id}`: it ends now.
pub(crate) async fn cancel(work: &mut Work<'_>, id: &str, mut parameters: Parameters) -> Answer {
    let mut subscription = work.named("subscription", id).await?;
    if matches!(text(&subscription, "status"), "canceled" | "incomplete_expired") {
        return Err(Failure::no_such("subscription", id));
    }
    take_cancellation_details(&mut subscription, &mut parameters)?;
    let prorates = parameters.take_boolean("prorate")?.unwrap_or(false);
    let invoices_now = parameters.take_boolean("invoice_now")?.unwrap_or(false);
    parameters.finish()?;
    let mut credits = Vec::new();
    if prorates && text(&subscription, "status") == "active" {
        for item in items::of(&subscription) {
            let now = work.today();
            credits.push(lines::proration(work, &subscription, &item, now, true).await?);
        }
    }
    let mut ended = subscriptions::end(work, subscription, "cancellation_requested").await?;
    if invoices_now && !credits.is_empty() {
        ended = bill(work, ended, credits, "subscription_update", Unpaid::Allowed).await?;
    }
    Ok(ended)
}

/// `GET /v1/subscriptions/{id}`
pub(crate) async fn retrieve(work: &mut Work<'_>, id: &str, parameters: Parameters) -> Answer {
    parameters.finish()?;
    work.named("subscription", id).await
}

/// `GET /v1/subscriptions`: without `status`, those that have not ended.
pub(crate) async fn list_all(work: &mut Work<'_>, mut parameters: Parameters) -> Answer {
    let page = Page::take(&mut parameters)?;
    let mut filter = Filter::default();
    filter.take_text(&mut parameters, "customer")?;
    match parameters.take_text("status")?.as_deref() {
        None => filter.absent("$.ended_at"),
        Some("all") => {}
        Some(status) => filter.equals("$.status", Some(status.to_owned())),
    }
    let price = parameters.take_text("price")?;
    filter.equals("$.items.data[0].price.id", price);
    parameters.finish()?;
    list(work, "subscription", "/v1/subscriptions", page, filter).await
}
