//! The part of `/team/members` about people who are not members yet: the form that invites, the link
//! that is shown once, and the invitations without an answer.

use leptos::prelude::*;

use crate::app::pages::members::department_options;
use crate::app::ui::{Empty, Field, FormProblem, Kept, Time};
use crate::model::members::{DepartmentChoice, INVITATION_ISSUED, InvitationLine};
use crate::model::permission::Role;

/// The functions that answer with a link.
const INVITE: &str = "invite_member";
const RESEND: &str = "resend_invitation";

/// The link of an invitation that was made just now: it is shown here and never again.
pub fn issued_link() -> impl IntoView {
    let issued = [INVITE, RESEND].into_iter().find_map(|function| {
        let problem = Kept::of(function).problem().cloned()?;
        (problem.code == INVITATION_ISSUED).then_some(problem)
    })?;
    let link = issued.numbers.get("link").cloned().unwrap_or_default();
    Some(view! {
        <div class="banner good" role="status">
            <div>
                <p class="strong">{issued.title}</p>
                <p>{issued.detail}</p>
                <p class="secret"><code data-testid="invitation-link">{link}</code></p>
            </div>
        </div>
    })
}

/// A refusal of `function`; an issued link is none.
fn refusal(function: &'static str) -> impl IntoView {
    let is_link = Kept::of(function).problem().is_some_and(|one| one.code == INVITATION_ISSUED);
    (!is_link).then(|| view! { <FormProblem function/> })
}

/// Invites someone with a role and a department.
#[component]
pub fn InviteForm(roles: Vec<Role>, departments: Vec<DepartmentChoice>) -> impl IntoView {
    let kept = Kept::of(INVITE);
    let is_link = kept.problem().is_some_and(|one| one.code == INVITATION_ISSUED);
    let kept = if is_link { Kept::default() } else { kept };
    let chosen = kept.value("role", Role::Member.as_str());
    let options = roles
        .into_iter()
        .map(|role| {
            let selected = role.as_str() == chosen;
            view! { <option value=role.as_str() selected=selected>{role.as_str()}</option> }
        })
        .collect_view();
    let department = kept.value("department", "");
    view! {
        <section class="card" aria-labelledby="invite-heading">
            <header><h2 id="invite-heading">"Invite someone"</h2></header>
            {refusal(INVITE)}
            <form class="inline-form" method="post" action="/api/invite_member">
                <Field label="Mail address" name="email" kind="email" kept=kept autocomplete="off"/>
                <div class="field">
                    <label for="role">"Role"</label>
                    <select id="role" name="role">{options}</select>
                </div>
                <div class="field">
                    <label for="department">"Department"</label>
                    <select id="department" name="department">{department_options(&departments, &department)}</select>
                </div>
                <button class="button primary">"Invite"</button>
            </form>
            <p class="soft small after">"They get a link, by mail where that is set up. It works once, for a week, and only for this address."</p>
        </section>
    }
}

/// Who was asked and has not answered.
#[component]
pub fn Invitations(invitations: Vec<InvitationLine>) -> impl IntoView {
    let is_empty = invitations.is_empty();
    let rows = invitations.into_iter().map(row).collect_view();
    view! {
        <section class="card flush">
            <header><h2 id="invitations-heading">"Invited, without an answer yet"</h2></header>
            {refusal(RESEND)}
            {if is_empty {
                view! { <Empty title="Nobody is waiting"><p>"Whoever you invite stands here until they join."</p></Empty> }.into_any()
            } else {
                table(rows).into_any()
            }}
        </section>
    }
}

fn table(rows: impl IntoView) -> impl IntoView {
    view! {
        <div class="table-region" tabindex="0" role="region" aria-label="Invitations">
            <table class="folds">
                <caption class="unseen">"Invitations without an answer, newest first"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Mail address"</th>
                        <th scope="col">"Role"</th>
                        <th scope="col">"Department"</th>
                        <th scope="col">"Link works until"</th>
                        <th scope="col"><span class="unseen">"Change"</span></th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
}

fn row(invitation: InvitationLine) -> impl IntoView {
    let department = invitation.department.map_or_else(|| "None".to_owned(), |one| one.name);
    let (id, email) = (invitation.id, invitation.email);
    let resend = invitation.may_renew.then(|| {
        view! {
            <form method="post" action="/api/resend_invitation">
                <input type="hidden" name="id" value=id.clone()/>
                <button class="button small" aria-label=format!("New link for {email}")>"New link"</button>
            </form>
        }
    });
    view! {
        <tr>
            <th scope="row">{email.clone()}</th>
            <td data-label="Role">{invitation.role.to_string()}</td>
            <td data-label="Department">{department}</td>
            <td data-label="Link works until">
                <span>
                    <Time at=invitation.expires/>
                    {invitation.is_expired.then(|| view! { " "<span class="badge warn">"Over"</span> })}
                </span>
            </td>
            <td>
                <div class="row">
                    {resend}
                    <form method="post" action="/api/revoke_invitation">
                        <input type="hidden" name="id" value=id.clone()/>
                        <button class="button small danger" aria-label=format!("Take back the invitation of {email}")>"Take back"</button>
                    </form>
                </div>
            </td>
        </tr>
    }
}
