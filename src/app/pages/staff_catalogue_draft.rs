//! `/admin/catalogue/drafts/{digest}`: what a text would change, what it would have made of last month, and
//! when it shall take effect.

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use crate::app::layout;
use crate::app::pages::credit_parts::signed;
use crate::app::pages::staff_catalogue_version::{changes, text};
use crate::app::ui::{Field, FormProblem, Head, Kept, PageHead, TableCard};
use crate::model::format::{count_phrase, credits_phrase, format_credits, grouped};
use crate::model::frame::Frame;
use crate::model::staff_catalogue::{DraftPage, RepricedLine};
use crate::server_fns::staff_catalogue::load_catalogue_draft;

const FUNCTION: &str = "apply_catalogue";

/// The page.
pub fn page() -> impl IntoView {
    let digest = use_params_map().read_untracked().get("digest").unwrap_or_default();
    layout::page("Next version", move || load_catalogue_draft(digest.clone()), show)
}

fn show(draft: DraftPage, _frame: &Frame) -> impl IntoView + use<> {
    let lede = match draft.applied_as {
        Some(number) => format!("It is version {number}."),
        None => format!("Nothing has changed yet. It is compared with version {}.", draft.against),
    };
    let answer = answer(&draft);
    view! {
        <p class="crumbs"><a href="/admin/catalogue">"Catalogue"</a> " / Next version"</p>
        <PageHead title="Next version" lede/>
        <div class="stack">
            <FormProblem function=FUNCTION/>
            {changes(draft.changes)}
            {repriced(draft.repriced, &draft.month, draft.difference, draft.unknown)}
            {answer}
            {text(draft.text)}
        </div>
    }
}

fn answer(draft: &DraftPage) -> impl IntoView + use<> {
    if let Some(number) = draft.applied_as {
        let address = format!("/admin/catalogue/{number}");
        return view! { <p><a class="button" href=address>"Version " {number}</a></p> }.into_any();
    }
    let kept = Kept::of(FUNCTION);
    let again = format!("/admin/catalogue?draft={}#next", draft.digest);
    view! {
        <section class="card" aria-labelledby="apply-heading">
            <header><h2 id="apply-heading">"From when on"</h2></header>
            <form method="post" action=format!("/api/{FUNCTION}") class="after">
                <input type="hidden" name="digest" value=draft.digest.clone()/>
                <input type="hidden" name="against" value=draft.against.to_string()/>
                <Field label="Time, in UTC" name="at" kind="datetime-local" kept required=false
                    hint="Leave it empty for a few seconds from now. Quotes that were given keep their price."/>
                <p class="row after">
                    <button class="button primary">"Apply it"</button>
                    <a class="button quiet" href=again>"Go on writing"</a>
                </p>
            </form>
        </section>
    }
    .into_any()
}

fn repriced(
    lines: Vec<RepricedLine>,
    month: &str,
    difference: crate::ledger::Credits,
    unknown: (u64, crate::ledger::Credits),
) -> impl IntoView + use<> {
    let columns = vec![
        Head::Text("Operation"),
        Head::Number("Runs"),
        Head::Number("Charged"),
        Head::Number("By this card"),
        Head::Number("Difference"),
    ];
    let sum = (lines.len() > 1).then(|| {
        view! {
            <tr>
                <th scope="row">"All of it"</th>
                <td></td>
                <td></td>
                <td></td>
                <td class="number" data-label="Difference">{signed(difference)}</td>
            </tr>
        }
        .into_any()
    });
    let rows: Vec<_> = lines.into_iter().map(|line| row(line).into_any()).chain(sum).collect();
    let heading = format!("Usage of {month}, priced by this card");
    let rest = (unknown.0 > 0).then(|| {
        let words = format!(
            "{} without a quote came to {}: what they were asked for is not known.",
            count_phrase(unknown.0, "run", "runs"),
            credits_phrase(unknown.1)
        );
        view! { <p class="soft small">{words}</p> }
    });
    view! {
        <div class="stack tight">
            <TableCard heading order="by operation" columns rows none="Nothing was charged under a quote."/>
            {rest}
        </div>
    }
}

fn row(line: RepricedLine) -> impl IntoView {
    let unpriced = (line.unpriced > 0).then(|| {
        let words = format!("{} without a price", grouped(line.unpriced));
        view! { <span class="badge warn">{words}</span> }
    });
    view! {
        <tr>
            <th scope="row">{line.name} " " {unpriced}</th>
            <td class="number" data-label="Runs">{grouped(line.runs)}</td>
            <td class="number" data-label="Charged">{format_credits(line.charged)}</td>
            <td class="number" data-label="By this card">{format_credits(line.would_be)}</td>
            <td class="number" data-label="Difference">{signed(line.difference)}</td>
        </tr>
    }
}
