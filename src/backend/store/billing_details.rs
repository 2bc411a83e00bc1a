//! Who is billed, version by version: nothing is overwritten, and the highest version is in force.

use super::billing_customer::MIRROR_FROM_NOW;
use super::{Db, StoreError, StoreRow};
use crate::ledger::id::{OrganisationId, UserId};
use crate::ledger::time::Timestamp;
use crate::model::billing_details::BillingDetails;
use crate::on;

/// One version of an organisation's details.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// From 1 on.
    pub version: i64,
    /// What was saved.
    pub details: BillingDetails,
    /// Who saved it.
    pub changed_by: UserId,
    /// Their name, as it is today.
    pub changed_by_name: Option<String>,
    /// When.
    pub changed_at: Timestamp,
}

const LATEST: &str = "select b.version, b.details, b.changed_by, b.changed_at, u.name as person \
     from billing_details b left join user_account u on u.id = b.changed_by \
     where b.organisation = $1 order by b.version desc limit 1";
const INSERT_ONCE: &str = "insert into billing_details \
     (organisation, version, details, changed_by, changed_at) values ($1, $2, $3, $4, $5) \
     on conflict (organisation, version) do nothing";

/// The version in force.
///
/// # Errors
/// The database failed, or the row does not parse.
pub async fn latest(db: &Db, organisation: &OrganisationId) -> Result<Option<Version>, StoreError> {
    on!(db, write pool => sqlx::query(LATEST).bind(organisation.as_str())
        .fetch_optional(pool).await?.map(|row| version(&row)).transpose())
}

/// Writes the version after `version`, and that the payment provider is to be told of it; `false` when
/// somebody has written it already.
///
/// # Errors
/// The database failed.
pub async fn insert_after(
    db: &Db,
    organisation: &OrganisationId,
    version: i64,
    details: &BillingDetails,
    by: &UserId,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let text = super::journal::json(details);
    on!(db, write pool => {
        let mut transaction = pool.begin().await?;
        let written = sqlx::query(INSERT_ONCE)
            .bind(organisation.as_str()).bind(version + 1).bind(&text).bind(by.as_str()).bind(now.0)
            .execute(&mut *transaction).await?;
        if written.rows_affected() == 0 {
            return Ok(false);
        }
        sqlx::query(MIRROR_FROM_NOW).bind(organisation.as_str()).bind(now.0)
            .execute(&mut *transaction).await?;
        transaction.commit().await?;
    });
    Ok(true)
}

fn version(row: &impl StoreRow) -> Result<Version, StoreError> {
    Ok(Version {
        version: row.integer("version")?,
        details: row.json("billing_details", "details")?,
        changed_by: row.parsed("billing_details", "changed_by", UserId::parse)?,
        changed_by_name: row.text_or_none("person")?,
        changed_at: row.time("changed_at")?,
    })
}
