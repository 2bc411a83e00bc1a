//! Pieces of work that programs named, so that what is spent on them stands together.

use super::{Db, StoreError, StoreRow, or_conflict};
use crate::ledger::{ApiKeyId, DepartmentId, OrganisationId, ReportId, Timestamp, UserId};
use crate::on;

/// A piece of work as a program named it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiReport {
    /// The organisation whose it is.
    pub organisation: OrganisationId,
    /// Its id.
    pub id: ReportId,
    /// What people read.
    pub title: String,
    /// The program's own name for it.
    pub reference: Option<String>,
    /// The department it is for.
    pub department: Option<DepartmentId>,
    /// The person it is for.
    pub member: Option<UserId>,
    /// The key that named it.
    pub key: ApiKeyId,
    /// The key of the request that did.
    pub request_key: String,
    /// Hash of what that request said.
    pub fingerprint: [u8; 32],
    /// When.
    pub created_at: Timestamp,
}

const INSERT: &str = "insert into api_report (organisation, id, title, reference, department, member, \
     api_key, request_key, fingerprint, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
const FIND: &str = "select * from api_report where organisation = $1 and id = $2";
const FIND_BY_REQUEST: &str =
    "select * from api_report where organisation = $1 and request_key = $2";
const NEWEST: &str = "select * from api_report where organisation = $1 \
     order by created_at desc, id desc limit $2";
const BEFORE: &str = "select * from api_report where organisation = $1 and (created_at, id) < \
     (select created_at, id from api_report where organisation = $1 and id = $3) \
     order by created_at desc, id desc limit $2";

/// Writes a new one.
///
/// # Errors
/// [`StoreError::Conflict`] when this request has made one already.
pub async fn insert(db: &Db, report: &ApiReport) -> Result<(), StoreError> {
    let written = on!(db, write pool => sqlx::query(INSERT)
        .bind(report.organisation.as_str())
        .bind(report.id.as_str())
        .bind(&report.title)
        .bind(&report.reference)
        .bind(report.department.as_ref().map(DepartmentId::as_str))
        .bind(report.member.as_ref().map(UserId::as_str))
        .bind(report.key.as_str())
        .bind(&report.request_key)
        .bind(report.fingerprint.as_slice())
        .bind(report.created_at.micros())
        .execute(pool).await.map(drop));
    or_conflict(written, "the request's key")
}

/// The one with this id.
///
/// # Errors
/// The database failed, or the row does not parse.
pub async fn find(
    db: &Db,
    organisation: &OrganisationId,
    id: &ReportId,
) -> Result<Option<ApiReport>, StoreError> {
    on!(db, read pool => sqlx::query(FIND).bind(organisation.as_str()).bind(id.as_str())
        .fetch_optional(pool).await?.map(|row| report(&row)).transpose())
}

/// The one that a request with this key made.
///
/// # Errors
/// The database failed, or the row does not parse.
pub async fn find_by_request(
    db: &Db,
    organisation: &OrganisationId,
    request_key: &str,
) -> Result<Option<ApiReport>, StoreError> {
    on!(db, read pool => sqlx::query(FIND_BY_REQUEST).bind(organisation.as_str()).bind(request_key)
        .fetch_optional(pool).await?.map(|row| report(&row)).transpose())
}

/// A page, the newest first: of those before `before`, where that is given.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn list(
    db: &Db,
    organisation: &OrganisationId,
    before: Option<&ReportId>,
    rows: usize,
) -> Result<Vec<ApiReport>, StoreError> {
    let rows = i64::try_from(rows).unwrap_or(i64::MAX);
    let Some(before) = before else {
        return on!(db, read pool => sqlx::query(NEWEST).bind(organisation.as_str()).bind(rows)
            .fetch_all(pool).await?.iter().map(report).collect());
    };
    on!(db, read pool => sqlx::query(BEFORE).bind(organisation.as_str()).bind(rows)
        .bind(before.as_str()).fetch_all(pool).await?.iter().map(report).collect())
}

fn report(row: &impl StoreRow) -> Result<ApiReport, StoreError> {
    const TABLE: &str = "api_report";
    let fingerprint = row.bytes("fingerprint")?;
    let fingerprint = <[u8; 32]>::try_from(fingerprint.as_slice());
    Ok(ApiReport {
        organisation: row.parsed(TABLE, "organisation", OrganisationId::parse)?,
        id: row.parsed(TABLE, "id", ReportId::parse)?,
        title: row.text("title")?,
        reference: row.text_or_none("reference")?,
        department: row.parsed_or_none(TABLE, "department", DepartmentId::parse)?,
        member: row.parsed_or_none(TABLE, "member", UserId::parse)?,
        key: row.parsed(TABLE, "api_key", ApiKeyId::parse)?,
        request_key: row.text("request_key")?,
        fingerprint: fingerprint
            .map_err(|_| StoreError::corrupt(TABLE, "fingerprint", "a hash has 32 bytes"))?,
        created_at: row.time("created_at")?,
    })
}
