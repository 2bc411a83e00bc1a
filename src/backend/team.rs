//! The team overview's reading side: the year's allowance, the pace, and who used most. Writes nothing.

use crate::backend::allowance::AllowanceYear;
use crate::backend::balance::ReadError;
use crate::backend::balance::recent_usage;
use crate::backend::forecast::pace;
use crate::backend::state::Backend;
use crate::backend::store::department::Department;
use crate::backend::store::organisation::Organisation;
use crate::backend::store::period::{self, Share, SplitBy, Stretch};
use crate::backend::store::{self, usage};
use crate::backend::zone::Zone;
use crate::ledger::time::DAY;
use crate::ledger::{
    Budget, Credits, DepartmentId, LedgerState, OrganisationId, Subject, Timestamp, Window,
};
use crate::model::team::{AllowanceView, DepartmentShare, Pace, PacePoint, TeamOverview, TopLine};

/// Rows in the lists of those who used most.
const TOP: i64 = 5;
/// Departments whose usage is summed. Far beyond what an organisation has.
const DEPARTMENTS: i64 = 10_000;
/// Longest forecast of a date, in days from now.
const LONGEST_FORECAST_DAYS: i128 = 3_660;

/// A year with what was used in it so far, split by department.
#[derive(Clone, Debug)]
pub struct YearUsage {
    /// The year.
    pub year: AllowanceYear,
    /// Its stretch of the journal.
    pub stretch: Stretch,
    /// What was used by department; `None` for what was charged to none.
    pub by_department: Vec<Share>,
    /// All of it.
    pub used: Credits,
    /// Everything as it stands now.
    pub state: LedgerState,
}

impl YearUsage {
    /// The running year.
    ///
    /// # Errors
    /// The database failed, or a row does not parse.
    pub async fn running(
        backend: &Backend,
        organisation: &Organisation,
    ) -> Result<YearUsage, ReadError> {
        let year = AllowanceYear::running(backend, organisation).await?;
        let (db, id) = (&backend.db, &organisation.id);
        let stretch = stretch(backend, id, backend.zone(organisation)?, &year).await?;
        let by_department =
            period::split(db, id, SplitBy::Department, &stretch, DEPARTMENTS).await?;
        let used = Credits::checked_sum(by_department.iter().map(|share| share.credits));
        Ok(YearUsage {
            used: used.unwrap_or(Credits::MAX),
            state: backend.ledger(id).await?,
            year,
            stretch,
            by_department,
        })
    }

    /// The department's allotment for this year.
    pub fn budget(&self, department: &DepartmentId) -> Option<&Budget> {
        let budget = self.state.budget(&Subject::Department(department.clone()))?;
        (budget.window == self.year.window()).then_some(budget)
    }

    /// What the department used: by its allotment's own count where it has one, so that the page shows
    /// the very figure that a hold is refused by.
    pub fn used_by(&self, department: &DepartmentId) -> Credits {
        match self.budget(department) {
            Some(budget) => budget.used,
            None => self.share(Some(department.as_str())),
        }
    }

    /// What was charged to no department.
    pub fn without_department(&self) -> Credits {
        self.share(None)
    }

    /// The sum of all allotments for this year; see [`allotted`].
    pub fn allotted(&self, uncounted: &[DepartmentId]) -> Credits {
        allotted(&self.state, self.year.window(), uncounted)
    }

    /// The year as pages show it.
    pub fn view(&self, zone: Zone) -> AllowanceView {
        let held = self.state.holds().filter(|hold| hold.is_open()).map(|hold| hold.amount);
        AllowanceView {
            name: self.year.name.clone(),
            from: zone.moment(self.year.from),
            until: zone.moment(self.year.until),
            package: self.year.package,
            added: self.year.added,
            total: self.year.total(),
            used: self.used,
            held: Credits::checked_sum(held).unwrap_or(Credits::MAX),
        }
    }

    fn share(&self, department: Option<&str>) -> Credits {
        let share = self.by_department.iter().find(|share| share.id.as_deref() == department);
        share.map_or(Credits::ZERO, |share| share.credits)
    }
}

