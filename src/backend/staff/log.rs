//! The log of what staff did: who, what, when, before and after.

use super::StaffError;
use crate::backend::state::Backend;
use crate::backend::store::staff_log::{self, Deed, NamedDeed};
use crate::backend::store::{Db, StoreError};
use crate::backend::zone::Zone;
use crate::ledger::{OrganisationId, Timestamp};
use crate::model::Problem;
use crate::model::staff_console::{LogLine, LogPage};

/// Deeds on one page.
const PER_PAGE: usize = 50;

/// Writes a deed down, once for its id.
///
/// # Errors
/// The database failed.
pub async fn write(db: &Db, deed: &Deed) -> Result<(), StoreError> {
    staff_log::insert_once(db, deed).await?;
    let (staff, action) = (&deed.staff, &deed.action);
    tracing::info!(%staff, id = deed.id, action, reason = deed.reason, "staff acted");
    Ok(())
}

/// The page, from below the cursor `before` on, which may be empty.
///
/// # Errors
/// The cursor is none, or the database failed.
pub async fn page(backend: &Backend, before: &str, zone: Zone) -> Result<LogPage, StaffError> {
    let before = match before {
        "" => None,
        text => Some(parse_cursor(text).ok_or_else(|| Problem::not_found("page"))?),
    };
    let wanted = i64::try_from(PER_PAGE + 1).unwrap_or(i64::MAX);
    let found = staff_log::list(&backend.db, None, before, wanted).await?;
    let next = found.get(PER_PAGE - 1).filter(|_| found.len() > PER_PAGE);
    Ok(LogPage {
        next: next.map(|last| format!("{}.{}", last.deed.at.0, last.deed.id)),
        lines: found.into_iter().take(PER_PAGE).map(|deed| line(deed, zone)).collect(),
        is_later_page: before.is_some(),
    })
}

/// What staff did to one organisation last.
///
/// # Errors
/// The database failed.
pub async fn of_organisation(
    backend: &Backend,
    organisation: &OrganisationId,
    most: i64,
    zone: Zone,
) -> Result<Vec<LogLine>, StoreError> {
    let found = staff_log::list(&backend.db, Some(organisation), None, most).await?;
    Ok(found.into_iter().map(|deed| line(deed, zone)).collect())
}

fn parse_cursor(text: &str) -> Option<(Timestamp, &str)> {
    let (micros, id) = text.split_once('.')?;
    Some((Timestamp(micros.parse().ok()?), id))
}

fn line(named: NamedDeed, zone: Zone) -> LogLine {
    let deed = named.deed;
    LogLine {
        at: zone.moment(deed.at),
        who: named.staff_name,
        what: deed.action,
        address: deed.address,
        organisation: deed.organisation.as_ref().map(OrganisationId::to_string),
        organisation_name: named.organisation_name,
        reason: deed.reason,
        was: deed.was,
        became: deed.became,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_back_and_nonsense_is_none() {
        assert_eq!(parse_cursor("17.request:1.x"), Some((Timestamp(17), "request:1.x")));
        for text in ["17", "x.y", "."] {
            assert_eq!(parse_cursor(text), None, "{text}");
        }
    }
}
