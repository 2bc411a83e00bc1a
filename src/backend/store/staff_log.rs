//! What the people who run the installation did, each deed once.

use super::{Db, StoreError, StoreRow};
use crate::ledger::id::{OrganisationId, UserId};
use crate::ledger::time::Timestamp;
use crate::on;

/// One deed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deed {
    /// Made from what was done, so that it is written once.
    pub id: String,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub staff: UserId,
    /// Whose, where it was about an organisation.
    pub organisation: Option<OrganisationId>,
    /// What, in a few words.
    pub action: String,
    /// Where it can be seen.
    pub address: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// What was before.
    pub was: Option<String>,
    /// What was after it.
    pub became: Option<String>,
}

/// A deed with the names that people know things by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedDeed {
    /// The deed.
    pub deed: Deed,
    /// Who did it.
    pub staff_name: String,
    /// The organisation's name.
    pub organisation_name: Option<String>,
}

const INSERT_ONCE: &str = "insert into staff_log (id, at, staff, organisation, action, address, \
     reason, was, became) values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (id) do nothing";
const LIST: &str = "select l.*, u.name as staff_name, o.name as organisation_name from staff_log l \
     left join user_account u on u.id = l.staff left join organisation o on o.id = l.organisation \
     where (l.at, l.id) < ($1, $2) order by l.at desc, l.id desc limit $3";
const OF_ORGANISATION: &str = "select l.*, u.name as staff_name, o.name as organisation_name \
     from staff_log l left join user_account u on u.id = l.staff \
     left join organisation o on o.id = l.organisation \
     where l.organisation = $4 and (l.at, l.id) < ($1, $2) order by l.at desc, l.id desc limit $3";

/// Writes a deed down; one that is there already stays as it is.
///
/// # Errors
/// The database failed.
pub async fn insert_once(db: &Db, deed: &Deed) -> Result<(), StoreError> {
    on!(db, write pool => sqlx::query(INSERT_ONCE)
        .bind(&deed.id).bind(deed.at.0).bind(deed.staff.as_str())
        .bind(deed.organisation.as_ref().map(OrganisationId::as_str))
        .bind(&deed.action).bind(deed.address.as_deref()).bind(deed.reason.as_deref())
        .bind(deed.was.as_deref()).bind(deed.became.as_deref())
        .execute(pool).await.map(|_| ()))?;
    Ok(())
}

/// What was done, to this organisation or at all, the newest first, from before `before`.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn list(
    db: &Db,
    organisation: Option<&OrganisationId>,
    before: Option<(Timestamp, &str)>,
    limit: i64,
) -> Result<Vec<NamedDeed>, StoreError> {
    let (time, id) = before.map_or((i64::MAX, ""), |(time, id)| (time.0, id));
    match organisation {
        None => on!(db, read pool => sqlx::query(LIST).bind(time).bind(id).bind(limit)
            .fetch_all(pool).await?.iter().map(named).collect()),
        Some(organisation) => on!(db, read pool => sqlx::query(OF_ORGANISATION)
            .bind(time).bind(id).bind(limit).bind(organisation.as_str())
            .fetch_all(pool).await?.iter().map(named).collect()),
    }
}

fn named(row: &impl StoreRow) -> Result<NamedDeed, StoreError> {
    const TABLE: &str = "staff_log";
    let staff = row.parsed(TABLE, "staff", UserId::parse)?;
    let deed = Deed {
        id: row.text("id")?,
        at: row.time("at")?,
        staff,
        organisation: row.parsed_or_none(TABLE, "organisation", OrganisationId::parse)?,
        action: row.text("action")?,
        address: row.text_or_none("address")?,
        reason: row.text_or_none("reason")?,
        was: row.text_or_none("was")?,
        became: row.text_or_none("became")?,
    };
    Ok(NamedDeed {
        staff_name: row.text_or_none("staff_name")?.unwrap_or_else(|| deed.staff.to_string()),
        organisation_name: row.text_or_none("organisation_name")?,
        deed,
    })
}
