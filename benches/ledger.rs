//! Holds a second on one hot organisation, on both databases: through the engine, and the plain way.
//!
//! `cargo bench --bench ledger --features ssr` (`-- --quick`, `-- --seconds 10`). Both databases are
//! durable: PostgreSQL with its defaults, in a cluster of its own below `/var/tmp`; SQLite in a file
//! beside it, with `synchronous=FULL`. After every cell the holds are counted and their sum is compared;
//! what the engine wrote is replayed by `verify`. Prints a table, writes `target/bench/ledger.json`.

#[path = "support/arguments.rs"]
mod arguments;
#[path = "support/holds.rs"]
mod holds;
#[path = "support/load.rs"]
mod load;
#[path = "support/plain.rs"]
mod plain;
#[path = "../tests/scrip/support/postgres.rs"]
mod postgres;
#[path = "support/table.rs"]
mod table;

use arguments::Arguments;
use clap::Parser;
use holds::Pool;
use indicatif::ProgressBar;
use load::{Client, Failure, Measured, drive};
use scrip::backend::clock::Clock;
use scrip::backend::engine::{Engine, Figures, verify};
use scrip::backend::live::Live;
use scrip::backend::store::Db;
use scrip::ledger::{LedgerState, Transaction, apply, replay};
use std::path::Path;
use std::time::{Duration, Instant};
use table::Row;

/// How our own PostgreSQL cluster is set up: with its defaults, all of them durable.
const SERVER_OPTIONS: &str = "";
/// Where both databases lie: on a disk, which the temporary folder is not everywhere.
const CLUSTERS_FOLDER: Option<&str> = Some("/var/tmp");
/// How many clients make holds at the same time.
const CLIENTS: [usize; 3] = [1, 64, 512];
/// Holds that the kernel makes without a database, for each second of a cell.
const KERNEL_HOLDS_A_SECOND: f64 = 50_000.0;
/// Cells of the table that take time: two ways and a verify for each number of clients on two
/// databases, and the kernel.
const CELLS: usize = 2 * CLIENTS.len() * 3 + 1;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let time = Arguments::parse().time();
    arguments::print_machine();
    let bar = arguments::progress(CELLS);
    let mut rows = kernel(&bar, time)?;
    let folder = tempfile::tempdir_in(CLUSTERS_FOLDER.unwrap_or("."))?;
    for (name, db) in
        [("PostgreSQL", postgres_db().await?), ("SQLite", sqlite_db(folder.path()).await?)]
    {
        for clients in CLIENTS {
            rows.extend(Cell { name, db: &db, clients, time, bar: &bar }.measure().await?);
        }
        db.close().await;
    }
    bar.finish_and_clear();
    table::publish("ledger", &rows)?;
    Ok(())
}

async fn postgres_db() -> Result<Db, Failure> {
    let db = Db::connect(&postgres::fresh_database().await).await?;
    let Db::Postgres(pool) = &db else { return Err("this is no PostgreSQL address".into()) };
    for setting in ["fsync", "synchronous_commit", "full_page_writes"] {
        let show = "select current_setting($1)";
        let value: String = sqlx::query_scalar(show).bind(setting).fetch_one(pool).await?;
        if value != "on" {
            return Err(format!("{setting} is {value}: not durable, so nothing is measured").into());
        }
    }
    Ok(db)
}

async fn sqlite_db(folder: &Path) -> Result<Db, Failure> {
    let db = Db::open_file(&folder.join("ledger.sqlite")).await?;
    db.migrate().await?;
    Ok(db)
}

/// One number of clients on one database.
struct Cell<'a> {
    name: &'static str,
    db: &'a Db,
    clients: usize,
    time: Duration,
    bar: &'a ProgressBar,
}

