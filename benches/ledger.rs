//! The ledger's speed on both databases, each figure beside what it is compared with in the same run.
//!
//! `cargo bench --bench ledger --features ssr` (`-- --quick`, `-- --seconds 10`, `-- --behind 10000000`,
//! `-- --only PostgreSQL`). Both databases are durable: PostgreSQL with its defaults, in a cluster of its
//! own below `/var/tmp`; SQLite in a file beside it, with `synchronous=FULL`. After every cell the holds
//! are counted and their sum is compared; what the engine wrote is replayed by `verify`. Prints a table,
//! writes `target/bench/ledger.json`.

#[path = "support/arguments.rs"]
mod arguments;
#[path = "support/bulk.rs"]
mod bulk;
#[path = "support/depth.rs"]
mod depth;
#[path = "support/holds.rs"]
mod holds;
#[path = "support/kernel.rs"]
mod kernel;
#[path = "support/load.rs"]
mod load;
#[path = "support/making.rs"]
mod making;
#[path = "support/plain.rs"]
mod plain;
#[path = "../tests/scrip/support/postgres.rs"]
mod postgres;
#[path = "support/reads.rs"]
mod reads;
#[path = "support/route.rs"]
mod route;
#[path = "support/table.rs"]
mod table;

use arguments::Arguments;
use clap::Parser;
use indicatif::ProgressBar;
use load::Failure;
use scrip::backend::clock::Clock;
use scrip::backend::engine::Engine;
use scrip::backend::live::Live;
use scrip::backend::store::Db;
use std::path::Path;
use std::time::Duration;
use table::Row;

/// How our own PostgreSQL cluster is set up: with its defaults, all of them durable.
const SERVER_OPTIONS: &str = "";
/// Where both databases lie: on a disk, which the temporary folder is not everywhere.
const CLUSTERS_FOLDER: Option<&str> = Some("/var/tmp");
/// How many clients ask at the same time.
const CLIENTS: [usize; 3] = [1, 64, 512];

/// Cells of the table that take time: the kernel, and those of [`Subject::begin`] on two databases.
const CELLS: usize =
    1 + 2 * (4 * CLIENTS.len() + 1 + 2 + 2 * CLIENTS.len() + 2 * CLIENTS.len() + 10);

/// What may follow `--` on the command line.
#[derive(Parser)]
struct LedgerArguments {
    #[command(flatten)]
    common: Arguments,
    /// Transactions behind the deepest measurement, ten thousand at least.
    #[arg(long, default_value_t = 1_000_000)]
    behind: u64,
    /// Only this database: PostgreSQL or SQLite.
    #[arg(long)]
    only: Option<String>,
}

/// What every part of the table is measured on.
struct Subject<'a> {
    name: &'static str,
    db: Db,
    engine: Engine,
    time: Duration,
    bar: &'a ProgressBar,
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let LedgerArguments { common, behind, only } = LedgerArguments::parse();
    let time = common.time();
    arguments::print_machine();
    let bar = arguments::progress(CELLS);
    let mut rows = kernel::measure(&bar, time)?;
    let folder = tempfile::tempdir_in(CLUSTERS_FOLDER.unwrap_or("."))?;
    for name in ["PostgreSQL", "SQLite"] {
        if only.as_deref().is_some_and(|only| only != name) {
            continue;
        }
        let db = fresh(name, folder.path(), "ledger").await?;
        let engine = Engine::start(db.clone(), Clock::System, Live::new());
        let subject = Subject { name, db, engine, time, bar: &bar };
        rows.extend(making::measure(&subject).await?);
        let other = fresh(name, folder.path(), "bulk").await?;
        rows.extend(bulk::measure(&subject, &other).await?);
        other.close().await;
        rows.extend(route::measure(&subject).await?);
        rows.extend(reads::measure(&subject).await?);
        rows.extend(depth::measure(&subject, behind).await?);
        subject.engine.drain().await;
        subject.db.close().await;
    }
    bar.finish_and_clear();
    table::publish("ledger", &rows)?;
    Ok(())
}

async fn fresh(name: &str, folder: &Path, file: &str) -> Result<Db, Failure> {
    if name == "SQLite" {
        let db = Db::open_file(&folder.join(format!("{file}.sqlite"))).await?;
        db.migrate().await?;
        return Ok(db);
    }
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

impl Subject<'_> {
    /// A row of what clients saw.
    fn row(&self, name: &str, measured: load::Measured, clients: usize, unit: &'static str) -> Row {
        let name = name.to_owned();
        Row { name, database: self.name, clients, ..Row::of(measured, unit) }
    }

    fn begin(&self, what: &str) {
        self.bar.inc(1);
        self.bar.set_message(format!("{}: {what}", self.name));
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