/// The sum of the departments' allotments for this window that the state has, without those of
/// `uncounted` (archived ones, and one that is to be changed).
pub fn allotted(state: &LedgerState, window: Window, uncounted: &[DepartmentId]) -> Credits {
    let counts = |budget: &&Budget| match &budget.subject {
        Subject::Department(id) => budget.window == window && !uncounted.contains(id),
        _ => false,
    };
    let limits = state.budgets().filter(counts).map(|budget| budget.limit);
    Credits::checked_sum(limits).unwrap_or(Credits::MAX)
}

/// An organisation's departments: those in use, and the ids of archived ones.
pub struct Departments {
    /// In use, by name.
    pub in_use: Vec<Department>,
    /// Taken out of use.
    pub archived: Vec<DepartmentId>,
}

/// The departments, in use and archived.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn departments(
    backend: &Backend,
    organisation: &OrganisationId,
) -> Result<Departments, ReadError> {
    let all = store::department::list(&backend.db, organisation).await?;
    let (in_use, archived): (Vec<_>, Vec<_>) =
        all.into_iter().partition(|department| department.archived_at.is_none());
    let archived = archived.into_iter().map(|department| department.id).collect();
    Ok(Departments { in_use, archived })
}

/// The page.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn page(
    backend: &Backend,
    organisation: &Organisation,
) -> Result<TeamOverview, ReadError> {
    let (now, zone) = (backend.now(), backend.zone(organisation)?);
    let usage = YearUsage::running(backend, organisation).await?;
    let departments = departments(backend, &organisation.id).await?;
    let available = usage.state.balance(now).available;
    let recent = recent_usage(&backend.db, &organisation.id, now).await?;
    let allotted = usage.allotted(&departments.archived);
    let noun = &backend.catalogue.nouns.report;
    Ok(TeamOverview {
        allowance: usage.view(zone),
        available,
        pace: pace_view(&usage, available, recent, zone, now),
        points: points(backend, organisation, &usage, zone).await?,
        departments: department_shares(&usage, &departments.in_use),
        unallocated: usage.year.total().checked_sub(allotted).unwrap_or_default(),
        without_department: usage.without_department(),
        members: top_members(backend, organisation, &usage.stretch).await?,
        reports: top_reports(backend, organisation, &usage.stretch).await?,
        report_noun: noun.one.clone(),
        reports_noun: noun.many.clone(),
    })
}

/// The journal from the year's beginning: rows up to the first full month, roll-ups from there.
async fn stretch(
    backend: &Backend,
    organisation: &OrganisationId,
    zone: Zone,
    year: &AllowanceYear,
) -> Result<Stretch, ReadError> {
    let after = period::position(&backend.db, organisation, year.from).await?;
    let opening = zone.month(year.from);
    let is_full = zone.start_of(opening) == year.from;
    let first = if is_full { opening } else { opening.plus(1) };
    let through = period::position(&backend.db, organisation, zone.start_of(first)).await?;
    Ok(Stretch {
        after,
        through: through.max(after),
        first_month: first.to_string(),
        last_month: zone.month(backend.now()).to_string(),
    })
}

fn pace_view(
    usage: &YearUsage,
    available: Credits,
    recent: Credits,
    zone: Zone,
    now: Timestamp,
) -> Pace {
    let end = usage.year.until;
    let runs_out = run_out(available, recent, now);
    let before_end = runs_out.is_some_and(|at| at < end);
    let until_end = pace(recent, end.since(now));
    Pace {
        elapsed: usage.year.place(now),
        expected: usage.year.even(now),
        recent,
        runs_out: runs_out.map(|at| zone.moment(at)),
        before_end,
        left_at_end: (!before_end).then(|| available.checked_sub(until_end).unwrap_or_default()),
    }
}

/// When `available` is used up if `recent` goes every 28 days; none without usage, or not in sight.
fn run_out(available: Credits, recent: Credits, now: Timestamp) -> Option<Timestamp> {
    if !recent.is_positive() {
        return None;
    }
    let stretch = i128::from(crate::backend::balance::PACE_DAYS * DAY);
    let left = i128::from(available.micro().max(0)) * stretch / i128::from(recent.micro());
    let longest = LONGEST_FORECAST_DAYS * i128::from(DAY);
    (left <= longest).then(|| now.plus(i64::try_from(left).unwrap_or(i64::MAX)))
}

