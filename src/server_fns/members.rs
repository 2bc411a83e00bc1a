//! Members, roles and departments of people; invitations and their acceptance.

use leptos::prelude::*;

use crate::model::Problem;
use crate::model::members::{MembersView, OfferView};

/// The members page.
#[server(endpoint = "member_list")]
pub async fn member_list() -> Result<MembersView, Problem> {
    let (backend, caller) = (super::backend()?, super::caller()?);
    Ok(backend.access.members_view(&caller, backend.now()).await?)
}

/// Invites someone. The answer carries the link, once: see [`INVITATION_ISSUED`].
///
/// [`INVITATION_ISSUED`]: crate::model::members::INVITATION_ISSUED
#[server(endpoint = "invite_member")]
pub async fn invite_member(
    email: String,
    role: String,
    department: Option<String>,
) -> Result<(), Problem> {
    use crate::backend::access::NewInvitation;

    let (backend, caller) = (super::backend()?, super::caller()?);
    let (role, department) = (read::role(&role)?, read::department(department)?);
    let new = NewInvitation { email, role, department };
    let issued = backend.access.invite(&caller, &new, backend.now()).await?;
    Err(read::link(&backend, &caller, &issued).await?)
}

/// A new link for an invitation, in the same way.
#[server(endpoint = "resend_invitation")]
pub async fn resend_invitation(id: String) -> Result<(), Problem> {
    let (backend, caller) = (super::backend()?, super::caller()?);
    let issued = backend.access.resend_invitation(&caller, &id, backend.now()).await?;
    Err(read::link(&backend, &caller, &issued).await?)
}

/// Takes an invitation back.
#[server(endpoint = "revoke_invitation")]
pub async fn revoke_invitation(id: String) -> Result<(), Problem> {
    let (backend, caller) = (super::backend()?, super::caller()?);
    Ok(backend.access.revoke_invitation(&caller, &id, backend.now()).await?)
}

/// Gives a member another role.
#[server(endpoint = "change_role")]
pub async fn change_role(user: String, role: String) -> Result<(), Problem> {
    let (backend, caller) = (super::backend()?, super::caller()?);
    let (user, role) = (read::user(&user)?, read::role(&role)?);
    Ok(backend.access.change_role(&caller, &user, role).await?)
}

/// Moves a member to another department; an empty one means none.
#[server(endpoint = "change_department")]
pub async fn change_department(user: String, department: Option<String>) -> Result<(), Problem> {
    let (backend, caller) = (super::backend()?, super::caller()?);
    let (user, department) = (read::user(&user)?, read::department(department)?);
    Ok(backend.access.change_department(&caller, &user, department.as_ref()).await?)
}

/// Ends someone's membership.
#[server(endpoint = "remove_member")]
pub async fn remove_member(user: String) -> Result<(), Problem> {
    let (backend, caller) = (super::backend()?, super::caller()?);
    Ok(backend.access.end_membership(&caller, &read::user(&user)?, backend.now()).await?)
}

/// What an invitation's link offers.
#[server(endpoint = "invitation_offer")]
pub async fn invitation_offer(token: String) -> Result<OfferView, Problem> {
    use crate::backend::access::Token;

    let (backend, visitor) = (super::backend()?, super::visitor::visitor()?);
    let offer = backend.access.offer(&Token::received(&token), backend.now()).await?;
    Ok(backend.access.offer_view(offer, visitor.caller.as_ref()).await?)
}

/// Accepts as a new person, with a name and a new password.
#[server(endpoint = "accept_as_new")]
pub async fn accept_as_new(token: String, name: String, password: String) -> Result<(), Problem> {
    use crate::backend::access::Token;

    let (backend, visitor) = (super::backend()?, super::visitor::visitor()?);
    let (session, token, now) = (&visitor.session, Token::received(&token), backend.now());
    backend.access.accept_as_new(session, &token, &name, &password, now).await?;
    super::answer::redirect("/");
    Ok(())
}

/// Accepts as someone with an account: who is signed in needs no password.
#[server(endpoint = "accept_invitation")]
pub async fn accept_invitation(token: String, password: Option<String>) -> Result<(), Problem> {
    use crate::backend::access::Token;

    let (backend, visitor) = (super::backend()?, super::visitor::visitor()?);
    let (session, token, now) = (&visitor.session, Token::received(&token), backend.now());
    match (visitor.caller, password) {
        (Some(caller), None) => {
            backend.access.accept_as_caller(session, &token, &caller, now).await?;
        }
        (_, password) => {
            let (password, address) = (password.unwrap_or_default(), visitor.address);
            backend.access.accept_with_password(session, &token, &password, address, now).await?;
        }
    }
    super::answer::redirect("/");
    Ok(())
}

/// What forms send, read into its type; and the link to show.
#[cfg(feature = "ssr")]
mod read {
    use crate::backend::access::{Caller, Issued};
    use crate::backend::state::Backend;
    use crate::ledger::{DepartmentId, UserId};
    use crate::model::Problem;
    use crate::model::members::INVITATION_ISSUED;
    use crate::model::permission::Role;

    pub fn role(text: &str) -> Result<Role, Problem> {
        text.parse().map_err(|_| Problem::invalid_field("role", "Choose one of the roles."))
    }

    /// An id that is not well formed belongs to nobody.
    pub fn user(text: &str) -> Result<UserId, Problem> {
        UserId::parse(text).map_err(|_| Problem::not_found("member"))
    }

    pub fn department(text: Option<String>) -> Result<Option<DepartmentId>, Problem> {
        let text = text.filter(|text| !text.is_empty());
        let id = text.map(|text| DepartmentId::parse(&text)).transpose();
        id.map_err(|_| Problem::not_found("department"))
    }

    /// Sends the invitation's link, where a mail server is set up; the answer that shows it.
    pub async fn link(
        backend: &Backend,
        caller: &Caller,
        issued: &Issued,
    ) -> Result<Problem, Problem> {
        let zone = crate::server_fns::zone(backend, caller).await?;
        let until = zone.moment(issued.invitation.expires_at).text;
        let (organisation, by) = (&caller.organisation_name, &caller.name);
        let sent = backend.mail.invite(issued, organisation, by, &until, backend.now()).await;
        sent.map_err(crate::server_fns::broken)?;
        let site = &backend.installation.public_url;
        let link = format!("{site}/invitation?token={}", issued.token.reveal());
        let to = &issued.invitation.email;
        let detail = match backend.mail.is_set_up() {
            true => format!(
                "A letter with this link goes to {to} in a moment. It works once and for a week, and is \
                 shown only now."
            ),
            false => format!(
                "Send this link to {to}. It works once and for a week, and is shown only now. No mail \
                 server is set up here, so nobody else sends it."
            ),
        };
        let answer = Problem::new(200, INVITATION_ISSUED, "The invitation is ready", detail);
        Ok(answer.with_number("link", link))
    }
}
