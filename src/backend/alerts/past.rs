//! How often each rule would have told in the last thirty days, from the journal: at so many points of it
//! at most that a page costs the same however long the history is.

use std::collections::HashMap;

use super::decide::{Limit, SPIKE_LOOKS_BACK, count_crossings, is_spike};
use super::rules::{Rule, level_words};
use super::watches::balance_limits;
use crate::backend::balance::{PACE_DAYS, ReadError, days_left};
use crate::backend::state::Backend;
use crate::backend::store::alert_turn::{self, Point};
use crate::backend::store::organisation::Organisation;
use crate::backend::store::{alert, period};
use crate::ledger::time::DAY;
use crate::ledger::{Credits, Timestamp};
use crate::model::alerts::{AlertKind, RuleKind};

/// Days that are looked back at.
const DAYS: i64 = 30;
/// Points of the journal that are looked at; exact up to here.
const POINTS: u64 = 2_000;
/// Transactions that are summed by day at most.
const SUMMED: u64 = 20_000;

/// What the last thirty days were like.
pub struct Past {
    now: Timestamp,
    founded: Timestamp,
    base: Option<Credits>,
    points: Vec<Point>,
    /// What was used on each day, by how many days ago it was; none where that is too much to sum.
    used: Option<HashMap<i64, Credits>>,
    told: HashMap<AlertKind, u32>,
}

impl Past {
    /// Reads them.
    ///
    /// # Errors
    /// The database failed, or a row does not parse.
    pub async fn read(
        backend: &Backend,
        organisation: &Organisation,
        base: Option<Credits>,
    ) -> Result<Past, ReadError> {
        let (db, id, now) = (&backend.db, &organisation.id, backend.now());
        let begin = now.plus(-DAYS * DAY);
        let last = period::last(db, id).await?;
        let place = period::position(db, id, begin).await?;
        let points = alert_turn::points(db, id, (place.max(1), last), POINTS).await?;
        let first = period::position(db, id, begin.plus(-PACE_DAYS * DAY)).await?;
        let used = if last.saturating_sub(first) > SUMMED {
            None
        } else {
            Some(alert_turn::used_by_day(db, id, (first, last), now).await?)
        };
        let told = alert::told_since(db, id, begin).await?;
        Ok(Past { now, founded: organisation.created_at, base, points, used, told })
    }

    /// What a rule would have told or, where that cannot be worked out, has told; none for a person's own.
    pub fn of(&self, rule: &Rule) -> Option<String> {
        let counts = match rule.kind {
            RuleKind::BalancePercent | RuleKind::BalanceCredits => self.of_balance(rule),
            RuleKind::Forecast if self.used.is_some() => each(rule, |days| self.forecasts(days)),
            RuleKind::Spike if self.used.is_some() => each(rule, |times| self.spikes(times)),
            RuleKind::CapPercent | RuleKind::OwnUsage => return None,
            kind => return Some(self.has_told(kind)),
        };
        let counts = counts.join(", ");
        Some(format!("In the last 30 days it would have told {counts}."))
            .filter(|_| !counts.is_empty())
    }

    fn of_balance(&self, rule: &Rule) -> Vec<String> {
        let balances = || self.points.iter().map(|point| point.available.micro());
        let limits = balance_limits(rule, self.base).into_iter();
        limits
            .map(|(level, limit, _)| {
                let count = times(count_crossings(limit, balances()));
                match level {
                    0 => format!("{count} that none are left"),
                    _ => format!("{count} at {}", words(rule.kind, level)),
                }
            })
            .collect()
    }

    fn has_told(&self, kind: RuleKind) -> String {
        let kinds: &[AlertKind] = match kind {
            RuleKind::Forecast => &[AlertKind::RunsOut],
            RuleKind::Spike => &[AlertKind::Spike],
            RuleKind::DepartmentPercent => &[AlertKind::BudgetLow],
            RuleKind::Expiry => &[AlertKind::Expiry],
            _ => &[AlertKind::PaymentFailed, AlertKind::TopUpStopped],
        };
        match kinds.iter().filter_map(|kind| self.told.get(kind)).sum() {
            0 => "It has told nothing in the last 30 days.".to_owned(),
            count => format!("It has told {} in the last 30 days.", times(count)),
        }
    }

    /// What was used in so many days before the day that was `ago` days ago.
    fn used_before(&self, ago: i64, days: i64) -> Credits {
        let Some(used) = &self.used else { return Credits::ZERO };
        let of_days = (ago + 1..=ago + days).filter_map(|day| used.get(&day).copied());
        Credits::checked_sum(of_days).unwrap_or(Credits::MAX)
    }

    fn spikes(&self, times: i64) -> u32 {
        let unusual = |ago: &i64| {
            let age = self.now.plus(-ago * DAY).since(self.founded) / DAY;
            let days = age.clamp(0, SPIKE_LOOKS_BACK);
            is_spike(self.used_before(ago - 1, 1), self.used_before(*ago, days), days, times)
        };
        u32::try_from((0..DAYS).filter(unusual).count()).unwrap_or(u32::MAX)
    }

    fn forecasts(&self, level: i64) -> u32 {
        let lasts = |ago: i64| {
            let at = self.now.plus(-ago * DAY);
            let stood = self.points.iter().take_while(|point| point.at <= at).last();
            let stood = stood.map(|point| point.available)?;
            let days = days_left(stood, self.used_before(ago - 1, PACE_DAYS));
            Some(days.map_or(i64::MAX, i64::from))
        };
        count_crossings(Limit::falling(level), (0..=DAYS).rev().filter_map(lasts))
    }
}

fn each(rule: &Rule, count: impl Fn(i64) -> u32) -> Vec<String> {
    let line = |level: &i64| format!("{} at {}", times(count(*level)), words(rule.kind, *level));
    rule.levels.iter().map(line).collect()
}

fn words(kind: RuleKind, level: i64) -> String {
    let level = level_words(kind, level);
    match kind {
        RuleKind::BalanceCredits => format!("{level} credits"),
        RuleKind::Forecast => format!("{level} days"),
        RuleKind::Spike => format!("{level} times the usual"),
        _ => format!("{level}\u{a0}%"),
    }
}

fn times(count: u32) -> String {
    match count {
        0 => "never".to_owned(),
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        count => format!("{count} times"),
    }
}
