//! Grants and corrections, from the form to the ledger: written down, approved by a second person where
//! they are large, booked once, and noted in the log.

use super::preview::effect;
use super::{COUNTED_TOGETHER, REQUEST_LIVES, StaffError, log};
use crate::backend::engine::SubmitError;
use crate::backend::id;
use crate::backend::state::Backend;
use crate::backend::step::Step;
use crate::backend::store::journal;
use crate::backend::store::staff_log::Deed;
pub use crate::backend::store::staff_request::Change;
use crate::backend::store::staff_request::{self, RequestState, StaffRequest};
use crate::ledger::time::MINUTE;
use crate::ledger::{
    Actor, Command, Credits, Grant, IdempotencyKey, Order, OrganisationId, Origin, Source,
    Timestamp, Transaction, UserId,
};
use crate::model::format::{credits_phrase, format_signed_credits};
use crate::model::{Problem, api_errors};

/// What may be booked and is not by then was cut short.
const CUT_SHORT_AFTER: i64 = MINUTE;

/// What someone of the staff asks for.
#[derive(Clone, Debug)]
pub struct Ask<'a> {
    /// Whose credits.
    pub organisation: &'a OrganisationId,
    /// Who asks.
    pub staff: &'a UserId,
    /// What.
    pub change: Change,
    /// Why.
    pub reason: &'a str,
    /// The hidden key of the form: the same form acts once.
    pub form_key: &'a str,
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// The ledger has it.
    Booked,
    /// A second person has to say yes.
    Waits,
}

/// Asks for a grant or a correction: booked at once, or kept until a second person has said yes.
///
/// # Errors
/// The ledger says no, the form's key was used for something else, or something gave no answer: then the
/// same form may be sent again.
pub async fn ask(backend: &Backend, ask: Ask<'_>) -> Result<Asked, StaffError> {
    let (db, now) = (&backend.db, backend.now());
    let key = checked_form_key(ask.form_key)?;
    if let Some(known) = staff_request::by_form(db, key).await? {
        return again(backend, known, &ask).await;
    }
    let mut request = request_of(&ask, key, now);
    effect(backend, &request, now).await?;
    if needs_second(backend, &ask, now).await? {
        request.state = RequestState::Waiting;
    }
    if !staff_request::insert_once(db, &request).await? {
        // The same form came twice at the same time.
        let known = staff_request::by_form(db, key).await?;
        return again(backend, known.ok_or_else(used_form_key)?, &ask).await;
    }
    if request.state == RequestState::Waiting {
        log::write(db, &deed(&request, ask.staff, "asked", "Asked for: ", now)).await?;
        return Ok(Asked::Waits);
    }
    book(backend, &request).await.map(|_| Asked::Booked)
}

/// Books a change that a program asks for in the name of someone of the staff: like [`ask`], but what
/// needs a second person is refused instead of kept. The key of the program's request stands for a form's.
/// Gives the transaction, and whether it was booked before.
///
/// # Errors
/// As [`ask`]; the key was used for something else; or a second person has to say yes.
pub async fn book_alone(
    backend: &Backend,
    ask: Ask<'_>,
) -> Result<(Transaction, bool), StaffError> {
    let (db, now) = (&backend.db, backend.now());
    let mut known = staff_request::by_form(db, ask.form_key).await?;
    if known.is_none() {
        let request = request_of(&ask, ask.form_key, now);
        effect(backend, &request, now).await?;
        if needs_second(backend, &ask, now).await? {
            return Err(second_person(backend.staff_rules.two_person_above).into());
        }
        if staff_request::insert_once(db, &request).await? {
            return Ok((book(backend, &request).await?, false));
        }
        known = staff_request::by_form(db, ask.form_key).await?;
    }
    let known = known.filter(|known| is_same(known, &ask)).ok_or(SubmitError::KeyConflict)?;
    let booked = match known.sequence {
        Some(sequence) => journal::find(db, ask.organisation, sequence).await?,
        None => None,
    };
    match (booked, known.state) {
        (Some(transaction), _) => Ok((transaction, true)),
        (None, RequestState::Approved | RequestState::Refused) => {
            Ok((book(backend, &known).await?, false))
        }
        // A form of the console may have had the same key: what waits there waits here too.
        _ => Err(second_person(backend.staff_rules.two_person_above).into()),
    }
}

