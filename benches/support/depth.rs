//! What a hold, a page of history and the usage summary cost with few and with many transactions behind
//! them: the same, or something scans.

use super::Subject;
use super::holds::{self, Holding, Pool};
use super::load::{Client, Failure, drive};
use super::table::Row;
use scrip::backend::engine::Engine;
use scrip::backend::store::history::{self, UsageFilter};
use scrip::backend::store::{Db, usage};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// The shallow measurement.
const FEW: u64 = 10_000;
/// Charges that are under way while the journal is filled.
const FILLING: u64 = 1024;
/// Rows of a page.
const PAGE: i64 = 25;
/// All months.
const EVER: (&str, &str) = ("0000-00", "9999-99");

/// What is measured at each depth.
const KINDS: [&str; 3] = ["a hold", "a history page", "the usage summary"];

/// Each kind with few and with many transactions behind it; the ratio is of the latencies.
///
/// # Errors
/// Something failed.
pub async fn measure(subject: &Subject<'_>, behind: u64) -> Result<Vec<Row>, Failure> {
    let pools = Pool::open_many(&subject.db, &subject.engine, 1).await?;
    fill(subject, &pools, FEW).await?;
    let few = latencies(subject, &pools).await?;
    fill(subject, &pools, behind.saturating_sub(FEW)).await?;
    let many = latencies(subject, &pools).await?;
    let mut rows = Vec::new();
    for ((kind, few), many) in KINDS.into_iter().zip(few).zip(many) {
        let row = |transactions: u64, p50: f64| Row {
            clients: 1,
            ..Row::plain(&format!("{kind} behind {transactions}"), subject.name, p50, "ms")
        };
        rows.push(row(FEW, few));
        rows.push(row(behind, many).against(few));
    }
    Ok(rows)
}

/// Charges through the engine, many at once.
async fn fill(subject: &Subject<'_>, pools: &Arc<[Pool]>, count: u64) -> Result<(), Failure> {
    subject.begin(&format!("{count} transactions are written"));
    let mut running = JoinSet::new();
    for _ in 0..FILLING.min(count) {
        let (engine, pools) = (subject.engine.clone(), pools.clone());
        running.spawn(async move {
            for _ in 0..count / FILLING.min(count) {
                engine.submit(&pools[0].organisation, pools[0].next_charge()).await?;
            }
            Ok::<_, Failure>(())
        });
    }
    while let Some(done) = running.join_next().await {
        done??;
    }
    Ok(())
}

/// The median latency of each kind with one client, in milliseconds.
async fn latencies(subject: &Subject<'_>, pools: &Arc<[Pool]>) -> Result<Vec<f64>, Failure> {
    let mut latencies = Vec::new();
    for (index, kind) in KINDS.into_iter().enumerate() {
        subject.begin(&format!("the cost of {kind}"));
        let measured = match index {
            0 => {
                let engine: Engine = subject.engine.clone();
                drive([Holding { engine, pools: pools.clone(), place: 0 }], subject.time).await?
            }
            _ => {
                let reader = Reader { db: subject.db.clone(), pools: pools.clone(), kind };
                drive([reader], subject.time).await?
            }
        };
        latencies.push(measured.p50_ms);
    }
    Ok(latencies)
}

struct Reader {
    db: Db,
    pools: Arc<[Pool]>,
    kind: &'static str,
}

impl Client for Reader {
    async fn call(&mut self) -> Result<Duration, Failure> {
        let of = &holds::next(&self.pools, &mut 0).organisation;
        let begun = Instant::now();
        let rows = match self.kind {
            "a history page" => {
                let filter = UsageFilter::default();
                history::usage(&self.db, of, &filter, None, PAGE).await?.len()
            }
            _ => usage::by_operation(&self.db, of, EVER.0, EVER.1).await?.len(),
        };
        if rows == 0 {
            return Err(format!("{}: nothing was found", self.kind).into());
        }
        Ok(begun.elapsed())
    }
}
