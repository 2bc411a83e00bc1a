//! The forms of a grant and of a correction: what was typed, read, and what it would do.

use super::preview::{effect, lot_of};
use super::requests::{Ask, needs_second, request_of};
use super::{LONGEST_REASON, StaffError, overview};
use crate::backend::balance::source_label;
use crate::backend::credits::words;
use crate::backend::id;
use crate::backend::state::Backend;
use crate::backend::store::staff_request::Change;
use crate::backend::zone::Zone;
use crate::ledger::{Credits, LotId, OrganisationId, Source, Timestamp, UserId};
use crate::model::Problem;
use crate::model::credits::Choice;
use crate::model::staff_console::{
    AdjustForm, ChangePreview, GRANT_SOURCES, GrantAsked, GrantForm,
};

/// One line that says why.
///
/// # Errors
/// It is empty, too long or more than a line.
pub fn reason(text: &str) -> Result<String, Problem> {
    let text = text.trim();
    if text.is_empty() {
        let ask = "Say why: the people of the organisation will read it.";
        return Err(Problem::invalid_field("reason", ask));
    }
    if text.chars().count() > LONGEST_REASON || text.chars().any(char::is_control) {
        let limit = format!("Use one line of at most {LONGEST_REASON} characters.");
        return Err(Problem::invalid_field("reason", limit));
    }
    Ok(text.to_owned())
}

/// An amount as people write it: thousands may be separated, and a minus sign may be the real one.
///
/// # Errors
/// It is no amount.
pub fn amount(field: &str, text: &str) -> Result<Credits, Problem> {
    let kept = text.trim().chars().filter(|letter| *letter != ',');
    let digits: String = kept.map(|letter| if letter == '−' { '-' } else { letter }).collect();
    let digits = digits.strip_prefix('+').unwrap_or(&digits);
    if digits.is_empty() {
        return Err(Problem::invalid_field(field, "Write how many credits."));
    }
    digits.parse().map_err(|error| Problem::invalid_field(field, format!("{error}.")))
}

/// What was typed into the form of a grant, as the change that it asks for.
///
/// # Errors
/// A field is wrong: 422 that names it.
pub fn grant_of(asked: &GrantAsked, zone: Zone, now: Timestamp) -> Result<Change, Problem> {
    let amount = amount("amount", &asked.amount)?;
    if !amount.is_positive() {
        return Err(Problem::invalid_field("amount", "Write a number of credits above 0."));
    }
    let source = Source::from_code(&asked.source).filter(|source| GRANT_SOURCES.contains(source));
    let choose = || Problem::invalid_field("source", "Choose what kind of credits they are.");
    let source = source.ok_or_else(choose)?;
    let expires_at = expiry(&asked.expires, zone, now)?;
    let lot = id::fresh(now, LotId::from_uuid_simple);
    Ok(Change::Grant { lot, source, amount, effective_at: None, expires_at, operations: None })
}

/// The end of a day of the organisation, later than now; none for an empty text.
///
/// # Errors
/// It is no day, or over.
pub fn expiry(text: &str, zone: Zone, now: Timestamp) -> Result<Option<Timestamp>, Problem> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let wrong = |message: &str| Problem::invalid_field("expires", message);
    let end = zone.end_of_day(text).ok_or_else(|| wrong("Write a day such as 2027-12-31."))?;
    if end <= now {
        return Err(wrong("This day is over: choose a later one, or none."));
    }
    Ok(Some(end))
}

/// The form of a grant; with everything that a grant needs also what it would do.
///
/// # Errors
/// There is no such organisation, a field is wrong, or the ledger says no.
pub async fn grant_form(
    backend: &Backend,
    organisation: &OrganisationId,
    staff: &UserId,
    asked: GrantAsked,
    with_preview: bool,
) -> Result<GrantForm, StaffError> {
    let (found, now) = (overview::named(backend, organisation).await?, backend.now());
    let zone = backend.zone(&found)?;
    let state = backend.ledger(organisation).await?;
    let mut preview = None;
    if with_preview {
        let change = grant_of(&asked, zone, now)?;
        let why = reason(&asked.reason)?;
        preview = Some(change_preview(backend, organisation, staff, change, &why, zone).await?);
    }
    let choice = |source: Source| Choice {
        value: source.code().to_owned(),
        label: source_label(source).to_owned(),
    };
    Ok(GrantForm {
        organisation: organisation.to_string(),
        organisation_name: found.name,
        available: state.balance(now).available,
        owed: state.head().debt,
        sources: GRANT_SOURCES.map(choice).to_vec(),
        two_person_above: backend.staff_rules.two_person_above,
        asked,
        preview,
    })
}

/// The form of a correction of one lot; with a change and a reason also what it would do.
///
/// # Errors
/// There is no such lot, a field is wrong, or the ledger says no.
pub async fn adjust_form(
    backend: &Backend,
    organisation: &OrganisationId,
    staff: &UserId,
    lot: &LotId,
    typed: (&str, &str),
    with_preview: bool,
) -> Result<AdjustForm, StaffError> {
    let found = overview::named(backend, organisation).await?;
    let zone = backend.zone(&found)?;
    let state = backend.ledger(organisation).await?;
    let about = lot_of(backend, organisation, lot, &state).await?;
    let mut preview = None;
    if with_preview {
        let change = Change::Adjust { lot: lot.clone(), change: amount("change", typed.0)? };
        let why = reason(typed.1)?;
        preview = Some(change_preview(backend, organisation, staff, change, &why, zone).await?);
    }
    Ok(AdjustForm {
        organisation: organisation.to_string(),
        organisation_name: found.name,
        lot: lot.to_string(),
        origin: words::origin(&backend.catalogue, &about),
        remaining: about.remaining,
        amount: about.amount,
        expires: about.expires_at.map(|at| zone.moment(at)),
        two_person_above: backend.staff_rules.two_person_above,
        change: typed.0.to_owned(),
        reason: typed.1.to_owned(),
        preview,
    })
}

async fn change_preview(
    backend: &Backend,
    organisation: &OrganisationId,
    staff: &UserId,
    change: Change,
    reason: &str,
    zone: Zone,
) -> Result<ChangePreview, StaffError> {
    let now = backend.now();
    let form_key = id::form_key(now);
    let ask = Ask { organisation, staff, change, reason, form_key: &form_key };
    let request = request_of(&ask, &form_key, now);
    let effect = effect(backend, &request, now).await?;
    let needs_second = needs_second(backend, &ask, now).await?;
    let expires = match &ask.change {
        Change::Grant { expires_at, .. } => expires_at.map(|at| zone.moment(at)),
        Change::Adjust { .. } => None,
    };
    Ok(ChangePreview {
        credits: ask.change.amount(),
        available_now: effect.available_now,
        available: effect.available,
        repaid: effect.repaid,
        expires,
        needs_second,
        form_key,
    })
}