/// What was used by the end of each month of the year, and by now.
async fn points(
    backend: &Backend,
    organisation: &Organisation,
    of: &YearUsage,
    zone: Zone,
) -> Result<Vec<PacePoint>, ReadError> {
    let (db, id, now) = (&backend.db, &organisation.id, backend.now());
    let (year, stretch) = (&of.year, &of.stretch);
    let sums = usage::by_month(db, id, &stretch.first_month, &stretch.last_month).await?;
    let mut used = period::used(db, id, stretch.after, stretch.through).await?;
    let point = |label: String, at: Timestamp, used: Credits| PacePoint {
        label,
        at: year.place(at),
        used,
        even: year.even(at),
    };
    let mut points = vec![point("Start".to_owned(), year.from, Credits::ZERO)];
    let mut month = zone.month(year.from);
    while zone.start_of(month) <= now {
        let name = month.to_string();
        if let Some(sum) = sums.iter().find(|sum| sum.of == name) {
            used = used.checked_add(sum.credits).unwrap_or(Credits::MAX);
        }
        let end = zone.start_of(month.plus(1));
        let label = if end > now { "Today".to_owned() } else { month.label() };
        points.push(point(label, end.min(now), used));
        month = month.plus(1);
    }
    Ok(points)
}

/// All departments, those that used most first.
fn department_shares(usage: &YearUsage, departments: &[Department]) -> Vec<DepartmentShare> {
    let share = |one: &Department| DepartmentShare {
        name: one.name.clone(),
        used: usage.used_by(&one.id),
        limit: usage.budget(&one.id).map(|budget| budget.limit),
    };
    let mut shares: Vec<DepartmentShare> = departments.iter().map(share).collect();
    shares.sort_by(|one, other| other.used.cmp(&one.used).then_with(|| one.name.cmp(&other.name)));
    shares
}

async fn top_members(
    backend: &Backend,
    organisation: &Organisation,
    stretch: &Stretch,
) -> Result<Vec<TopLine>, ReadError> {
    let (db, id) = (&backend.db, &organisation.id);
    let shares = period::split(db, id, SplitBy::Member, stretch, TOP).await?;
    let members = store::membership::members(db, id).await?;
    let name = |user: &str| {
        let found = members.iter().find(|member| member.membership.user.as_str() == user);
        found.map(|member| member.name.clone())
    };
    let line = |share: Share| match share.id {
        Some(id) => {
            TopLine { name: name(&id).unwrap_or_else(|| id.clone()), id, used: share.credits }
        }
        None => TopLine {
            id: String::new(),
            name: crate::backend::credits::words::SYSTEM.to_owned(),
            used: share.credits,
        },
    };
    Ok(shares.into_iter().map(line).collect())
}

/// What used most since the month began, from the roll-ups.
///
/// # Errors
/// The database failed.
pub async fn largest_this_month(
    backend: &Backend,
    organisation: &Organisation,
) -> Result<Vec<TopLine>, ReadError> {
    let month = backend.zone(organisation)?.month(backend.now()).to_string();
    let stretch = Stretch { after: 0, through: 0, first_month: month.clone(), last_month: month };
    top_reports(backend, organisation, &stretch).await
}

async fn top_reports(
    backend: &Backend,
    organisation: &Organisation,
    stretch: &Stretch,
) -> Result<Vec<TopLine>, ReadError> {
    // One more than is shown, because usage without a report is among them and is left out.
    let shares =
        period::split(&backend.db, &organisation.id, SplitBy::Report, stretch, TOP + 1).await?;
    let mut lines = Vec::new();
    for share in shares {
        let Some(id) = share.id else { continue };
        let title = store::report_line::title(&backend.db, &organisation.id, &id).await?;
        lines.push(TopLine { name: title.unwrap_or_else(|| id.clone()), id, used: share.credits });
    }
    lines.truncate(usize::try_from(TOP).unwrap_or(0));
    Ok(lines)
}
