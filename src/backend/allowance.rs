//! The year that a team's allowance and its departments' allotments are counted in.
//!
//! Where the team has an annual package, the year is that package's own; else it is the calendar year
//! in the organisation's zone. The allowance is what was granted in the year: the package, and
//! whatever was bought or given on top of it.

use crate::backend::balance::ReadError;
use crate::backend::state::Backend;
use crate::backend::store::lot;
use crate::backend::store::organisation::Organisation;
use crate::catalogue::Catalogue;
use crate::ledger::{Credits, Lot, Origin, Source, Timestamp, Window};

/// The year that is running.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllowanceYear {
    /// What people call it: the package's name, or the calendar year.
    pub name: String,
    /// Its first instant.
    pub from: Timestamp,
    /// The first instant after it.
    pub until: Timestamp,
    /// What the package gave.
    pub package: Credits,
    /// What was bought or given on top, in the same year.
    pub added: Credits,
    /// What the running period of a plan gave.
    pub plan: Option<Credits>,
    /// The size of the last purchase, whenever it was: what percents are taken of without a package.
    pub last_purchase: Option<Credits>,
}

impl AllowanceYear {
    /// The year that contains the present.
    ///
    /// # Errors
    /// The database failed, or a row does not parse.
    pub async fn running(
        backend: &Backend,
        organisation: &Organisation,
    ) -> Result<AllowanceYear, ReadError> {
        let (now, zone) = (backend.now(), backend.zone(organisation)?);
        let lots = lot::all(&backend.db, &organisation.id).await?;
        let package = running_package(&backend.catalogue, &lots, now);
        let (name, from, until) = match package {
            Some(year) => year,
            None => {
                let (from, until) = zone.year_around(now);
                ("This calendar year".to_owned(), from, until)
            }
        };
        let plan = running_plan(&backend.catalogue, &lots, now);
        Ok(AllowanceYear {
            plan,
            ..AllowanceYear::of(&backend.catalogue, &lots, name, (from, until))
        })
    }

    fn of(
        catalogue: &Catalogue,
        lots: &[Lot],
        name: String,
        (from, until): (Timestamp, Timestamp),
    ) -> AllowanceYear {
        let granted = |package: bool| {
            let lots = lots.iter().filter(|lot| (from..until).contains(&lot.effective_at));
            let lots = lots.filter(|lot| is_package(catalogue, lot) == package);
            Credits::checked_sum(lots.map(|lot| lot.amount)).unwrap_or(Credits::MAX)
        };
        let bought = lots.iter().filter(|lot| lot.source == Source::Purchased);
        let last_purchase = bought.max_by_key(|lot| lot.created_at).map(|lot| lot.amount);
        AllowanceYear {
            name,
            from,
            until,
            package: granted(true),
            added: granted(false),
            plan: None,
            last_purchase,
        }
    }

    /// All that the year may use.
    pub fn total(&self) -> Credits {
        self.package.checked_add(self.added).unwrap_or(Credits::MAX)
    }

    /// What thresholds in percent are taken of: the package, else the plan's period, else the last
    /// purchase.
    pub fn threshold_base(&self) -> Option<Credits> {
        let package = Some(self.package).filter(|package| package.is_positive());
        package.or(self.plan).or(self.last_purchase)
    }

    /// The window of the allotments set in this year.
    pub fn window(&self) -> Window {
        Window::Between { from: self.from, until: self.until }
    }

    /// How much of the year is over at `now`, in thousandths.
    pub fn place(&self, now: Timestamp) -> u32 {
        let (gone, all) = (now.since(self.from).max(0), self.until.since(self.from).max(1));
        let place = i128::from(gone) * 1000 / i128::from(all);
        u32::try_from(place).unwrap_or(1000).min(1000)
    }

