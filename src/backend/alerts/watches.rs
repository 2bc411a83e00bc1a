//! The limits of one organisation, each with its figure and its earlier value.

use super::decide::{Figure, Limit, Watched};
use super::organisation_facts::Facts;
use super::rules::Rule;
use super::words::{self, Said};
use crate::backend::balance::{ReadError, days_left};
use crate::backend::store::alert::Audience;
use crate::backend::store::alert_turn::WatchState;
use crate::backend::store::usage;
use crate::ledger::{Budget, Credits, Span, Subject, Timestamp};
use crate::model::alerts::{AlertKind, RuleKind};

/// The end of time, for spans that have none.
const NO_END: Timestamp = Timestamp(i64::MAX);

/// What is told when a limit is crossed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    pub said: Said,
    pub topic: String,
    pub audience: Audience,
    pub shown_until: Option<Timestamp>,
    pub mail: bool,
    pub in_app: bool,
}

impl Told {
    fn of(rule: &Rule, said: Said, topic: impl Into<String>, audience: Audience) -> Told {
        let (mail, in_app) = (rule.mail, rule.in_app);
        Told { said, topic: topic.into(), audience, shown_until: None, mail, in_app }
    }
}

type Watches = Vec<Watched<Told>>;

/// The limits of the shared balance; none where the plan is unlimited.
pub async fn balance(facts: &Facts<'_>) -> Result<Watches, ReadError> {
    let balance = facts.state.balance(facts.now);
    if balance.unlimited {
        return Ok(Vec::new());
    }
    let lately = facts.highest_lately().await?;
    let mut watches = Vec::new();
    for kind in [RuleKind::BalancePercent, RuleKind::BalanceCredits] {
        let Some(rule) = facts.rule(kind) else { continue };
        let mut since_it_applies = None;
        for (level, limit, is_last) in balance_limits(&rule, facts.base) {
            let watch = format!("{}|{level}", kind.as_str());
            let known = facts.known.get(&watch).copied();
            let highest = match (known, since_it_applies) {
                (Some(_), _) => lately,
                (None, Some(highest)) => highest,
                (None, None) => {
                    let highest = facts.highest_since(rule.levels_at).await?;
                    since_it_applies = Some(highest);
                    highest
                }
            };
            let now = balance.available.micro();
            let highest = highest.map_or(now, Credits::micro);
            let said = words::balance(kind, level, is_last, balance.available, facts.base);
            let tell = Told::of(&rule, said, "balance", Audience::Everyone);
            watches.push(Watched { watch, limit, known, figure: Figure { highest, now }, tell });
        }
    }
    Ok(watches)
}

/// The levels of a balance's rule as limits, and whether each is the last of several. Nothing at all is
/// the last level of credits.
pub fn balance_limits(rule: &Rule, base: Option<Credits>) -> Vec<(i64, Limit, bool)> {
    let count = rule.levels.len();
    let is_last = |place: usize| count > 1 && place + 1 == count;
    let levels = rule.levels.iter().enumerate();
    match rule.kind {
        RuleKind::BalancePercent => base.map_or_else(Vec::new, |base| {
            levels.map(|(place, at)| (*at, Limit::percent(*at, base), is_last(place))).collect()
        }),
        _ => levels
            .map(|(place, at)| (*at, Limit::falling(*at), is_last(place)))
            .chain([(0, Limit::empty(), true)])
            .collect(),
    }
}

/// The limits of every department's allotment and every person's cap.
pub fn budgets(facts: &Facts<'_>) -> Vec<Watches> {
    let subjects = facts.state.budgets().map(|budget| budget.subject.clone());
    let subjects: Vec<Subject> = subjects.collect();
    subjects.iter().map(|subject| of_budget(facts, subject)).collect()
}

fn of_budget(facts: &Facts<'_>, subject: &Subject) -> Watches {
    let Some(budget) = facts.state.budget_at(subject, facts.now) else { return Vec::new() };
    let (rule, audience, name) = match subject {
        Subject::Department(id) => (
            facts.rule(RuleKind::DepartmentPercent),
            Audience::Department(id.clone()),
            Some(facts.department_name(id.as_str())),
        ),
        Subject::Member(id) => {
            (facts.own_rule(id, RuleKind::CapPercent), Audience::Member(id.clone()), None)
        }
        Subject::Organisation | Subject::Key(_) => return Vec::new(),
    };
    let Some(rule) = rule.filter(|_| budget.limit.is_positive() && budget.span.contains(facts.now))
    else {
        return Vec::new();
    };
    let levels = rule.levels.iter().map(|at| (*at, Limit::percent(*at, budget.limit)));
    levels
        .chain([(0, Limit::empty())])
        .map(|(level, limit)| {
            let watch = format!("budget|{subject}|{}|{level}", budget.span.from.micros());
            let known = facts.known.get(&watch).copied();
            let now = budget.left().micro();
            let highest = highest_left(facts, &budget, known, rule.levels_at);
            let said = words::budget(level, &budget, name.as_deref());
            let mut tell = Told::of(&rule, said, format!("budget:{subject}"), audience.clone());
            tell.shown_until = Some(budget.span.until).filter(|until| *until != NO_END);
            Watched { watch, limit, known, figure: Figure { highest, now }, tell }
        })
        .collect()
}

