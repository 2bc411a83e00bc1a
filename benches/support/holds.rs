//! A hot organisation, and the holds that are made on it: the same for every way of making them.

use super::load::{Client, Failure};
use scrip::backend::clock::Clock;
use scrip::backend::engine::Engine;
use scrip::backend::id;
use scrip::backend::store::Db;
use scrip::backend::store::organisation::{self, Organisation};
use scrip::ledger::time::SECOND;
use scrip::ledger::{
    Actor, Attribution, BudgetKind, Command, Credits, DepartmentId, Grant, HoldId, IdempotencyKey,
    LotId, MakeHold, Operation, Order, OrganisationId, Origin, OverSettle, ReportId, SetBudget,
    Source, Subject, Timestamp, UserId, Window,
};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What every hold sets aside, in whole credits: an advertisement of one text and two images.
pub const HELD: i64 = 3;
/// What the organisation has, and what its one department may spend.
const GRANTED: i64 = 1_000_000_000;
/// How long a hold stands; longer than any measurement.
const DEADLINE_SECONDS: i64 = 24 * 3600;

/// One organisation with a lot and a budget that apply to every hold.
#[derive(Clone, Debug)]
pub struct Pool {
    pub organisation: OrganisationId,
    pub lot: LotId,
    pub budget: Subject,
    attribution: Attribution,
}

impl Pool {
    /// An organisation of which no database knows.
    pub fn new() -> Pool {
        let now = now();
        let department = id::fresh(now, DepartmentId::from_uuid_simple);
        Pool {
            organisation: id::fresh(now, OrganisationId::from_uuid_simple),
            lot: id::fresh(now, LotId::from_uuid_simple),
            budget: Subject::Department(department.clone()),
            attribution: Attribution {
                department: Some(department),
                member: Some(id::fresh(now, UserId::from_uuid_simple)),
                operation: Operation::parse("analysis").ok(),
                ..Attribution::default()
            },
        }
    }

    /// A new organisation in the database, with its credits and its budget.
    ///
    /// # Errors
    /// The database failed or the ledger refuses.
    pub async fn open(db: &Db, engine: &Engine) -> Result<Pool, Failure> {
        let pool = Pool::new();
        organisation::insert(db, &pool.row()).await?;
        for order in pool.opening() {
            engine.submit(&pool.organisation, order).await?;
        }
        Ok(pool)
    }

    /// That many of them.
    ///
    /// # Errors
    /// As [`Pool::open`].
    pub async fn open_many(db: &Db, engine: &Engine, count: usize) -> Result<Arc<[Pool]>, Failure> {
        let mut pools = Vec::with_capacity(count);
        for _ in 0..count {
            pools.push(Pool::open(db, engine).await?);
        }
        Ok(pools.into())
    }

    fn row(&self) -> Organisation {
        Organisation {
            id: self.organisation.clone(),
            name: "A hot organisation".to_owned(),
            currency: "USD".to_owned(),
            time_zone: "Europe/Berlin".to_owned(),
            catalogue: "ad-compliance".to_owned(),
            created_at: now(),
        }
    }

    /// The orders that come before the first hold: the grant and the budget.
    pub fn opening(&self) -> [Order; 2] {
        let credits = Credits::from_whole(GRANTED).expect("a thousand million credits fit");
        let grant = Grant::plain(self.lot.clone(), Source::Trial, credits, Origin::Signup);
        let budget = SetBudget {
            subject: self.budget.clone(),
            kind: BudgetKind::Cap,
            window: Window::Forever,
            limit: Some(credits),
            used_so_far: Credits::ZERO,
        };
        [order(Command::Grant(Box::new(grant))), order(Command::SetBudget(budget))]
    }

    /// Work that is charged at once, under one of a thousand reports.
    pub fn next_charge(&self) -> Order {
        let report = format!("rep_{}", rand::random::<u64>() % 1000);
        let attribution =
            Attribution { report: ReportId::parse(&report).ok(), ..self.attribution.clone() };
        order(Command::Charge { amount: held(1), attribution })
    }

    /// The next hold. Its key is random, as the keys of callers are.
    pub fn next_hold(&self) -> Order {
        let now = now();
        let report = id::fresh(now, ReportId::from_uuid_simple);
        order(Command::Hold(MakeHold {
            hold: id::fresh(now, HoldId::from_uuid_simple),
            amount: held(1),
            deadline: Timestamp(now.micros() + DEADLINE_SECONDS * SECOND),
            over_settle: OverSettle::Refuse,
            attribution: Attribution { report: Some(report), ..self.attribution.clone() },
        }))
    }
}

/// The pool whose turn it is; clients begin at places of their own.
pub fn next<'a>(pools: &'a [Pool], place: &mut usize) -> &'a Pool {
    *place = (*place + 1) % pools.len();
    &pools[*place]
}

/// A client that makes holds through the engine.
pub struct Holding {
    pub engine: Engine,
    pub pools: Arc<[Pool]>,
    pub place: usize,
}

impl Client for Holding {
    async fn call(&mut self) -> Result<Duration, Failure> {
        let pool = next(&self.pools, &mut self.place);
        let order = pool.next_hold();
        let begun = Instant::now();
        self.engine.submit(&pool.organisation, order).await?;
        Ok(begun.elapsed())
    }
}

/// What that many holds set aside.
pub fn held(holds: u64) -> Credits {
    let credits = i64::try_from(holds).ok().and_then(|holds| HELD.checked_mul(holds));
    credits.and_then(Credits::from_whole).expect("what a few seconds of holds set aside fits")
}

/// The instant it is.
pub fn now() -> Timestamp {
    Timestamp(Clock::System.now_microseconds())
}

fn order(command: Command) -> Order {
    let key = format!("{:032x}", rand::random::<u128>());
    Order {
        key: IdempotencyKey::scoped("api", &key).expect("a short, plain key"),
        actor: Actor::System,
        occurred_at: now(),
        command,
    }
}
