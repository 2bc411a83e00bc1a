//! What another plan means: the subscription afterwards, and the lines that the change costs.

use serde_json::Value;

use super::super::failure::{Answer, Failure};
use super::super::parameters::Parameters;
use super::super::work::{Work, integer, text};
use super::period::boundary_after;
use super::{items, lines};

/// What happens to the difference in price within a period.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Proration {
    /// It stands on the next invoice.
    Later,
    /// It is invoiced at once.
    Now,
    /// It is forgotten.
    Never,
}

/// A change that is asked for.
pub(super) struct Change {
    pub items: Option<Vec<Value>>,
    pub proration: Proration,
    /// The instant, in seconds, from which the new price counts.
    pub instant: i64,
    /// A new period begins now.
    pub restart: bool,
    /// The trial ends now.
    pub end_trial: bool,
}

/// The outcome of a change.
pub(super) struct Changed {
    pub subscription: Value,
    pub lines: Vec<Value>,
    /// Whether `lines` are invoiced at once.
    pub bill_now: bool,
}

/// Reads what an update or a preview asks to change.
pub(super) async fn take(
    work: &mut Work<'_>,
    parameters: &mut Parameters,
    subscription: &Value,
) -> Answer<Change> {
    let behaviours = ["always_invoice", "create_prorations", "none"];
    let behaviour = parameters.take_choice("proration_behavior", &behaviours)?;
    let anchor = parameters.take_choice("billing_cycle_anchor", &["now", "unchanged"])?;
    let date_name = parameters.named("proration_date");
    let instant = parameters.take_integer("proration_date")?.unwrap_or_else(|| work.today());
    let item = &subscription["items"]["data"][0];
    let period = integer(item, "current_period_start")..=integer(item, "current_period_end");
    if !period.contains(&instant) {
        let message = "The proration date must lie within the current period.";
        return Err(Failure::invalid(&date_name, message));
    }
    let trial_name = parameters.named("trial_end");
    let end_trial = match parameters.take_text("trial_end")?.as_deref() {
        None => false,
        Some("now") => true,
        Some(_) => {
            let message = "The sandbox can only end a trial now (`trial_end=now`).";
            return Err(Failure::invalid(&trial_name, message));
        }
    };
    Ok(Change {
        items: items::take(work, parameters, &items::of(subscription)).await?,
        proration: match behaviour.as_deref() {
            Some("always_invoice") => Proration::Now,
            Some("none") => Proration::Never,
            _ => Proration::Later,
        },
        instant,
        restart: anchor.as_deref() == Some("now"),
        end_trial: end_trial && text(subscription, "status") == "trialing",
    })
}

/// Works the change out. Nothing is written.
pub(super) async fn work_out(
    work: &mut Work<'_>,
    before: &Value,
    change: Change,
) -> Answer<Changed> {
    let old = items::of(before);
    let new = change.items.clone().unwrap_or_else(|| old.clone());
    let rhythm = &new[0]["price"]["recurring"];
    let same_rhythm = ["interval", "interval_count"]
        .iter()
        .all(|field| rhythm[*field] == old[0]["price"]["recurring"][*field]);
    let trialing = text(before, "status") == "trialing";
    let restarts = change.end_trial || !trialing && (change.restart || !same_rhythm);
    let mut after = before.clone();
    if change.end_trial {
        after["status"] = "active".into();
        after["trial_end"] = change.instant.into();
    }
    let mut cost = Vec::new();
    if !trialing && change.proration != Proration::Never {
        for item in old.iter().filter(|item| restarts || !is_unchanged(item, &new)) {
            cost.push(lines::proration(work, before, item, change.instant, true).await?);
        }
    }
    place(&mut after, &old, new.clone(), restarts.then_some(change.instant));
    if restarts {
        cost.extend(lines::of_period(work, &after).await?);
    } else if !trialing && change.proration != Proration::Never {
        for item in items::of(&after).iter().filter(|item| !is_unchanged(item, &old)) {
            cost.push(lines::proration(work, &after, item, change.instant, false).await?);
        }
    }
    let bill_now = restarts || change.proration == Proration::Now && !cost.is_empty();
    Ok(Changed { subscription: after, lines: cost, bill_now })
}

/// Whether an item stands among the others with the same price and quantity.
fn is_unchanged(item: &Value, others: &[Value]) -> bool {
    let same = |other: &&Value| {
        other["id"] == item["id"]
            && other["price"]["id"] == item["price"]["id"]
            && other["quantity"] == item["quantity"]
    };
    others.iter().any(|other| same(&other))
}

/// Puts the new items in, in the old period or in one that begins at `restart`.
fn place(subscription: &mut Value, old: &[Value], new: Vec<Value>, restart: Option<i64>) {
    let (start, end) = match restart {
        Some(instant) => {
            subscription["billing_cycle_anchor"] = instant.into();
            (instant, boundary_after(instant, &new[0]["price"]["recurring"], instant))
        }
        None => (integer(&old[0], "current_period_start"), integer(&old[0], "current_period_end")),
    };
    let placed = new.into_iter().map(|mut item| {
        item["current_period_start"] = start.into();
        item["current_period_end"] = end.into();
        item
    });
    let placed = placed.collect();
    items::put(subscription, placed);
}
