//! `/admin/catalogue/{number}`: one version, what it changed, and its text.

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use crate::app::layout;
use crate::app::pages::staff_catalogue::{from, standing};
use crate::app::ui::{PageHead, Time};
use crate::model::Problem;
use crate::model::frame::Frame;
use crate::model::staff_catalogue::VersionPage;
use crate::server_fns::staff_catalogue::load_catalogue_version;

/// The page.
pub fn page() -> impl IntoView {
    let number = use_params_map().read_untracked().get("number").unwrap_or_default();
    let load = move || {
        let number = number.parse::<i64>();
        async move {
            let number = number.map_err(|_| Problem::not_found("version"))?;
            load_catalogue_version(number).await
        }
    };
    layout::page("Version", load, show)
}

fn show(page: VersionPage, _frame: &Frame) -> impl IntoView + use<> {
    let line = page.line;
    view! {
        <p class="crumbs"><a href="/admin/catalogue">"Catalogue"</a> " / Version " {line.number}</p>
        <PageHead title=format!("Version {}", line.number) lede=line.code/>
        <div class="stack">
            <section class="card" aria-label="About it">
                <dl class="facts">
                    <dt>"State"</dt><dd>{standing(line.standing)}</dd>
                    <dt>"In force from"</dt><dd>{from(line.from)}</dd>
                    <dt>"Applied"</dt><dd><Time at=line.applied_at/> " by " {line.applied_by}</dd>
                </dl>
            </section>
            {changes(page.changes)}
            {text(page.text)}
        </div>
    }
}

/// What changes, line by line.
pub fn changes(lines: Vec<String>) -> impl IntoView {
    let rows = lines.into_iter().map(|line| view! { <li class="mono small">{line}</li> });
    let rows: Vec<_> = rows.collect();
    let none = rows.is_empty().then(|| view! { <p class="soft">"Nothing."</p> });
    view! {
        <section class="card" aria-labelledby="changes-heading">
            <header><h2 id="changes-heading">"What it changes"</h2></header>
            {none}
            <ul class="plain">{rows}</ul>
        </section>
    }
}

/// The text as it was written.
pub fn text(text: String) -> impl IntoView {
    view! {
        <details class="card">
            <summary>"The text"</summary>
            <pre class="small mono example" tabindex="0">{text}</pre>
        </details>
    }
}
