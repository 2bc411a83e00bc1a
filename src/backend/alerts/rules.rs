//! The rules: the catalogue's thresholds as long as nobody has set others, how they are typed, and saved.

use crate::backend::access::Caller;
use crate::backend::state::Backend;
use crate::backend::store::StoreError;
use crate::backend::store::alert_rule::{self, StoredRule};
use crate::ledger::{Credits, OrganisationId, Timestamp, UserId};
use crate::model::Problem;
use crate::model::alerts::{MailChoice, RuleKind};
use crate::model::format::format_credits;
use crate::model::permission::{Action, Role, may};

/// The most levels of one rule.
const LEVELS: usize = 5;
/// Days that a balance should last, by default.
const FORECAST_DAYS: i64 = 7;
/// How many times the usual is unusual, by default.
const SPIKE_TIMES: i64 = 3;
/// Days before an expiry, by default.
const EXPIRY_DAYS: [i64; 3] = [30, 7, 1];
/// Percents of what a department or a person may spend, by default.
const BUDGET_PERCENTS: [i64; 2] = [20, 5];

/// A rule that applies.
pub type Rule = StoredRule;

/// The rules of an organisation or of one person, those that were never set among them.
pub fn complete(
    backend: &Backend,
    set: Vec<StoredRule>,
    owner: Option<&UserId>,
    founded: Timestamp,
) -> Vec<Rule> {
    let kinds: &[RuleKind] = if owner.is_some() { &RuleKind::OWN } else { &RuleKind::ORGANISATION };
    kinds
        .iter()
        .map(|kind| {
            let of_kind = |one: &&StoredRule| one.kind == *kind && one.owner.as_ref() == owner;
            let found = set.iter().find(of_kind).cloned();
            found.unwrap_or_else(|| default(backend, *kind, owner, founded))
        })
        .collect()
}

/// What applies until somebody sets something else.
fn default(backend: &Backend, kind: RuleKind, owner: Option<&UserId>, founded: Timestamp) -> Rule {
    let thresholds = &backend.catalogue.thresholds;
    let levels = match kind {
        RuleKind::BalancePercent => {
            thresholds.percent_of_allowance.iter().map(|percent| i64::from(*percent)).collect()
        }
        RuleKind::BalanceCredits => {
            thresholds.credits_left.iter().map(|credits| credits.micro()).collect()
        }
        RuleKind::DepartmentPercent | RuleKind::CapPercent => BUDGET_PERCENTS.to_vec(),
        RuleKind::Forecast => vec![FORECAST_DAYS],
        RuleKind::Spike => vec![SPIKE_TIMES],
        RuleKind::Expiry => EXPIRY_DAYS.to_vec(),
        RuleKind::Payments | RuleKind::OwnUsage => Vec::new(),
    };
    let is_on = kind != RuleKind::OwnUsage;
    Rule {
        owner: owner.cloned(),
        kind,
        levels,
        mail: is_on,
        in_app: is_on,
        levels_at: founded,
        version: 0,
    }
}

/// Whether a rule tells anybody anything.
pub fn is_on(rule: &Rule) -> bool {
    rule.mail || rule.in_app
}

/// A level as people read it.
pub fn level_words(kind: RuleKind, level: i64) -> String {
    match kind {
        RuleKind::BalanceCredits | RuleKind::OwnUsage => format_credits(Credits::from_micro(level)),
        _ => level.to_string(),
    }
}

/// The levels as a form's field holds them.
pub fn levels_text(rule: &Rule) -> String {
    let plain = |level: &i64| match rule.kind {
        RuleKind::BalanceCredits | RuleKind::OwnUsage => Credits::from_micro(*level).to_string(),
        _ => level.to_string(),
    };
    rule.levels.iter().map(plain).collect::<Vec<_>>().join(", ")
}

/// What was typed as levels, the highest first.
///
/// # Errors
/// A sentence for the field.
pub fn read_levels(kind: RuleKind, typed: &str) -> Result<Vec<i64>, String> {
    let numbers = typed.split([',', ';', ' ']).map(str::trim).filter(|number| !number.is_empty());
    let mut levels =
        numbers.map(|number| read_level(kind, number)).collect::<Result<Vec<_>, _>>()?;
    levels.sort_unstable_by(|one, other| other.cmp(one));
    levels.dedup();
    match levels.len() {
        0 => Err(format!("Write at least one: {}.", example(kind))),
        1..=LEVELS => Ok(levels),
        _ => Err(format!("At most {LEVELS} at a time.")),
    }
}

fn read_level(kind: RuleKind, number: &str) -> Result<i64, String> {
    let no =
        || format!("“{number}” cannot be one of these. Write numbers such as {}.", example(kind));
    if matches!(kind, RuleKind::BalanceCredits | RuleKind::OwnUsage) {
        let credits: Credits = number.parse().map_err(|_| no())?;
        return Some(credits.micro()).filter(|micro| *micro > 0).ok_or_else(no);
    }
    let range = match kind {
        RuleKind::Spike => 2..=100,
        RuleKind::Forecast | RuleKind::Expiry => 1..=365,
        // Armed again a tenth above it, and there must be a whole to recover to.
        _ => 1..=90,
    };
    let level: i64 = number.trim_end_matches('%').parse().map_err(|_| no())?;
    if range.contains(&level) {
        return Ok(level);
    }
    Err(format!("{level} is not between {} and {}.", range.start(), range.end()))
}

