//! Invitations: a link that makes whoever holds it a member, once, within a week.
//!
//! The token is in the answer of [`Access::invite`] and [`Access::resend_invitation`] and nowhere
//! else; the database has its hash. An account joins only under the address that was invited.

use tower_sessions::Session;

use crate::backend::access::account::{NewUser, or_taken};
use crate::backend::access::members::may_grant;
use crate::backend::access::person::Email;
use crate::backend::access::token::Token;
use crate::backend::access::{Access, AccessError, Caller, session};
use crate::backend::id;
use crate::backend::store;
use crate::backend::store::invitation::{Accepted, Invitation};
use crate::backend::store::user::User;
use crate::ledger::id::{DepartmentId, OrganisationId, UserId};
use crate::ledger::time::{DAY, Timestamp};
use crate::model::Problem;
use crate::model::permission::{Action, Role};

/// How long a link works, in microseconds.
pub const LIFETIME: i64 = 7 * DAY;

/// Whom to invite as what.
#[derive(Clone, Debug)]
pub struct NewInvitation {
    /// Their mail address.
    pub email: String,
    /// The role they will have.
    pub role: Role,
    /// The department they will be in.
    pub department: Option<DepartmentId>,
}

/// An invitation together with the secret for its link, which is shown once.
#[derive(Clone, Debug)]
pub struct Issued {
    /// The invitation.
    pub invitation: Invitation,
    /// The secret.
    pub token: Token,
}

/// What the page behind the link shows.
#[derive(Clone, Debug)]
pub struct Offer {
    /// The invitation.
    pub invitation: Invitation,
    /// Name of the organisation to join.
    pub organisation_name: String,
    /// Name of whoever invited.
    pub invited_by: String,
    /// Whether the address has an account, which then signs in to accept.
    pub has_account: bool,
}

impl Access {
    /// Invites someone to the caller's organisation; an earlier open invitation to them ends.
    ///
    /// # Errors
    /// 403 for who may not (or not to that role), 422 for a wrong address, 404 for a department of
    /// someone else, 409 for a member; or the database failed.
    pub async fn invite(
        &self,
        caller: &Caller,
        new: &NewInvitation,
        now: Timestamp,
    ) -> Result<Issued, AccessError> {
        may_grant(caller.require(Action::InviteMembers)?, new.role)?;
        let email =
            Email::parse(&new.email).map_err(|message| Problem::invalid_field("email", message))?;
        self.check_department(&caller.organisation, new.department.as_ref()).await?;
        self.refuse_member(&caller.organisation, &email).await?;
        let token = Token::random();
        let invitation = Invitation {
            organisation: caller.organisation.clone(),
            id: format!("inv_{}", id::uuid_simple(now)),
            email: email.as_str().to_owned(),
            role: new.role,
            department: new.department.clone(),
            token_hash: token.hash().to_vec(),
            created_by: caller.user.clone(),
            created_at: now,
            expires_at: now.plus(LIFETIME),
        };
        store::invitation::insert(&self.db, &invitation).await?;
        tracing::info!(target: "security", by = %caller.user, role = %new.role, "invited");
        Ok(Issued { invitation, token })
    }

    /// The invitations of the caller's organisation that wait for an answer, expired ones too.
    ///
    /// # Errors
    /// 403 for who may not; or the database failed.
    pub async fn invitations(&self, caller: &Caller) -> Result<Vec<Invitation>, AccessError> {
        caller.require(Action::InviteMembers)?;
        Ok(store::invitation::list(&self.db, &caller.organisation).await?)
    }

    /// Takes an invitation back: its link stops working.
    ///
    /// # Errors
    /// 403 for who may not, 404 when it is not there to revoke; or the database failed.
    pub async fn revoke_invitation(
        &self,
        caller: &Caller,
        id: &str,
        now: Timestamp,
    ) -> Result<(), AccessError> {
        caller.require(Action::InviteMembers)?;
        let revoked = store::invitation::revoke(&self.db, &caller.organisation, id, now).await?;
        if revoked { Ok(()) } else { Err(Problem::not_found("invitation").into()) }
    }

    /// A new link with a new week for an invitation; the old link stops working.
    ///
    /// # Errors
    /// 403 for who may not (or not to that role), 404 when it is not there; or the database failed.
    pub async fn resend_invitation(
        &self,
        caller: &Caller,
        id: &str,
        now: Timestamp,
    ) -> Result<Issued, AccessError> {
        caller.require(Action::InviteMembers)?;
        let found = store::invitation::find(&self.db, &caller.organisation, id).await?;
        let mut invitation = found.ok_or_else(|| Problem::not_found("invitation"))?;
        may_grant(caller, invitation.role)?;
        let token = Token::random();
        invitation.token_hash = token.hash().to_vec();
        invitation.expires_at = now.plus(LIFETIME);
        let renewed = store::invitation::renew(
            &self.db,
            &invitation.organisation,
            id,
            &invitation.token_hash,
            invitation.expires_at,
        );
        if renewed.await? {
            Ok(Issued { invitation, token })
        } else {
            Err(Problem::not_found("invitation").into())
        }
    }

