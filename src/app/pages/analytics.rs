//! `/usage`: what was used, when, on what and by whom, against the period before.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use crate::app::layout::{self, encoded};
use crate::app::pages::analytics_chart::trend;
use crate::app::pages::analytics_splits::{outliers, split};
use crate::app::pages::credit_parts::{spent, usage_transactions};
use crate::app::ui::{Empty, PageHead, export_links};
use crate::model::analytics::{AnalyticsChoice, AnalyticsPage, Period, Step, change};
use crate::model::credits::Choice;
use crate::model::frame::Frame;
use crate::model::permission::Action;
use crate::server_fns::analytics::load_analytics;

/// Where the page is.
const PAGE: &str = "/usage";

/// The page.
pub fn page() -> impl IntoView {
    let query = use_query_map().read_untracked();
    let text = |name: &str| query.get(name).unwrap_or_default();
    let asked = AnalyticsChoice {
        period: text("period"),
        from: text("from"),
        to: text("to"),
        by: text("by"),
        operation: text("operation"),
        user: text("user"),
        department: text("department"),
        key: text("key"),
    };
    let load = move || {
        let AnalyticsChoice { period, from, to, by, operation, user, department, key } =
            asked.clone();
        load_analytics(period, from, to, by, operation, user, department, key)
    };
    layout::page("Usage", load, show)
}

/// The page with these words in its address.
pub fn address(choice: &AnalyticsChoice) -> String {
    let words =
        choice.words().into_iter().map(|(name, value)| format!("{name}={}", encoded(value)));
    match words.collect::<Vec<_>>().join("&") {
        words if words.is_empty() => PAGE.to_owned(),
        words => format!("{PAGE}?{words}"),
    }
}

fn show(page: AnalyticsPage, frame: &Frame) -> impl IntoView + use<> {
    let lede = match page.everyone {
        true => "What was used, when, on what and by whom.",
        false => "What you used, when and on what.",
    };
    let export = export_links(&address(&page.choice));
    let may_run = frame.viewer.may(Action::RunAnalysis);
    let body = if page.total.transactions == 0 && page.before.transactions == 0 {
        nothing(&page, may_run).into_any()
    } else {
        let splits = page.splits.iter().map(|one| split(&page, one)).collect_view();
        view! {
            <section class="card flush" aria-labelledby="trend-heading">
                <header>
                    <h2 id="trend-heading">"Trend"</h2>
                    {steps(&page)}
                </header>
                {trend(&page)}
                {export}
            </section>
            <div class="cards splits">{splits}</div>
            {outliers(&page)}
        }
        .into_any()
    };
    let zone = frame.time_zone.clone();
    view! {
        <PageHead title="Usage" lede=lede>
            <a class="button" href="/credits?view=usage#history">"Every transaction"</a>
        </PageHead>
        {periods(&page.choice, page.period)}
        <div class="stack">
            {filters(&page)}
            {uncounted(page.uncounted)}
            {totals(&page, &zone)}
            {body}
        </div>
    }
}

/// The periods, as links that keep the filters.
fn periods(choice: &AnalyticsChoice, current: Period) -> impl IntoView + use<> {
    let links = Period::ALL
        .into_iter()
        .filter(|period| *period != Period::Days || current == Period::Days)
        .map(|period| {
            let there = match period {
                Period::Days => choice.clone(),
                _ => AnalyticsChoice {
                    period: period.code().to_owned(),
                    from: String::new(),
                    to: String::new(),
                    by: String::new(),
                    ..choice.clone()
                },
            };
            let here = (period == current).then_some("page");
            view! { <a href=address(&there) aria-current=here>{period.label()}</a> }
        })
        .collect_view();
    view! { <nav class="tabs" aria-label="Period">{links}</nav> }
}

fn steps(page: &AnalyticsPage) -> impl IntoView + use<> {
    let links = Step::ALL
        .into_iter()
        .map(|step| {
            let there = AnalyticsChoice { by: step.code().to_owned(), ..page.choice.clone() };
            let here = (step == page.step).then_some("true");
            view! { <a href=address(&there) aria-current=here>{step.label()}</a> }
        })
        .collect_view();
    view! { <nav class="row small steps-of" aria-label="Bars">{links}</nav> }
}

