//! What the sandbox does by itself when the test clock reaches an object's `due_at`.

use serde_json::Value;
use sqlx::SqlitePool;

use super::billing::renewal;
use super::cards::{self, Aftermath};
use super::checkout::sessions;
use super::dispute_turns::{self, Opening};
use super::failure::{Answer, Failure};
use super::work::{Work, text};
use super::{collection, refunds};

/// Does the most overdue thing, at the instant it was due; false when nothing is overdue.
pub(crate) async fn act(work: &mut Work<'_>) -> Answer<bool> {
    let Some((object, due_at)) = work.most_overdue().await? else { return Ok(false) };
    work.moment = due_at;
    match text(&object, "object") {
        "checkout.session" => sessions::close(work, object).await.map(drop)?,
        "payment_intent" => collection::settle(work, object, None).await.map(drop)?,
        "charge" => dispute(work, object).await?,
        "subscription" => renewal::act(work, object).await?,
        "invoice" => renewal::act_on_invoice(work, object).await?,
        "refund" => refunds::settle(work, object, None).await.map(drop)?,
        other => return Err(Failure::broken(format!("nobody acts on an overdue {other}"))),
    }
    Ok(true)
}

/// Some test cards dispute what they paid.
async fn dispute(work: &mut Work<'_>, charge: Value) -> Answer<()> {
    work.replace(&charge, None).await?;
    let method = work.named("payment_method", text(&charge, "payment_method")).await?;
    let (reason, inquiry) = match cards::of_method(&method).map(|card| card.aftermath) {
        Some(Aftermath::Dispute(reason)) => (reason, false),
        Some(Aftermath::Inquiry) => ("fraudulent", true),
        _ => return Ok(()),
    };
    let opening = Opening { amount: None, reason: reason.to_owned(), inquiry, withdraw: !inquiry };
    dispute_turns::open(work, charge, opening).await.map(drop)
}

/// The test clock's instant, in milliseconds, at which something is due next.
pub(crate) async fn next(pool: &SqlitePool) -> Answer<Option<i64>> {
    let next = sqlx::query_scalar("select min(due_at) from objects where due_at is not null");
    Ok(next.fetch_one(pool).await?)
}
