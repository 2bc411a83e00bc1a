//! Telling the admins of an organisation: the one place where that happens.
//!
//! A notice is kept in a table and stands on the admins' dashboard and billing page until someone closes
//! it or its topic is cured; open pages hear of it at once. Mail comes with the alerts: it will be sent
//! from here, and nothing else needs to change for it.

use crate::backend::id;
use crate::backend::live::Live;
use crate::backend::store::admin_notice::{self, AdminNotice};
use crate::backend::store::{Db, StoreError};
use crate::backend::zone::Zone;
use crate::ledger::{OrganisationId, Timestamp, UserId};
use crate::model::notice::{NoticeView, Severity};

/// What open pages listen to.
pub const TOPIC: &str = "notices";
/// The most that a page lists.
const MOST: i64 = 10;

/// What is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tell<'a> {
    /// The name under which it is told once.
    pub key: String,
    /// What it is about: see [`close_topic`].
    pub topic: &'a str,
    /// How bad it is.
    pub severity: Severity,
    /// What happened, in a few words.
    pub title: String,
    /// What it means and what cures it, as sentences.
    pub detail: String,
    /// Where it is cured, and what the link there says.
    pub cure: Option<(&'a str, &'a str)>,
}

/// Tells the admins, once for each key.
///
/// # Errors
/// The database failed.
pub async fn tell_admins(
    db: &Db,
    live: &Live,
    organisation: &OrganisationId,
    tell: Tell<'_>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let notice = AdminNotice {
        organisation: organisation.clone(),
        id: id::uuid_simple(now),
        key: tell.key,
        topic: tell.topic.to_owned(),
        severity: tell.severity.as_str().to_owned(),
        title: tell.title,
        detail: tell.detail,
        address: tell.cure.map(|(address, _)| address.to_owned()),
        link: tell.cure.map(|(_, link)| link.to_owned()),
        created_at: now,
    };
    if admin_notice::insert_once(db, &notice).await? {
        tracing::info!(%organisation, key = notice.key, title = notice.title, "told the admins");
        live.notify(organisation, TOPIC);
    }
    Ok(())
}

/// Takes back what was told about a topic: it is cured.
///
/// # Errors
/// The database failed.
pub async fn close_topic(
    db: &Db,
    live: &Live,
    organisation: &OrganisationId,
    topic: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    if admin_notice::close_topic(db, organisation, topic, now).await? {
        live.notify(organisation, TOPIC);
    }
    Ok(())
}

/// Closes one notice for all admins; `false` when there is none with this id.
///
/// # Errors
/// The database failed.
pub async fn close(
    db: &Db,
    live: &Live,
    organisation: &OrganisationId,
    id: &str,
    by: &UserId,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let closed = admin_notice::close(db, organisation, id, by.as_str(), now).await?;
    if closed {
        live.notify(organisation, TOPIC);
    }
    Ok(closed)
}

/// What the admins have been told and nobody has closed, the newest first.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn open(
    db: &Db,
    organisation: &OrganisationId,
    zone: Zone,
) -> Result<Vec<NoticeView>, StoreError> {
    let notices = admin_notice::open(db, organisation, MOST).await?;
    let view = |notice: AdminNotice| NoticeView {
        id: notice.id,
        severity: Severity::parse(&notice.severity),
        title: notice.title,
        detail: notice.detail,
        cure: notice.address.zip(notice.link),
        at: zone.moment(notice.created_at),
    };
    Ok(notices.into_iter().map(view).collect())
}
