//! The ready-made organisation: people, departments, and four months of analyses.
//!
//! Its history is made by the program itself, by handing in analyses and running the jobs under a
//! manual clock; no ledger row is written by hand, so everything shown is as real as what comes after.
//! It never touches a database in which anybody has an account.

mod ads;
mod picture;

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveTime, TimeZone, Weekday};
use chrono_tz::Tz;
use indicatif::{ProgressBar, ProgressStyle};

use crate::backend::access::{
    AccessError, Caller, DEMO_ADDRESSES, DEMO_PASSWORD, NewOrganisation, NewUser,
};
use crate::backend::chance::Chance;
use crate::backend::clock::Clock;
use crate::backend::engine::SubmitError;
use crate::backend::jobs;
use crate::backend::reports::{self, ReportError, Submission, Upload};
use crate::backend::state::Backend;
use crate::backend::store::department::{self, Department};
use crate::backend::store::{StoreError, setting, user};
use crate::backend::{access, id};
use crate::ledger::budget::BudgetKind;
use crate::ledger::command::{Grant, SetBudget};
use crate::ledger::{
    Actor, Command, Credits, DepartmentId, IdempotencyKey, LotId, Order, OrganisationId, Origin,
    Source, Subject, Timestamp, UserId, Window,
};
use crate::model::permission::Role;

/// Where the demo's people work.
const ZONE: Tz = chrono_tz::Europe::Berlin;
/// The setting that tells a demo that was made from one that was only begun.
const SETTING: &str = "demo";
const BEGUN: &str = "begun";
/// Whole months of history before the current one.
const MONTHS: u32 = 3;
/// Departments with their allotment in whole credits; the rest of the package stays unallotted.
const DEPARTMENTS: [(&str, i64); 3] = [("Brand", 400), ("Performance", 350), ("Social", 150)];
/// Name, address, role and department (by its place above) of everyone.
const PEOPLE: [(&str, &str, Role, Option<usize>); 6] = [
    ("Sanna Lindqvist", DEMO_ADDRESSES[0], Role::Superadmin, None),
    ("Amir Haddad", DEMO_ADDRESSES[1], Role::Admin, Some(0)),
    ("Mia Keller", DEMO_ADDRESSES[2], Role::Member, Some(1)),
    ("Jonas Weber", "jonas.weber@example.com", Role::Member, Some(1)),
    ("Priya Nair", "priya.nair@example.com", Role::Member, Some(0)),
    ("Lea Moreau", "lea.moreau@example.com", Role::Member, Some(2)),
];

/// Why the demo could not be made.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Access(#[from] AccessError),
    #[error("the ledger refused: {0}")]
    Ledger(#[from] SubmitError),
    #[error(transparent)]
    Report(#[from] ReportError),
    #[error("a picture could not be painted: {0}")]
    Picture(#[from] image::ImageError),
    #[error("the calendar has no such day")]
    Calendar,
    #[error(
        "an earlier start was interrupted while it made the demo: delete the database and start again"
    )]
    HalfMade,
}

/// Makes the demo organisation where nobody has an account yet; else does nothing.
pub async fn fill_when_empty(backend: &Backend) -> Result<(), DemoError> {
    let begun = setting::find(&backend.db, SETTING).await?;
    if begun.as_deref() == Some(BEGUN) {
        return Err(DemoError::HalfMade);
    }
    if user::count(&backend.db).await? > 0 {
        return Ok(());
    }
    setting::set(&backend.db, SETTING, BEGUN).await?;
    let now = instant_of(backend.now())?;
    let first_day = first_day(now.date_naive())?;
    let clock = Clock::manual(at(first_day, 9, 0)?.micros());
    let past = backend.at(clock.clone());
    let team = Team::gather(&past).await?;
    give_credits(&past, &team).await?;
    allot(&past, &team).await?;
    work_through(&past, &team, &clock, first_day, now).await?;
    past.engine.drain().await;
    setting::set(&backend.db, SETTING, "made").await?;
    Ok(())
}

fn first_day(today: NaiveDate) -> Result<NaiveDate, DemoError> {
    let month = today.with_day(1).and_then(|first| first.checked_sub_months(Months::new(MONTHS)));
    month.ok_or(DemoError::Calendar)
}

fn instant_of(timestamp: Timestamp) -> Result<DateTime<Tz>, DemoError> {
    let instant = DateTime::from_timestamp_micros(timestamp.micros()).ok_or(DemoError::Calendar)?;
    Ok(instant.with_timezone(&ZONE))
}

