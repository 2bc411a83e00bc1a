//! Who a person is in each organisation they belong to, in one statement.

use super::{Db, StoreError, StoreRow};
use crate::ledger::id::{DepartmentId, OrganisationId, UserId};
use crate::model::permission::Role;
use crate::on;

/// A person in one of their organisations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The person.
    pub user: UserId,
    /// Their name.
    pub name: String,
    /// Their mail address.
    pub email: String,
    /// Whether they are of those who run the installation.
    pub staff: bool,
    /// The organisation.
    pub organisation: OrganisationId,
    /// Its name.
    pub organisation_name: String,
    /// Their role in it.
    pub role: Role,
    /// Their department in it.
    pub department: Option<DepartmentId>,
    /// That department's name.
    pub department_name: Option<String>,
}

const OF_USER: &str = "select u.id as user_id, u.name, u.email, u.staff, m.organisation, \
     o.name as organisation_name, m.role, m.department, d.name as department_name \
     from membership m join user_account u on u.id = m.user_id \
     join organisation o on o.id = m.organisation \
     left join department d on d.organisation = m.organisation and d.id = m.department \
     where m.user_id = $1 and m.ended_at is null order by m.created_at, m.organisation";
const IN_ROLE: &str = "select u.id as user_id, u.name, u.email, u.staff, m.organisation, \
     o.name as organisation_name, m.role, m.department, d.name as department_name \
     from membership m join user_account u on u.id = m.user_id \
     join organisation o on o.id = m.organisation \
     left join department d on d.organisation = m.organisation and d.id = m.department \
     where m.organisation = $1 and m.role = $2 and m.ended_at is null \
     order by m.created_at, m.user_id";

/// The person in every organisation they belong to now, the oldest membership first.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn of_user(db: &Db, user: &UserId) -> Result<Vec<Identity>, StoreError> {
    on!(db, read pool => sqlx::query(OF_USER).bind(user.as_str())
        .fetch_all(pool).await?.iter().map(identity).collect())
}

/// The organisation's people in one role, the oldest membership first.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn in_role(
    db: &Db,
    organisation: &OrganisationId,
    role: Role,
) -> Result<Vec<Identity>, StoreError> {
    on!(db, read pool => sqlx::query(IN_ROLE).bind(organisation.as_str()).bind(role.as_str())
        .fetch_all(pool).await?.iter().map(identity).collect())
}

fn identity(row: &impl StoreRow) -> Result<Identity, StoreError> {
    Ok(Identity {
        user: row.parsed("membership", "user_id", UserId::parse)?,
        name: row.text("name")?,
        email: row.text("email")?,
        staff: row.integer("staff")? != 0,
        organisation: row.parsed("membership", "organisation", OrganisationId::parse)?,
        organisation_name: row.text("organisation_name")?,
        role: row.parsed("membership", "role", str::parse::<Role>)?,
        department: row.parsed_or_none("membership", "department", DepartmentId::parse)?,
        department_name: row.text_or_none("department_name")?,
    })
}
