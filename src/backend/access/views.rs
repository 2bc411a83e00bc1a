//! What the pages about people show, read for one caller.

use std::collections::HashMap;

use tower_sessions::Session;

use crate::backend::access::{Access, AccessError, Caller, Offer, session};
use crate::backend::store;
use crate::backend::store::invitation::Invitation;
use crate::backend::store::membership::Member;
use crate::backend::zone::Zone;
use crate::ledger::{Credits, DepartmentId, OrganisationId, Timestamp};
use crate::model::members::{DepartmentChoice, InvitationLine, MemberLine, MembersView, OfferView};
use crate::model::permission::{Action, Role};
use crate::model::session::SessionLine;

/// What every line of the members page looks things up in.
struct Page<'a> {
    caller: &'a Caller,
    zone: Zone,
    now: Timestamp,
    departments: HashMap<String, String>,
    last_seen: HashMap<String, Timestamp>,
    used: HashMap<String, Credits>,
    superadmins: usize,
}

impl Access {
    /// The members page of the caller's organisation.
    ///
    /// # Errors
    /// 403 for who may not; or the database failed.
    pub async fn members_view(
        &self,
        caller: &Caller,
        now: Timestamp,
    ) -> Result<MembersView, AccessError> {
        caller.require(Action::ViewMembers)?;
        let zone = self.zone_of(&caller.organisation).await?;
        let all = store::membership::members(&self.db, &caller.organisation).await?;
        let members: Vec<Member> =
            all.into_iter().filter(|member| member.membership.ended_at.is_none()).collect();
        let invitations = self.invitations(caller).await?;
        let mut departments = store::department::list(&self.db, &caller.organisation).await?;
        departments.retain(|department| department.archived_at.is_none());
        let is_superadmin = |member: &&Member| member.membership.role == Role::Superadmin;
        let page = Page {
            caller,
            zone,
            now,
            departments: departments
                .iter()
                .map(|one| (one.id.to_string(), one.name.clone()))
                .collect(),
            last_seen: store::session::last_seen(&self.db, &caller.organisation).await?,
            used: self.used_by_member(&caller.organisation, zone, now).await?,
            superadmins: members.iter().filter(is_superadmin).count(),
        };
        Ok(MembersView {
            members: members.iter().map(|member| page.member(member)).collect(),
            invitations: invitations.iter().map(|one| page.invitation(one)).collect(),
            departments: departments
                .into_iter()
                .map(|one| DepartmentChoice { id: one.id.to_string(), name: one.name })
                .collect(),
            grantable: Role::ALL.into_iter().filter(|role| caller.role.may_grant(*role)).collect(),
            month: zone.month(now).label(),
        })
    }

    /// The page behind an invitation's link, for a visitor or for someone signed in.
    ///
    /// # Errors
    /// The database failed.
    pub async fn offer_view(
        &self,
        offer: Offer,
        caller: Option<&Caller>,
    ) -> Result<OfferView, AccessError> {
        let zone = self.zone_of(&offer.invitation.organisation).await?;
        Ok(OfferView {
            organisation_name: offer.organisation_name,
            invited_by: offer.invited_by,
            is_viewer: caller.is_some_and(|caller| caller.email == offer.invitation.email),
            role: offer.invitation.role,
            has_account: offer.has_account,
            expires: zone.moment(offer.invitation.expires_at),
            email: offer.invitation.email,
        })
    }

    /// The caller's own sessions, the last used first.
    ///
    /// # Errors
    /// The database failed.
    pub async fn sessions_view(
        &self,
        caller: &Caller,
        this: &Session,
        now: Timestamp,
    ) -> Result<Vec<SessionLine>, AccessError> {
        let zone = self.zone_of(&caller.organisation).await?;
        let sessions = session::list(&self.db, &caller.user, now).await?;
        let line = |one: store::session::StoredSession| SessionLine {
            began: zone.moment(one.created_at),
            last_seen: zone.moment(one.last_seen_at),
            is_this: session::is_row_of(this, &one),
        };
        Ok(sessions.into_iter().map(line).collect())
    }

    /// Ends all of the caller's sessions but this one; how many ended.
    ///
    /// # Errors
    /// The database failed.
    pub async fn end_other_sessions(
        &self,
        caller: &Caller,
        this: &Session,
    ) -> Result<u64, AccessError> {
        session::end_all(&self.db, &caller.user, Some(this)).await
    }

    /// The organisation's time zone; UTC where its name is no longer known.
    async fn zone_of(&self, organisation: &OrganisationId) -> Result<Zone, AccessError> {
        let organisation = store::organisation::find(&self.db, organisation).await?;
        let zone = organisation.and_then(|found| Zone::of(&found.time_zone).ok());
        Ok(zone.unwrap_or(Zone::UTC))
    }

    async fn used_by_member(
        &self,
        organisation: &OrganisationId,
        zone: Zone,
        now: Timestamp,
    ) -> Result<HashMap<String, Credits>, AccessError> {
        let month = zone.month(now).to_string();
        let sums = store::usage::by_member(&self.db, organisation, &month, &month).await?;
        let named = sums.into_iter().filter_map(|sum| Some((sum.of?.to_string(), sum.credits)));
        Ok(named.collect())
    }
}

impl Page<'_> {
    fn member(&self, member: &Member) -> MemberLine {
        let membership = &member.membership;
        let user = membership.user.to_string();
        MemberLine {
            name: member.name.clone(),
            email: member.email.clone(),
            role: membership.role,
            department: self.department(membership.department.as_ref()),
            last_active: self.last_seen.get(&user).map(|at| self.zone.moment(*at)),
            used: self.used.get(&user).copied().unwrap_or_default(),
            is_viewer: membership.user == self.caller.user,
            is_last_superadmin: membership.role == Role::Superadmin && self.superadmins == 1,
            user,
        }
    }

    fn invitation(&self, invitation: &Invitation) -> InvitationLine {
        InvitationLine {
            id: invitation.id.clone(),
            email: invitation.email.clone(),
            role: invitation.role,
            department: self.department(invitation.department.as_ref()),
            expires: self.zone.moment(invitation.expires_at),
            is_expired: invitation.expires_at <= self.now,
            may_renew: self.caller.role.may_grant(invitation.role),
        }
    }

    fn department(&self, id: Option<&DepartmentId>) -> Option<DepartmentChoice> {
        let id = id?.to_string();
        let name = self.departments.get(&id)?.clone();
        Some(DepartmentChoice { id, name })
    }
}
