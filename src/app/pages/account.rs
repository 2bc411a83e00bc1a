//! `/account`: who one is here, and where one is signed in.

use leptos::prelude::*;

use crate::app::layout;
use crate::app::ui::{FormProblem, PageHead, Time};
use crate::model::frame::Frame;
use crate::model::session::SessionLine;
use crate::server_fns::session::session_list;

/// The function that the form posts to.
const FUNCTION: &str = "end_other_sessions";

/// The page.
pub fn page() -> impl IntoView {
    layout::page("Your account", session_list, show)
}

fn show(sessions: Vec<SessionLine>, frame: &Frame) -> impl IntoView + use<> {
    let viewer = frame.viewer.clone();
    let department = viewer.department_name.unwrap_or_else(|| "None".to_owned());
    view! {
        <PageHead title="Your account" lede="Who you are here, and where you are signed in."/>
        <FormProblem function=FUNCTION/>
        <div class="stack">
            <section class="card" aria-labelledby="you-heading">
                <header><h2 id="you-heading">{viewer.name}</h2></header>
                <dl class="facts">
                    <dt>"Mail address"</dt><dd>{viewer.email}</dd>
                    <dt>"Organisation"</dt><dd>{viewer.organisation_name}</dd>
                    <dt>"Role"</dt><dd>{viewer.role.to_string()}</dd>
                    <dt>"Department"</dt><dd>{department}</dd>
                </dl>
            </section>
            {list(sessions)}
        </div>
    }
}

fn list(sessions: Vec<SessionLine>) -> impl IntoView {
    let others = sessions.iter().filter(|one| !one.is_this).count();
    let end = if others == 0 {
        view! { <p class="soft small">"You are signed in nowhere else."</p> }.into_any()
    } else {
        view! {
            <form method="post" action="/api/end_other_sessions">
                <button class="button small">"Sign out everywhere else"</button>
            </form>
        }
        .into_any()
    };
    let rows = sessions.into_iter().map(row).collect_view();
    view! {
        <section class="card flush">
            <header><h2 id="sessions-heading">"Where you are signed in"</h2></header>
            <div class="table-region" tabindex="0" role="region" aria-label="Where you are signed in">
                <table class="folds">
                    <caption class="unseen">"Your sessions, the last used first"</caption>
                    <thead>
                        <tr>
                            <th scope="col">"Session"</th>
                            <th scope="col">"Signed in"</th>
                            <th scope="col">"Last used"</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
            <div class="pager">{end}</div>
        </section>
    }
}

fn row(session: SessionLine) -> impl IntoView {
    let name = if session.is_this {
        view! { <span class="badge good">"This browser"</span> }.into_any()
    } else {
        "Another browser".into_any()
    };
    view! {
        <tr>
            <th scope="row">{name}</th>
            <td data-label="Signed in"><Time at=session.began/></td>
            <td data-label="Last used"><Time at=session.last_seen/></td>
        </tr>
    }
}