    /// What the link with this token offers.
    ///
    /// # Errors
    /// 404 when the link does not work (any more); or the database failed.
    pub async fn offer(&self, token: &Token, now: Timestamp) -> Result<Offer, AccessError> {
        let found = store::invitation::find_by_token(&self.db, &token.hash(), now).await?;
        let invitation = found.ok_or_else(not_open)?;
        let organisation = store::organisation::find(&self.db, &invitation.organisation).await?;
        let inviter = store::user::find(&self.db, &invitation.created_by).await?;
        let account = store::user::find_by_email(&self.db, &invitation.email).await?;
        Ok(Offer {
            organisation_name: organisation.map(|found| found.name).unwrap_or_default(),
            invited_by: inviter.map(|found| found.name).unwrap_or_default(),
            has_account: account.is_some(),
            invitation,
        })
    }

    /// Accepts with a new account under the invited address, and signs it in.
    ///
    /// # Errors
    /// 404 when the link does not work (any more), 422 for a wrong name or password, 409 when the
    /// address has an account already; or something broke.
    pub async fn accept_as_new(
        &self,
        session: &Session,
        token: &Token,
        name: &str,
        password: &str,
        now: Timestamp,
    ) -> Result<Caller, AccessError> {
        let offer = self.offer(token, now).await?;
        if offer.has_account {
            return Err(has_account().into());
        }
        let email = offer.invitation.email;
        let new = NewUser { name: name.to_owned(), email, password: password.to_owned() };
        let user = self.user(&new, now).await?;
        self.join(token, &user.id, Some(&user), now).await?;
        self.enter(session, &user).await
    }

    /// Accepts as the person who is signed in, whose session then is in that organisation.
    ///
    /// # Errors
    /// 404 when the link does not work (any more), 409 when it is for another address or they belong
    /// to the organisation already; or something broke.
    pub async fn accept_as_caller(
        &self,
        session: &Session,
        token: &Token,
        caller: &Caller,
        now: Timestamp,
    ) -> Result<OrganisationId, AccessError> {
        let offer = self.offer(token, now).await?;
        if offer.invitation.email != caller.email {
            return Err(other_address(&offer.invitation.email).into());
        }
        let organisation = self.join(token, &caller.user, None, now).await?;
        session::begin(session, &caller.user, &organisation).await?;
        Ok(organisation)
    }

    /// Accepts with mail address and password of an account that may belong nowhere at the moment.
    ///
    /// # Errors
    /// As [`Access::accept_as_caller`]; 422 when the password does not fit, 429 after too many tries.
    pub async fn accept_with_password(
        &self,
        session: &Session,
        token: &Token,
        password: &str,
        address: super::ClientAddress,
        now: Timestamp,
    ) -> Result<OrganisationId, AccessError> {
        let offer = self.offer(token, now).await?;
        let user = self.proven(&offer.invitation.email, password, address, now).await?;
        let organisation = self.join(token, &user.id, None, now).await?;
        session::begin(session, &user.id, &organisation).await?;
        Ok(organisation)
    }

    async fn join(
        &self,
        token: &Token,
        user: &UserId,
        account: Option<&User>,
        now: Timestamp,
    ) -> Result<OrganisationId, AccessError> {
        let accepted = store::invitation::accept(&self.db, &token.hash(), user, account, now).await;
        match accepted.map_err(or_taken)? {
            Accepted::Joined(invitation) => Ok(invitation.organisation),
            Accepted::NotOpen => Err(not_open().into()),
            Accepted::AlreadyMember => Err(already_member().into()),
        }
    }

    async fn refuse_member(
        &self,
        organisation: &OrganisationId,
        email: &Email,
    ) -> Result<(), AccessError> {
        let Some(user) = store::user::find_by_email(&self.db, email.as_str()).await? else {
            return Ok(());
        };
        let membership = store::membership::find(&self.db, organisation, &user.id).await?;
        match membership {
            Some(current) if current.ended_at.is_none() => Err(already_member().into()),
            _ => Ok(()),
        }
    }
}

fn not_open() -> Problem {
    Problem::new(
        404,
        "invitation_not_open",
        "This invitation is over",
        "The link was used, taken back, or is older than a week.",
    )
    .with_cure("Ask for a new invitation, or sign in if you have accepted it.")
}

fn already_member() -> Problem {
    Problem::conflict("already_member", "This person belongs to the organisation already.")
        .with_cure("Change the role or department in the list of members.")
}

fn has_account() -> Problem {
    Problem::conflict("email_taken", "There is an account with this mail address already.")
        .with_cure("Enter that account's password to accept.")
}

fn other_address(invited: &str) -> Problem {
    let detail =
        format!("This invitation is for {invited}, and you are signed in as someone else.");
    Problem::conflict("other_address", detail)
        .with_cure("Sign out, open the link again and accept as the person invited.")
}
