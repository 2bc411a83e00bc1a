//! Sessions: kept in our own table, so that a person can list and end them, and so that a copy of the
//! database signs nobody in (the key is a hash of what the cookie holds).
//!
//! A session begins at sign-in with a new id, ends at sign-out, after [`IDLE_LIFETIME`] without use, or
//! after [`ABSOLUTE_LIFETIME`]. Visitors who are not signed in have none. What ended stays ended: a
//! request that was under way cannot write it back.

use async_trait::async_trait;
use sha2::{Digest, Sha256};
use time::OffsetDateTime;
use tower_sessions::cookie::SameSite;
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store::{Error, Result as SessionResult};
use tower_sessions::{Expiry, Session, SessionManagerLayer, SessionStore};

use crate::backend::access::AccessError;
use crate::backend::clock::Clock;
use crate::backend::store::session::StoredSession;
use crate::backend::store::{self, Db};
use crate::ledger::id::{OrganisationId, UserId};
use crate::ledger::time::{DAY, HOUR, MINUTE, SECOND, Timestamp};

/// A session that is not used for this long ends, in microseconds.
pub const IDLE_LIFETIME: i64 = 24 * HOUR;
/// A session ends after this long however busy it is, in microseconds.
pub const ABSOLUTE_LIFETIME: i64 = 14 * DAY;
/// Use is noted at most this often, in microseconds, so that reading a page rarely writes.
const TOUCH_EVERY: i64 = MINUTE;
/// Name of the cookie where TLS is on; browsers then insist on `Secure`, `Path=/` and no domain.
pub const SECURE_COOKIE: &str = "__Host-scrip";
/// Name of the cookie without TLS (development, and loopback behind nothing).
pub const PLAIN_COOKIE: &str = "scrip";

const USER_KEY: &str = "user";
const ORGANISATION_KEY: &str = "organisation";

/// The session table as the session middleware wants it.
#[derive(Clone, Debug)]
pub struct Sessions {
    db: Db,
    clock: Clock,
}

/// The session middleware: `tls` chooses the cookie's name and `Secure`.
pub fn layer(db: Db, clock: Clock, tls: bool) -> SessionManagerLayer<Sessions> {
    let lifetime = time::Duration::microseconds(ABSOLUTE_LIFETIME);
    SessionManagerLayer::new(Sessions::new(db, clock))
        .with_name(if tls { SECURE_COOKIE } else { PLAIN_COOKIE })
        .with_secure(tls)
        .with_http_only(true)
        .with_same_site(SameSite::Lax)
        .with_path("/")
        .with_expiry(Expiry::OnInactivity(lifetime))
}

/// Signs `user` in: what the session held is gone, and its id is new.
///
/// # Errors
/// The database failed.
pub async fn begin(
    session: &Session,
    user: &UserId,
    organisation: &OrganisationId,
) -> Result<(), AccessError> {
    // Not `flush`: that would keep the old id for the next save, which is session fixation.
    session.cycle_id().await?;
    session.clear().await;
    session.insert(USER_KEY, user.as_str()).await?;
    session.insert(ORGANISATION_KEY, organisation.as_str()).await?;
    session.save().await?;
    Ok(())
}

/// Signs out: the session is gone from the table and the cookie from the browser.
///
/// # Errors
/// The database failed.
pub async fn end(session: &Session) -> Result<(), AccessError> {
    session.flush().await?;
    Ok(())
}

/// Who is signed in, and in which of their organisations.
///
/// # Errors
/// The database failed.
pub async fn signed_in(session: &Session) -> Result<Option<(UserId, String)>, AccessError> {
    if session.id().is_none() {
        return Ok(None);
    }
    let user: Option<String> = session.get(USER_KEY).await?;
    let organisation: Option<String> = session.get(ORGANISATION_KEY).await?;
    let user = user.and_then(|user| UserId::parse(&user).ok());
    Ok(user.map(|user| (user, organisation.unwrap_or_default())))
}

/// Whether the session lives at `now`, as the table has it. Asking is no use of it: what stays open for
/// long may ask and does not keep it alive.
///
/// # Errors
/// The database failed.
pub async fn lives(db: &Db, session: &Session, now: Timestamp) -> Result<bool, AccessError> {
    let Some(id) = session.id() else { return Ok(false) };
    let found = store::session::find(db, &hash(&id), now, now.plus(-IDLE_LIFETIME)).await?;
    Ok(found.is_some())
}

