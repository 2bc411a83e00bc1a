//! The outbox of mail: a letter is written here first and sent from here, so that none is lost and nobody
//! is written to twice for the same thing.
//!
//! A sender claims a letter by moving its next try into the future ([`claim`]); if the sender dies, the
//! letter's turn comes again. What a letter says is forgotten when it is over: it may hold the secret of a
//! link.

use super::{Db, StoreError, StoreRow};
use crate::ledger::id::OrganisationId;
use crate::ledger::time::Timestamp;
use crate::on;

/// A letter that is to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewMail {
    /// Whose letter it is.
    pub organisation: OrganisationId,
    /// Its id.
    pub id: String,
    /// What it is about: once for each recipient.
    pub about: String,
    /// The address it goes to.
    pub recipient: String,
    /// What stands above it.
    pub subject: String,
    /// The letter as JSON.
    pub content: String,
    /// When it was written.
    pub created_at: Timestamp,
}

/// A letter that somebody has claimed and sends now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claimed {
    /// Whose letter it is.
    pub organisation: OrganisationId,
    /// Its id.
    pub id: String,
    /// The address it goes to.
    pub recipient: String,
    /// What stands above it.
    pub subject: String,
    /// The letter as JSON; none where it is over already.
    pub content: Option<String>,
    /// How often it was tried, this time included.
    pub attempts: i64,
    /// When it would have been its turn, before it was claimed.
    turn: i64,
}

/// What became of a letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailRecord {
    /// Its id.
    pub id: String,
    /// The address it goes to.
    pub recipient: String,
    /// What stands above it.
    pub subject: String,
    /// When it was written.
    pub created_at: Timestamp,
    /// How often it was tried.
    pub attempts: i64,
    /// When it is tried next; none once it is over.
    pub next_try_at: Option<Timestamp>,
    /// When the mail server took it.
    pub sent_at: Option<Timestamp>,
    /// When it was given up.
    pub given_up_at: Option<Timestamp>,
    /// What the mail server said last, or why there was none to ask.
    pub result: Option<String>,
}

const INSERT_ONCE: &str = "insert into mail (organisation, id, about, recipient, subject, content, \
     created_at, next_try_at, attempts) values ($1, $2, $3, $4, $5, $6, $7, $7, 0) \
     on conflict do nothing";
const ID_OF: &str = "select id from mail where organisation = $1 and about = $2 and recipient = $3";
const DUE: &str = "select organisation, id, recipient, subject, content, attempts, next_try_at from mail \
     where next_try_at is not null and next_try_at <= $1 order by next_try_at limit 1";
const ONE_DUE: &str = "select organisation, id, recipient, subject, content, attempts, next_try_at \
     from mail where organisation = $1 and id = $2 and next_try_at is not null";
const CLAIM: &str = "update mail set next_try_at = $5, attempts = attempts + 1 \
     where organisation = $1 and id = $2 and next_try_at = $3 and attempts = $4";
const SENT: &str = "update mail set sent_at = $3, next_try_at = null, content = null, result = $4 \
     where organisation = $1 and id = $2 and sent_at is null";
const GIVEN_UP: &str = "update mail set given_up_at = $3, next_try_at = null, content = null, result = $4 \
     where organisation = $1 and id = $2 and attempts = $5 and sent_at is null";
const POSTPONED: &str = "update mail set next_try_at = $3, result = $4 \
     where organisation = $1 and id = $2 and attempts = $5 and next_try_at is not null";
const LATEST: &str = "select id, recipient, subject, created_at, attempts, next_try_at, sent_at, \
     given_up_at, result from mail where organisation = $1 order by created_at desc, id desc limit $2";
const SELECT: &str = "select id, recipient, subject, created_at, attempts, next_try_at, sent_at, \
     given_up_at, result from mail where organisation = $1 and id = $2";

/// Puts a letter into the outbox; `false` when this person was written to about the same before.
///
/// # Errors
/// The database failed.
pub async fn insert_once(db: &Db, mail: &NewMail) -> Result<bool, StoreError> {
    Ok(on!(db, write pool => sqlx::query(INSERT_ONCE)
        .bind(mail.organisation.as_str()).bind(&mail.id).bind(&mail.about).bind(&mail.recipient)
        .bind(&mail.subject).bind(&mail.content).bind(mail.created_at.0)
        .execute(pool).await.map(|done| done.rows_affected() > 0))?)
}

/// The letter to this person about this.
///
/// # Errors
/// The database failed.
pub async fn id_of(
    db: &Db,
    organisation: &OrganisationId,
    about: &str,
    recipient: &str,
) -> Result<Option<String>, StoreError> {
    on!(db, write pool => sqlx::query(ID_OF).bind(organisation.as_str()).bind(about).bind(recipient)
        .fetch_optional(pool).await?.map(|row| row.text("id")).transpose())
}

