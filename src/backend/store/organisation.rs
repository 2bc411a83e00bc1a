//! Organisations: the tenants, each with one pool of credits.

use super::{Db, StoreError, StoreRow, or_conflict};
use crate::ledger::id::OrganisationId;
use crate::ledger::time::Timestamp;
use crate::on;

/// An organisation as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Organisation {
    /// Its id.
    pub id: OrganisationId,
    /// What people call it.
    pub name: String,
    /// ISO-4217 code of the currency it pays in.
    pub currency: String,
    /// IANA name of the zone its months and days are counted in.
    pub time_zone: String,
    /// Name of the catalogue it buys from.
    pub catalogue: String,
    /// When it was made.
    pub created_at: Timestamp,
}

pub(super) const INSERT: &str = "insert into organisation (id, name, currency, time_zone, catalogue, created_at) \
     values ($1, $2, $3, $4, $5, $6)";
const SELECT: &str = "select id, name, currency, time_zone, catalogue, created_at \
     from organisation where id = $1";
const LIST: &str = "select id, name, currency, time_zone, catalogue, created_at \
     from organisation order by created_at, id";
const UPDATE: &str = "update organisation set name = $2, currency = $3, time_zone = $4, catalogue = $5 where id = $1";

/// Writes a new organisation.
///
/// # Errors
/// [`StoreError::Conflict`] when the id is there already.
pub async fn insert(db: &Db, organisation: &Organisation) -> Result<(), StoreError> {
    let result = on!(db, write pool => sqlx::query(INSERT)
        .bind(organisation.id.as_str())
        .bind(&organisation.name)
        .bind(&organisation.currency)
        .bind(&organisation.time_zone)
        .bind(&organisation.catalogue)
        .bind(organisation.created_at.micros())
        .execute(pool).await.map(|_| ()));
    or_conflict(result, "the organisation's id")
}

/// Changes everything of an organisation but its id and its age.
///
/// # Errors
/// The database failed.
pub async fn update(db: &Db, organisation: &Organisation) -> Result<(), StoreError> {
    on!(db, write pool => sqlx::query(UPDATE)
        .bind(organisation.id.as_str())
        .bind(&organisation.name)
        .bind(&organisation.currency)
        .bind(&organisation.time_zone)
        .bind(&organisation.catalogue)
        .execute(pool).await.map(|_| ()))?;
    Ok(())
}

/// The organisation with this id.
///
/// # Errors
/// The database failed, or the row does not parse.
pub async fn find(db: &Db, id: &OrganisationId) -> Result<Option<Organisation>, StoreError> {
    on!(db, read pool => sqlx::query(SELECT).bind(id.as_str()).fetch_optional(pool).await?
        .map(|row| organisation(&row)).transpose())
}

/// All organisations, the oldest first.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn list(db: &Db) -> Result<Vec<Organisation>, StoreError> {
    on!(db, read pool => sqlx::query(LIST).fetch_all(pool).await?.iter().map(organisation).collect())
}

fn organisation(row: &impl StoreRow) -> Result<Organisation, StoreError> {
    Ok(Organisation {
        id: row.parsed("organisation", "id", OrganisationId::parse)?,
        name: row.text("name")?,
        currency: row.text("currency")?,
        time_zone: row.text("time_zone")?,
        catalogue: row.text("catalogue")?,
        created_at: row.time("created_at")?,
    })
}
