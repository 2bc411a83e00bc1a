//! `apply` and `replay` alone: one thread, no database.

use super::holds::{self, Pool};
use super::load::Failure;
use super::table::Row;
use indicatif::ProgressBar;
use scrip::ledger::{LedgerState, Transaction, apply, replay};
use std::time::{Duration, Instant};

/// Holds that the kernel makes, for each second of a cell.
const HOLDS_A_SECOND: f64 = 50_000.0;

/// The rows of the kernel.
///
/// # Errors
/// A hold is refused, or the replay does not agree.
pub fn measure(bar: &ProgressBar, time: Duration) -> Result<Vec<Row>, Failure> {
    bar.inc(1);
    bar.set_message("the kernel alone");
    let pool = Pool::new();
    let count = (time.as_secs_f64() * HOLDS_A_SECOND) as usize;
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
