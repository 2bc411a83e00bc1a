//! `/`: what is available, what runs, what happened last.

use leptos::prelude::*;

use crate::app::layout;
use crate::app::live::{LiveFigures, Refresh};
use crate::app::pages::credit_parts::{month_chart, signed};
use crate::app::ui::icon::{self, icon};
use crate::app::ui::{Empty, Head, PageHead, Table, Time};
use crate::model::credits::LastTransaction;
use crate::model::dashboard::{Dashboard, WorkLine};
use crate::model::format::{count_phrase, credits_phrase};
use crate::model::frame::Frame;
use crate::model::permission::Action;
use crate::server_fns::dashboard::load_dashboard;

/// The page.
pub fn page() -> impl IntoView {
    layout::page("Dashboard", load_dashboard, show)
}

fn show(page: Dashboard, frame: &Frame) -> impl IntoView + use<> {
    let viewer = frame.viewer.clone();
    let first_name = viewer.name.split_whitespace().next().unwrap_or_default().to_owned();
    let may_run = viewer.may(Action::RunAnalysis);
    let lede = format!("{} shares one pool of credits.", viewer.organisation_name);
    view! {
        <PageHead title=format!("{}, {first_name}", page.greeting) lede=lede>
            {may_run.then(|| view! {
                <a class="button primary" href="/reports/new">{icon(icon::PLUS)} "New analysis"</a>
            })}
        </PageHead>
        <div class="wide-narrow">
            <div class="stack">
                <section class="card" aria-labelledby="available-heading">
                    <header>
                        <h2 id="available-heading">"Available"</h2>
                        <a href="/settings/billing">"Where it comes from"</a>
                    </header>
                    <LiveFigures initial=page.figures.view.clone()/>
                    <p class="soft">{lasts(page.days_left)}</p>
                </section>
                <section class="card" aria-labelledby="months-heading">
                    <header>
                        <h2 id="months-heading">"Usage by month"</h2>
                        <a href="/credits">"All usage"</a>
                    </header>
                    {month_chart(&page.months)}
                </section>
            </div>
            <div class="stack">
                {running(page.running, &page.reports_noun)}
                {latest(page.latest)}
            </div>
        </div>
        {recent(page.recent, page.sees_everyone, &page.reports_noun)}
    }
}

/// How long the balance lasts at the pace of the last four weeks.
fn lasts(days: Option<u32>) -> String {
    match days {
        None => "Nothing was used in the last 28 days.".to_owned(),
        Some(0) => "At the pace of the last 28 days this lasts less than a day.".to_owned(),
        Some(days) => {
            let days = count_phrase(u64::from(days), "day", "days");
            format!("At the pace of the last 28 days this lasts {days}.")
        }
    }
}

fn running(work: Vec<WorkLine>, nouns: &str) -> impl IntoView + use<> {
    let listeners = work
        .iter()
        .map(|line| view! { <Refresh topic=format!("report:{}", line.id) target="running".to_owned()/> })
        .collect_view();
    let waits = !work.is_empty();
    let rows = work
        .into_iter()
        .map(|line| {
            view! {
                <li>
                    <a href=format!("/reports/{}", line.id)>{line.title}</a>
                    <p class="soft small">
                        <span class="badge live info">{status(&line.status).1}</span>
                        " " {credits_phrase(line.quoted)} " held, " {line.person}
                    </p>
                </li>
            }
        })
        .collect_view();
    let empty = format!("No {nouns} are running.");
    view! {
        {listeners}
        <section class="card" aria-labelledby="running-heading">
            <div id="running" class="stack tight">
                <h2 id="running-heading">"Running now"</h2>
                {if waits {
                    view! { <ul class="plain stack tight">{rows}</ul> }.into_any()
                } else {
                    view! { <p class="soft">{empty}</p> }.into_any()
                }}
            </div>
        </section>
    }
}

fn latest(latest: Vec<LastTransaction>) -> impl IntoView {
    let rows = latest
        .iter()
        .cloned()
        .map(|line| {
            view! {
                <li>
                    <div class="pair">
                        <a href=format!("/credits/transactions/{}", line.sequence)>{line.label}</a>
                        <span class="strong">{signed(line.credits)}</span>
                    </div>
                    <p class="soft small"><Time at=line.at/></p>
                </li>
            }
        })
        .collect_view();
    view! {
        <section class="card" aria-labelledby="latest-heading">
            <header>
                <h2 id="latest-heading">"Latest transactions"</h2>
                <a href="/credits">"All"</a>
            </header>
            {if latest.is_empty() {
                view! { <p class="soft">"None yet. Credits that come in and work that is done appear here."</p> }.into_any()
            } else {
                view! { <ul class="plain stack tight">{rows}</ul> }.into_any()
            }}
        </section>
    }
}

fn recent(work: Vec<WorkLine>, everyone: bool, nouns: &str) -> impl IntoView + use<> {
    let heading = if everyone { format!("Recent {nouns}") } else { format!("Your recent {nouns}") };
    if work.is_empty() {
        return view! {
            <section class="card after">
                <Empty title=format!("No {nouns} yet")>
                    <p>"The first one shows its cost before anything is spent."</p>
                    <p><a class="button" href="/reports/new">"New analysis"</a></p>
                </Empty>
            </section>
        }
        .into_any();
    }
    let columns = vec![
        Head::Text("Title"),
        Head::Text("Status"),
        Head::Number("Quoted"),
        Head::Text("User"),
        Head::Text("Date"),
    ];
    let rows = work
        .into_iter()
        .map(|line| {
            let (class, word) = status(&line.status);
            view! {
                <tr>
                    <th scope="row"><a href=format!("/reports/{}", line.id)>{line.title}</a></th>
                    <td data-label="Status"><span class=class>{word}</span></td>
                    <td data-label="Quoted" class="number">{credits_phrase(line.quoted)}</td>
                    <td data-label="User">{line.person}</td>
                    <td data-label="Date"><Time at=line.at/></td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <section class="card flush after">
            <header><h2>{heading.clone()}</h2><a href="/reports">"All"</a></header>
            <Table label=heading.clone() caption=heading columns>{rows}</Table>
        </section>
    }
    .into_any()
}

/// The badge and the word for where a piece of work stands.
fn status(code: &str) -> (&'static str, String) {
    match code {
        "preparing" => ("badge info", "Preparing".to_owned()),
        "queued" => ("badge info", "Waiting".to_owned()),
        "running" => ("badge live info", "Running".to_owned()),
        "done" => ("badge good", "Done".to_owned()),
        "partly" => ("badge warn", "Partly done".to_owned()),
        "failed" => ("badge bad", "Failed".to_owned()),
        other => ("badge", other.to_owned()),
    }
}