impl Cell<'_> {
    async fn measure(&self) -> Result<Vec<Row>, Failure> {
        let engine = Engine::start(self.db.clone(), Clock::System, Live::new());
        let plain = self.plain(&engine).await?;
        let (engine, verified_a_second) = self.engine(&engine).await?;
        let mut rows = vec![
            Row { name: "hold, engine".to_owned(), ..engine.against(plain.value) },
            Row { name: "hold, a transaction each".to_owned(), ..plain },
        ];
        // The largest journal of all: that of the most clients.
        if CLIENTS.last() == Some(&self.clients) {
            rows.push(Row::plain("verify", self.name, verified_a_second, "transactions/s"));
        }
        Ok(rows)
    }

    async fn plain(&self, engine: &Engine) -> Result<Row, Failure> {
        self.begin("a transaction each");
        let pool = Pool::open(self.db, engine).await?;
        let client = PlainClient { db: self.db.clone(), pool: pool.clone() };
        let measured = drive(std::iter::repeat_n(client, self.clients), self.time).await?;
        let (held, count) = plain::standing(self.db, &pool).await?;
        equal("holds", count, i64::try_from(measured.answers)?)?;
        equal("held", held, holds::held(measured.answers).micro())?;
        Ok(self.row(measured))
    }

    /// The row, and the transactions that verifying it replayed in a second.
    async fn engine(&self, engine: &Engine) -> Result<(Row, f64), Failure> {
        self.begin("engine");
        let pool = Pool::open(self.db, engine).await?;
        let before = engine.figures();
        let client = EngineClient { engine: engine.clone(), pool: pool.clone() };
        let measured = drive(std::iter::repeat_n(client, self.clients), self.time).await?;
        let note = group_size(before, engine.figures());
        let balance = engine.balance(&pool.organisation, holds::now()).await?;
        equal("held", balance.held, holds::held(measured.answers))?;
        self.begin("verify");
        let begun = Instant::now();
        let report = verify(self.db, &pool.organisation).await?;
        let verified_a_second = report.transactions as f64 / begun.elapsed().as_secs_f64();
        if let Some(difference) = report.first_difference() {
            return Err(format!("verify found a difference: {difference}").into());
        }
        equal("transactions", report.transactions, measured.answers + pool.opening().len() as u64)?;
        Ok((Row { note, ..self.row(measured) }, verified_a_second))
    }

    fn row(&self, measured: Measured) -> Row {
        Row { database: self.name, clients: self.clients, ..Row::of(measured, "holds/s") }
    }

    fn begin(&self, what: &str) {
        self.bar.inc(1);
        self.bar.set_message(format!("{}, {} clients: {what}", self.name, self.clients));
    }
}

/// What was acknowledged must be there, no more and no less.
fn equal<T: PartialEq + std::fmt::Display>(
    what: &str,
    found: T,
    expected: T,
) -> Result<(), Failure> {
    if found == expected {
        return Ok(());
    }
    Err(format!("{what}: {found} in the database, {expected} acknowledged").into())
}

fn group_size(before: Figures, after: Figures) -> String {
    let commits = (after.commits - before.commits).max(1);
    let orders = after.orders - before.orders;
    format!("{} holds a commit", table::number(orders as f64 / commits as f64))
}

#[derive(Clone)]
struct EngineClient {
    engine: Engine,
    pool: Pool,
}

impl Client for EngineClient {
    async fn call(&mut self) -> Result<Duration, Failure> {
        let order = self.pool.next_hold();
        let begun = Instant::now();
        self.engine.submit(&self.pool.organisation, order).await?;
        Ok(begun.elapsed())
    }
}

#[derive(Clone)]
struct PlainClient {
    db: Db,
    pool: Pool,
}

impl Client for PlainClient {
    async fn call(&mut self) -> Result<Duration, Failure> {
        let order = self.pool.next_hold();
        let begun = Instant::now();
        plain::hold(&self.db, &self.pool, &order).await?;
        Ok(begun.elapsed())
    }
}

/// `apply` and `replay` alone: one thread, no database.
fn kernel(bar: &ProgressBar, time: Duration) -> Result<Vec<Row>, Failure> {
    bar.inc(1);
    bar.set_message("the kernel alone");
    let pool = Pool::new();
    let count = (time.as_secs_f64() * KERNEL_HOLDS_A_SECOND) as usize;
    let new = LedgerState::new(pool.organisation.clone());
    let mut state = new.clone();
    let mut journal: Vec<Transaction> = Vec::with_capacity(count + 2);
    for order in pool.opening() {
        journal.extend(apply(&mut state, &order, holds::now()).booked);
    }
    let orders: Vec<_> = std::iter::repeat_with(|| pool.next_hold()).take(count).collect();
    let now = holds::now();
    let begun = Instant::now();
    for order in &orders {
        let applied = apply(&mut state, order, now);
        applied.answer?;
        journal.extend(applied.booked);
    }
    let applied = count as f64 / begun.elapsed().as_secs_f64();
    let begun = Instant::now();
    let replayed = replay(new, &journal)?;
    let elapsed = begun.elapsed().as_secs_f64();
    if replayed != state {
        return Err("the replayed journal is not the state it came from".into());
    }
    Ok(vec![
        Row::plain("apply, a hold", "", applied, "holds/s"),
        Row::plain("replay", "", journal.len() as f64 / elapsed, "transactions/s"),
    ])
}
