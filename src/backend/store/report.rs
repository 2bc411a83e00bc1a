//! Reports and what was handed in for them: the steps of a report's life, each one statement that only
//! goes forward. The lists are in [`report_list`](super::report_list).
//!
//! A report is `preparing` (written, no hold yet), `queued` (held), `running` (claimed by a worker whose
//! lease stands), then `done`, `partly` (some assets failed) or `failed`. An asset is `waiting`, `done`
//! or `failed`.

use super::{Db, StoreError, StoreRow, or_conflict};
use crate::catalogue::AssetKind;
use crate::ledger::{Credits, DepartmentId, HoldId, OrganisationId, ReportId, Timestamp, UserId};
use crate::model::findings::{AssetFindings, AssetProblem, Outcome};
use crate::model::reports::ReportStatus;
use crate::on;
use std::str::FromStr;

/// A report without its assets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The organisation that pays.
    pub organisation: OrganisationId,
    /// Its id.
    pub id: ReportId,
    /// Who asked for it.
    pub user: UserId,
    /// The department it is charged to.
    pub department: Option<DepartmentId>,
    /// The key of the form that started it.
    pub form_key: String,
    /// Hash of what was handed in, in hexadecimal digits.
    pub fingerprint: String,
    /// What its author calls it.
    pub title: String,
    /// How far it is.
    pub status: ReportStatus,
    /// The price that was agreed, and is held while it runs.
    pub quoted: Credits,
    /// The hold that was or will be made for it.
    pub hold: HoldId,
    /// How many assets of each kind, in the order of [`AssetKind::ALL`].
    pub assets: [u32; 3],
    /// When it was handed in.
    pub created_at: Timestamp,
    /// When a worker first took it up.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
}

/// An asset as it is handed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAsset {
    /// What it is.
    pub kind: AssetKind,
    /// What its author calls it: a file's name, or "Ad text".
    pub name: String,
    /// Its price in the quote.
    pub credits: Credits,
    /// The bytes themselves.
    pub content: Vec<u8>,
}

/// An asset as it stands, without its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asset {
    /// Its place in the report, from 0.
    pub position: i64,
    /// What it is.
    pub kind: AssetKind,
    /// What its author calls it.
    pub name: String,
    /// How many bytes were handed in.
    pub size: i64,
    /// Its price in the quote.
    pub credits: Credits,
    /// How often its analysis was begun.
    pub attempts: i64,
    /// What came of it; none while it waits.
    pub outcome: Option<Outcome>,
}

/// A worker's claim on a report, until it lapses.
#[derive(Clone, Copy, Debug)]
pub struct Lease<'a> {
    /// The worker's name, unique among all nodes.
    pub worker: &'a str,
    /// The instant it is now.
    pub now: Timestamp,
    /// When others may take over.
    pub until: Timestamp,
}

const INSERT: &str = "insert into report (organisation, id, user_id, department, form_key, fingerprint, \
     title, status, quoted, credits, hold, text_assets, image_assets, video_assets, attempt, created_at) \
     values ($1, $2, $3, $4, $5, $6, $7, 'preparing', $8, $8, $9, $10, $11, $12, 0, $13)";
const INSERT_ASSET: &str = "insert into report_asset \
     (organisation, report, position, kind, name, size, credits, attempts, content, status) \
     values ($1, $2, $3, $4, $5, $6, $7, 0, $8, 'waiting')";
const FIND: &str = "select * from report where organisation = $1 and id = $2";
const FIND_BY_FORM: &str =
    "select * from report where organisation = $1 and user_id = $2 and form_key = $3";
const ASSETS: &str = "select position, kind, name, size, credits, attempts, status, findings, problem \
     from report_asset where organisation = $1 and report = $2 order by position";
const CONTENT: &str =
    "select content from report_asset where organisation = $1 and report = $2 and position = $3";
const QUEUE: &str = "update report set status = 'queued' \
     where organisation = $1 and id = $2 and status = 'preparing'";
const FORGET: &str =
    "delete from report where organisation = $1 and id = $2 and status = 'preparing'";
const FORGET_ASSETS: &str = "delete from report_asset where organisation = $1 and report = $2 \
     and not exists (select 1 from report where organisation = $1 and id = $2)";
