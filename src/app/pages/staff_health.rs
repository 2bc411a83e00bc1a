//! `/admin/health`: whether this installation does what it should: jobs, reports of the payment provider,
//! what waits, the ledger's engine, database and catalogue.

use leptos::prelude::*;

use crate::app::layout;
use crate::app::pages::staff_payments::webhooks;
use crate::app::ui::{Head, PageHead, TableCard, Time};
use crate::model::Moment;
use crate::model::format::grouped;
use crate::model::frame::Frame;
use crate::model::health::{HealthPage, JobLine};
use crate::model::staff_console::HealthNote;
use crate::server_fns::staff_organisations::load_health;

/// The page.
pub fn page() -> impl IntoView {
    layout::page("Health", load_health, show)
}

fn show(page: HealthPage, _frame: &Frame) -> impl IntoView + use<> {
    let backlog = page.backlog.into_iter().map(|(what, count)| (what, grouped(count))).collect();
    view! {
        <PageHead title="Health" lede="Whether this installation does what it should."/>
        <div class="stack">
            {verdict(page.notes)}
            {jobs(page.jobs)}
            {webhooks(page.webhooks)}
            <div class="columns">
                {facts("What waits", backlog)}
                {facts("Ledger engine of this node", page.engine)}
                {facts("Installation", page.installation)}
            </div>
        </div>
    }
}

fn verdict(notes: Vec<HealthNote>) -> impl IntoView {
    if notes.is_empty() {
        return view! {
            <p class="banner good" role="status"><span class="strong">"All is well."</span></p>
        }
        .into_any();
    }
    let rows = notes.into_iter().map(|note| view! { <li>{note.text}</li> }).collect_view();
    view! {
        <div class="banner bad" role="status"><div>
            <p class="strong">"Somebody should look into this"</p>
            <ul>{rows}</ul>
        </div></div>
    }
    .into_any()
}

fn jobs(lines: Vec<JobLine>) -> impl IntoView {
    let columns = vec![
        Head::Text("Job"),
        Head::Text("State"),
        Head::Text("Last run"),
        Head::Text("Last work"),
        Head::Text("Last failure"),
    ];
    let rows: Vec<_> = lines.into_iter().map(job).collect();
    let none = "No job has run yet: they begin with the server.";
    view! { <TableCard heading="Jobs" order="by name" columns rows none/> }
}

fn job(line: JobLine) -> impl IntoView {
    let class = if line.is_bad { "badge bad" } else { "badge good" };
    let failed = line.failed.map(|at| {
        view! { <span><Time at/> ": " {line.problem}</span> }
    });
    view! {
        <tr>
            <th scope="row">{line.job}</th>
            <td data-label="State"><span class=class>{line.state}</span></td>
            <td data-label="Last run">{time(line.ran)}</td>
            <td data-label="Last work">{time(line.worked)}</td>
            <td data-label="Last failure">{failed}</td>
        </tr>
    }
}

fn time(at: Option<Moment>) -> impl IntoView {
    match at {
        Some(at) => view! { <Time at/> }.into_any(),
        None => view! { <span class="soft">"Never"</span> }.into_any(),
    }
}

fn facts(heading: &'static str, lines: Vec<(String, String)>) -> impl IntoView {
    let rows = lines
        .into_iter()
        .map(|(what, words)| view! { <dt>{what}</dt><dd>{words}</dd> })
        .collect_view();
    view! {
        <section class="card">
            <header><h2>{heading}</h2></header>
            <dl class="facts">{rows}</dl>
        </section>
    }
}