const fn example(kind: RuleKind) -> &'static str {
    match kind {
        RuleKind::BalanceCredits => "100, 10",
        RuleKind::OwnUsage => "250",
        RuleKind::Forecast => "7",
        RuleKind::Spike => "3",
        RuleKind::Expiry => "30, 7, 1",
        _ => "20, 5",
    }
}

/// What a form wants a rule to be.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Which.
    pub kind: RuleKind,
    /// Its levels, as typed.
    pub levels: String,
    /// Whether it sends letters.
    pub mail: bool,
    /// Whether it stands in inboxes.
    pub in_app: bool,
    /// The version that the form showed.
    pub version: i64,
}

/// Why a rule was not saved.
#[derive(Debug)]
pub enum NotSaved {
    /// The *no* for the form.
    Refused(Problem),
    /// The database failed.
    Broken(StoreError),
}

impl From<StoreError> for NotSaved {
    fn from(error: StoreError) -> Self {
        NotSaved::Broken(error)
    }
}

/// Saves a rule of the organisation (`owner` is none) or of the caller. The same form sent twice saves
/// once; one that is older than what was saved meanwhile is refused.
///
/// # Errors
/// A level cannot be one, somebody else has saved meanwhile, or the database failed.
pub async fn save(
    backend: &Backend,
    caller: &Caller,
    owner: Option<&UserId>,
    wanted: Wanted,
    founded: Timestamp,
) -> Result<(), NotSaved> {
    let (db, organisation, now) = (&backend.db, &caller.organisation, backend.now());
    let set = alert_rule::of_owner(db, organisation, owner).await?;
    let rules = complete(backend, set, owner, founded);
    let current = rules.into_iter().find(|rule| rule.kind == wanted.kind);
    let current = current.ok_or_else(|| NotSaved::Refused(Problem::not_found("rule")))?;
    let rule = wanted_rule(&current, &wanted, now).map_err(NotSaved::Refused)?;
    let same = Rule { version: current.version, levels_at: current.levels_at, ..rule.clone() };
    if same == current {
        return Ok(());
    }
    if wanted.version != current.version {
        return Err(NotSaved::Refused(changed()));
    }
    let saved = alert_rule::save(db, organisation, &rule, &caller.user, now).await?;
    if saved { Ok(()) } else { Err(NotSaved::Refused(changed())) }
}

fn wanted_rule(current: &Rule, wanted: &Wanted, now: Timestamp) -> Result<Rule, Problem> {
    let kind = wanted.kind;
    // A failing payment is never silent: it stands in the inbox whatever is ticked.
    let in_app = wanted.in_app || kind == RuleKind::Payments;
    let is_on = wanted.mail || in_app;
    let levels = match (kind, is_on, wanted.levels.trim()) {
        (RuleKind::Payments, ..) => Vec::new(),
        (_, false, "") => current.levels.clone(),
        (_, _, typed) => read_levels(kind, typed).map_err(|sentence| {
            Problem::invalid_field(&format!("levels_{}", kind.as_str()), sentence)
        })?,
    };
    // What was off has not watched meanwhile: it begins anew.
    let begins = levels != current.levels || (is_on && !self::is_on(current));
    let levels_at = if begins { now } else { current.levels_at };
    Ok(Rule {
        owner: current.owner.clone(),
        kind,
        levels,
        mail: wanted.mail,
        in_app,
        levels_at,
        version: wanted.version,
    })
}

fn changed() -> Problem {
    let detail = "Somebody has changed this rule since you opened the page.";
    Problem::conflict("rule_changed", detail)
        .with_cure("The page shows what it is now. Change it again if you still want to.")
}

/// What someone gets by mail: what they chose or, until then, everything for admins and for others only
/// what concerns themselves.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn mail_choice(
    backend: &Backend,
    organisation: &OrganisationId,
    user: &UserId,
    role: Role,
) -> Result<MailChoice, StoreError> {
    let chosen = alert_rule::mail_choice(&backend.db, organisation, user).await?;
    let unchosen = if may(role, Action::ManageAlerts) { MailChoice::All } else { MailChoice::None };
    Ok(chosen.unwrap_or(unchosen))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_read_as_people_type_them() {
        assert_eq!(read_levels(RuleKind::BalancePercent, "5%, 20"), Ok(vec![20, 5]));
        assert_eq!(read_levels(RuleKind::BalancePercent, "5,20;5"), Ok(vec![20, 5]));
        assert_eq!(read_levels(RuleKind::BalanceCredits, "0.5"), Ok(vec![500_000]));
        assert_eq!(read_levels(RuleKind::Expiry, "1 7 30"), Ok(vec![30, 7, 1]));
    }

    #[test]
    fn levels_that_could_never_tell_or_never_recover_are_refused_with_a_sentence() {
        for (kind, typed) in [
            (RuleKind::BalancePercent, "0"),
            (RuleKind::BalancePercent, "95"),
            (RuleKind::BalanceCredits, "-5"),
            (RuleKind::Spike, "1"),
            (RuleKind::Expiry, "soon"),
            (RuleKind::Forecast, ""),
            (RuleKind::Forecast, "1 2 3 4 5 6"),
        ] {
            assert!(read_levels(kind, typed).unwrap_err().ends_with('.'), "{typed}");
        }
    }
}