const STALE: &str = "select * from report where finished_at is null and status = 'preparing' \
     and created_at <= $1 order by created_at limit 1";
const CLAIM: &str = "update report set status = 'running', worker = $1, leased_until = $2, \
     attempt = attempt + 1, started_at = coalesce(started_at, $3) \
     where (organisation, id) in (select organisation, id from report where finished_at is null \
         and (status = 'queued' or (status = 'running' and leased_until <= $3)) \
         order by created_at limit 1) \
     and (status = 'queued' or (status = 'running' and leased_until <= $3)) returning *";
const RENEW: &str = "update report set leased_until = $1 \
     where organisation = $2 and id = $3 and status = 'running' and worker = $4 returning *";
const HELD_BY: &str = "update report set hold = $3 \
     where organisation = $1 and id = $2 and finished_at is null";
const WITHDRAW: &str = "update report_asset set status = 'failed', findings = null, problem = $3, \
     finished_at = $4, content = null where organisation = $1 and report = $2 and status <> 'failed'";
const BEGIN: &str = "update report_asset set attempts = attempts + 1 \
     where organisation = $1 and report = $2 and position = $3 and status = 'waiting'";
const END: &str = "update report_asset set status = $4, findings = $5, problem = $6, finished_at = $7, \
     content = null where organisation = $1 and report = $2 and position = $3 and status = 'waiting'";
const FINISH: &str = "update report set status = $3, credits = $4, finished_at = $5, worker = null, \
     leased_until = null where organisation = $1 and id = $2 and finished_at is null";

/// Writes a report that is being prepared, with all it has to work on, in one database transaction.
///
/// # Errors
/// [`StoreError::Conflict`] when this form has made a report already.
pub async fn insert(db: &Db, report: &Report, assets: &[NewAsset]) -> Result<(), StoreError> {
    let result = on!(db, write pool => async {
        let mut transaction = pool.begin().await?;
        sqlx::query(INSERT)
            .bind(report.organisation.as_str())
            .bind(report.id.as_str())
            .bind(report.user.as_str())
            .bind(report.department.as_ref().map(DepartmentId::as_str))
            .bind(&report.form_key)
            .bind(&report.fingerprint)
            .bind(&report.title)
            .bind(report.quoted.micro())
            .bind(report.hold.as_str())
            .bind(i64::from(report.assets[0]))
            .bind(i64::from(report.assets[1]))
            .bind(i64::from(report.assets[2]))
            .bind(report.created_at.micros())
            .execute(&mut *transaction).await?;
        for (position, asset) in (0_i64..).zip(assets) {
            sqlx::query(INSERT_ASSET)
                .bind(report.organisation.as_str())
                .bind(report.id.as_str())
                .bind(position)
                .bind(asset.kind.code())
                .bind(&asset.name)
                .bind(i64::try_from(asset.content.len()).unwrap_or(i64::MAX))
                .bind(asset.credits.micro())
                .bind(&asset.content)
                .execute(&mut *transaction).await?;
        }
        transaction.commit().await
    }.await);
    or_conflict(result, "the form's report")
}

/// The report with this id in this organisation.
///
/// # Errors
/// The database failed, or the row does not parse.
pub async fn find(
    db: &Db,
    organisation: &OrganisationId,
    id: &ReportId,
) -> Result<Option<Report>, StoreError> {
    on!(db, read pool => sqlx::query(FIND).bind(organisation.as_str()).bind(id.as_str())
        .fetch_optional(pool).await?.map(|row| report(&row)).transpose())
}

/// The report that this person's form has made.
///
/// # Errors
/// The database failed, or the row does not parse.
pub async fn find_by_form(
    db: &Db,
    organisation: &OrganisationId,
    user: &UserId,
    form_key: &str,
) -> Result<Option<Report>, StoreError> {
    on!(db, read pool => sqlx::query(FIND_BY_FORM).bind(organisation.as_str())
        .bind(user.as_str()).bind(form_key)
        .fetch_optional(pool).await?.map(|row| report(&row)).transpose())
}

