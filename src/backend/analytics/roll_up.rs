//! The days behind the analytics, summed from the journal by a job; and what the journal has beyond them.

use std::collections::BTreeMap;

use crate::backend::step::Step;
use crate::backend::store::usage_day::{self, DayBy, DayFilter, DayKey, Sum, UsageEntry};
use crate::backend::store::{Db, StoreError, period, usage_day_sums};
use crate::backend::zone::Zone;
use crate::ledger::OrganisationId;

/// Transactions beyond its days from which on a journal is summed again.
pub const LEAST: u64 = 200;
/// Transactions that are summed at once, and the most beyond the days that a page reads.
const STRETCH: u64 = 2_000;
/// How often a page begins anew because its days were moved on while it read them.
pub const TRIES: usize = 5;

/// Sums what one journal has beyond its days, where that are `least` transactions or more.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn step(db: &Db, least: u64) -> Result<Step, StoreError> {
    let Some(wanted) = usage_day_sums::wanted(db, least).await? else { return Ok(Step::Idle) };
    let zone = Zone::of(&wanted.time_zone)
        .map_err(|error| StoreError::corrupt("ledger_head", &wanted.organisation, error))?;
    let through = wanted.last.min(wanted.place + STRETCH);
    let places = (wanted.place, through);
    let entries = usage_day::entries(db, &wanted.organisation, places).await?;
    let mut sums: BTreeMap<DayKey, Sum> = BTreeMap::new();
    for entry in entries {
        let key = key(zone, entry.clone());
        for key in [key.of_all_reports(), key] {
            let sum = sums.entry(key).or_default();
            *sum = sum.plus(entry.sum);
        }
    }
    usage_day_sums::add(db, &wanted.organisation, places, &sums).await?;
    Ok(Step::Done)
}

/// What a usage is about, with its day.
fn key(zone: Zone, entry: UsageEntry) -> DayKey {
    DayKey { day: zone.day(entry.recorded_at).to_string(), ..entry.key }
}

/// An organisation's days, and what the journal has beyond them: usage up to the last transaction.
pub struct Usage {
    db: Db,
    organisation: OrganisationId,
    place: u64,
    beyond: Vec<(DayKey, Sum)>,
    /// Whether there is more beyond the days than a page reads; the job has it summed within moments.
    pub uncounted: bool,
}

impl Usage {
    /// As it stands now. What is read from it holds if [`Usage::still_holds`] afterwards.
    ///
    /// # Errors
    /// The database failed.
    pub async fn open(
        db: &Db,
        organisation: &OrganisationId,
        zone: Zone,
    ) -> Result<Usage, StoreError> {
        let place = usage_day::place(db, organisation).await?;
        let last = period::last(db, organisation).await?;
        let uncounted = last > place + STRETCH;
        let through = if uncounted { place } else { last };
        let entries = usage_day::entries(db, organisation, (place, through)).await?;
        let beyond = entries.into_iter().map(|entry| (entry.sum, key(zone, entry)));
        let beyond = beyond.map(|(sum, key)| (key, sum)).collect();
        let (db, organisation) = (db.clone(), organisation.clone());
        Ok(Usage { db, organisation, place, beyond, uncounted })
    }

    /// Whether the job has not moved the days on since: what was read of both is of one moment then.
    ///
    /// # Errors
    /// The database failed.
    pub async fn still_holds(&self) -> Result<bool, StoreError> {
        Ok(usage_day::place(&self.db, &self.organisation).await? == self.place)
    }

    /// The sums of what a filter lets through, by one part.
    ///
    /// # Errors
    /// The database failed.
    pub async fn sums(
        &self,
        by: DayBy,
        filter: &DayFilter,
    ) -> Result<BTreeMap<String, Sum>, StoreError> {
        let mut sums = usage_day::sums(&self.db, &self.organisation, by, filter).await?;
        for (key, sum) in self.beyond.iter().filter(|(key, _)| filter.lets_through(key)) {
            let all = sums.entry(by.part(key).to_owned()).or_default();
            *all = all.plus(*sum);
        }
        Ok(sums)
    }

    /// The same by everything but the report.
    ///
    /// # Errors
    /// The database failed.
    pub async fn rows(&self, filter: &DayFilter) -> Result<BTreeMap<DayKey, Sum>, StoreError> {
        let mut rows = usage_day::rows(&self.db, &self.organisation, filter).await?;
        for (key, sum) in self.beyond.iter().filter(|(key, _)| filter.lets_through(key)) {
            let all = rows.entry(key.of_all_reports()).or_default();
            *all = all.plus(*sum);
        }
        Ok(rows)
    }
}
