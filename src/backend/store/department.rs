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

/// Takes a department out of use; `false` when it is not there or already archived.
///
/// # Errors
/// The database failed.
pub async fn archive(
    db: &Db,
    organisation: &OrganisationId,
    id: &DepartmentId,
    at: Timestamp,
) -> Result<bool, StoreError> {
    Ok(on!(db, write pool => sqlx::query(ARCHIVE)
        .bind(organisation.as_str())
        .bind(id.as_str())
        .bind(at.micros())
        .execute(pool).await.map(|done| done.rows_affected() > 0))?)
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
