//! One look at one organisation: what it needs to know, what follows, and writing it.

use super::decide::{self, Looked, SPIKE_LOOKS_BACK, Watched, expiry_level, is_spike};
use super::organisation_facts::Facts;
use super::watches::{self, Told};
use super::words::{self, Said};
use crate::backend::balance::ReadError;
use crate::backend::forecast::lapses;
use crate::backend::state::Backend;
use crate::backend::step::Step;
use crate::backend::store::alert::{self, Audience, NewAlert, Turn};
use crate::backend::store::alert_turn::{self, Due};
use crate::backend::{id, notices};
use crate::ledger::time::{DAY, MINUTE};
use crate::ledger::{Credits, Lot, Timestamp};
use crate::model::alerts::RuleKind;

/// How often rules that only time can break are looked at.
pub const SLOW_EVERY: i64 = 10 * MINUTE;
/// How long an organisation rests whose look failed.
const REST: i64 = MINUTE;

/// Looks at the organisation that has waited longest.
///
/// # Errors
/// It could not be read or written; the others go first, and it is looked at again.
pub async fn step(backend: &Backend) -> Result<Step, ReadError> {
    let now = backend.now();
    let Some(due) = alert_turn::due(&backend.db, now).await? else { return Ok(Step::Idle) };
    match look(backend, &due, now).await {
        Ok(()) => Ok(Step::Done),
        Err(error) => {
            alert_turn::postpone(&backend.db, &due, now.plus(REST)).await?;
            Err(error)
        }
    }
}

async fn look(backend: &Backend, due: &Due, now: Timestamp) -> Result<(), ReadError> {
    let facts = Facts::read(backend, due, now).await?;
    let is_slow = now >= due.look_at;
    let mut seen = Seen::default();
    seen.look(watches::balance(&facts).await?);
    watches::budgets(&facts).into_iter().for_each(|watches| seen.look(watches));
    for watches in watches::own_usage(&facts).await? {
        seen.look(watches);
    }
    // Where nothing is left, that says more than any forecast.
    seen.forecasts = is_slow && facts.state.balance(now).available.is_positive();
    if seen.forecasts {
        seen.look(watches::forecast(&facts).await?);
    }
    if is_slow {
        spike(&facts, &mut seen).await?;
        expiry(&facts, &mut seen).await?;
    }
    let look_at = if is_slow { now.plus(SLOW_EVERY) } else { due.look_at };
    let (turn, alerts) = seen.into_turn(&facts, due, look_at)?;
    // `None`: another node has looked meanwhile, and told what there was to tell.
    if alert::write(&backend.db, Some(&turn), &alerts).await?.is_some() {
        let news = !alerts.is_empty() || !turn.recovered.is_empty() || !turn.gone.is_empty();
        alerts
            .iter()
            .filter(|alert| !alert.quiet)
            .for_each(|one| notices::told(&backend.live, one));
        if news {
            backend.live.notify(facts.id(), notices::TOPIC);
        }
    }
    Ok(())
}

/// What a look has found so far.
#[derive(Default)]
struct Seen {
    limits: Vec<Looked<Told>>,
    /// Whether the forecast was looked at; else its limits stand as they stood.
    forecasts: bool,
    /// Told by their own keys: what cannot recover.
    happened: Vec<(String, Told)>,
}

impl Seen {
    fn look(&mut self, watches: Vec<Watched<Told>>) {
        self.limits.push(decide::look(watches));
    }

