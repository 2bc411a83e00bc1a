//! Sessions as they are kept. The key is a hash of what the cookie holds, so that who reads this table
//! cannot sign in with it.

use std::collections::HashMap;

use super::{Db, StoreError, StoreRow};
use crate::ledger::id::{OrganisationId, UserId};
use crate::ledger::time::Timestamp;
use crate::on;

/// A session's row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredSession {
    /// SHA-256 of the session's id, in hexadecimal digits.
    pub id_hash: String,
    /// Who is signed in.
    pub user: Option<UserId>,
    /// What the session holds, as JSON.
    pub data: String,
    /// When it began; for a session that was rotated, when the new id began.
    pub created_at: Timestamp,
    /// The last use that was noted.
    pub last_seen_at: Timestamp,
    /// When it ends however busy it is.
    pub expires_at: Timestamp,
}

const INSERT: &str = "insert into session \
     (id, user_id, data, created_at, last_seen_at, expires_at) values ($1, $2, $3, $4, $5, $6) \
     on conflict (id) do nothing";
const SAVE: &str = "update session set user_id = $2, data = $3, last_seen_at = $4 where id = $1";
const SELECT: &str = "select id, user_id, data, created_at, last_seen_at, expires_at from session \
     where id = $1 and expires_at > $2 and last_seen_at > $3";
const OF_USER: &str = "select id, user_id, data, created_at, last_seen_at, expires_at from session \
     where user_id = $1 and expires_at > $2 and last_seen_at > $3 order by last_seen_at desc, id";
const TOUCH: &str = "update session set last_seen_at = $2 where id = $1 and last_seen_at < $2";
const LAST_SEEN: &str = "select s.user_id, max(s.last_seen_at) as last_seen_at from session s \
     join membership m on m.user_id = s.user_id \
     where m.organisation = $1 and m.ended_at is null group by s.user_id";
const DELETE: &str = "delete from session where id = $1";
const DELETE_OF_USER: &str = "delete from session where user_id = $1 and id <> $2";
const PURGE: &str = "delete from session where expires_at <= $1 or last_seen_at <= $2";

/// Writes a new session; `false` when the id is taken.
///
/// # Errors
/// The database failed.
pub async fn insert(db: &Db, session: &StoredSession) -> Result<bool, StoreError> {
    Ok(on!(db, write pool => sqlx::query(INSERT)
        .bind(&session.id_hash)
        .bind(session.user.as_ref().map(UserId::as_str))
        .bind(&session.data)
        .bind(session.created_at.micros())
        .bind(session.last_seen_at.micros())
        .bind(session.expires_at.micros())
        .execute(pool).await.map(|done| done.rows_affected() > 0))?)
}

/// Replaces what a session holds; `false` when it has ended, which stays so.
///
/// # Errors
/// The database failed.
pub async fn save(
    db: &Db,
    id_hash: &str,
    user: Option<&UserId>,
    data: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    Ok(on!(db, write pool => sqlx::query(SAVE)
        .bind(id_hash)
        .bind(user.map(UserId::as_str))
        .bind(data)
        .bind(now.micros())
        .execute(pool).await.map(|done| done.rows_affected() > 0))?)
}

/// The session with this key, if it lives at `now` and was used after `idle_since`.
///
/// # Errors
/// The database failed, or the row does not parse.
pub async fn find(
    db: &Db,
    id_hash: &str,
    now: Timestamp,
    idle_since: Timestamp,
) -> Result<Option<StoredSession>, StoreError> {
    on!(db, read pool => sqlx::query(SELECT)
        .bind(id_hash).bind(now.micros()).bind(idle_since.micros())
        .fetch_optional(pool).await?.map(|row| session(&row)).transpose())
}

/// A person's live sessions, the last used first.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn of_user(
    db: &Db,
    user: &UserId,
    now: Timestamp,
    idle_since: Timestamp,
) -> Result<Vec<StoredSession>, StoreError> {
    on!(db, read pool => sqlx::query(OF_USER)
        .bind(user.as_str()).bind(now.micros()).bind(idle_since.micros())
        .fetch_all(pool).await?.iter().map(session).collect())
}

/// Notes that a session was used.
///
/// # Errors
/// The database failed.
pub async fn touch(db: &Db, id_hash: &str, now: Timestamp) -> Result<(), StoreError> {
    on!(db, write pool => sqlx::query(TOUCH)
        .bind(id_hash).bind(now.micros()).execute(pool).await.map(|_| ()))?;
    Ok(())
}

/// When each current member of an organisation was last here, by user id, as far as sessions tell.
///
/// # Errors
/// The database failed.
pub async fn last_seen(
    db: &Db,
    organisation: &OrganisationId,
) -> Result<HashMap<String, Timestamp>, StoreError> {
    on!(db, read pool => sqlx::query(LAST_SEEN).bind(organisation.as_str())
        .fetch_all(pool).await?.iter()
        .map(|row| Ok((row.text("user_id")?, row.time("last_seen_at")?))).collect())
}

/// Ends a session.
///
/// # Errors
/// The database failed.
pub async fn delete(db: &Db, id_hash: &str) -> Result<(), StoreError> {
    on!(db, write pool => sqlx::query(DELETE).bind(id_hash).execute(pool).await.map(|_| ()))?;
    Ok(())
}

/// Ends all sessions of a person but the one with the key `kept` (empty for none); how many ended.
///
/// # Errors
/// The database failed.
pub async fn delete_of_user(db: &Db, user: &UserId, kept: &str) -> Result<u64, StoreError> {
    Ok(on!(db, write pool => sqlx::query(DELETE_OF_USER)
        .bind(user.as_str()).bind(kept)
        .execute(pool).await.map(|done| done.rows_affected()))?)
}

/// Removes what has ended by `now` or was not used after `idle_since`; how many went.
///
/// # Errors
/// The database failed.
pub async fn purge(db: &Db, now: Timestamp, idle_since: Timestamp) -> Result<u64, StoreError> {
    Ok(on!(db, write pool => sqlx::query(PURGE)
        .bind(now.micros()).bind(idle_since.micros())
        .execute(pool).await.map(|done| done.rows_affected()))?)
}

fn session(row: &impl StoreRow) -> Result<StoredSession, StoreError> {
    Ok(StoredSession {
        id_hash: row.text("id")?,
        user: row.parsed_or_none("session", "user_id", UserId::parse)?,
        data: row.text("data")?,
        created_at: row.time("created_at")?,
        last_seen_at: row.time("last_seen_at")?,
        expires_at: row.time("expires_at")?,
    })
}
