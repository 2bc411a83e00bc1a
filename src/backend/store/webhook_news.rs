//! Which endpoints have news: the journal went on, somebody was told something, or a hold waited in vain.
//! Reads only.

use super::webhook_endpoint::{Endpoint, endpoint};
use super::{Db, StoreError, StoreRow};
use crate::ledger::HoldId;
use crate::ledger::id::OrganisationId;
use crate::ledger::time::Timestamp;
use crate::model::alerts::AlertKind;
use crate::on;

/// An alert as programs are told of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToldAlert {
    /// Its id.
    pub id: String,
    /// What kind it is.
    pub kind: AlertKind,
    /// What happened, in a few words.
    pub title: String,
    /// What it means and what cures it.
    pub detail: String,
    /// A path of this site where it is cured.
    pub address: Option<String>,
    /// When.
    pub created_at: Timestamp,
}

/// A hold that waited in vain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpiredHold {
    /// Its id.
    pub id: HoldId,
    /// When its time to wait was over.
    pub closed_at: Timestamp,
}

const BEHIND: &str = "select e.* from webhook_endpoint e join ledger_head h \
     on h.organisation = e.organisation where e.state = 'on' and h.sequence > e.told_through \
     order by h.sequence - e.told_through, e.id limit $1";
const WITH_ALERTS: &str = "select e.* from webhook_endpoint e where e.state = 'on' \
     and e.alerts_since is not null and exists (select 1 from alert a \
     where a.organisation = e.organisation and a.created_at >= e.alerts_since and a.created_at >= $1 \
     and substr(a.audience, 1, 7) <> 'member:' and not exists (select 1 from webhook_delivery d \
     where d.organisation = a.organisation and d.endpoint = e.id and d.about = 'alert:' || a.id)) \
     order by e.id limit $2";
const ALERTS: &str = "select a.id, a.kind, a.title, a.detail, a.address, a.created_at from alert a \
     join webhook_endpoint e on e.organisation = a.organisation and e.id = $2 \
     where a.organisation = $1 and a.created_at >= e.alerts_since and a.created_at >= $3 \
     and substr(a.audience, 1, 7) <> 'member:' and not exists (select 1 from webhook_delivery d \
     where d.organisation = a.organisation and d.endpoint = e.id and d.about = 'alert:' || a.id) \
     order by a.created_at, a.place, a.id limit $4";
const WITH_EXPIRED: &str = "select e.* from webhook_endpoint e where e.state = 'on' \
     and e.parked_since is not null and exists (select 1 from parked_hold p \
     where p.organisation = e.organisation and p.state = 'expired' \
     and p.closed_at >= e.parked_since and p.closed_at >= $1 \
     and not exists (select 1 from webhook_delivery d where d.organisation = p.organisation \
     and d.endpoint = e.id and d.about = 'parked_hold:' || p.id)) order by e.id limit $2";
const EXPIRED: &str = "select p.id, p.closed_at from parked_hold p join webhook_endpoint e \
     on e.organisation = p.organisation and e.id = $2 where p.organisation = $1 \
     and p.state = 'expired' and p.closed_at >= e.parked_since and p.closed_at >= $3 \
     and not exists (select 1 from webhook_delivery d where d.organisation = p.organisation \
     and d.endpoint = e.id and d.about = 'parked_hold:' || p.id) \
     order by p.closed_at, p.id limit $4";

/// Endpoints whose journal went on, the shortest way first; `rows` at most.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn behind(db: &Db, rows: i64) -> Result<Vec<Endpoint>, StoreError> {
    on!(db, read pool => sqlx::query(BEHIND).bind(rows)
        .fetch_all(pool).await?.iter().map(endpoint).collect())
}

/// Endpoints that are to be told of alerts since an instant; `rows` at most.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn with_alerts(
    db: &Db,
    since: Timestamp,
    rows: i64,
) -> Result<Vec<Endpoint>, StoreError> {
    on!(db, read pool => sqlx::query(WITH_ALERTS).bind(since.0).bind(rows)
        .fetch_all(pool).await?.iter().map(endpoint).collect())
}

/// The alerts since an instant that an endpoint was not told of, the oldest first; `rows` at most.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn alerts(
    db: &Db,
    organisation: &OrganisationId,
    endpoint: &str,
    since: Timestamp,
    rows: i64,
) -> Result<Vec<ToldAlert>, StoreError> {
    on!(db, read pool => sqlx::query(ALERTS).bind(organisation.as_str()).bind(endpoint)
        .bind(since.0).bind(rows).fetch_all(pool).await?.iter().map(told).collect())
}

/// Endpoints that are to be told of holds that waited in vain since an instant; `rows` at most.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn with_expired(
    db: &Db,
    since: Timestamp,
    rows: i64,
) -> Result<Vec<Endpoint>, StoreError> {
    on!(db, read pool => sqlx::query(WITH_EXPIRED).bind(since.0).bind(rows)
        .fetch_all(pool).await?.iter().map(endpoint).collect())
}

/// The holds that waited in vain since an instant and that an endpoint was not told of, the oldest first;
/// `rows` at most.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn expired(
    db: &Db,
    organisation: &OrganisationId,
    endpoint: &str,
    since: Timestamp,
    rows: i64,
) -> Result<Vec<ExpiredHold>, StoreError> {
    on!(db, read pool => sqlx::query(EXPIRED).bind(organisation.as_str()).bind(endpoint)
        .bind(since.0).bind(rows).fetch_all(pool).await?.iter()
        .map(|row| Ok(ExpiredHold {
            id: row.parsed("parked_hold", "id", HoldId::parse)?,
            closed_at: row.time("closed_at")?,
        })).collect())
}

fn told(row: &impl StoreRow) -> Result<ToldAlert, StoreError> {
    Ok(ToldAlert {
        id: row.text("id")?,
        kind: row.parsed("alert", "kind", str::parse::<AlertKind>)?,
        title: row.text("title")?,
        detail: row.text("detail")?,
        address: row.text_or_none("address")?,
        created_at: row.time("created_at")?,
    })
}
