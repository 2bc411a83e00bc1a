//! The running month and the three before it, and what they suggest.

use crate::backend::balance::ReadError;
use crate::backend::state::Backend;
use crate::backend::store::period;
use crate::backend::store::usage::{self, UsageSum};
use crate::backend::zone::{Month, Zone};
use crate::ledger::{Credits, OrganisationId, Timestamp};
use crate::model::credits::MonthCard;
use crate::model::trend::{Trend, TrendMonth, trend};

/// Months before the running one that are shown.
const FINISHED_MONTHS: usize = 3;

/// The running month first, then the three before it; and the trend.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn cards(
    backend: &Backend,
    organisation: &OrganisationId,
    zone: Zone,
) -> Result<(Vec<MonthCard>, Trend), ReadError> {
    let now = backend.now();
    let current = zone.month(now);
    let months: Vec<Month> = std::iter::successors(Some(current), |month| Some(month.before()))
        .take(FINISHED_MONTHS + 1)
        .collect();
    let oldest = months.last().copied().unwrap_or(current);
    let (from, to) = (oldest.to_string(), current.to_string());
    let sums = usage::by_month(&backend.db, organisation, &from, &to).await?;
    let mut cards: Vec<MonthCard> =
        months.iter().map(|month| card(*month, current, &sums)).collect();
    if let Some(card) = cards.first_mut() {
        card.by_now_last_month = Some(by_now_last_month(backend, organisation, zone, now).await?);
    }
    let trend = trend_of(&cards);
    Ok((cards, trend))
}

fn card(month: Month, current: Month, sums: &[UsageSum<String>]) -> MonthCard {
    let name = month.to_string();
    let sum = sums.iter().find(|sum| sum.of == name);
    MonthCard {
        label: month.label(),
        short: month.short().to_owned(),
        used: sum.map_or(Credits::ZERO, |sum| sum.credits),
        transactions: sum.map_or(0, |sum| u64::try_from(sum.transactions).unwrap_or_default()),
        is_current: month == current,
        by_now_last_month: None,
    }
}

/// What the month before had used when it was as old as the running month is now.
async fn by_now_last_month(
    backend: &Backend,
    organisation: &OrganisationId,
    zone: Zone,
    now: Timestamp,
) -> Result<Credits, ReadError> {
    let current = zone.month(now);
    let (from, end) = (zone.start_of(current.before()), zone.start_of(current));
    let until = from.plus(now.since(end)).min(end);
    let after = period::position(&backend.db, organisation, from).await?;
    let through = period::position(&backend.db, organisation, until).await?;
    Ok(period::used(&backend.db, organisation, after, through).await?)
}

fn trend_of(cards: &[MonthCard]) -> Trend {
    let months: Vec<TrendMonth> = cards
        .iter()
        .map(|card| TrendMonth { label: card.label.clone(), used: card.used })
        .collect();
    let (current, finished) = months.split_first().expect("the running month is always there");
    let finished: Vec<TrendMonth> = finished.iter().rev().cloned().collect();
    trend(&finished, current)
}