fn filters(page: &AnalyticsPage) -> impl IntoView + use<> {
    let choice = &page.choice;
    let open = AnalyticsChoice {
        operation: String::new(),
        user: String::new(),
        department: String::new(),
        key: String::new(),
        ..choice.clone()
    };
    let clear = choice
        .narrows()
        .then(|| view! { <a class="button small quiet" href=address(&open)>"Clear"</a> });
    let by = (!choice.by.is_empty())
        .then(|| view! { <input type="hidden" name="by" value=choice.by.clone()/> });
    let everyone = page.everyone.then(|| {
        view! {
            {choose("user", "User", "Everybody", &page.choices.users, &choice.user)}
            {(!page.keys.is_empty()).then(|| choose("key", "API key", "With and without", &page.keys, &choice.key))}
        }
    });
    view! {
        <details class="card narrow" open=choice.narrows() || page.period == Period::Days>
            <summary class="strong">"Narrow"</summary>
            <div class="forms after">
                <form class="inline-form" method="get" action=PAGE aria-label="Filters">
                    {kept_period(choice)}
                    {by}
                    {choose("operation", "Operation", "All operations", &page.choices.operations, &choice.operation)}
                    {choose("department", "Department", "All departments", &page.choices.departments, &choice.department)}
                    {everyone}
                    <button class="button small">"Filter"</button>
                    {clear}
                </form>
                <form class="inline-form" method="get" action=PAGE aria-label="Days">
                    <input type="hidden" name="period" value="days"/>
                    {kept_filters(choice)}
                    {day("from", "From", &page.days.0)}
                    {day("to", "To", &page.days.1)}
                    <button class="button small">"Show these days"</button>
                </form>
            </div>
        </details>
    }
}

fn kept_period(choice: &AnalyticsChoice) -> impl IntoView + use<> {
    hidden(choice, &["period", "from", "to"])
}

fn kept_filters(choice: &AnalyticsChoice) -> impl IntoView + use<> {
    hidden(choice, &["operation", "user", "department", "key"])
}

/// Words of the address that a form keeps.
fn hidden(choice: &AnalyticsChoice, kept: &[&str]) -> impl IntoView + use<> {
    let words = choice.words().into_iter().filter(|(name, _)| kept.contains(name));
    let words = words.map(|(name, value)| (name, value.to_owned()));
    words.map(|(name, value)| view! { <input type="hidden" name=name value=value/> }).collect_view()
}

fn day(name: &'static str, label: &'static str, value: &str) -> impl IntoView + use<> {
    view! {
        <div class="field">
            <label for=name>{label}</label>
            <input id=name name=name type="date" required value=value.to_owned()/>
        </div>
    }
}

fn choose(
    name: &'static str,
    label: &'static str,
    all: &'static str,
    choices: &[Choice],
    chosen: &str,
) -> impl IntoView + use<> {
    let options = choices
        .iter()
        .cloned()
        .map(|choice| {
            let selected = choice.value == chosen;
            view! { <option value=choice.value selected=selected>{choice.label}</option> }
        })
        .collect_view();
    view! {
        <div class="field">
            <label for=name>{label}</label>
            <select id=name name=name><option value="">{all}</option>{options}</select>
        </div>
    }
}

fn uncounted(uncounted: bool) -> impl IntoView {
    uncounted.then(|| {
        view! {
            <div class="banner" role="note"><div>
                <p>"Much was booked just now. The newest of it is being counted and appears here within moments; the balance counts it already."</p>
            </div></div>
        }
    })
}

fn totals(page: &AnalyticsPage, zone: &str) -> impl IntoView + use<> {
    let told = change(page.total.credits, page.before.credits);
    view! {
        <div class="cards wide">
            <section class="card" aria-labelledby="used-heading">
                <header><h2 id="used-heading">"Used"</h2></header>
                <p class="figure medium" data-testid="used">{spent(page.total.credits)}</p>
                <p class="soft small">{usage_transactions(page.total.transactions)}</p>
                <p class="soft small">{page.span.clone()} ", days in " {zone.to_owned()}</p>
            </section>
            <section class="card" aria-labelledby="before-heading">
                <header><h2 id="before-heading">"The period before"</h2></header>
                <p class="figure medium" data-testid="used-before">{spent(page.before.credits)}</p>
                <p class="soft small">{usage_transactions(page.before.transactions)}</p>
                <p class="soft small">{page.span_before.clone()} ": " <span class="strong" data-testid="change">{told}</span></p>
            </section>
        </div>
    }
}

/// The frame stays; what it is narrowed to may be widened.
fn nothing(page: &AnalyticsPage, may_run: bool) -> impl IntoView + use<> {
    let choice = &page.choice;
    let open = AnalyticsChoice { period: choice.period.clone(), ..AnalyticsChoice::default() };
    let wider = AnalyticsChoice {
        period: Period::ThisYear.code().to_owned(),
        ..AnalyticsChoice::default()
    };
    let cure = if choice.narrows() {
        view! { <a class="button" href=address(&open)>"Show all of these days"</a> }.into_any()
    } else if page.period != Period::ThisYear {
        view! { <a class="button" href=address(&wider)>"Show the whole year"</a> }.into_any()
    } else if may_run {
        view! { <a class="button primary" href="/reports/new">"Run an analysis"</a> }.into_any()
    } else {
        ().into_any()
    };
    view! {
        <section class="card">
            <Empty title="Nothing was used in these days">
                <p>"Whatever is charged for appears here with the next look."</p>
                {cure}
            </Empty>
        </section>
    }
}