/// The report's assets in their order, without their bytes.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn assets(
    db: &Db,
    organisation: &OrganisationId,
    id: &ReportId,
) -> Result<Vec<Asset>, StoreError> {
    on!(db, read pool => sqlx::query(ASSETS).bind(organisation.as_str()).bind(id.as_str())
        .fetch_all(pool).await?.iter().map(asset).collect())
}

/// The bytes of one asset; none once it has been analysed.
///
/// # Errors
/// The database failed.
pub async fn content(
    db: &Db,
    report: &Report,
    position: i64,
) -> Result<Option<Vec<u8>>, StoreError> {
    on!(db, read pool => sqlx::query(CONTENT).bind(report.organisation.as_str())
        .bind(report.id.as_str()).bind(position)
        .fetch_optional(pool).await?.map_or(Ok(None), |row| row.bytes_or_none("content")))
}

/// Preparing → queued: its hold stands. `false` when it is no longer being prepared.
///
/// # Errors
/// The database failed.
pub async fn queue(db: &Db, report: &Report) -> Result<bool, StoreError> {
    Ok(on!(db, write pool => sqlx::query(QUEUE).bind(report.organisation.as_str())
        .bind(report.id.as_str()).execute(pool).await.map(|done| done.rows_affected() > 0))?)
}

/// Removes a report that is still being prepared, with all that was handed in for it.
///
/// # Errors
/// The database failed.
pub async fn forget(db: &Db, report: &Report) -> Result<(), StoreError> {
    Ok(on!(db, write pool => async {
        let mut transaction = pool.begin().await?;
        for statement in [FORGET, FORGET_ASSETS] {
            sqlx::query(statement).bind(report.organisation.as_str()).bind(report.id.as_str())
                .execute(&mut *transaction).await?;
        }
        transaction.commit().await
    }.await)?)
}

/// A report that has been in preparation since `before` or longer: whoever prepared it is gone.
///
/// # Errors
/// The database failed, or the row does not parse.
pub async fn stale(db: &Db, before: Timestamp) -> Result<Option<Report>, StoreError> {
    on!(db, read pool => sqlx::query(STALE).bind(before.micros())
        .fetch_optional(pool).await?.map(|row| report(&row)).transpose())
}

/// Takes the report that has waited longest, or whose worker's lease has lapsed.
///
/// # Errors
/// The database failed, or the row does not parse.
pub async fn claim(db: &Db, lease: Lease<'_>) -> Result<Option<Report>, StoreError> {
    on!(db, write pool => sqlx::query(CLAIM).bind(lease.worker).bind(lease.until.micros())
        .bind(lease.now.micros())
        .fetch_optional(pool).await?.map(|row| report(&row)).transpose())
}

/// Keeps a claim for longer and gives the report as it is now; none when another worker has taken over.
///
/// # Errors
/// The database failed, or the row does not parse.
pub async fn renew(
    db: &Db,
    report: &Report,
    lease: Lease<'_>,
) -> Result<Option<Report>, StoreError> {
    on!(db, write pool => sqlx::query(RENEW).bind(lease.until.micros())
        .bind(report.organisation.as_str()).bind(report.id.as_str()).bind(lease.worker)
        .fetch_optional(pool).await?.map(|row| self::report(&row)).transpose())
}

/// Keeps which hold the report has now.
///
/// # Errors
/// The database failed.
pub async fn held_by(db: &Db, report: &Report) -> Result<(), StoreError> {
    Ok(on!(db, write pool => sqlx::query(HELD_BY).bind(report.organisation.as_str())
        .bind(report.id.as_str()).bind(report.hold.as_str()).execute(pool).await.map(drop))?)
}

/// Puts `problem` in the place of what was found and of what waits; `false`, and nothing done, when
/// another worker has taken over.
///
/// # Errors
/// The database failed.
pub async fn withdraw(
    db: &Db,
    report: &Report,
    lease: Lease<'_>,
    problem: &AssetProblem,
) -> Result<bool, StoreError> {
    Ok(on!(db, write pool => async {
        let mut transaction = pool.begin().await?;
        let renewed = sqlx::query(RENEW).bind(lease.until.micros())
            .bind(report.organisation.as_str()).bind(report.id.as_str()).bind(lease.worker)
            .fetch_optional(&mut *transaction).await?;
        if renewed.is_none() {
            return Ok(false);
        }
        sqlx::query(WITHDRAW).bind(report.organisation.as_str()).bind(report.id.as_str())
            .bind(json(problem)).bind(lease.now.micros())
            .execute(&mut *transaction).await?;
        transaction.commit().await.map(|()| true)
    }.await)?)
}

