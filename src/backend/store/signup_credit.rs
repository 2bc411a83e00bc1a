//! Organisations that were given their free credits to begin with.

use super::{Db, StoreError, StoreRow};
use crate::ledger::id::OrganisationId;
use crate::ledger::time::Timestamp;
use crate::on;

const WITHOUT: &str = "select o.id from organisation o \
     left join signup_credit s on s.organisation = o.id \
     where o.created_at > $1 and s.organisation is null order by o.created_at, o.id limit 1";
const GRANTED: &str = "insert into signup_credit (organisation, granted_at) values ($1, $2) \
     on conflict (organisation) do nothing";

/// An organisation that was made after `since` and has not been given any.
///
/// # Errors
/// The database failed, or the row does not parse.
pub async fn without(db: &Db, since: Timestamp) -> Result<Option<OrganisationId>, StoreError> {
    on!(db, write pool => sqlx::query(WITHOUT).bind(since.0).fetch_optional(pool).await?
        .map(|row| row.parsed("organisation", "id", OrganisationId::parse)).transpose())
}

/// Writes down that an organisation has them.
///
/// # Errors
/// The database failed.
pub async fn granted(
    db: &Db,
    organisation: &OrganisationId,
    now: Timestamp,
) -> Result<(), StoreError> {
    on!(db, write pool => sqlx::query(GRANTED).bind(organisation.as_str()).bind(now.0)
        .execute(pool).await.map(|_| ()))?;
    Ok(())
}
