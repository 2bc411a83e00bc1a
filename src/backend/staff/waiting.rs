//! The page of what waits for a second person. Reads only.

use super::StaffError;
use super::requests::what;
use crate::backend::state::Backend;
use crate::backend::store::staff_request::{self, NamedRequest, RequestState};
use crate::backend::zone::Zone;
use crate::ledger::{Timestamp, UserId};
use crate::model::staff_console::{RequestLine, RequestsPage};

/// Requests that one list has.
const MOST_LISTED: i64 = 50;

/// What waits for a second person, and what waited before.
///
/// # Errors
/// The database failed.
pub async fn page(
    backend: &Backend,
    reader: &UserId,
    zone: Zone,
) -> Result<RequestsPage, StaffError> {
    let (db, now) = (&backend.db, backend.now());
    let line = |named: NamedRequest| request_line(named, reader, zone, now);
    let waiting = staff_request::waiting(db, now, MOST_LISTED).await?;
    let decided = staff_request::decided(db, now, MOST_LISTED).await?;
    Ok(RequestsPage {
        waiting: waiting.into_iter().map(line).collect(),
        decided: decided.into_iter().map(line).collect(),
        two_person_above: backend.staff_rules.two_person_above,
    })
}

fn request_line(named: NamedRequest, reader: &UserId, zone: Zone, now: Timestamp) -> RequestLine {
    let request = named.request;
    let state = match (request.state, &request.problem) {
        (RequestState::Waiting, _) if request.lapses_at <= now => "Nobody answered".to_owned(),
        (RequestState::Waiting, _) => "Waits".to_owned(),
        (RequestState::Approved, _) => "Approved, not booked yet".to_owned(),
        (RequestState::Booked, _) => "Booked".to_owned(),
        (RequestState::Refused, Some(problem)) => format!("Refused by the ledger: {problem}"),
        (RequestState::Refused, None) => "Refused by the ledger".to_owned(),
        (RequestState::Declined, _) => "Declined".to_owned(),
        (RequestState::Withdrawn, _) => "Taken back".to_owned(),
    };
    RequestLine {
        what: what(&request.change),
        credits: request.change.amount(),
        is_own: request.asked_by == *reader,
        asked: zone.moment(request.asked_at),
        lapses: zone.moment(request.lapses_at),
        id: request.id,
        organisation: request.organisation.to_string(),
        organisation_name: named.organisation_name,
        reason: request.reason,
        asked_by: named.asked_by_name,
        state,
        decided_by: named.decided_by_name,
    }
}
