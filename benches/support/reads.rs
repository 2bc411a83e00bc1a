//! Balances through the engine, against a select of one row by its primary key.

use super::holds::{self, Pool};
use super::load::{Client, Failure, drive};
use super::table::Row;
use super::{CLIENTS, Subject};
use scrip::backend::engine::Engine;
use scrip::backend::store::Db;
use scrip::on;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Organisations whose balances are asked for.
const ORGANISATIONS: usize = 100;
const BY_KEY: &str = "select available, held from ledger_head where organisation = $1";

/// The rows of all numbers of clients.
///
/// # Errors
/// A read failed.
pub async fn measure(subject: &Subject<'_>) -> Result<Vec<Row>, Failure> {
    let Subject { db, engine, time, .. } = subject;
    let pools = Pool::open_many(db, engine, ORGANISATIONS).await?;
    let mut rows = Vec::new();
    for clients in CLIENTS {
        subject.begin(&format!("{clients} clients, select by key"));
        let client = |place| Selecting { db: db.clone(), pools: pools.clone(), place };
        let plain = drive((0..clients).map(client), *time).await?;
        subject.begin(&format!("{clients} clients, balances"));
        let client = |place| Asking { engine: engine.clone(), pools: pools.clone(), place };
        let measured = drive((0..clients).map(client), *time).await?;
        let row = subject.row("balance, engine", measured, clients, "reads/s");
        rows.push(row.against(plain.per_second));
        rows.push(subject.row("balance, select by key", plain, clients, "reads/s"));
    }
    Ok(rows)
}

struct Asking {
    engine: Engine,
    pools: Arc<[Pool]>,
    place: usize,
}

impl Client for Asking {
    async fn call(&mut self) -> Result<Duration, Failure> {
        let pool = holds::next(&self.pools, &mut self.place);
        let begun = Instant::now();
        self.engine.balance(&pool.organisation, holds::now()).await?;
        Ok(begun.elapsed())
    }
}

struct Selecting {
    db: Db,
    pools: Arc<[Pool]>,
    place: usize,
}

impl Client for Selecting {
    async fn call(&mut self) -> Result<Duration, Failure> {
        let pool = holds::next(&self.pools, &mut self.place);
        let begun = Instant::now();
        let _both: (i64, i64) = on!(&self.db, read connections => sqlx::query_as(BY_KEY)
            .bind(pool.organisation.as_str()).fetch_one(connections).await)?;
        Ok(begun.elapsed())
    }
}
