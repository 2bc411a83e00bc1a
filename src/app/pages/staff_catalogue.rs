//! `/admin/catalogue`: the catalogue's versions, and the text of the next one.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use crate::app::layout;
use crate::app::ui::field::described_by;
use crate::app::ui::{FormProblem, Head, Kept, PageHead, TableCard, Time};
use crate::model::frame::Frame;
use crate::model::staff_catalogue::{CataloguePage, Standing, VersionLine};
use crate::server_fns::staff_catalogue::load_catalogue;

const CHECK: &str = "check_catalogue";
const WITHDRAW: &str = "withdraw_catalogue";

/// The page, with `?draft=` for a text that is gone on with.
pub fn page() -> impl IntoView {
    let draft = use_query_map().read_untracked().get("draft").unwrap_or_default();
    layout::page("Catalogue", move || load_catalogue(draft.clone()), show)
}

fn show(page: CataloguePage, _frame: &Frame) -> impl IntoView + use<> {
    view! {
        <PageHead title="Catalogue" lede="What is sold here and what work costs. A new version is looked at first, and takes effect on every node at once."/>
        <div class="stack">
            <FormProblem function=WITHDRAW/>
            {versions(page.versions)}
            {form(page.text)}
        </div>
    }
}

fn versions(lines: Vec<VersionLine>) -> impl IntoView {
    let columns = vec![
        Head::Text("Version"),
        Head::Text("State"),
        Head::Text("From"),
        Head::Text("Applied"),
        Head::Text("By"),
        Head::Text("Take back"),
    ];
    let rows: Vec<_> = lines.into_iter().map(row).collect();
    let none = "No version was written down yet.";
    view! { <TableCard heading="Versions" order="newest first" columns rows none/> }
}

fn row(line: VersionLine) -> impl IntoView {
    let back = (line.standing == Standing::ToCome).then(|| {
        view! {
            <form method="post" action=format!("/api/{WITHDRAW}")>
                <input type="hidden" name="number" value=line.number.to_string()/>
                <button class="button small">"Take back"</button>
            </form>
        }
    });
    view! {
        <tr>
            <th scope="row"><a href=format!("/admin/catalogue/{}", line.number)>{format!("{}, {}", line.number, line.code)}</a></th>
            <td data-label="State">{standing(line.standing)}</td>
            <td data-label="From">{from(line.from)}</td>
            <td data-label="Applied"><Time at=line.applied_at/></td>
            <td data-label="By">{line.applied_by}</td>
            <td data-label="Take back">{back}</td>
        </tr>
    }
}

/// Since when a version is in force.
pub fn from(at: Option<crate::model::Moment>) -> impl IntoView {
    match at {
        Some(at) => view! { <Time at/> }.into_any(),
        None => view! { <span class="soft">"The beginning"</span> }.into_any(),
    }
}

/// Where a version stands, as a badge.
pub fn standing(standing: Standing) -> impl IntoView {
    let (class, words) = match standing {
        Standing::ToCome => ("badge warn", "To come"),
        Standing::InForce => ("badge good", "In force"),
        Standing::Past => ("badge", "Past"),
        Standing::Withdrawn => ("badge", "Taken back"),
    };
    view! { <span class=class>{words}</span> }
}

fn form(text: String) -> impl IntoView {
    let kept = Kept::of(CHECK);
    let wrong = kept.message("text");
    let described = described_by("text", true, wrong.is_some());
    let typed = kept.value("text", &text);
    view! {
        <section class="card" id="next" aria-labelledby="next-heading">
            <header><h2 id="next-heading">"The next version"</h2></header>
            <FormProblem function=CHECK/>
            <form method="post" action=format!("/api/{CHECK}")>
                <div class="field">
                    <label for="text">"Catalogue"</label>
                    <span class="hint" id="text-hint">"TOML. Nothing changes before you have seen what it would change."</span>
                    <textarea id="text" name="text" class="mono" rows="24" spellcheck="false" required
                        aria-invalid=wrong.is_some().then_some("true") aria-describedby=described>{typed}</textarea>
                    {wrong.map(|message| view! { <pre class="wrong" id="text-wrong">{message}</pre> })}
                </div>
                <p class="after"><button class="button primary">"Look at what it changes"</button></p>
            </form>
        </section>
    }
}
