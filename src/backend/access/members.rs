//! What people with the right role do to memberships: another role, another department, the end.
//! Every organisation keeps at least one superadmin, whoever asks.

use crate::backend::access::{Access, AccessError, Caller};
use crate::backend::store;
use crate::backend::store::roster::Changed;
use crate::ledger::id::{DepartmentId, UserId};
use crate::ledger::time::Timestamp;
use crate::model::Problem;
use crate::model::permission::{Action, Role};

impl Access {
    /// Gives a member of the caller's organisation another role.
    ///
    /// # Errors
    /// 403 for who may not, 404 for someone who is not a member there, 409 for the last superadmin;
    /// or the database failed.
    pub async fn change_role(
        &self,
        caller: &Caller,
        user: &UserId,
        role: Role,
    ) -> Result<(), AccessError> {
        may_grant(caller.require(Action::ChangeRoles)?, role)?;
        let changed =
            store::roster::change_role(&self.db, &caller.organisation, user, role).await?;
        answer(changed)?;
        tracing::info!(target: "security", by = %caller.user, %user, %role, "role changed");
        Ok(())
    }

    /// Moves a member of the caller's organisation to another department, or out of any.
    ///
    /// # Errors
    /// 403 for who may not, 404 for someone or a department that is not there; or the database failed.
    pub async fn change_department(
        &self,
        caller: &Caller,
        user: &UserId,
        department: Option<&DepartmentId>,
    ) -> Result<(), AccessError> {
        caller.require(Action::ChangeDepartments)?;
        let changed =
            store::roster::change_department(&self.db, &caller.organisation, user, department);
        answer(changed.await?)
    }

    /// Ends someone's membership of the caller's organisation; their work and history stay.
    ///
    /// # Errors
    /// 403 for who may not, 404 for someone who is not a member there, 409 for the last superadmin;
    /// or the database failed.
    pub async fn end_membership(
        &self,
        caller: &Caller,
        user: &UserId,
        now: Timestamp,
    ) -> Result<(), AccessError> {
        caller.require(Action::RemoveMembers)?;
        answer(store::roster::end(&self.db, &caller.organisation, user, now).await?)?;
        tracing::info!(target: "security", by = %caller.user, %user, "membership ended");
        Ok(())
    }
}

/// Nobody gives a role that they may not give.
pub(super) fn may_grant(caller: &Caller, role: Role) -> Result<(), Problem> {
    if caller.role.may_grant(role) {
        return Ok(());
    }
    let detail = format!(
        "As {} you may not make someone {}.",
        caller.role.with_article(),
        role.with_article()
    );
    let ask = format!("Ask a superadmin of {}.", caller.organisation_name);
    Err(Problem::forbidden(detail, ask))
}

fn answer(changed: Changed) -> Result<(), AccessError> {
    match changed {
        Changed::Done => Ok(()),
        Changed::NoSuchMember => Err(Problem::not_found("member").into()),
        Changed::NoSuchDepartment => Err(Problem::not_found("department").into()),
        Changed::LastSuperadmin => Err(Problem::conflict(
            "last_superadmin",
            "This is the organisation's only superadmin, so the role and the membership must stay.",
        )
        .with_cure("Make someone else a superadmin first.")
        .into()),
    }
}
