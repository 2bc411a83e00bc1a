//! Settings of the installation that the program makes for itself, such as its secrets.

use super::{Db, StoreError, StoreRow};
use crate::on;

const SELECT: &str = "select value from setting where key = $1";
const UPSERT: &str = "insert into setting (key, value) values ($1, $2) \
     on conflict (key) do update set value = excluded.value";
const INSERT_ONCE: &str =
    "insert into setting (key, value) values ($1, $2) on conflict (key) do nothing";
const DELETE: &str = "delete from setting where key = $1";

/// The value of a setting.
///
/// # Errors
/// The database failed.
pub async fn find(db: &Db, key: &str) -> Result<Option<String>, StoreError> {
    on!(db, read pool => sqlx::query(SELECT).bind(key).fetch_optional(pool).await?
        .map(|row| row.text("value")).transpose())
}

/// Sets a setting, whatever it was.
///
/// # Errors
/// The database failed.
pub async fn set(db: &Db, key: &str, value: &str) -> Result<(), StoreError> {
    on!(db, write pool => sqlx::query(UPSERT).bind(key).bind(value).execute(pool).await.map(|_| ()))?;
    Ok(())
}

/// The value of a setting, which becomes `value` when there was none: of several nodes that start at
/// once, all get the same.
///
/// # Errors
/// The database failed.
pub async fn find_or_insert(db: &Db, key: &str, value: &str) -> Result<String, StoreError> {
    on!(db, write pool => sqlx::query(INSERT_ONCE).bind(key).bind(value)
        .execute(pool).await.map(|_| ()))?;
    on!(db, write pool => sqlx::query(SELECT).bind(key).fetch_one(pool).await?.text("value"))
}

/// Forgets a setting.
///
/// # Errors
/// The database failed.
pub async fn delete(db: &Db, key: &str) -> Result<(), StoreError> {
    on!(db, write pool => sqlx::query(DELETE).bind(key).execute(pool).await.map(|_| ()))?;
    Ok(())
}
