//! Which customer of the payment provider an organisation is, and whether the provider knows who is billed.

use super::{Db, StoreError, StoreRow};
use crate::ledger::id::OrganisationId;
use crate::ledger::time::Timestamp;
use crate::on;

const SELECT: &str = "select customer_ref from billing_customer \
     where organisation = $1 and provider = $2 and livemode = $3";
const INSERT_ONCE: &str = "insert into billing_customer (organisation, provider, livemode, \
     customer_ref, created_at, mirror_at) values ($1, $2, $3, $4, $5, $5) \
     on conflict (organisation, provider, livemode) do nothing";
const DELETE: &str = "delete from billing_customer \
     where organisation = $1 and provider = $2 and livemode = $3 and customer_ref = $4";

const TO_MIRROR: &str = "select organisation, provider, livemode, customer_ref, tax_id_ref, mirror_at \
     from billing_customer where mirror_at <= $3 and provider = $1 and livemode = $2 \
     order by mirror_at limit 1";
const CLAIM_MIRROR: &str = "update billing_customer set mirror_at = $5 \
     where organisation = $1 and provider = $2 and livemode = $3 and mirror_at = $4";
const MIRRORED: &str = "update billing_customer set mirrored_version = $5, tax_id_ref = $6, \
     mirror_problem = $7, mirror_at = case when mirror_at = $4 then null else mirror_at end \
     where organisation = $1 and provider = $2 and livemode = $3";
const MIRROR_PROBLEM: &str = "select mirror_problem from billing_customer \
     where organisation = $1 and provider = $2 and livemode = $3";
/// Has every customer of an organisation be told of its billing details.
pub(super) const MIRROR_FROM_NOW: &str =
    "update billing_customer set mirror_at = $2 where organisation = $1";

/// A customer who is to be told who is billed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToMirror {
    /// Whose customer it is.
    pub organisation: OrganisationId,
    /// Which provider.
    pub provider: String,
    /// Real money, or a test.
    pub livemode: bool,
    /// The provider's name for the customer.
    pub customer: String,
    /// The provider's name for the tax id that came from the details told before.
    pub tax_id_ref: Option<String>,
    /// Since when.
    pub due_at: Timestamp,
}

/// What a customer was told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mirrored {
    /// The version of the details; 0 where there are none.
    pub version: i64,
    /// The provider's name for the tax id.
    pub tax_id_ref: Option<String>,
    /// What the provider did not take, and why.
    pub problem: Option<String>,
}

/// The customer who has waited longest to be told.
///
/// # Errors
/// The database failed, or the row does not parse.
pub async fn to_mirror(
    db: &Db,
    provider: &str,
    livemode: bool,
    now: Timestamp,
) -> Result<Option<ToMirror>, StoreError> {
    on!(db, write pool => sqlx::query(TO_MIRROR)
        .bind(provider).bind(i64::from(livemode)).bind(now.0)
        .fetch_optional(pool).await?.map(|row| waiting(&row)).transpose())
}

fn waiting(row: &impl StoreRow) -> Result<ToMirror, StoreError> {
    Ok(ToMirror {
        organisation: row.parsed("billing_customer", "organisation", OrganisationId::parse)?,
        provider: row.text("provider")?,
        livemode: row.integer("livemode")? != 0,
        customer: row.text("customer_ref")?,
        tax_id_ref: row.text_or_none("tax_id_ref")?,
        due_at: row.time("mirror_at")?,
    })
}

/// Takes the turn to tell a customer; `false` when another node has taken it.
///
/// # Errors
/// The database failed.
pub async fn claim_mirror(db: &Db, due: &ToMirror, again: Timestamp) -> Result<bool, StoreError> {
    Ok(on!(db, write pool => sqlx::query(CLAIM_MIRROR)
        .bind(due.organisation.as_str()).bind(&due.provider).bind(i64::from(due.livemode))
        .bind(due.due_at.0).bind(again.0)
        .execute(pool).await.map(|done| done.rows_affected() > 0))?)
}

/// Notes what was told in the turn that ends at `again`. What was saved meanwhile is still to be told.
///
/// # Errors
/// The database failed.
pub async fn mirrored(
    db: &Db,
    due: &ToMirror,
    again: Timestamp,
    mirrored: &Mirrored,
) -> Result<(), StoreError> {
    on!(db, write pool => sqlx::query(MIRRORED)
        .bind(due.organisation.as_str()).bind(&due.provider).bind(i64::from(due.livemode))
        .bind(again.0).bind(mirrored.version).bind(mirrored.tax_id_ref.as_deref())
        .bind(mirrored.problem.as_deref())
        .execute(pool).await.map(|_| ()))?;
    Ok(())
}

/// What the provider did not take of the details that it was told last.
///
/// # Errors
/// The database failed.
pub async fn mirror_problem(
    db: &Db,
    organisation: &OrganisationId,
    provider: &str,
    livemode: bool,
) -> Result<Option<String>, StoreError> {
    let found = on!(db, read pool => sqlx::query(MIRROR_PROBLEM)
        .bind(organisation.as_str()).bind(provider).bind(i64::from(livemode))
        .fetch_optional(pool).await?.map(|row| row.text_or_none("mirror_problem")).transpose())?;
    Ok(found.flatten())
}

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