/// The most that was left of a budget since it was last looked at: what was left when it was set or, where
/// its stretch began anew, all of it.
fn highest_left(
    facts: &Facts<'_>,
    budget: &Budget,
    known: Option<WatchState>,
    levels_at: Timestamp,
) -> i64 {
    let now = budget.left();
    let when_set = match facts.last_set(&budget.subject) {
        Some((_, at, used)) if at >= budget.span.from => {
            budget.limit.checked_sub(used).unwrap_or_default()
        }
        _ => budget.limit,
    };
    let is_new = facts.last_set(&budget.subject).is_some_and(|(place, ..)| place > facts.after);
    // Levels that were chosen later than the budget speak of what was left then, which nobody kept:
    // only what is left now is known.
    let applies_all_along =
        facts.last_set(&budget.subject).is_none_or(|(_, at, _)| at >= levels_at)
            || budget.span.from >= levels_at;
    match known {
        Some(_) if !is_new => now.micro(),
        None if !applies_all_along => now.micro(),
        _ => when_set.max(now).micro(),
    }
}

/// The days that the balance lasts.
pub async fn forecast(facts: &Facts<'_>) -> Result<Watches, ReadError> {
    let balance = facts.state.balance(facts.now);
    let Some(rule) = facts.rule(RuleKind::Forecast).filter(|_| !balance.unlimited) else {
        return Ok(Vec::new());
    };
    let days = |left: Option<u32>| left.map_or(i64::MAX, i64::from);
    let now = days(days_left(balance.available, facts.recent_usage().await?));
    let mut watches = Vec::new();
    for level in rule.levels.iter().copied() {
        let watch = format!("forecast|{level}");
        let known = facts.known.get(&watch).copied();
        let highest = match known {
            Some(_) => now,
            None => days(lasted_at(facts, rule.levels_at).await?),
        };
        let said = words::forecast(now, balance.available);
        let tell = Told::of(&rule, said, "forecast", Audience::Admins);
        let (limit, figure) = (Limit::falling(level), Figure { highest, now });
        watches.push(Watched { watch, limit, known, figure, tell });
    }
    Ok(watches)
}

/// How many days the balance lasted at an earlier instant, at the pace it had then.
async fn lasted_at(facts: &Facts<'_>, at: Timestamp) -> Result<Option<u32>, ReadError> {
    use crate::backend::balance::PACE_DAYS;
    use crate::ledger::time::DAY;

    let used = facts.used(at.plus(-PACE_DAYS * DAY), Some(at)).await?;
    let stood = facts.stood_at(at).await?;
    Ok(days_left(stood, used))
}

/// What people want to be told of their own usage in the month that runs.
pub async fn own_usage(facts: &Facts<'_>) -> Result<Vec<Watches>, ReadError> {
    let rules = facts.who_watch_their_usage();
    if rules.is_empty() {
        return Ok(Vec::new());
    }
    let (db, month) = (&facts.backend.db, facts.zone.month(facts.now));
    let (name, from) = (month.to_string(), facts.zone.start_of(month));
    let sums = usage::by_member(db, facts.id(), &name, &name).await?;
    let mut all = Vec::new();
    for rule in &rules {
        let Some(user) = &rule.owner else { continue };
        let used = sums.iter().find(|sum| sum.of.as_ref() == Some(user));
        let used = used.map_or(Credits::ZERO, |sum| sum.credits);
        // What of it was used before the rule applies.
        let before = if rule.levels_at <= from {
            Credits::ZERO
        } else {
            let span = Span { from: rule.levels_at, until: NO_END };
            let since =
                usage::in_span(db, facts.id(), &Subject::Member(user.clone()), span).await?;
            used.checked_sub(since).unwrap_or_default()
        };
        let until = facts.zone.start_of(month.plus(1));
        all.push(
            rule.levels
                .iter()
                .map(|level| {
                    let watch = format!("own_usage|{user}|{name}|{level}");
                    let known = facts.known.get(&watch).copied();
                    let left = |used: Credits| level.saturating_sub(used.micro());
                    let now = left(used);
                    let highest = if known.is_none() { left(before) } else { now };
                    let said = words::own_usage(used, &month.label());
                    let mut tell = Told::of(
                        rule,
                        said,
                        format!("own_usage:{user}"),
                        Audience::Member(user.clone()),
                    );
                    tell.shown_until = Some(until);
                    // Reached, not passed: nothing is left up to the level.
                    let limit = Limit { at: 1, again_at: 1 };
                    Watched { watch, limit, known, figure: Figure { highest, now }, tell }
                })
                .collect(),
        );
    }
    Ok(all)
}

/// What kind an alert of the balance is, by its place among the levels.
pub fn balance_kind(level: i64, is_last: bool) -> AlertKind {
    match (level, is_last) {
        (0, _) => AlertKind::OutOfCredits,
        (_, true) => AlertKind::CreditsCritical,
        (_, false) => AlertKind::CreditsLow,
    }
}
