//! Changes of memberships that must hold together with something else (another superadmin, a department
//! in use), each one transaction.
//!
//! A change of role or the end takes the organisation's row first (an update that changes nothing: a lock that both
//! databases know), so of two superadmins who demote each other at the same time one is refused.

use super::{Db, StoreError, StoreRow, department};
use crate::ledger::id::{DepartmentId, OrganisationId, UserId};
use crate::ledger::time::Timestamp;
use crate::model::permission::Role;
use crate::on;

/// What became of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Changed {
    /// It is done.
    Done,
    /// There is no such member now.
    NoSuchMember,
    /// There is no such department in use; nothing was changed.
    NoSuchDepartment,
    /// Nobody else is a superadmin; nothing was changed.
    LastSuperadmin,
}

const LOCK: &str = "update organisation set name = name where id = $1";
const ROLE: &str = "select role from membership \
     where organisation = $1 and user_id = $2 and ended_at is null";
const OTHER_SUPERADMINS: &str = "select count(*) as count from membership \
     where organisation = $1 and user_id <> $2 and role = 'superadmin' and ended_at is null";
const CHANGE_ROLE: &str = "update membership set role = $3 \
     where organisation = $1 and user_id = $2 and ended_at is null";
const CHANGE_DEPARTMENT: &str = "update membership set department = $3 \
     where organisation = $1 and user_id = $2 and ended_at is null";
const END: &str = "update membership set ended_at = $3 \
     where organisation = $1 and user_id = $2 and ended_at is null";

/// What is wanted of a membership.
#[derive(Clone, Copy, Debug)]
enum Change {
    Role(Role),
    End(Timestamp),
}

/// Gives a member another role.
///
/// # Errors
/// The database failed, or the row does not parse.
pub async fn change_role(
    db: &Db,
    organisation: &OrganisationId,
    user: &UserId,
    role: Role,
) -> Result<Changed, StoreError> {
    apply(db, organisation, user, Change::Role(role)).await
}

/// Moves a member to another department, or out of any.
///
/// # Errors
/// The database failed.
pub async fn change_department(
    db: &Db,
    organisation: &OrganisationId,
    user: &UserId,
    department: Option<&DepartmentId>,
) -> Result<Changed, StoreError> {
    let (organisation, user) = (organisation.as_str(), user.as_str());
    on!(db, write pool => {
        let mut transaction = pool.begin().await?;
        if let Some(department) = department {
            let taken = sqlx::query(department::TAKE).bind(organisation).bind(department.as_str())
                .execute(&mut *transaction).await?;
            if taken.rows_affected() == 0 {
                return Ok(Changed::NoSuchDepartment);
            }
        }
        let changed = sqlx::query(CHANGE_DEPARTMENT).bind(organisation).bind(user)
            .bind(department.map(DepartmentId::as_str))
            .execute(&mut *transaction).await?;
        if changed.rows_affected() == 0 {
            return Ok(Changed::NoSuchMember);
        }
        transaction.commit().await?;
        Ok(Changed::Done)
    })
}

/// Ends a membership.
///
/// # Errors
/// The database failed, or the row does not parse.
pub async fn end(
    db: &Db,
    organisation: &OrganisationId,
    user: &UserId,
    at: Timestamp,
) -> Result<Changed, StoreError> {
    apply(db, organisation, user, Change::End(at)).await
}

async fn apply(
    db: &Db,
    organisation: &OrganisationId,
    user: &UserId,
    change: Change,
) -> Result<Changed, StoreError> {
    let (organisation, user) = (organisation.as_str(), user.as_str());
    on!(db, write pool => {
        let mut transaction = pool.begin().await?;
        sqlx::query(LOCK).bind(organisation).execute(&mut *transaction).await?;
        let role = sqlx::query(ROLE).bind(organisation).bind(user)
            .fetch_optional(&mut *transaction).await?;
        let Some(role) = role else { return Ok(Changed::NoSuchMember) };
        let role = role.parsed("membership", "role", str::parse::<Role>)?;
        let others = sqlx::query(OTHER_SUPERADMINS).bind(organisation).bind(user)
            .fetch_one(&mut *transaction).await?.integer("count")?;
        if others == 0 && change.takes_superadmin_from(role) {
            return Ok(Changed::LastSuperadmin);
        }
        let statement = match change {
            Change::Role(role) => sqlx::query(CHANGE_ROLE).bind(organisation).bind(user)
                .bind(role.as_str()),
            Change::End(at) => sqlx::query(END).bind(organisation).bind(user).bind(at.micros()),
        };
        statement.execute(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(Changed::Done)
    })
}

impl Change {
    fn takes_superadmin_from(self, role: Role) -> bool {
        role == Role::Superadmin && !matches!(self, Change::Role(Role::Superadmin))
    }
}
