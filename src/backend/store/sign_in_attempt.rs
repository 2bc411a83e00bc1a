//! Sign-in attempts counted by subject (an account, an address) and window.

use super::{Db, StoreError, StoreRow};
use crate::ledger::time::Timestamp;
use crate::on;

const COUNT_ONE: &str = "insert into sign_in_attempt (subject, window_start, failures) \
     values ($1, $2, 1) on conflict (subject, window_start) \
     do update set failures = sign_in_attempt.failures + 1 returning failures";
const TAKE_BACK: &str = "update sign_in_attempt set failures = failures - 1 \
     where subject = $1 and window_start = $2 and failures > 0";
const FORGET: &str = "delete from sign_in_attempt where subject = $1";
const PURGE: &str = "delete from sign_in_attempt where window_start < $1";

/// Counts one more attempt of `subject` in this window; how many there are now.
///
/// # Errors
/// The database failed.
pub async fn count_one(db: &Db, subject: &str, window: Timestamp) -> Result<i64, StoreError> {
    on!(db, write pool => sqlx::query(COUNT_ONE).bind(subject).bind(window.micros())
        .fetch_one(pool).await?.integer("failures"))
}

/// Takes one attempt of `subject` back: it was none that failed.
///
/// # Errors
/// The database failed.
pub async fn take_back(db: &Db, subject: &str, window: Timestamp) -> Result<(), StoreError> {
    on!(db, write pool => sqlx::query(TAKE_BACK).bind(subject).bind(window.micros())
        .execute(pool).await.map(|_| ()))?;
    Ok(())
}

/// Forgets every attempt of `subject`.
///
/// # Errors
/// The database failed.
pub async fn forget(db: &Db, subject: &str) -> Result<(), StoreError> {
    on!(db, write pool => sqlx::query(FORGET).bind(subject).execute(pool).await.map(|_| ()))?;
    Ok(())
}

/// Removes windows that began before `before`; how many rows went.
///
/// # Errors
/// The database failed.
pub async fn purge(db: &Db, before: Timestamp) -> Result<u64, StoreError> {
    Ok(on!(db, write pool => sqlx::query(PURGE).bind(before.micros())
        .execute(pool).await.map(|done| done.rows_affected()))?)
}
