//! Holds through the engine, and the plain way: on one hot organisation, and on a thousand.

use super::holds::{self, Pool};
use super::load::{Client, Failure, drive};
use super::plain;
use super::table::{self, Row};
use super::{CLIENTS, Subject, equal};
use scrip::backend::engine::{Figures, verify};
use scrip::backend::store::Db;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Organisations of the wide half of the table.
const ORGANISATIONS: usize = 1000;

/// The rows of all numbers of clients.
///
/// # Errors
/// A hold failed, or what was acknowledged is not what is there.
pub async fn measure(subject: &Subject<'_>) -> Result<Vec<Row>, Failure> {
    let mut rows = Vec::new();
    for clients in CLIENTS {
        for (organisations, where_) in [(1, "one organisation"), (ORGANISATIONS, "1,000")] {
            let (plain, engine) = pair(subject, clients, organisations).await?;
            let name = |way: &str| format!("hold, {way}, {where_}");
            rows.push(Row { name: name("engine"), ..engine.against(plain.value) });
            rows.push(Row { name: name("a transaction each"), ..plain });
        }
    }
    rows.push(verified(subject).await?);
    Ok(rows)
}

/// The same load both ways, one right after the other.
async fn pair(
    subject: &Subject<'_>,
    clients: usize,
    organisations: usize,
) -> Result<(Row, Row), Failure> {
    let Subject { db, engine, time, .. } = subject;
    subject.begin(&format!("{clients} clients, {organisations} organisations, a transaction each"));
    let pools = Pool::open_many(db, engine, organisations).await?;
    let client = |place| PlainClient { db: db.clone(), pools: pools.clone(), place };
    let plain = drive((0..clients).map(client), *time).await?;
    let (mut held, mut count) = (0, 0);
    for pool in pools.iter() {
        let (micro, holds) = plain::standing(db, pool).await?;
        (held, count) = (held + micro, count + holds);
    }
    equal("holds", count, i64::try_from(plain.answers)?)?;
    equal("held", held, holds::held(plain.answers).micro())?;

    subject.begin(&format!("{clients} clients, {organisations} organisations, engine"));
    let pools = Pool::open_many(db, engine, organisations).await?;
    let before = engine.figures();
    let client = |place| holds::Holding { engine: engine.clone(), pools: pools.clone(), place };
    let measured = drive((0..clients).map(client), *time).await?;
    let note = group_size(before, engine.figures());
    let mut held = 0;
    for pool in pools.iter() {
        held += engine.balance(&pool.organisation, holds::now()).await?.held.micro();
    }
    equal("held", held, holds::held(measured.answers).micro())?;
    let row = |measured| subject.row("", measured, clients, "holds/s");
    Ok((row(plain), Row { note, ..row(measured) }))
}

/// Transactions that `verify` replays in a second, from the database.
async fn verified(subject: &Subject<'_>) -> Result<Row, Failure> {
    let Subject { db, engine, time, .. } = subject;
    let pools = Pool::open_many(db, engine, 1).await?;
    let client = |place| holds::Holding { engine: engine.clone(), pools: pools.clone(), place };
    let measured = drive((0..CLIENTS[2]).map(client), *time).await?;
    subject.begin("verify");
    let begun = Instant::now();
    let report = verify(db, &pools[0].organisation).await?;
    let a_second = report.transactions as f64 / begun.elapsed().as_secs_f64();
    if let Some(difference) = report.first_difference() {
        return Err(format!("verify found a difference: {difference}").into());
    }
    let opening = pools[0].opening().len() as u64;
    equal("transactions", report.transactions, measured.answers + opening)?;
    Ok(Row::plain("verify", subject.name, a_second, "transactions/s"))
}

fn group_size(before: Figures, after: Figures) -> String {
    let per = |part: u64, whole: u64| table::number(part as f64 / whole.max(1) as f64);
    let (commits, orders) = (after.commits - before.commits, after.orders - before.orders);
    let (statements, rows) = (after.statements - before.statements, after.rows - before.rows);
    format!(
        "{} holds and {} statements a commit, {} rows a hold",
        per(orders, commits),
        per(statements, commits),
        per(rows, orders)
    )
}

#[derive(Clone)]
struct PlainClient {
    db: Db,
    pools: Arc<[Pool]>,
    place: usize,
}

impl Client for PlainClient {
    async fn call(&mut self) -> Result<Duration, Failure> {
        let pool = holds::next(&self.pools, &mut self.place);
        let order = pool.next_hold();
        let begun = Instant::now();
        plain::hold(&self.db, pool, &order).await?;
        Ok(begun.elapsed())
    }
}