/// A person's live sessions, the last used first.
///
/// # Errors
/// The database failed.
pub async fn list(
    db: &Db,
    user: &UserId,
    now: Timestamp,
) -> Result<Vec<StoredSession>, AccessError> {
    Ok(store::session::of_user(db, user, now, now.plus(-IDLE_LIFETIME)).await?)
}

/// Ends all of a person's sessions but `kept`; how many ended.
///
/// # Errors
/// The database failed.
pub async fn end_all(db: &Db, user: &UserId, kept: Option<&Session>) -> Result<u64, AccessError> {
    let kept = kept.and_then(Session::id).map(|id| hash(&id)).unwrap_or_default();
    Ok(store::session::delete_of_user(db, user, &kept).await?)
}

/// Whether `row` is the row of `session`.
pub fn is_row_of(session: &Session, row: &StoredSession) -> bool {
    session.id().is_some_and(|id| hash(&id) == row.id_hash)
}

/// Removes rows of sessions that have ended; how many went.
///
/// # Errors
/// The database failed.
pub async fn purge(db: &Db, now: Timestamp) -> Result<u64, AccessError> {
    Ok(store::session::purge(db, now, now.plus(-IDLE_LIFETIME)).await?)
}

/// What is kept of a session's id.
fn hash(id: &Id) -> String {
    hex::encode(Sha256::digest(id.to_string().as_bytes()))
}

impl Sessions {
    /// The sessions of this database by this clock.
    pub fn new(db: Db, clock: Clock) -> Self {
        Sessions { db, clock }
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.clock.now_microseconds())
    }

    fn row(&self, record: &Record) -> SessionResult<StoredSession> {
        let now = self.now();
        Ok(StoredSession {
            id_hash: hash(&record.id),
            user: user_of(record),
            data: encode(record)?,
            created_at: now,
            last_seen_at: now,
            expires_at: now.plus(ABSOLUTE_LIFETIME),
        })
    }
}

fn user_of(record: &Record) -> Option<UserId> {
    record.data.get(USER_KEY)?.as_str().and_then(|user| UserId::parse(user).ok())
}

fn encode(record: &Record) -> SessionResult<String> {
    serde_json::to_string(&record.data).map_err(|error| Error::Encode(error.to_string()))
}

fn backend(error: crate::backend::store::StoreError) -> Error {
    Error::Backend(error.to_string())
}

#[async_trait]
impl SessionStore for Sessions {
    async fn create(&self, record: &mut Record) -> SessionResult<()> {
        while !store::session::insert(&self.db, &self.row(record)?).await.map_err(backend)? {
            record.id = Id::default();
        }
        Ok(())
    }

    async fn save(&self, record: &Record) -> SessionResult<()> {
        let (id, user, data) = (hash(&record.id), user_of(record), encode(record)?);
        // A session that has ended in the meantime is not written back, and that is no failure.
        store::session::save(&self.db, &id, user.as_ref(), &data, self.now())
            .await
            .map(|_| ())
            .map_err(backend)
    }

    async fn load(&self, id: &Id) -> SessionResult<Option<Record>> {
        let now = self.now();
        let id_hash = hash(id);
        let idle_since = now.plus(-IDLE_LIFETIME);
        let found = store::session::find(&self.db, &id_hash, now, idle_since).await;
        let Some(stored) = found.map_err(backend)? else { return Ok(None) };
        if now.since(stored.last_seen_at) >= TOUCH_EVERY {
            store::session::touch(&self.db, &id_hash, now).await.map_err(backend)?;
        }
        let data =
            serde_json::from_str(&stored.data).map_err(|error| Error::Decode(error.to_string()))?;
        let expiry_date = OffsetDateTime::from_unix_timestamp(stored.expires_at.micros() / SECOND)
            .map_err(|error| Error::Decode(error.to_string()))?;
        Ok(Some(Record { id: *id, data, expiry_date }))
    }

    async fn delete(&self, id: &Id) -> SessionResult<()> {
        store::session::delete(&self.db, &hash(id)).await.map_err(backend)
    }
}
