//! The catalogues of this installation, as they were written, by the time at which each takes effect.

use super::{Db, StoreError, StoreRow, or_conflict};
use crate::ledger::time::Timestamp;
use crate::on;

/// One catalogue that was applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogueVersion {
    /// Gap-free from 1.
    pub number: i64,
    /// The catalogue's own code: `ad-compliance`.
    pub code: String,
    /// The file as it was written, TOML.
    pub body: String,
    /// When it was handed in.
    pub applied_at: Timestamp,
    /// By whom: `command line`, a person's id, or `first start`.
    pub applied_by: String,
    /// From when on it is in force.
    pub effective_at: Timestamp,
    /// When it was taken back, before it took effect.
    pub withdrawn_at: Option<Timestamp>,
    /// By whom.
    pub withdrawn_by: Option<String>,
}

const INSERT: &str = "insert into catalogue_version \
     (number, code, body, applied_at, applied_by, effective_at) values ($1, $2, $3, $4, $5, $6)";
const WITHDRAW: &str = "update catalogue_version set withdrawn_at = $2, withdrawn_by = $3 \
     where number = $1 and withdrawn_at is null and effective_at > $2";
const ALL: &str = "select * from catalogue_version order by number desc limit $1";
const FIND: &str = "select * from catalogue_version where number = $1";
// Those that may be in force now or later: the newest that has begun, and everything behind it.
const STANDING: &str = "select * from catalogue_version where withdrawn_at is null \
     and effective_at >= coalesce((select max(effective_at) from catalogue_version \
     where withdrawn_at is null and effective_at <= $1), 0) order by effective_at, number";
const STATE: &str = "select cast(coalesce(max(number), 0) as bigint) as number, \
     cast(coalesce(sum(case when withdrawn_at is null then 0 else 1 end), 0) as bigint) as withdrawn \
     from catalogue_version";

/// Writes a version down under the number that it has.
///
/// # Errors
/// [`StoreError::Conflict`] when the number is taken: somebody was quicker. The database failed.
pub async fn insert(db: &Db, version: &CatalogueVersion) -> Result<(), StoreError> {
    let done = on!(db, write pool => sqlx::query(INSERT)
        .bind(version.number)
        .bind(&version.code)
        .bind(&version.body)
        .bind(version.applied_at.0)
        .bind(&version.applied_by)
        .bind(version.effective_at.0)
        .execute(pool).await.map(|_| ()));
    or_conflict(done, "the number of the catalogue's version")
}

/// Takes back a version that has not taken effect; `false` when it has, or is not there.
///
/// # Errors
/// The database failed.
pub async fn withdraw(db: &Db, number: i64, now: Timestamp, by: &str) -> Result<bool, StoreError> {
    Ok(on!(db, write pool => sqlx::query(WITHDRAW).bind(number).bind(now.0).bind(by)
        .execute(pool).await.map(|done| done.rows_affected() > 0))?)
}

/// The newest versions, the newest first.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn newest(db: &Db, limit: i64) -> Result<Vec<CatalogueVersion>, StoreError> {
    on!(db, write pool => sqlx::query(ALL).bind(limit)
        .fetch_all(pool).await?.iter().map(version).collect())
}

/// One version.
///
/// # Errors
/// The database failed, or the row does not parse.
pub async fn find(db: &Db, number: i64) -> Result<Option<CatalogueVersion>, StoreError> {
    on!(db, write pool => sqlx::query(FIND).bind(number)
        .fetch_optional(pool).await?.map(|row| version(&row)).transpose())
}

/// The versions that may be in force at `now` or later, in the order in which they take effect.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn standing(db: &Db, now: Timestamp) -> Result<Vec<CatalogueVersion>, StoreError> {
    on!(db, write pool => sqlx::query(STANDING).bind(now.0)
        .fetch_all(pool).await?.iter().map(version).collect())
}

/// The highest number, 0 where there is none, and how many were withdrawn: what changes whenever
/// anything here does.
///
/// # Errors
/// The database failed.
pub async fn state(db: &Db) -> Result<(i64, i64), StoreError> {
    on!(db, read pool => {
        let row = sqlx::query(STATE).fetch_one(pool).await?;
        Ok((row.integer("number")?, row.integer("withdrawn")?))
    })
}

fn version(row: &impl StoreRow) -> Result<CatalogueVersion, StoreError> {
    Ok(CatalogueVersion {
        number: row.integer("number")?,
        code: row.text("code")?,
        body: row.text("body")?,
        applied_at: row.time("applied_at")?,
        applied_by: row.text("applied_by")?,
        effective_at: row.time("effective_at")?,
        withdrawn_at: row.time_or_none("withdrawn_at")?,
        withdrawn_by: row.text_or_none("withdrawn_by")?,
    })
}
