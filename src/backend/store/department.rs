//! Departments of an organisation. In use, two never differ by case alone.

use super::{Db, StoreError, StoreRow, or_conflict};
use crate::ledger::id::{DepartmentId, OrganisationId};
use crate::ledger::time::Timestamp;
use crate::on;

/// A department as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Department {
    /// The organisation it belongs to.
    pub organisation: OrganisationId,
    /// Its id.
    pub id: DepartmentId,
    /// What people call it.
    pub name: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was taken out of use; its history stays.
    pub archived_at: Option<Timestamp>,
}

const INSERT: &str = "insert into department (organisation, id, name, name_folded, created_at) \
     values ($1, $2, $3, $4, $5)";
const SELECT: &str = "select organisation, id, name, created_at, archived_at \
     from department where organisation = $1 and id = $2";
const LIST: &str = "select organisation, id, name, created_at, archived_at \
     from department where organisation = $1 order by name_folded, id";
const RENAME: &str =
    "update department set name = $3, name_folded = $4 where organisation = $1 and id = $2";
/// What became of taking a department out of use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Archived {
    /// It is out of use; its history stays.
    Done,
    /// So many people are in it; nothing was changed.
    HasMembers(i64),
    /// It is not there, or was archived before.
    NotInUse,
}

/// Takes the row of a department in use and changes nothing: who puts someone into a department does
/// this first, in the same transaction, so that nobody ends up in one that is archived meanwhile.
pub(super) const TAKE: &str = "update department set archived_at = null \
     where organisation = $1 and id = $2 and archived_at is null";
const MEMBERS: &str = "select count(*) as count from membership \
     where organisation = $1 and department = $2 and ended_at is null";
const ARCHIVE: &str = "update department set archived_at = $3 \
     where organisation = $1 and id = $2 and archived_at is null";

/// Writes a new department.
///
/// # Errors
/// [`StoreError::Conflict`] when a department in use has this name.
pub async fn insert(db: &Db, department: &Department) -> Result<(), StoreError> {
    let result = on!(db, write pool => sqlx::query(INSERT)
        .bind(department.organisation.as_str())
        .bind(department.id.as_str())
        .bind(&department.name)
        .bind(folded(&department.name))
        .bind(department.created_at.micros())
        .execute(pool).await.map(|_| ()));
    or_conflict(result, "the department's name")
}

/// Gives a department another name; `false` when there is no such department.
///
/// # Errors
/// [`StoreError::Conflict`] when a department in use has this name.
pub async fn rename(
    db: &Db,
    organisation: &OrganisationId,
    id: &DepartmentId,
    name: &str,
) -> Result<bool, StoreError> {
    let result = on!(db, write pool => sqlx::query(RENAME)
        .bind(organisation.as_str())
        .bind(id.as_str())
        .bind(name)
        .bind(folded(name))
        .execute(pool).await.map(|done| done.rows_affected() > 0));
    or_conflict(result, "the department's name")
}

/// Takes a department out of use, unless someone is in it.
///
/// # Errors
/// The database failed.
pub async fn archive(
    db: &Db,
    organisation: &OrganisationId,
    id: &DepartmentId,
    at: Timestamp,
) -> Result<Archived, StoreError> {
    let (organisation, id) = (organisation.as_str(), id.as_str());
    on!(db, write pool => {
        let mut transaction = pool.begin().await?;
        let archived = sqlx::query(ARCHIVE).bind(organisation).bind(id).bind(at.micros())
            .execute(&mut *transaction).await?;
        if archived.rows_affected() == 0 {
            return Ok(Archived::NotInUse);
        }
        let members = sqlx::query(MEMBERS).bind(organisation).bind(id)
            .fetch_one(&mut *transaction).await?.integer("count")?;
        if members > 0 {
            return Ok(Archived::HasMembers(members));
        }
        transaction.commit().await?;
        Ok(Archived::Done)
    })
}

/// The department with this id, archived or not.
///
/// # Errors
/// The database failed, or the row does not parse.
pub async fn find(
    db: &Db,
    organisation: &OrganisationId,
    id: &DepartmentId,
) -> Result<Option<Department>, StoreError> {
    on!(db, read pool => sqlx::query(SELECT).bind(organisation.as_str()).bind(id.as_str())
        .fetch_optional(pool).await?.map(|row| department(&row)).transpose())
}

/// All departments of an organisation by name, archived ones among them.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn list(db: &Db, organisation: &OrganisationId) -> Result<Vec<Department>, StoreError> {
    on!(db, read pool => sqlx::query(LIST).bind(organisation.as_str())
        .fetch_all(pool).await?.iter().map(department).collect())
}

fn folded(name: &str) -> String {
    name.trim().to_lowercase()
}

fn department(row: &impl StoreRow) -> Result<Department, StoreError> {
    Ok(Department {
        organisation: row.parsed("department", "organisation", OrganisationId::parse)?,
        id: row.parsed("department", "id", DepartmentId::parse)?,
        name: row.text("name")?,
        created_at: row.time("created_at")?,
        archived_at: row.time_or_none("archived_at")?,
    })
}