    fn into_turn(
        self,
        facts: &Facts<'_>,
        due: &Due,
        look_at: Timestamp,
    ) -> Result<(Turn, Vec<NewAlert>), ReadError> {
        let mut turn = Turn {
            organisation: due.organisation.clone(),
            version: due.version,
            sequence: i64::try_from(facts.through.max(due.sequence)).unwrap_or(i64::MAX),
            look_at,
            watches: Vec::new(),
            gone: Vec::new(),
            recovered: Vec::new(),
            now: facts.now,
        };
        let mut alerts = Vec::new();
        for looked in self.limits {
            for (watch, told, quiet) in looked.fired {
                let key = format!("{watch}@{}", due.version + 1);
                alerts.push(new_alert(facts, key, watch, told, quiet)?);
            }
            turn.watches.extend(looked.watches);
            turn.recovered.extend(looked.recovered);
        }
        for (key, told) in self.happened {
            alerts.push(new_alert(facts, key, String::new(), told, false)?);
        }
        let looked_at = |name: &str| turn.watches.iter().any(|(watch, _)| watch == name);
        let waits = |name: &str| !self.forecasts && name.starts_with("forecast|");
        let known = facts.known.keys();
        turn.gone = known.filter(|name| !looked_at(name) && !waits(name)).cloned().collect();
        Ok((turn, alerts))
    }
}

fn new_alert(
    facts: &Facts<'_>,
    key: String,
    watch: String,
    told: Told,
    quiet: bool,
) -> Result<NewAlert, ReadError> {
    let Said { kind, title, detail, cure } = told.said;
    let alert = NewAlert {
        organisation: facts.id().clone(),
        id: id::uuid_simple(facts.now),
        key,
        kind,
        topic: told.topic,
        watch,
        audience: told.audience,
        title,
        detail,
        cure: cure.map(|(address, link)| (address.to_owned(), link.to_owned())),
        created_at: facts.now,
        shown_until: told.shown_until,
        quiet,
        in_app: told.in_app,
        letter: None,
    };
    let letter = (told.mail && !quiet).then(|| notices::letter(&alert)).transpose()?;
    Ok(NewAlert { letter, ..alert })
}

/// Whether today uses far more than usual; told once a day.
async fn spike(facts: &Facts<'_>, seen: &mut Seen) -> Result<(), ReadError> {
    let Some(rule) = facts.rule(RuleKind::Spike) else { return Ok(()) };
    let (from, until) = facts.zone.day_around(facts.now);
    let age = from.since(facts.organisation.created_at) / DAY;
    let days = age.clamp(0, SPIKE_LOOKS_BACK);
    if days < decide::SPIKE_NEEDS_DAYS {
        return Ok(());
    }
    let before = facts.used(from.plus(-days * DAY), Some(from)).await?;
    let today = facts.used(from, None).await?;
    let times = rule.levels.iter().find(|times| is_spike(today, before, days, **times));
    if let Some(times) = times {
        let usual = Credits::from_micro(before.micro() / days.max(1));
        let told = Told {
            said: words::spike(today, usual),
            topic: "spike".to_owned(),
            audience: Audience::Admins,
            shown_until: Some(until),
            mail: rule.mail,
            in_app: rule.in_app,
        };
        seen.happened.push((format!("spike:{}:{times}", from.micros()), told));
    }
    Ok(())
}

/// What expires soon and would not be used by then; told once for each level.
async fn expiry(facts: &Facts<'_>, seen: &mut Seen) -> Result<(), ReadError> {
    let Some(rule) = facts.rule(RuleKind::Expiry) else { return Ok(()) };
    let (now, used) = (facts.now, facts.recent_usage().await?);
    let lapses = lapses(facts.state.spendable_lots(now), used, now);
    for lapse in lapses.into_iter().filter(|lapse| lapse.unused.is_positive()) {
        let ending = facts.state.lots().filter(|lot| lot.expires_at == Some(lapse.at));
        let Some(lived_from) = ending.map(began).max() else { continue };
        let Some(days) = expiry_level(&rule.levels, lapse.at, lived_from, now) else { continue };
        let told = Told {
            said: words::expiry(lapse.credits, lapse.unused, &facts.zone.moment(lapse.at)),
            topic: format!("expiry:{}", lapse.at.micros()),
            audience: Audience::Admins,
            shown_until: Some(lapse.at),
            mail: rule.mail,
            in_app: rule.in_app,
        };
        seen.happened.push((format!("expiry:{}:{days}", lapse.at.micros()), told));
    }
    Ok(())
}

fn began(lot: &Lot) -> Timestamp {
    lot.effective_at.max(lot.created_at)
}
