//! Which customer of the payment provider an organisation is.

use super::{Db, StoreError, StoreRow};
use crate::ledger::id::OrganisationId;
use crate::ledger::time::Timestamp;
use crate::on;

const SELECT: &str = "select customer_ref from billing_customer \
     where organisation = $1 and provider = $2 and livemode = $3";
const INSERT_ONCE: &str = "insert into billing_customer (organisation, provider, livemode, \
     customer_ref, created_at) values ($1, $2, $3, $4, $5) \
     on conflict (organisation, provider, livemode) do nothing";
const DELETE: &str = "delete from billing_customer \
     where organisation = $1 and provider = $2 and livemode = $3 and customer_ref = $4";

/// The organisation's customer.
///
/// # Errors
/// The database failed.
pub async fn find(
    db: &Db,
    organisation: &OrganisationId,
    provider: &str,
    livemode: bool,
) -> Result<Option<String>, StoreError> {
    on!(db, write pool => sqlx::query(SELECT)
        .bind(organisation.as_str()).bind(provider).bind(i64::from(livemode))
        .fetch_optional(pool).await?.map(|row| row.text("customer_ref")).transpose())
}

/// Writes the organisation's customer down; one that is there already stays.
///
/// # Errors
/// The database failed.
pub async fn insert_once(
    db: &Db,
    organisation: &OrganisationId,
    provider: &str,
    livemode: bool,
    customer_ref: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    on!(db, write pool => sqlx::query(INSERT_ONCE)
        .bind(organisation.as_str()).bind(provider).bind(i64::from(livemode))
        .bind(customer_ref).bind(now.0)
        .execute(pool).await.map(|_| ()))?;
    Ok(())
}

/// Forgets a customer that the provider no longer knows.
///
/// # Errors
/// The database failed.
pub async fn delete(
    db: &Db,
    organisation: &OrganisationId,
    provider: &str,
    livemode: bool,
    customer_ref: &str,
) -> Result<(), StoreError> {
    on!(db, write pool => sqlx::query(DELETE)
        .bind(organisation.as_str()).bind(provider).bind(i64::from(livemode)).bind(customer_ref)
        .execute(pool).await.map(|_| ()))?;
    Ok(())
}
