//! What each role can do, printed from the table that the server decides by.

use leptos::prelude::*;

use crate::model::permission::{Role, Rule, TABLE};

/// Roles × actions.
#[component]
pub fn RoleTable() -> impl IntoView {
    let heads = Role::ALL
        .map(|role| view! { <th scope="col" class="mark">{role.as_str()}</th> })
        .collect_view();
    let rows = TABLE.iter().map(row).collect_view();
    view! {
        <section class="card flush">
            <header><h2 id="roles-heading">"What can each role do?"</h2></header>
            <div class="table-region" tabindex="0" role="region" aria-label="What can each role do?">
                <table class="dense">
                    <caption class="unseen">"Actions, and the roles that may do them"</caption>
                    <thead>
                        <tr><th scope="col">"May …"</th>{heads}</tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        </section>
    }
}

fn row(rule: &'static Rule) -> impl IntoView {
    let marks = Role::ALL
        .map(|role| match rule.roles.contains(&role) {
            true => view! { <td class="mark plus">"yes"</td> },
            false => view! { <td class="mark soft">"no"</td> },
        })
        .collect_view();
    view! { <tr><th scope="row">{rule.description}</th>{marks}</tr> }
}
