//! `/admin/mass-grants/{digest}`: what every line of a file would do, or what is wrong with it; then the
//! button that books them all.

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use crate::app::layout;
use crate::app::pages::credit_parts::signed;
use crate::app::ui::{FormProblem, Head, PageHead, TableCard, Time};
use crate::model::format::{count_phrase, credits_phrase, format_credits, grouped};
use crate::model::frame::Frame;
use crate::model::mass_grant::{MassGrantRow, MassGrantView};
use crate::server_fns::staff_mass_grants::load_mass_grant;

/// The page.
pub fn page() -> impl IntoView {
    let digest = use_params_map().read_untracked().get("digest").unwrap_or_default();
    layout::page("Mass grant", move || load_mass_grant(digest.clone()), show)
}

fn show(view: MassGrantView, _frame: &Frame) -> impl IntoView + use<> {
    let brief = &view.brief;
    let lede = format!(
        "{}: {}, {} in all.",
        brief.state,
        count_phrase(brief.lines, "line", "lines"),
        credits_phrase(brief.total)
    );
    let (title, rows) = (brief.name.clone(), view.rows.clone());
    view! {
        <p class="crumbs"><a href="/admin/mass-grants">"Mass grants"</a> " / " {title.clone()}</p>
        <PageHead title lede/>
        <FormProblem function="confirm_mass_grant"/>
        <FormProblem function="approve_mass_grant"/>
        <FormProblem function="drop_mass_grant"/>
        <div class="stack">
            {answer(view)}
            {table(rows)}
        </div>
    }
}

/// What is to be said about the file as a whole, and the buttons that answer it.
fn answer(view: MassGrantView) -> impl IntoView {
    let digest = view.brief.digest.clone();
    let words = if view.brief.wrong > 0 {
        let wrong = count_phrase(view.brief.wrong, "line is", "lines are");
        format!("{wrong} wrong. Mend the file and check it again: nothing of it is booked before.")
    } else if view.may_approve {
        let by = view.confirmed_by.clone().unwrap_or_default();
        format!(
            "{by} asked for it. Above {} a second person has to approve.",
            credits_phrase(view.two_person_above)
        )
    } else if view.may_confirm && view.needs_second {
        format!(
            "Every line is right. Above {} a second member of staff has to approve it.",
            credits_phrase(view.two_person_above)
        )
    } else if view.may_confirm {
        "Every line is right. They are booked once, however often the button is pressed.".to_owned()
    } else {
        let lines = grouped(view.brief.lines);
        format!("{} of {lines} lines are booked.", grouped(view.booked))
    };
    let confirm = view.may_confirm.then(|| {
        let label = if view.needs_second {
            "Ask for approval".to_owned()
        } else {
            format!("Book {}", count_phrase(view.brief.lines, "grant", "grants"))
        };
        button("confirm_mass_grant", &digest, "button primary", label)
    });
    let approve = (view.may_approve && !view.is_own).then(|| {
        button("approve_mass_grant", &digest, "button primary", "Approve and book".into())
    });
    let give_up =
        view.may_drop.then(|| button("drop_mass_grant", &digest, "button", "Drop it".into()));
    view! {
        <section class="card" aria-label="Answer" data-testid="mass-grant-answer">
            <p>{words}</p>
            <div class="row after">{confirm} {approve} {give_up}</div>
        </section>
    }
}

fn button(
    function: &str,
    digest: &str,
    class: &'static str,
    label: String,
) -> impl IntoView + use<> {
    view! {
        <form method="post" action=format!("/api/{function}")>
            <input type="hidden" name="digest" value=digest.to_owned()/>
            <button class=class>{label}</button>
        </form>
    }
}

fn table(rows: Vec<MassGrantRow>) -> impl IntoView {
    let columns = vec![
        Head::Text("Line"),
        Head::Text("Organisation"),
        Head::Number("Credits"),
        Head::Text("Kind"),
        Head::Text("Expires"),
        Head::Text("Reason"),
        Head::Number("Available afterwards"),
        Head::Text("State"),
    ];
    let rows: Vec<_> = rows.into_iter().map(row).collect();
    view! { <TableCard heading="Lines" order="as in the file" columns rows none="The file has no lines."/> }
}

fn row(row: MassGrantRow) -> impl IntoView {
    let problem = row.problem.map(|problem| {
        view! {
            <span>
                <span class="badge bad">{if row.effect.is_some() { "Refused" } else { "Wrong" }}</span>
                " " {problem} " " <span class="soft">{row.cure}</span>
            </span>
        }
    });
    let Some(effect) = row.effect else {
        return view! {
            <tr>
                <th scope="row">{grouped(row.line)}</th>
                <td data-label="Written" colspan="3">{row.written}</td>
                <td data-label="State" colspan="4">{problem}</td>
            </tr>
        }
        .into_any();
    };
    let state = match (problem, row.is_booked) {
        (Some(problem), _) => problem.into_any(),
        (None, true) => view! { <span class="badge good">"Booked"</span> }.into_any(),
        (None, false) => view! { <span class="badge">"Right"</span> }.into_any(),
    };
    let address = format!("/admin/organisations/{}", effect.organisation);
    let expires = match effect.expires {
        Some(at) => view! { <Time at day_only=true/> }.into_any(),
        None => view! { <span class="soft">"Never"</span> }.into_any(),
    };
    view! {
        <tr>
            <th scope="row">{grouped(row.line)}</th>
            <td data-label="Organisation"><a href=address title=effect.organisation>{effect.organisation_name}</a></td>
            <td class="number" data-label="Credits">{signed(effect.credits)}</td>
            <td data-label="Kind">{effect.source}</td>
            <td data-label="Expires">{expires}</td>
            <td data-label="Reason">{effect.reason}</td>
            <td class="number" data-label="Available afterwards">{format_credits(effect.available)}</td>
            <td data-label="State">{state}</td>
        </tr>
    }
    .into_any()
}
