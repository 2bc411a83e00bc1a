//! When each thing happened in a purchase's life, beyond what the purchase itself says, and when its
//! receipt or invoice is to be written.

use super::{Db, StoreError, StoreRow};
use crate::ledger::id::{OrganisationId, PurchaseId};
use crate::ledger::time::Timestamp;
use crate::on;

/// What is known; a step that did not happen, or before it was noted, is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PurchaseTimes {
    /// When the provider was ready for the payment.
    pub sent_at: Option<Timestamp>,
    /// When the provider's first report about it was acted on.
    pub event_at: Option<Timestamp>,
    /// When the credits were booked.
    pub credited_at: Option<Timestamp>,
}

const SELECT: &str = "select sent_at, event_at, credited_at from purchase \
     where organisation = $1 and id = $2";
const NOTE_EVENT: &str = "update purchase set event_at = coalesce(event_at, $3) \
     where organisation = $1 and id = $2";
const DUE_FOR_DOCUMENT: &str = "select organisation, id from purchase \
     where document_at is not null and document_at <= $1 order by document_at, id limit 1";
const DUE_OF_ORGANISATION: &str = "select organisation, id from purchase \
     where document_at is not null and document_at <= $1 and organisation = $2 \
     order by document_at, id limit 1";
const POSTPONE_DOCUMENT: &str = "update purchase set document_at = $3 \
     where organisation = $1 and id = $2 and document_at is not null";

/// The times of a purchase; nothing where it is not there.
///
/// # Errors
/// The database failed.
pub async fn find(
    db: &Db,
    organisation: &OrganisationId,
    id: &PurchaseId,
) -> Result<PurchaseTimes, StoreError> {
    let found = on!(db, write pool => sqlx::query(SELECT)
        .bind(organisation.as_str()).bind(id.as_str())
        .fetch_optional(pool).await?.map(|row| times(&row)).transpose())?;
    Ok(found.unwrap_or_default())
}

/// Notes that the provider reported something about the purchase; the first time stays.
///
/// # Errors
/// The database failed.
pub async fn note_event(
    db: &Db,
    organisation: &OrganisationId,
    id: &PurchaseId,
    at: Timestamp,
) -> Result<(), StoreError> {
    on!(db, write pool => sqlx::query(NOTE_EVENT)
        .bind(organisation.as_str()).bind(id.as_str()).bind(at.0)
        .execute(pool).await.map(|_| ()))?;
    Ok(())
}

/// The credited purchase that has waited longest for its receipt or invoice, of any organisation or of
/// one.
///
/// # Errors
/// The database failed, or the row does not parse.
pub async fn due_for_document(
    db: &Db,
    of: Option<&OrganisationId>,
    now: Timestamp,
) -> Result<Option<(OrganisationId, PurchaseId)>, StoreError> {
    match of {
        None => on!(db, write pool => sqlx::query(DUE_FOR_DOCUMENT).bind(now.0)
            .fetch_optional(pool).await?.map(|row| name(&row)).transpose()),
        Some(of) => on!(db, write pool => sqlx::query(DUE_OF_ORGANISATION)
            .bind(now.0).bind(of.as_str())
            .fetch_optional(pool).await?.map(|row| name(&row)).transpose()),
    }
}

/// Lets the document wait until `until`.
///
/// # Errors
/// The database failed.
pub async fn postpone_document(
    db: &Db,
    organisation: &OrganisationId,
    id: &PurchaseId,
    until: Timestamp,
) -> Result<(), StoreError> {
    on!(db, write pool => sqlx::query(POSTPONE_DOCUMENT)
        .bind(organisation.as_str()).bind(id.as_str()).bind(until.0)
        .execute(pool).await.map(|_| ()))?;
    Ok(())
}

fn name(row: &impl StoreRow) -> Result<(OrganisationId, PurchaseId), StoreError> {
    Ok((
        row.parsed("purchase", "organisation", OrganisationId::parse)?,
        row.parsed("purchase", "id", PurchaseId::parse)?,
    ))
}

fn times(row: &impl StoreRow) -> Result<PurchaseTimes, StoreError> {
    Ok(PurchaseTimes {
        sent_at: row.time_or_none("sent_at")?,
        event_at: row.time_or_none("event_at")?,
        credited_at: row.time_or_none("credited_at")?,
    })
}