fn second_person(above: Credits) -> Problem {
    let detail = format!(
        "Above {}, counted over a day, a second person of the staff has to say yes.",
        credits_phrase(above)
    );
    api_errors::SECOND_PERSON
        .problem(detail)
        .with_cure("Ask for it in the staff console: it waits there for somebody else's yes.")
}

/// The form was sent before.
async fn again(backend: &Backend, known: StaffRequest, ask: &Ask<'_>) -> Result<Asked, StaffError> {
    if !is_same(&known, ask) {
        return Err(used_form_key().into());
    }
    match known.state {
        RequestState::Booked => Ok(Asked::Booked),
        RequestState::Approved | RequestState::Refused => {
            book(backend, &known).await.map(|_| Asked::Booked)
        }
        _ => Ok(Asked::Waits),
    }
}

fn is_same(known: &StaffRequest, ask: &Ask<'_>) -> bool {
    known.organisation == *ask.organisation
        && known.asked_by == *ask.staff
        && known.reason == ask.reason
        && known.change.is_like(&ask.change)
}

pub(super) fn request_of(ask: &Ask<'_>, form_key: &str, now: Timestamp) -> StaffRequest {
    StaffRequest {
        id: id::uuid_simple(now),
        form_key: form_key.to_owned(),
        organisation: ask.organisation.clone(),
        change: ask.change.clone(),
        reason: ask.reason.to_owned(),
        asked_by: ask.staff.clone(),
        asked_at: now,
        lapses_at: now.plus(REQUEST_LIVES),
        state: RequestState::Approved,
        decided_by: None,
        decided_at: None,
        sequence: None,
        problem: None,
    }
}

/// Whether a second person has to say yes: to this, together with what the same person gave lately.
pub(super) async fn needs_second(
    backend: &Backend,
    ask: &Ask<'_>,
    now: Timestamp,
) -> Result<bool, StaffError> {
    let since = now.plus(-COUNTED_TOGETHER);
    let given = staff_request::given_since(&backend.db, ask.organisation, ask.staff, since).await?;
    let together = given.checked_add(size(ask.change.amount()));
    Ok(together.is_none_or(|together| together > backend.staff_rules.two_person_above))
}

/// An amount whichever way it goes.
fn size(credits: Credits) -> Credits {
    if credits.is_negative() { credits.checked_neg().unwrap_or(Credits::MAX) } else { credits }
}

/// The order that books a request: always the same, so that the ledger books it once.
///
/// # Errors
/// The request's id makes no key.
pub(super) fn order_of(request: &StaffRequest) -> Result<Order, StaffError> {
    let reason = request.reason.clone();
    let command = match &request.change {
        Change::Grant { lot, source, amount, effective_at, expires_at, operations } => {
            let origin = Origin::StaffGrant { by: request.asked_by.clone(), reason };
            Command::Grant(Box::new(Grant {
                effective_at: *effective_at,
                expires_at: *expires_at,
                operations: operations.clone(),
                ..Grant::plain(lot.clone(), *source, *amount, origin)
            }))
        }
        Change::Adjust { lot, change } => {
            Command::Adjust { lot: lot.clone(), change: *change, reason }
        }
    };
    Ok(Order {
        key: IdempotencyKey::parse(&format!("staff:{}", request.id))?,
        actor: Actor::Staff(request.asked_by.clone()),
        occurred_at: request.asked_at,
        command,
    })
}

/// Books a request that may be booked, and writes down what became of it. Safe to repeat.
async fn book(backend: &Backend, request: &StaffRequest) -> Result<Transaction, StaffError> {
    let (db, organisation) = (&backend.db, &request.organisation);
    let receipt = match backend.engine.submit(organisation, order_of(request)?).await {
        Ok(receipt) => receipt,
        Err(SubmitError::Refused(refusal)) => {
            staff_request::refused(db, &request.id, &refusal.to_string()).await?;
            return Err(Problem::from(refusal).into());
        }
        Err(unknown) => return Err(unknown.into()),
    };
    let done = receipt.transaction;
    let before = journal::find(db, organisation, done.sequence.saturating_sub(1)).await?;
    let before = before.map(|before| before.available_after).unwrap_or_default();
    let after = done.available_after;
    staff_request::booked(db, &request.id, done.sequence, before, after).await?;
    let deed = Deed {
        was: Some(format!("{} available", credits_phrase(before))),
        became: Some(format!("{} available", credits_phrase(after))),
        ..deed(request, &request.asked_by, "booked", "", done.recorded_at)
    };
    log::write(db, &deed).await?;
    Ok(done)
}

