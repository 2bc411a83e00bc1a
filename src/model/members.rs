//! Members, roles and invitations as the pages show them.

use serde::{Deserialize, Serialize};

use crate::ledger::Credits;
use crate::model::Moment;
use crate::model::permission::Role;

/// The members page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MembersView {
    /// Who belongs to the organisation, the oldest membership first.
    pub members: Vec<MemberLine>,
    /// Who was asked and has not answered, the newest first.
    pub invitations: Vec<InvitationLine>,
    /// The departments in use that someone may be put in.
    pub departments: Vec<DepartmentChoice>,
    /// The roles that the viewer may give by an invitation.
    pub grantable: Vec<Role>,
    /// "November 2026": the month that usage is counted in.
    pub month: String,
}

/// One member.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberLine {
    pub user: String,
    pub name: String,
    pub email: String,
    pub role: Role,
    pub department: Option<DepartmentChoice>,
    /// When they were last here; none for longer ago than a session lasts.
    pub last_active: Option<Moment>,
    /// What they used this month.
    pub used: Credits,
    /// Whether this is the viewer.
    pub is_viewer: bool,
    /// Whether nobody else is a superadmin, so that role and membership must stay.
    pub is_last_superadmin: bool,
}

/// One invitation without an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvitationLine {
    pub id: String,
    pub email: String,
    pub role: Role,
    pub department: Option<DepartmentChoice>,
    pub expires: Moment,
    pub is_expired: bool,
    /// Whether the viewer may renew it: nobody renews a role that they may not give.
    pub may_renew: bool,
}

/// A department by its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DepartmentChoice {
    pub id: String,
    pub name: String,
}

/// The code of the answer that carries a new invitation's link in `numbers["link"]`: it has status 200
/// and the shape of a problem, because the link is shown once, on the form's own page.
pub const INVITATION_ISSUED: &str = "invitation_issued";

/// The page behind an invitation's link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfferView {
    pub organisation_name: String,
    /// Who invited; empty when that account is gone.
    pub invited_by: String,
    /// Who is invited: the address that the account has or will have.
    pub email: String,
    pub role: Role,
    /// Whether the address has an account: then its password accepts, else a name and a new password.
    pub has_account: bool,
    /// Whether the person who is signed in is the one invited: then one press accepts.
    pub is_viewer: bool,
    pub expires: Moment,
}
