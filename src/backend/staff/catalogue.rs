//! The catalogue, changed by staff: handed in, looked at, applied at a time of their choice, or taken back.

use sha2::{Digest, Sha256};

use super::{StaffError, log};
use crate::backend::catalogue::reprice::{Repriced, reprice};
use crate::backend::catalogue::{APPLY_LEAD, ApplyError};
use crate::backend::state::Backend;
use crate::backend::store::catalogue_draft::{self, CatalogueDraft};
use crate::backend::store::catalogue_version::CatalogueVersion;
use crate::backend::store::staff_log::Deed;
use crate::backend::store::user;
use crate::backend::zone::Zone;
use crate::catalogue::Catalogue;
use crate::catalogue::diff::{Change, changes};
use crate::catalogue::parse::{BUILT_IN_TEXT, from_toml};
use crate::ledger::{Timestamp, UserId};
use crate::model::Problem;
use crate::model::staff_catalogue::{
    CataloguePage, DraftPage, RepricedLine, Standing, VersionLine, VersionPage,
};

/// The name under which faults of a text are told.
const NAME: &str = "as typed";
/// Where the versions are listed.
const PAGE: &str = "/admin/catalogue";

/// Every version, and the text to begin the next one with: that of a draft (its digest), else the one in
/// force.
///
/// # Errors
/// There is no such draft, or the database failed.
pub async fn page(backend: &Backend, begun: &str, zone: Zone) -> Result<CataloguePage, StaffError> {
    let now = backend.now();
    let in_force = backend.catalogues.in_force(now).number;
    let history = backend.catalogues.history().await?;
    let text = match begun {
        "" => history.iter().find(|one| one.number == in_force).map(|one| one.body.clone()),
        digest => Some(find(backend, digest).await?.body),
    };
    let mut versions = Vec::with_capacity(history.len());
    for version in history {
        versions.push(line(backend, version, in_force, zone, now).await?);
    }
    Ok(CataloguePage { versions, text: text.unwrap_or_else(|| BUILT_IN_TEXT.to_owned()) })
}

async fn line(
    backend: &Backend,
    version: CatalogueVersion,
    in_force: i64,
    zone: Zone,
    now: Timestamp,
) -> Result<VersionLine, StaffError> {
    let standing = match version.withdrawn_at {
        Some(_) => Standing::Withdrawn,
        None if version.number == in_force => Standing::InForce,
        None if version.effective_at > now => Standing::ToCome,
        None => Standing::Past,
    };
    let from = (version.effective_at.0 > 0).then(|| zone.moment(version.effective_at));
    Ok(VersionLine {
        number: version.number,
        code: version.code,
        standing,
        from,
        applied_at: zone.moment(version.applied_at),
        applied_by: name_of(backend, &version.applied_by).await?,
    })
}

/// A person's name for their id; other words as they are.
async fn name_of(backend: &Backend, by: &str) -> Result<String, StaffError> {
    let Ok(id) = UserId::parse(by) else { return Ok(by.to_owned()) };
    Ok(user::find(&backend.db, &id).await?.map_or_else(|| by.to_owned(), |user| user.name))
}

/// One version with its text.
///
/// # Errors
/// There is none with this number, a text that is kept cannot be read, or the database failed.
pub async fn version(
    backend: &Backend,
    number: i64,
    zone: Zone,
) -> Result<VersionPage, StaffError> {
    let (catalogues, now) = (&backend.catalogues, backend.now());
    let found = catalogues.version(number).await?;
    let found = found.ok_or_else(|| StaffError::missing("version"))?;
    let before = match catalogues.version(number - 1).await? {
        Some(before) => before.body,
        None => BUILT_IN_TEXT.to_owned(),
    };
    let changed = changes(&kept(&before)?, &kept(&found.body)?);
    let text = found.body.clone();
    let line = line(backend, found, catalogues.in_force(now).number, zone, now).await?;
    Ok(VersionPage { line, changes: in_words(&changed), text })
}

/// A text that was checked when it was written down.
fn kept(text: &str) -> Result<Catalogue, StaffError> {
    from_toml(NAME, text)
        .map_err(|error| Problem::conflict("catalogue_unreadable", error.to_string()).into())
}

fn in_words(changes: &[Change]) -> Vec<String> {
    changes.iter().map(ToString::to_string).collect()
}

/// Looks at a text and keeps it as a draft; its digest. Changes nothing.
///
/// # Errors
/// The text is no catalogue: line, field and cure. The database failed.
pub async fn hand_in(backend: &Backend, staff: &UserId, text: &str) -> Result<String, StaffError> {
    // Forms end lines with two characters; files here do with one.
    let body = text.replace("\r\n", "\n");
    from_toml(NAME, &body).map_err(|error| Problem::invalid_field("text", error.to_string()))?;
    let digest = hex::encode(Sha256::digest(&body));
    let (made_by, made_at) = (staff.clone(), backend.now());
    let draft = CatalogueDraft { digest, body, made_by, made_at, applied_as: None };
    catalogue_draft::upsert(&backend.db, &draft).await?;
    Ok(draft.digest)
}