/// Counts one more attempt at an asset, before it is made.
///
/// # Errors
/// The database failed.
pub async fn begin_asset(db: &Db, report: &Report, position: i64) -> Result<(), StoreError> {
    Ok(on!(db, write pool => sqlx::query(BEGIN).bind(report.organisation.as_str())
        .bind(report.id.as_str()).bind(position).execute(pool).await.map(drop))?)
}

/// Keeps what came of an asset and drops its bytes. The first outcome stays.
///
/// # Errors
/// The database failed.
pub async fn end_asset(
    db: &Db,
    report: &Report,
    position: i64,
    outcome: &Outcome,
    now: Timestamp,
) -> Result<(), StoreError> {
    let (status, findings, problem) = match outcome {
        Ok(findings) => ("done", Some(json(findings)), None),
        Err(problem) => ("failed", None, Some(json(problem))),
    };
    Ok(on!(db, write pool => sqlx::query(END).bind(report.organisation.as_str())
        .bind(report.id.as_str()).bind(position).bind(status).bind(findings).bind(problem)
        .bind(now.micros()).execute(pool).await.map(drop))?)
}

/// Ends a report with what the ledger charged for it.
///
/// # Errors
/// The database failed.
pub async fn finish(
    db: &Db,
    report: &Report,
    status: ReportStatus,
    charged: Credits,
    now: Timestamp,
) -> Result<(), StoreError> {
    Ok(on!(db, write pool => sqlx::query(FINISH).bind(report.organisation.as_str())
        .bind(report.id.as_str()).bind(status.code()).bind(charged.micro()).bind(now.micros())
        .execute(pool).await.map(drop))?)
}

fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).expect("findings are plain data with text keys")
}

fn report(row: &impl StoreRow) -> Result<Report, StoreError> {
    const TABLE: &str = "report";
    Ok(Report {
        organisation: row.parsed(TABLE, "organisation", OrganisationId::parse)?,
        id: row.parsed(TABLE, "id", ReportId::parse)?,
        user: row.parsed(TABLE, "user_id", UserId::parse)?,
        department: row.parsed_or_none(TABLE, "department", DepartmentId::parse)?,
        form_key: row.text("form_key")?,
        fingerprint: row.text("fingerprint")?,
        title: row.text("title")?,
        status: row.parsed(TABLE, "status", ReportStatus::from_str)?,
        quoted: Credits::from_micro(row.integer("quoted")?),
        hold: row.parsed(TABLE, "hold", HoldId::parse)?,
        assets: asset_counts(row)?,
        created_at: row.time("created_at")?,
        started_at: row.time_or_none("started_at")?,
        finished_at: row.time_or_none("finished_at")?,
    })
}

/// The three columns that count assets, in the order of [`AssetKind::ALL`].
pub(super) fn asset_counts(row: &impl StoreRow) -> Result<[u32; 3], StoreError> {
    let count = |column| {
        let number = row.integer(column)?;
        u32::try_from(number).map_err(|error| StoreError::corrupt("report", number, error))
    };
    Ok([count("text_assets")?, count("image_assets")?, count("video_assets")?])
}

fn asset(row: &impl StoreRow) -> Result<Asset, StoreError> {
    const TABLE: &str = "report_asset";
    let kind = |code: &str| AssetKind::from_code(code).ok_or("no kind of asset");
    let findings =
        row.parsed_or_none(TABLE, "findings", |text| serde_json::from_str::<AssetFindings>(text))?;
    let problem =
        row.parsed_or_none(TABLE, "problem", |text| serde_json::from_str::<AssetProblem>(text))?;
    Ok(Asset {
        position: row.integer("position")?,
        kind: row.parsed(TABLE, "kind", kind)?,
        name: row.text("name")?,
        size: row.integer("size")?,
        credits: Credits::from_micro(row.integer("credits")?),
        attempts: row.integer("attempts")?,
        outcome: problem.map(Err).or(findings.map(Ok)),
    })
}
