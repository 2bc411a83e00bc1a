//! The signed-in person of this request, read afresh each time: a changed role or an ended membership
//! takes effect with the next request.

use std::net::IpAddr;

use tower_sessions::Session;

use crate::backend::access::{AccessError, session};
use crate::backend::store::identity::Identity;
use crate::backend::store::{self, Db};
use crate::ledger::id::{DepartmentId, OrganisationId, UserId};
use crate::model::permission::{Action, Role, may};
use crate::model::{Problem, Viewer};

/// Who asks, in which organisation, as what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The person.
    pub user: UserId,
    /// What people call them.
    pub name: String,
    /// The address they sign in with.
    pub email: String,
    /// Whether they are of those who run the installation.
    pub staff: bool,
    /// The organisation they act in.
    pub organisation: OrganisationId,
    /// Its name.
    pub organisation_name: String,
    /// Their role in it.
    pub role: Role,
    /// The department their work is charged to.
    pub department: Option<DepartmentId>,
    /// That department's name.
    pub department_name: Option<String>,
}

/// The caller as the request carries it; `None` for a visitor who is not signed in.
#[derive(Clone, Debug, Default)]
pub struct CurrentCaller(pub Option<Caller>);

/// Where the request comes from, as the request carries it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientAddress(pub IpAddr);

impl CurrentCaller {
    /// The caller, or 401.
    ///
    /// # Errors
    /// Nobody is signed in.
    pub fn signed_in(&self) -> Result<&Caller, Problem> {
        self.0.as_ref().ok_or_else(Problem::unauthenticated)
    }
}

impl Caller {
    /// The caller, if the table lets them do `action`.
    ///
    /// # Errors
    /// 403 that names the role needed and whom to ask.
    pub fn require(&self, action: Action) -> Result<&Self, Problem> {
        if may(self.role, action) {
            return Ok(self);
        }
        let detail =
            format!("As {} you may not {}.", self.role.with_article(), action.description());
        let ask = format!("Ask {} of {}.", action.who_may(), self.organisation_name);
        Err(Problem::forbidden(detail, ask))
    }

    /// The caller, if they are of those who run the installation.
    ///
    /// # Errors
    /// 404: for everybody else these pages do not exist.
    pub fn require_staff(&self) -> Result<&Self, Problem> {
        if self.staff { Ok(self) } else { Err(Problem::not_found("page")) }
    }

    /// The caller as pages know them.
    pub fn viewer(&self, demo: bool) -> Viewer {
        Viewer {
            user: self.user.to_string(),
            name: self.name.clone(),
            email: self.email.clone(),
            staff: self.staff,
            organisation: self.organisation.to_string(),
            organisation_name: self.organisation_name.clone(),
            role: self.role,
            department: self.department.as_ref().map(DepartmentId::to_string),
            department_name: self.department_name.clone(),
            demo,
        }
    }
}

impl From<Identity> for Caller {
    fn from(identity: Identity) -> Self {
        Caller {
            user: identity.user,
            name: identity.name,
            email: identity.email,
            staff: identity.staff,
            organisation: identity.organisation,
            organisation_name: identity.organisation_name,
            role: identity.role,
            department: identity.department,
            department_name: identity.department_name,
        }
    }
}

/// Who the session belongs to, as of now; `None` when it has ended or they belong to no organisation.
///
/// # Errors
/// The database failed: that is not the same as "nobody".
pub async fn resolve(db: &Db, session: &Session) -> Result<Option<Caller>, AccessError> {
    let Some((user, organisation)) = session::signed_in(session).await? else { return Ok(None) };
    of_user(db, &user, &organisation).await
}

/// The person in the organisation they chose, or in their oldest where that one is over.
pub async fn of_user(
    db: &Db,
    user: &UserId,
    organisation: &str,
) -> Result<Option<Caller>, AccessError> {
    let mut identities = store::identity::of_user(db, user).await?;
    if identities.is_empty() {
        return Ok(None);
    }
    let chosen = identities.iter().position(|one| one.organisation.as_str() == organisation);
    Ok(Some(identities.swap_remove(chosen.unwrap_or(0)).into()))
}

/// The people of the caller's organisation who may do `action`, for "ask …" on a refusal.
///
/// # Errors
/// The database failed.
pub async fn who_may(
    db: &Db,
    organisation: &OrganisationId,
    action: Action,
) -> Result<Vec<Caller>, AccessError> {
    let mut people = Vec::new();
    for role in action.rule().roles.iter().rev() {
        let found = store::identity::in_role(db, organisation, *role).await?;
        people.extend(found.into_iter().map(Caller::from));
    }
    Ok(people)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member() -> Caller {
        Caller {
            user: UserId::parse("usr_1").unwrap(),
            name: "Mina".into(),
            email: "mina@example.com".into(),
            staff: false,
            organisation: OrganisationId::parse("org_1").unwrap(),
            organisation_name: "Northwind".into(),
            role: Role::Member,
            department: None,
            department_name: None,
        }
    }

    #[test]
    fn a_refusal_says_what_may_not_be_done_and_whom_to_ask() {
        let problem = member().require(Action::BuyCredits).unwrap_err();
        assert_eq!(problem.status, 403);
        assert_eq!(problem.detail, "As a member you may not buy credits.");
        assert_eq!(problem.cure.unwrap(), "Ask an admin or a superadmin of Northwind.");
    }

    #[test]
    fn what_the_table_allows_passes() {
        assert!(member().require(Action::RunAnalysis).is_ok());
        assert!(member().viewer(false).may(Action::RunAnalysis));
    }

    #[test]
    fn a_visitor_is_asked_to_sign_in() {
        assert_eq!(CurrentCaller::default().signed_in().unwrap_err().status, 401);
    }
}