/// What a draft would change, and what it would have made of last month.
///
/// # Errors
/// There is no such draft, or the database failed.
pub async fn draft(backend: &Backend, digest: &str) -> Result<DraftPage, StaffError> {
    let (draft, now) = (find(backend, digest).await?, backend.now());
    let (card, before) = (kept(&draft.body)?, backend.catalogues.in_force(now));
    let month = Zone::UTC.month(now);
    let time = (Zone::UTC.start_of(month.before()), Zone::UTC.start_of(month));
    let compared = reprice(&backend.db, &card, time).await?;
    Ok(DraftPage {
        digest: draft.digest,
        against: before.number,
        changes: in_words(&changes(&before.catalogue, &card)),
        month: month.before().label(),
        difference: compared.difference(),
        unknown: (u64::try_from(compared.unknown.0).unwrap_or_default(), compared.unknown.1),
        repriced: compared.rows.into_iter().map(repriced).collect(),
        text: draft.body,
        applied_as: draft.applied_as,
    })
}

fn repriced(row: Repriced) -> RepricedLine {
    RepricedLine {
        difference: row.difference(),
        runs: row.runs,
        unpriced: row.runs - row.priced,
        charged: row.charged_of_priced,
        would_be: row.would_be,
        name: row.name,
    }
}

async fn find(backend: &Backend, digest: &str) -> Result<CatalogueDraft, StaffError> {
    let found = catalogue_draft::find(&backend.db, digest).await?;
    found.ok_or_else(|| StaffError::missing("draft"))
}

/// Applies a draft that was compared with version `against`, at `at` (UTC, as a date with its time), or in
/// a few seconds where that is empty. Its number; what was applied already is not applied again.
///
/// # Errors
/// Another version has come into force since, the time is none or too soon, or the database failed.
pub async fn apply(
    backend: &Backend,
    staff: &UserId,
    digest: &str,
    against: i64,
    at: &str,
) -> Result<i64, StaffError> {
    let (draft, now) = (find(backend, digest).await?, backend.now());
    if let Some(number) = draft.applied_as {
        return Ok(number);
    }
    if backend.catalogues.in_force(now).number != against {
        return Err(changed_meanwhile().into());
    }
    let begins = match at.trim() {
        "" => now.plus(APPLY_LEAD),
        text => Zone::UTC.instant_of(text).ok_or_else(|| {
            Problem::invalid_field("at", "Write a date with its time, such as 2026-12-01T00:00.")
        })?,
    };
    let number = backend.catalogues.apply(&draft.body, begins, staff.as_str(), now).await;
    let number = number.map_err(told)?;
    catalogue_draft::applied(&backend.db, digest, number).await?;
    let from = Zone::UTC.moment(begins).text;
    let action = format!("Applied version {number} of the catalogue, from {from} UTC on");
    deed(backend, staff, number, "applied", action).await?;
    Ok(number)
}

/// Takes back a version that has not taken effect.
///
/// # Errors
/// It has taken effect, or is not there; or the database failed.
pub async fn withdraw(backend: &Backend, staff: &UserId, number: i64) -> Result<(), StaffError> {
    let now = backend.now();
    let known = backend.catalogues.version(number).await?;
    let known = known.ok_or_else(|| StaffError::missing("version"))?;
    if known.withdrawn_at.is_some() {
        return Ok(());
    }
    if !backend.catalogues.withdraw(number, staff.as_str(), now).await.map_err(told)? {
        return Err(Problem::conflict("version_in_force", "This version has taken effect.")
            .with_cure("Hand in an older text again instead.")
            .into());
    }
    let action = format!("Took back version {number} of the catalogue");
    deed(backend, staff, number, "withdrawn", action).await
}

async fn deed(
    backend: &Backend,
    staff: &UserId,
    number: i64,
    step: &str,
    action: String,
) -> Result<(), StaffError> {
    let deed = Deed {
        id: format!("catalogue:{number}:{step}"),
        at: backend.now(),
        staff: staff.clone(),
        organisation: None,
        action,
        address: Some(format!("{PAGE}/{number}")),
        reason: None,
        was: None,
        became: None,
    };
    Ok(log::write(&backend.db, &deed).await?)
}

fn told(error: ApplyError) -> StaffError {
    match error {
        ApplyError::Store(error) => error.into(),
        ApplyError::TooSoon => Problem::invalid_field("at", ApplyError::TooSoon.to_string()).into(),
        other => Problem::conflict("catalogue_not_applied", other.to_string()).into(),
    }
}

fn changed_meanwhile() -> Problem {
    Problem::conflict(
        "catalogue_changed",
        "Another version has come into force since you looked at this one.",
    )
    .with_cure("Look at what it changes once more, and apply it then.")
}
