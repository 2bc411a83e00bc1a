//! What the admins of an organisation are told on their pages, each thing once.

use super::{Db, StoreError, StoreRow};
use crate::ledger::id::OrganisationId;
use crate::ledger::time::Timestamp;
use crate::on;

/// A notice as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdminNotice {
    /// Who is told.
    pub organisation: OrganisationId,
    /// Its id.
    pub id: String,
    /// The name under which it is told once.
    pub key: String,
    /// What it is about: a cure of the topic closes its notices.
    pub topic: String,
    /// `bad`, `warn` or `info`.
    pub severity: String,
    /// What happened, in a few words.
    pub title: String,
    /// What it means and what cures it.
    pub detail: String,
    /// Where it is cured.
    pub address: Option<String>,
    /// What the link there says.
    pub link: Option<String>,
    /// When.
    pub created_at: Timestamp,
}

const INSERT_ONCE: &str = "insert into admin_notice (organisation, id, key, topic, severity, title, \
     detail, address, link, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) \
     on conflict (organisation, key) do nothing";
const OPEN: &str = "select organisation, id, key, topic, severity, title, detail, address, link, \
     created_at from admin_notice where organisation = $1 and closed_at is null \
     order by created_at desc, id desc limit $2";
const CLOSE: &str = "update admin_notice set closed_at = coalesce(closed_at, $3), \
     closed_by = coalesce(closed_by, $4) where organisation = $1 and id = $2";
const CLOSE_TOPIC: &str = "update admin_notice set closed_at = $3 \
     where organisation = $1 and topic = $2 and closed_at is null";

/// Writes a notice; `false` when it was told before.
///
/// # Errors
/// The database failed.
pub async fn insert_once(db: &Db, notice: &AdminNotice) -> Result<bool, StoreError> {
    Ok(on!(db, write pool => sqlx::query(INSERT_ONCE)
        .bind(notice.organisation.as_str())
        .bind(&notice.id)
        .bind(&notice.key)
        .bind(&notice.topic)
        .bind(&notice.severity)
        .bind(&notice.title)
        .bind(&notice.detail)
        .bind(notice.address.as_deref())
        .bind(notice.link.as_deref())
        .bind(notice.created_at.0)
        .execute(pool).await.map(|done| done.rows_affected() > 0))?)
}

/// The notices that nobody has closed, the newest first.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn open(
    db: &Db,
    organisation: &OrganisationId,
    limit: i64,
) -> Result<Vec<AdminNotice>, StoreError> {
    on!(db, read pool => sqlx::query(OPEN).bind(organisation.as_str()).bind(limit)
        .fetch_all(pool).await?.iter().map(notice).collect())
}

/// Closes a notice for everyone; `false` when there is none with this id.
///
/// # Errors
/// The database failed.
pub async fn close(
    db: &Db,
    organisation: &OrganisationId,
    id: &str,
    by: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    Ok(on!(db, write pool => sqlx::query(CLOSE)
        .bind(organisation.as_str()).bind(id).bind(now.0).bind(by)
        .execute(pool).await.map(|done| done.rows_affected() > 0))?)
}

/// Closes what was told about a topic that is cured; whether anything was open.
///
/// # Errors
/// The database failed.
pub async fn close_topic(
    db: &Db,
    organisation: &OrganisationId,
    topic: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    Ok(on!(db, write pool => sqlx::query(CLOSE_TOPIC)
        .bind(organisation.as_str()).bind(topic).bind(now.0)
        .execute(pool).await.map(|done| done.rows_affected() > 0))?)
}

fn notice(row: &impl StoreRow) -> Result<AdminNotice, StoreError> {
    Ok(AdminNotice {
        organisation: row.parsed("admin_notice", "organisation", OrganisationId::parse)?,
        id: row.text("id")?,
        key: row.text("key")?,
        topic: row.text("topic")?,
        severity: row.text("severity")?,
        title: row.text("title")?,
        detail: row.text("detail")?,
        address: row.text_or_none("address")?,
        link: row.text_or_none("link")?,
        created_at: row.time("created_at")?,
    })
}
