//! `/team/members`: who belongs to the organisation, who is invited, and what each role can do.
//!
//! Admins see the list and invite members; superadmins also change roles and departments and remove.
//! What one may not do is not in the page, and the server refuses it as well.

use leptos::prelude::*;

use crate::app::layout;
use crate::app::pages::member_invitations::{Invitations, InviteForm, issued_link};
use crate::app::pages::role_table::RoleTable;
use crate::app::ui::{FormProblem, PageHead, Time};
use crate::model::Viewer;
use crate::model::format::{count_phrase, format_credits};
use crate::model::frame::Frame;
use crate::model::members::{DepartmentChoice, MemberLine, MembersView};
use crate::model::permission::{Action, Role};
use crate::server_fns::members::member_list;

/// The functions whose refusals stand above the list.
const CHANGES: [&str; 4] =
    ["change_role", "change_department", "remove_member", "revoke_invitation"];

/// The page.
pub fn page() -> impl IntoView {
    layout::page("Members", member_list, show)
}

fn show(view: MembersView, frame: &Frame) -> impl IntoView + use<> {
    let viewer = frame.viewer.clone();
    let may_invite = viewer.may(Action::InviteMembers) && !view.grantable.is_empty();
    let invite = may_invite.then(|| {
        let (roles, departments) = (view.grantable.clone(), view.departments.clone());
        view! { <InviteForm roles departments/> }
    });
    let problems = CHANGES.map(|function| view! { <FormProblem function/> }).collect_view();
    let lede = count_phrase(view.members.len() as u64, "person belongs", "people belong");
    view! {
        <PageHead title="Members" lede=format!("{lede} to {}.", viewer.organisation_name)/>
        {problems}
        {issued_link()}
        <div class="stack">
            {members(view.members, &view.departments, &view.month, &viewer)}
            {invite}
            <Invitations invitations=view.invitations/>
            <RoleTable/>
        </div>
    }
}

fn members(
    members: Vec<MemberLine>,
    departments: &[DepartmentChoice],
    month: &str,
    viewer: &Viewer,
) -> impl IntoView + use<> {
    let removes = viewer.may(Action::RemoveMembers);
    let used = format!("Used in {month}");
    let rows =
        members.into_iter().map(|member| row(member, departments, viewer, &used)).collect_view();
    view! {
        <section class="card flush">
            <header><h2 id="members-heading">"Who belongs here"</h2></header>
            <div class="table-region" tabindex="0" role="region" aria-label="Who belongs here">
                <table class="folds dense">
                    <caption class="unseen">"Members, the longest-standing first"</caption>
                    <thead>
                        <tr>
                            <th scope="col">"Member"</th>
                            <th scope="col">"Role"</th>
                            <th scope="col">"Department"</th>
                            <th scope="col" class="number" title=used>"Used this month"</th>
                            <th scope="col">"Last active"</th>
                            {removes.then(|| view! { <th scope="col"><span class="unseen">"Remove"</span></th> })}
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        </section>
    }
}

fn row(
    member: MemberLine,
    departments: &[DepartmentChoice],
    viewer: &Viewer,
    used: &str,
) -> impl IntoView + use<> {
    let may = |action| viewer.may(action);
    let role = match may(Action::ChangeRoles) && !member.is_last_superadmin {
        true => role_form(&member).into_any(),
        false => member.role.to_string().into_any(),
    };
    let department = match may(Action::ChangeDepartments) {
        true => department_form(&member, departments).into_any(),
        false => department_name(&member).into_any(),
    };
    let removal = may(Action::RemoveMembers).then(|| {
        let shown = (!member.is_last_superadmin).then(|| removal(&member));
        view! { <td>{shown}</td> }
    });
    let last_active = member.last_active.map(|at| view! { <Time at day_only=true/> }.into_any());
    view! {
        <tr>
            <th scope="row">
                <span class="person">
                    <span>{member.name}" "{member.is_viewer.then(|| view! { <span class="badge">"You"</span> })}</span>
                    <span class="soft small">{member.email}</span>
                </span>
            </th>
            <td data-label="Role">{role}</td>
            <td data-label="Department">{department}</td>
            <td class="number" data-label=used.to_owned()>{format_credits(member.used)}</td>
            <td data-label="Last active">
                {last_active.unwrap_or_else(|| view! { <span class="soft">"Not lately"</span> }.into_any())}
            </td>
            {removal}
        </tr>
    }
}

fn department_name(member: &MemberLine) -> String {
    member.department.as_ref().map_or_else(|| "None".to_owned(), |one| one.name.clone())
}

fn role_form(member: &MemberLine) -> impl IntoView + use<> {
    let options = Role::ALL
        .map(|role| view! { <option value=role.as_str() selected=role == member.role>{role.as_str()}</option> })
        .collect_view();
    view! {
        <form class="inline-form" method="post" action="/api/change_role">
            <input type="hidden" name="user" value=member.user.clone()/>
            <select name="role" aria-label=format!("Role of {}", member.name)>{options}</select>
            <button class="button small" aria-label=format!("Save the role of {}", member.name)>"Save"</button>
        </form>
    }
}

fn department_form(member: &MemberLine, departments: &[DepartmentChoice]) -> impl IntoView + use<> {
    let current = member.department.as_ref().map(|one| one.id.clone()).unwrap_or_default();
    view! {
        <form class="inline-form" method="post" action="/api/change_department">
            <input type="hidden" name="user" value=member.user.clone()/>
            <select name="department" aria-label=format!("Department of {}", member.name)>
                {department_options(departments, &current)}
            </select>
            <button class="button small" aria-label=format!("Save the department of {}", member.name)>"Save"</button>
        </form>
    }
}

/// The departments to choose from, and none; `current` is the id of the chosen one.
pub fn department_options(
    departments: &[DepartmentChoice],
    current: &str,
) -> impl IntoView + use<> {
    let options = departments
        .iter()
        .map(|one| view! { <option value=one.id.clone() selected=one.id == current>{one.name.clone()}</option> })
        .collect_view();
    view! { <option value="" selected=current.is_empty()>"None"</option> {options} }
}

/// Asks once more before it ends a membership, without a script.
fn removal(member: &MemberLine) -> impl IntoView + use<> {
    let whom = if member.is_viewer { "yourself".to_owned() } else { member.name.clone() };
    view! {
        <details>
            <summary class="small" aria-label=format!("Remove {whom}")>"Remove"</summary>
            <form method="post" action="/api/remove_member">
                <input type="hidden" name="user" value=member.user.clone()/>
                <p class="soft small">"The membership ends now. Reports and history stay."</p>
                <button class="button small danger">{format!("Remove {whom}")}</button>
            </form>
        </details>
    }
}