fn deed(request: &StaffRequest, who: &UserId, step: &str, prefix: &str, at: Timestamp) -> Deed {
    let what = format!("{}, {}", what(&request.change), signed_phrase(request.change.amount()));
    Deed {
        id: format!("request:{}:{step}", request.id),
        at,
        staff: who.clone(),
        organisation: Some(request.organisation.clone()),
        action: format!("{prefix}{what}"),
        address: Some(format!("/admin/organisations/{}", request.organisation)),
        reason: Some(request.reason.clone()),
        was: None,
        became: None,
    }
}

fn signed_phrase(credits: Credits) -> String {
    let noun = if credits_phrase(size(credits)) == "1 credit" { "credit" } else { "credits" };
    format!("{} {noun}", format_signed_credits(credits))
}

/// "Grant (promotional)", "Correction".
pub(super) fn what(change: &Change) -> String {
    match change {
        Change::Grant { source: Source::Admin, .. } => "Grant".to_owned(),
        Change::Grant { source, .. } => format!("Grant ({})", source.code()),
        Change::Adjust { .. } => "Correction".to_owned(),
    }
}

/// Says yes to a request of somebody else's, and books it.
///
/// # Errors
/// It is the caller's own, it does not wait any more, or the ledger says no.
pub async fn approve(backend: &Backend, id: &str, staff: &UserId) -> Result<(), StaffError> {
    let (db, now) = (&backend.db, backend.now());
    let request = find(backend, id).await?;
    if request.asked_by == *staff {
        return Err(own_request().into());
    }
    if staff_request::approve(db, id, staff, now).await? {
        log::write(db, &deed(&request, staff, "approved", "Approved: ", now)).await?;
    }
    let request = find(backend, id).await?;
    let approved = request.decided_by.as_ref() == Some(staff);
    match request.state {
        RequestState::Booked if approved => Ok(()),
        RequestState::Approved | RequestState::Refused if approved => {
            book(backend, &request).await.map(|_| ())
        }
        _ => Err(no_longer_waits().into()),
    }
}

/// Says no to a request; who asked for it takes it back so.
///
/// # Errors
/// It does not wait any more, or the database failed.
pub async fn decline(backend: &Backend, id: &str, staff: &UserId) -> Result<(), StaffError> {
    let (db, now) = (&backend.db, backend.now());
    let request = find(backend, id).await?;
    let (state, step, word) = if request.asked_by == *staff {
        (RequestState::Withdrawn, "withdrawn", "Took back: ")
    } else {
        (RequestState::Declined, "declined", "Declined: ")
    };
    if staff_request::end(db, id, state, staff, now).await? {
        log::write(db, &deed(&request, staff, step, word, now)).await?;
        return Ok(());
    }
    let ended = request.state == state && request.decided_by.as_ref() == Some(staff);
    if ended { Ok(()) } else { Err(no_longer_waits().into()) }
}

async fn find(backend: &Backend, id: &str) -> Result<StaffRequest, StaffError> {
    staff_request::find(&backend.db, id).await?.ok_or_else(|| StaffError::missing("request"))
}

/// Books what may be booked and was cut short: one step of a job.
///
/// # Errors
/// Ledger or database gave no answer; the next step tries again.
pub async fn unbooked_step(backend: &Backend, now: Timestamp) -> Result<Step, StaffError> {
    let before = now.plus(-CUT_SHORT_AFTER);
    let Some(request) = staff_request::unbooked(&backend.db, before).await? else {
        return Ok(Step::Idle);
    };
    match book(backend, &request).await {
        // A *no* of the ledger is written down, and is an end.
        Ok(_) | Err(StaffError::Refused(_)) => Ok(Step::Done),
        Err(unknown) => Err(unknown),
    }
}

fn own_request() -> Problem {
    Problem::conflict(
        "own_request",
        "You asked for this yourself: somebody else has to approve it.",
    )
    .with_cure("Ask another member of staff.")
}

fn no_longer_waits() -> Problem {
    Problem::conflict("request_over", "This request does not wait any more.")
        .with_cure("Look at the list again.")
}

/// The form's key was used for something else.
pub fn used_form_key() -> Problem {
    Problem::invalid_field("form_key", "This form was sent before with other figures.")
        .with_cure("Open the page again and send the form from there.")
}

/// The key of a form, if it is one that this program makes.
///
/// # Errors
/// It is none.
pub fn checked_form_key(given: &str) -> Result<&str, Problem> {
    id::sound_form_key(given).ok_or_else(used_form_key)
}