    /// What an even pace has used at `now`.
    pub fn even(&self, now: Timestamp) -> Credits {
        let (gone, all) = (now.since(self.from).max(0), self.until.since(self.from).max(1));
        let gone = gone.min(all);
        let even = i128::from(self.total().micro()) * i128::from(gone) / i128::from(all);
        Credits::from_micro(i64::try_from(even).unwrap_or(i64::MAX))
    }
}

/// Whether the lot is of an annual package; a plan's months begin no year of their own.
fn is_package(catalogue: &Catalogue, lot: &Lot) -> bool {
    let of_plan = match &lot.origin {
        Origin::PlanPeriod { plan, .. } => catalogue.plans.iter().any(|one| one.code == *plan),
        Origin::Payment { .. } => true,
        _ => false,
    };
    lot.source == Source::Subscription && !of_plan
}

/// What the newest period of a plan gave that may be spent now; none for an unlimited one.
fn running_plan(catalogue: &Catalogue, lots: &[Lot], now: Timestamp) -> Option<Credits> {
    let of_plan = |lot: &&Lot| {
        matches!(lot.origin, Origin::PlanPeriod { .. })
            && !is_package(catalogue, lot)
            && lot.is_effective(now)
            && !lot.is_expired(now)
    };
    let lot = lots.iter().filter(of_plan).max_by_key(|lot| lot.effective_at)?;
    Some(lot.amount).filter(|amount| amount.is_positive())
}

/// The newest annual package that may be spent now: its name and its year.
fn running_package(
    catalogue: &Catalogue,
    lots: &[Lot],
    now: Timestamp,
) -> Option<(String, Timestamp, Timestamp)> {
    let package = catalogue.annual_package.as_ref()?;
    let running = lots
        .iter()
        .filter(|lot| is_package(catalogue, lot) && lot.is_effective(now) && !lot.is_expired(now));
    let lot = running.max_by_key(|lot| lot.effective_at)?;
    Some((package.name.clone(), lot.effective_at, lot.expires_at?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::parse;
    use crate::ledger::LotId;
    use crate::ledger::command::Grant;
    use crate::ledger::time::DAY;

    fn lot(id: &str, plan: &str, begins: i64, days: i64) -> Lot {
        let (lot, amount) = (LotId::parse(id).unwrap(), Credits::from_micro(1_000_000));
        let period_start = Timestamp(begins);
        let origin = Origin::PlanPeriod { plan: plan.to_owned(), period_start };
        let mut grant = Grant::plain(lot, Source::Subscription, amount, origin);
        grant.expires_at = Some(period_start.plus(days * DAY));
        grant.lot(period_start, 1)
    }

    #[test]
    fn a_month_of_a_plan_begins_no_year_of_its_own() {
        let mut catalogue = parse::built_in();
        let text = include_str!("../../catalogues/event-photos.toml");
        catalogue.plans = parse::from_toml("event-photos.toml", text).unwrap().plans;
        let (package, month) =
            (lot("lot_1", &catalogue.code, 0, 365), lot("lot_2", "pro", 40 * DAY, 30));
        let now = Timestamp(50 * DAY);
        let (_, from, until) = running_package(&catalogue, &[package, month], now).unwrap();
        assert_eq!((from, until), (Timestamp(0), Timestamp(365 * DAY)));
    }

    #[test]
    fn percents_are_taken_of_the_plans_running_period_where_there_is_no_package() {
        let mut catalogue = parse::built_in();
        let text = include_str!("../../catalogues/event-photos.toml");
        catalogue.plans = parse::from_toml("event-photos.toml", text).unwrap().plans;
        let months = [lot("lot_1", "pro", 0, 30), lot("lot_2", "pro", 30 * DAY, 30)];
        let running = running_plan(&catalogue, &months, Timestamp(40 * DAY));
        assert_eq!(running, Some(Credits::from_micro(1_000_000)));
        assert_eq!(running_plan(&catalogue, &months, Timestamp(70 * DAY)), None);
    }
}
