//! Who belongs to which organisation, in which role and department. Ended memberships stay as history.

use super::{Db, StoreError, StoreRow};
use crate::ledger::id::{DepartmentId, OrganisationId, UserId};
use crate::ledger::time::Timestamp;
use crate::model::permission::Role;
use crate::on;

/// A person's place in an organisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    /// The organisation.
    pub organisation: OrganisationId,
    /// The person.
    pub user: UserId,
    /// What they may do there.
    pub role: Role,
    /// The department whose budget their work is charged to.
    pub department: Option<DepartmentId>,
    /// Since when.
    pub created_at: Timestamp,
    /// Until when; none while they belong to it.
    pub ended_at: Option<Timestamp>,
}

/// A membership with the person's name and email, for lists of members.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The membership.
    pub membership: Membership,
    /// What people call them.
    pub name: String,
    /// Their email.
    pub email: String,
}

pub(super) const UPSERT: &str = "insert into membership \
     (organisation, user_id, role, department, created_at, ended_at) \
     values ($1, $2, $3, $4, $5, null) \
     on conflict (organisation, user_id) do update set role = excluded.role, \
     department = excluded.department, ended_at = null";
const SELECT: &str = "select organisation, user_id, role, department, created_at, ended_at \
     from membership where organisation = $1 and user_id = $2";
const OF_USER: &str = "select organisation, user_id, role, department, created_at, ended_at \
     from membership where user_id = $1 and ended_at is null order by created_at, organisation";
const MEMBERS: &str = "select m.organisation, m.user_id, m.role, m.department, m.created_at, \
     m.ended_at, u.name, u.email from membership m join user_account u on u.id = m.user_id \
     where m.organisation = $1 order by m.created_at, m.user_id";

/// Makes someone a member, or a member again, with this role and department.
///
/// # Errors
/// The database failed.
pub async fn upsert(db: &Db, membership: &Membership) -> Result<(), StoreError> {
    on!(db, write pool => sqlx::query(UPSERT)
        .bind(membership.organisation.as_str())
        .bind(membership.user.as_str())
        .bind(membership.role.as_str())
        .bind(membership.department.as_ref().map(DepartmentId::as_str))
        .bind(membership.created_at.micros())
        .execute(pool).await.map(|_| ()))?;
    Ok(())
}

/// A person's membership in an organisation, ended or not.
///
/// # Errors
/// The database failed, or the row does not parse.
pub async fn find(
    db: &Db,
    organisation: &OrganisationId,
    user: &UserId,
) -> Result<Option<Membership>, StoreError> {
    on!(db, read pool => sqlx::query(SELECT).bind(organisation.as_str()).bind(user.as_str())
        .fetch_optional(pool).await?.map(|row| membership(&row)).transpose())
}

/// A person's current memberships, the oldest first.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn of_user(db: &Db, user: &UserId) -> Result<Vec<Membership>, StoreError> {
    on!(db, read pool => sqlx::query(OF_USER).bind(user.as_str())
        .fetch_all(pool).await?.iter().map(membership).collect())
}

/// Everyone who is or was a member of an organisation, the oldest first.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn members(db: &Db, organisation: &OrganisationId) -> Result<Vec<Member>, StoreError> {
    on!(db, read pool => sqlx::query(MEMBERS).bind(organisation.as_str())
        .fetch_all(pool).await?.iter().map(member).collect())
}

fn membership(row: &impl StoreRow) -> Result<Membership, StoreError> {
    Ok(Membership {
        organisation: row.parsed("membership", "organisation", OrganisationId::parse)?,
        user: row.parsed("membership", "user_id", UserId::parse)?,
        role: row.parsed("membership", "role", str::parse::<Role>)?,
        department: row.parsed_or_none("membership", "department", DepartmentId::parse)?,
        created_at: row.time("created_at")?,
        ended_at: row.time_or_none("ended_at")?,
    })
}

fn member(row: &impl StoreRow) -> Result<Member, StoreError> {
    Ok(Member { membership: membership(row)?, name: row.text("name")?, email: row.text("email")? })
}
