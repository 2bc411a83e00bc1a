//! `GET` and `POST /v1/reports`: the pieces of work that usage belongs to, as programs name them.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::{IntoParams, ToSchema};

use super::Api;
use super::answer::{Answer, Answered, Refused, reused};
use super::body::{Asked, Sent};
use super::caller::{Keyed, Read, Spend};
use super::cursor::{self, wrong};
use super::idempotency::{Once, WriteHeaders};
use super::openapi::Errors;
use super::purpose::Named;
use super::shape::Instant;
use crate::backend::id;
use crate::backend::store::StoreError;
use crate::backend::store::api_report::{self, ApiReport};
use crate::ledger::{DepartmentId, OrganisationId, ReportId, UserId};

/// Characters of a title, and of a reference.
const LONGEST: usize = 200;

/// A piece of work.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewReport {
    /// What people read: 1 to 200 characters on one line.
    #[schema(min_length = 1, max_length = 200, example = "Spring campaign")]
    title: String,
    /// Your own name for it; 1 to 200 characters.
    #[schema(min_length = 1, max_length = 200)]
    reference: Option<String>,
    /// The department it is for: `dep_…`.
    #[schema(value_type = Option<String>)]
    department: Option<DepartmentId>,
    /// The person it is for: `usr_…`.
    #[schema(value_type = Option<String>)]
    member: Option<UserId>,
}

/// A piece of work that usage may belong to.
#[derive(Serialize, ToSchema)]
pub struct ReportBody {
    /// Its id: `rep_…`; name it in holds and charges.
    id: String,
    /// What people read.
    title: String,
    /// Your own name for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<String>,
    /// The department it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    department: Option<String>,
    /// The person it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    member: Option<String>,
    /// The key that named it.
    key: String,
    /// When.
    created_at: Instant,
}

/// A page of reports.
#[derive(Serialize, ToSchema)]
pub struct ReportPage {
    /// The reports, newest first.
    items: Vec<ReportBody>,
    /// What to pass as `cursor` for the next page; null on the last.
    next_cursor: Option<String>,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ReportsQuery {
    /// Rows of a page: 1 to 200, 50 by default.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Make a report
///
/// Names a piece of work, so that all that is spent on it stands together in the history and in usage.
#[utoipa::path(post, path = "/reports", tag = "Reports", params(WriteHeaders), request_body = NewReport,
    responses((status = 201, body = ReportBody, description = "The report"), Errors),
    security(("api_key" = ["spend"])))]
pub async fn make(
    State(api): State<Api>,
    caller: Keyed<Spend>,
    Once(key): Once,
    Sent(new): Sent<NewReport>,
) -> Answered<ReportBody> {
    let (program, now) = (&caller.program, api.backend.now());
    let title = line("title", &new.title)?;
    let reference = new.reference.as_deref().map(|text| line("reference", text)).transpose()?;
    let named = Named { department: new.department, member: new.member, ..Named::default() };
    let fingerprint = fingerprint(&title, reference.as_deref(), &named);
    let purpose = api.attribution(program, named).await?;
    let report = ApiReport {
        organisation: program.organisation.clone(),
        id: id::fresh(now, ReportId::from_uuid_simple),
        title,
        reference,
        department: purpose.department,
        member: purpose.member,
        key: program.key.clone(),
        request_key: key.as_str().to_owned(),
        fingerprint,
        created_at: now,
    };
    if let Some(first) = api.made_before(&program.organisation, &report).await? {
        return Ok(Answer::made(ReportBody::of(first), true));
    }
    match api_report::insert(&api.backend.db, &report).await {
        Ok(()) => Ok(Answer::made(ReportBody::of(report), false)),
        // The same request arrived twice at once, and the other one was first.
        Err(StoreError::Conflict { .. }) => {
            let first = api.made_before(&program.organisation, &report).await?;
            let first = first.ok_or_else(|| Refused::Broken("a report vanished".to_owned()))?;
            Ok(Answer::made(ReportBody::of(first), true))
        }
        Err(error) => Err(error.into()),
    }
}

/// List reports
///
/// The pieces of work that programs named, newest first.
#[utoipa::path(get, path = "/reports", tag = "Reports", params(ReportsQuery),
    responses((status = 200, body = ReportPage, description = "A page"), Errors),
    security(("api_key" = ["read"])))]
pub async fn list(
    State(api): State<Api>,
    caller: Keyed<Read>,
    Asked(query): Asked<ReportsQuery>,
) -> Answered<ReportPage> {
    let rows = cursor::rows(query.limit)?;
    let before = query.cursor.as_deref().map(ReportId::parse).transpose();
    let before =
        before.map_err(|_| wrong("cursor", "Pass next_cursor of the page before.".into()))?;
    let organisation = &caller.program.organisation;
    let found = api_report::list(&api.backend.db, organisation, before.as_ref(), rows + 1);
    let mut found = found.await?;
    let next_cursor = (found.len() > rows).then(|| found[rows - 1].id.to_string());
    found.truncate(rows);
    let items = found.into_iter().map(ReportBody::of).collect();
    Ok(Answer::ok(ReportPage { items, next_cursor }))
}

impl Api {
    /// What the same request has made before.
    async fn made_before(
        &self,
        organisation: &OrganisationId,
        report: &ApiReport,
    ) -> Result<Option<ApiReport>, Refused> {
        let db = &self.backend.db;
        let known = api_report::find_by_request(db, organisation, &report.request_key).await?;
        match known {
            Some(known) if known.fingerprint != report.fingerprint => Err(reused().into()),
            known => Ok(known),
        }
    }
}

impl ReportBody {
    fn of(report: ApiReport) -> Self {
        ReportBody {
            id: report.id.to_string(),
            title: report.title,
            reference: report.reference,
            department: report.department.map(|id| id.to_string()),
            member: report.member.map(|id| id.to_string()),
            key: report.key.to_string(),
            created_at: Instant(report.created_at),
        }
    }
}

/// One line of text.
fn line(field: &str, text: &str) -> Result<String, Refused> {
    let text = text.trim();
    let fits = (1..=LONGEST).contains(&text.chars().count());
    if fits && !text.chars().any(char::is_control) {
        return Ok(text.to_owned());
    }
    Err(wrong(field, format!("Use one line of 1 to {LONGEST} characters.")).into())
}

/// What makes two requests with the same key the same request.
fn fingerprint(title: &str, reference: Option<&str>, named: &Named) -> [u8; 32] {
    let content = serde_json::json!([title, reference, named.department, named.member]);
    Sha256::digest(content.to_string().as_bytes()).into()
}
