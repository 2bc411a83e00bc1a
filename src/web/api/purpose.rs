//! What credits are spent on and for whom: what a request names, checked, and how answers tell it.

use serde::Serialize;
use utoipa::ToSchema;

use super::Api;
use super::answer::Refused;
use crate::backend::access::api_keys::Program;
use crate::backend::store;
use crate::ledger::{
    Attribution, DepartmentId, Operation, OrganisationId, QuoteId, ReportId, UserId,
};
use crate::model::{Problem, api_errors};

/// What a request says about what it spends on.
#[derive(Clone, Debug, Default)]
pub struct Named {
    pub operation: Option<Operation>,
    pub department: Option<DepartmentId>,
    pub member: Option<UserId>,
    pub report: Option<ReportId>,
    pub quote: Option<QuoteId>,
}

impl Api {
    /// The attribution of what this program spends: what the request names, if it is this organisation's;
    /// the department is the key's where it has one, else the one named, else the member's own.
    ///
    /// # Errors
    /// 403 for another department than the key's, 404 for what is not here.
    pub async fn attribution(
        &self,
        program: &Program,
        named: Named,
    ) -> Result<Attribution, Refused> {
        let Named { operation, department, member, report, quote } = named;
        let mut paying = self.department(program, department).await?;
        if let Some(member) = &member {
            let own = self.department_of(&program.organisation, member).await?;
            paying = paying.or(own);
        }
        if let Some(report) = &report {
            self.check_report(&program.organisation, report).await?;
        }
        let key = Some(program.key.clone());
        Ok(Attribution { department: paying, member, key, operation, report, quote })
    }

    async fn department(
        &self,
        program: &Program,
        named: Option<DepartmentId>,
    ) -> Result<Option<DepartmentId>, Refused> {
        match (&program.department, named) {
            (Some(fixed), Some(named)) if *fixed != named => {
                let detail = format!("This key is charged to {fixed}, not to {named}.");
                Err(api_errors::DEPARTMENT_FIXED.problem(detail).into())
            }
            (Some(fixed), _) => Ok(Some(fixed.clone())),
            (None, None) => Ok(None),
            (None, Some(named)) => {
                let of = &program.organisation;
                let found = store::department::find(&self.backend.db, of, &named).await?;
                let found = found.filter(|one| one.archived_at.is_none());
                Ok(Some(found.ok_or_else(|| Problem::not_found("department"))?.id))
            }
        }
    }

    async fn department_of(
        &self,
        organisation: &OrganisationId,
        member: &UserId,
    ) -> Result<Option<DepartmentId>, Refused> {
        let found = store::membership::find(&self.backend.db, organisation, member).await?;
        let found = found.filter(|one| one.ended_at.is_none());
        Ok(found.ok_or_else(|| Problem::not_found("member"))?.department)
    }

    async fn check_report(
        &self,
        organisation: &OrganisationId,
        id: &ReportId,
    ) -> Result<(), Refused> {
        let db = &self.backend.db;
        let known = store::api_report::find(db, organisation, id).await?.is_some()
            || store::report::find(db, organisation, id).await?.is_some();
        if known { Ok(()) } else { Err(Problem::not_found("report").into()) }
    }
}

/// What credits were spent on, and for whom.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct PurposeBody {
    /// What they were spent on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// The department that paid: `dep_…`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub department: Option<String>,
    /// The person they were spent for: `usr_…`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub member: Option<String>,
    /// The key that spent them: `key_…`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The piece of work they belong to: `rep_…`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub report: Option<String>,
    /// The quote that was made before: `quo_…`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quote: Option<String>,
}

impl PurposeBody {
    /// The attribution as programs read it.
    pub fn of(attribution: &Attribution) -> Self {
        PurposeBody {
            operation: attribution.operation.as_ref().map(ToString::to_string),
            department: attribution.department.as_ref().map(ToString::to_string),
            member: attribution.member.as_ref().map(ToString::to_string),
            key: attribution.key.as_ref().map(ToString::to_string),
            report: attribution.report.as_ref().map(ToString::to_string),
            quote: attribution.quote.as_ref().map(ToString::to_string),
        }
    }
}
