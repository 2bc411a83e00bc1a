//! Reports in one line each, as the dashboard and the team's overview name them.

use super::{Db, StoreError, StoreRow};
use crate::ledger::{Credits, OrganisationId, ReportId, Timestamp, UserId};
use crate::on;

/// A piece of work that has not ended yet, or that was made lately.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportLine {
    /// Its id.
    pub id: ReportId,
    /// What people call it.
    pub title: String,
    /// Where it stands: `queued`, `running`, `done` …
    pub status: String,
    /// What it was quoted at.
    pub quoted: Credits,
    /// Who started it.
    pub person: String,
    /// When.
    pub created_at: Timestamp,
}

const TITLE: &str = "select title from report where organisation = $1 and id = $2";
const UNFINISHED: &str = "select r.id, r.title, r.status, r.quoted, r.created_at, u.name as person \
     from report r join user_account u on u.id = r.user_id \
     where r.organisation = $1 and r.finished_at is null and r.status in ('queued', 'running') \
     and (cast($2 as text) is null or r.user_id = $2) order by r.created_at desc, r.id desc limit $3";
const LATEST: &str = "select r.id, r.title, r.status, r.quoted, r.created_at, u.name as person \
     from report r join user_account u on u.id = r.user_id where r.organisation = $1 \
     and cast($2 as text) is null order by r.created_at desc, r.id desc limit $3";
// A text of its own, so that somebody's few reports are found without reading everybody's.
const LATEST_OF: &str = "select r.id, r.title, r.status, r.quoted, r.created_at, u.name as person \
     from report r join user_account u on u.id = r.user_id where r.organisation = $1 \
     and r.user_id = $2 order by r.created_at desc, r.id desc limit $3";

/// What people call a piece of work; none where it is not there.
///
/// # Errors
/// The database failed.
pub async fn title(
    db: &Db,
    organisation: &OrganisationId,
    id: &str,
) -> Result<Option<String>, StoreError> {
    on!(db, read pool => sqlx::query(TITLE).bind(organisation.as_str()).bind(id)
        .fetch_optional(pool).await?.map(|row| row.text("title")).transpose())
}

/// Work that waits or runs, newest first; of one person, or of everybody.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn unfinished(
    db: &Db,
    organisation: &OrganisationId,
    of: Option<&UserId>,
    rows: i64,
) -> Result<Vec<ReportLine>, StoreError> {
    lines(db, UNFINISHED, organisation, of, rows).await
}

/// Work of whatever state, newest first; of one person, or of everybody.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn latest(
    db: &Db,
    organisation: &OrganisationId,
    of: Option<&UserId>,
    rows: i64,
) -> Result<Vec<ReportLine>, StoreError> {
    lines(db, if of.is_some() { LATEST_OF } else { LATEST }, organisation, of, rows).await
}

async fn lines(
    db: &Db,
    statement: &'static str,
    organisation: &OrganisationId,
    of: Option<&UserId>,
    rows: i64,
) -> Result<Vec<ReportLine>, StoreError> {
    on!(db, read pool => sqlx::query(statement)
        .bind(organisation.as_str())
        .bind(of.map(UserId::as_str))
        .bind(rows)
        .fetch_all(pool).await?.iter().map(report_line).collect())
}

fn report_line(row: &impl StoreRow) -> Result<ReportLine, StoreError> {
    Ok(ReportLine {
        id: row.parsed("report", "id", ReportId::parse)?,
        title: row.text("title")?,
        status: row.text("status")?,
        quoted: Credits::from_micro(row.integer("quoted")?),
        person: row.text("person")?,
        created_at: row.time("created_at")?,
    })
}