fn at(day: NaiveDate, hour: u32, minute: u32) -> Result<Timestamp, DemoError> {
    let time = NaiveTime::from_hms_opt(hour, minute, 0).ok_or(DemoError::Calendar)?;
    let local = ZONE.from_local_datetime(&day.and_time(time)).earliest();
    local.map(|it| Timestamp(it.timestamp_micros())).ok_or(DemoError::Calendar)
}

/// Everyone, and where they belong.
struct Team {
    organisation: OrganisationId,
    departments: Vec<DepartmentId>,
    people: Vec<Caller>,
}

impl Team {
    async fn gather(backend: &Backend) -> Result<Team, DemoError> {
        let now = backend.now();
        let owner = new_user(PEOPLE[0].0, PEOPLE[0].1);
        let organisation = NewOrganisation {
            name: "Halden & Vale".to_owned(),
            currency: "USD".to_owned(),
            time_zone: ZONE.name().to_owned(),
            catalogue: backend.catalogue.code.clone(),
        };
        let (owner, organisation) =
            backend.access.found_organisation(&owner, &organisation, now).await?;
        // The demo's superadmin runs the installation too, so that its pages can be seen.
        backend.access.set_staff(PEOPLE[0].1, true).await?;
        let mut departments = Vec::new();
        for (name, _) in DEPARTMENTS {
            departments.push(add_department(backend, &organisation, name, now).await?);
        }
        let mut users = vec![owner];
        for (name, email, role, place) in &PEOPLE[1..] {
            let user = backend.access.create_user(&new_user(name, email), now).await?;
            let department = place.map(|place| &departments[place]);
            backend.access.add_member(&organisation, &user, *role, department, now).await?;
            users.push(user);
        }
        let people = callers(backend, &organisation, &users).await?;
        Ok(Team { organisation, departments, people })
    }
}

fn new_user(name: &str, email: &str) -> NewUser {
    NewUser { name: name.to_owned(), email: email.to_owned(), password: DEMO_PASSWORD.to_owned() }
}

async fn add_department(
    backend: &Backend,
    organisation: &OrganisationId,
    name: &str,
    now: Timestamp,
) -> Result<DepartmentId, DemoError> {
    let id = id::fresh(now, DepartmentId::from_uuid_simple);
    let new = Department {
        organisation: organisation.clone(),
        id: id.clone(),
        name: name.to_owned(),
        archived_at: None,
        created_at: now,
    };
    department::insert(&backend.db, &new).await?;
    Ok(id)
}

async fn callers(
    backend: &Backend,
    organisation: &OrganisationId,
    users: &[UserId],
) -> Result<Vec<Caller>, DemoError> {
    let mut people = Vec::new();
    for user in users {
        people.extend(access::of_user(&backend.db, user, organisation.as_str()).await?);
    }
    Ok(people)
}

/// The annual package, the free credits of the first days, and a gesture of goodwill.
async fn give_credits(backend: &Backend, team: &Team) -> Result<(), DemoError> {
    let now = backend.now();
    let year_later =
        instant_of(now)?.checked_add_months(Months::new(12)).ok_or(DemoError::Calendar)?;
    let year_later = Timestamp(year_later.timestamp_micros());
    if let Some(package) = &backend.catalogue.annual_package {
        let origin = Origin::PlanPeriod { plan: backend.catalogue.code.clone(), period_start: now };
        let mut grant = grant(backend, Source::Subscription, package.credits, origin);
        grant.cost = Some(package.price);
        grant.expires_at = Some(year_later);
        submit(backend, team, "demo:package", Actor::System, Command::Grant(Box::new(grant)))
            .await?;
    } else {
        let origin = Origin::Code { code: "WELCOME".to_owned() };
        let welcome = grant(backend, Source::Promotional, whole(1_000), origin);
        submit(backend, team, "demo:welcome", Actor::System, Command::Grant(Box::new(welcome)))
            .await?;
    }
    let free = grant(backend, Source::Trial, whole(25), Origin::Signup);
    submit(backend, team, "demo:trial", Actor::System, Command::Grant(Box::new(free))).await?;
    let by = team.people[0].user.clone();
    let reason = "Thank you for telling us about the slow upload.".to_owned();
    let thanks =
        grant(backend, Source::Admin, whole(40), Origin::StaffGrant { by: by.clone(), reason });
    submit(backend, team, "demo:thanks", Actor::Staff(by), Command::Grant(Box::new(thanks))).await
}