/// The letter that has waited longest, nobody else's until `until`; none where no turn has come.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn claim(
    db: &Db,
    now: Timestamp,
    until: Timestamp,
) -> Result<Option<Claimed>, StoreError> {
    let due = on!(db, write pool => sqlx::query(DUE).bind(now.0)
        .fetch_optional(pool).await?.map(|row| claimed(&row)).transpose())?;
    take(db, due, until).await
}

/// This letter, claimed before its turn; none where it is over or somebody else sends it.
///
/// # Errors
/// The database failed, or the row does not parse.
pub async fn claim_this(
    db: &Db,
    organisation: &OrganisationId,
    id: &str,
    until: Timestamp,
) -> Result<Option<Claimed>, StoreError> {
    let found = on!(db, write pool => sqlx::query(ONE_DUE).bind(organisation.as_str()).bind(id)
        .fetch_optional(pool).await?.map(|row| claimed(&row)).transpose())?;
    take(db, found, until).await
}

async fn take(
    db: &Db,
    found: Option<Claimed>,
    until: Timestamp,
) -> Result<Option<Claimed>, StoreError> {
    let Some(mail) = found else { return Ok(None) };
    let taken = on!(db, write pool => sqlx::query(CLAIM).bind(mail.organisation.as_str())
        .bind(&mail.id).bind(mail.turn).bind(mail.attempts).bind(until.0)
        .execute(pool).await.map(|done| done.rows_affected() > 0))?;
    Ok(taken.then(|| Claimed { attempts: mail.attempts + 1, ..mail }))
}

/// The mail server took it.
///
/// # Errors
/// The database failed: its turn comes again.
pub async fn sent(db: &Db, mail: &Claimed, result: &str, now: Timestamp) -> Result<(), StoreError> {
    on!(db, write pool => sqlx::query(SENT).bind(mail.organisation.as_str()).bind(&mail.id)
        .bind(now.0).bind(result).execute(pool).await.map(|_| ()))?;
    Ok(())
}

/// It will not be tried again.
///
/// # Errors
/// The database failed: its turn comes again.
pub async fn give_up(
    db: &Db,
    mail: &Claimed,
    result: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    on!(db, write pool => sqlx::query(GIVEN_UP).bind(mail.organisation.as_str()).bind(&mail.id)
        .bind(now.0).bind(result).bind(mail.attempts).execute(pool).await.map(|_| ()))?;
    Ok(())
}

/// It is tried again at `next`.
///
/// # Errors
/// The database failed: its turn comes again.
pub async fn postpone(
    db: &Db,
    mail: &Claimed,
    result: &str,
    next: Timestamp,
) -> Result<(), StoreError> {
    on!(db, write pool => sqlx::query(POSTPONED).bind(mail.organisation.as_str()).bind(&mail.id)
        .bind(next.0).bind(result).bind(mail.attempts).execute(pool).await.map(|_| ()))?;
    Ok(())
}

/// What became of an organisation's newest letters.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn latest(
    db: &Db,
    organisation: &OrganisationId,
    limit: i64,
) -> Result<Vec<MailRecord>, StoreError> {
    on!(db, read pool => sqlx::query(LATEST).bind(organisation.as_str()).bind(limit)
        .fetch_all(pool).await?.iter().map(record).collect())
}

/// What became of one letter.
///
/// # Errors
/// The database failed, or the row does not parse.
pub async fn find(
    db: &Db,
    organisation: &OrganisationId,
    id: &str,
) -> Result<Option<MailRecord>, StoreError> {
    on!(db, read pool => sqlx::query(SELECT).bind(organisation.as_str()).bind(id)
        .fetch_optional(pool).await?.map(|row| record(&row)).transpose())
}

fn claimed(row: &impl StoreRow) -> Result<Claimed, StoreError> {
    Ok(Claimed {
        organisation: row.parsed("mail", "organisation", OrganisationId::parse)?,
        id: row.text("id")?,
        recipient: row.text("recipient")?,
        subject: row.text("subject")?,
        content: row.text_or_none("content")?,
        attempts: row.integer("attempts")?,
        turn: row.integer("next_try_at")?,
    })
}

fn record(row: &impl StoreRow) -> Result<MailRecord, StoreError> {
    Ok(MailRecord {
        id: row.text("id")?,
        recipient: row.text("recipient")?,
        subject: row.text("subject")?,
        created_at: row.time("created_at")?,
        attempts: row.integer("attempts")?,
        next_try_at: row.time_or_none("next_try_at")?,
        sent_at: row.time_or_none("sent_at")?,
        given_up_at: row.time_or_none("given_up_at")?,
        result: row.text_or_none("result")?,
    })
}