fn grant(backend: &Backend, source: Source, amount: Credits, origin: Origin) -> Grant {
    Grant::plain(id::fresh(backend.now(), LotId::from_uuid_simple), source, amount, origin)
}

fn whole(credits: i64) -> Credits {
    Credits::from_whole(credits).expect("a small number of credits")
}

/// What each department may spend in the year that the package is for.
async fn allot(backend: &Backend, team: &Team) -> Result<(), DemoError> {
    let from = backend.now();
    let until = instant_of(from)?.checked_add_months(Months::new(12)).ok_or(DemoError::Calendar)?;
    let window = Window::Between { from, until: Timestamp(until.timestamp_micros()) };
    for (department, (name, credits)) in team.departments.iter().zip(DEPARTMENTS) {
        let set = SetBudget {
            subject: Subject::Department(department.clone()),
            kind: BudgetKind::Cap,
            window,
            limit: Some(whole(credits)),
            used_so_far: Credits::ZERO,
        };
        let actor = Actor::Member(team.people[0].user.clone());
        submit(backend, team, &format!("demo:allot:{name}"), actor, Command::SetBudget(set))
            .await?;
    }
    Ok(())
}

async fn submit(
    backend: &Backend,
    team: &Team,
    key: &str,
    actor: Actor,
    command: Command,
) -> Result<(), DemoError> {
    let key = IdempotencyKey::parse(key).expect("a short, plain key");
    let order = Order { key, actor, occurred_at: backend.now(), command };
    backend.engine.submit(team.organisation.clone(), order).await?;
    Ok(())
}

/// Every working day someone has something analysed, until now.
async fn work_through(
    backend: &Backend,
    team: &Team,
    clock: &Clock,
    first_day: NaiveDate,
    now: DateTime<Tz>,
) -> Result<(), DemoError> {
    let days = (now.date_naive() - first_day).num_days().max(0).unsigned_abs();
    let style = ProgressStyle::with_template("  Demo history {bar:32} {msg}");
    let bar =
        ProgressBar::new(days).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    let mut chance = Chance::new(20_261_122);
    let mut number = 0;
    for offset in 0..days {
        let day = first_day.checked_add_days(Days::new(offset)).ok_or(DemoError::Calendar)?;
        bar.set_position(offset + 1);
        bar.set_message(day.format("%-d %B").to_string());
        if matches!(day.weekday(), Weekday::Sat | Weekday::Sun) {
            continue;
        }
        let mut minute = chance.below(120);
        for _ in 0..chance.below(4) {
            clock.set(at(day, 9 + (minute / 60) as u32, (minute % 60) as u32)?.micros());
            analyse(backend, team, &mut chance, number).await?;
            number += 1;
            minute += 30 + chance.below(90);
        }
    }
    bar.finish_and_clear();
    Ok(())
}

async fn analyse(
    backend: &Backend,
    team: &Team,
    chance: &mut Chance,
    number: u64,
) -> Result<(), DemoError> {
    let who = &team.people[chance.below(team.people.len() as u64) as usize];
    let ad = &ads::ADS[(number as usize * 7) % ads::ADS.len()];
    let mut files = Vec::new();
    for picture in 0..u64::from(ad.images) {
        files.push(upload(number, picture, chance.below(23) == 0)?);
    }
    let mut submission = Submission {
        form_key: id::uuid_simple(backend.now()),
        title: ad.title.to_owned(),
        text: ad.text.to_owned(),
        files_seen: files.len() as u64,
        bytes_seen: files.iter().map(|file| file.size).sum(),
        files,
        quoted: String::new(),
        heads_only: false,
    };
    let quote = reports::cost(backend, submission.clone()).map_err(ReportError::from)?;
    submission.quoted = quote.total.to_string();
    match reports::start(backend, who, submission).await {
        Ok(_) => {}
        // The department has used its allotment: that is a day without an analysis.
        Err(ReportError::Refused(_)) => return Ok(()),
        Err(error) => return Err(error.into()),
    }
    while jobs::analysis::step(backend, backend.now()).await? == jobs::Step::Done {}
    Ok(())
}

/// A picture, sometimes cut off on its way, as happens.
fn upload(number: u64, picture: u64, cut_off: bool) -> Result<Upload, DemoError> {
    let mut bytes = picture::png(number * 3 + picture)?;
    if cut_off {
        bytes.truncate(bytes.len() / 3);
    }
    Ok(Upload::whole(&format!("picture-{}.png", picture + 1), "image/png", bytes))
}
