//! `/reports`: every report with what it cost, sortable, so that those that burn most stand out.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use crate::app::layout;
use crate::app::pages::report::status_badge;
use crate::app::ui::icon;
use crate::app::ui::{Empty, PageHead, Time, export_links};
use crate::model::format::{count_phrase, credits_phrase, format_credits};
use crate::model::reports::{
    HIGH_USAGE_FACTOR, ReportFilter, ReportListView, ReportRow, ReportSort,
};
use crate::server_fns::reports::load_reports;

/// The page.
pub fn page() -> impl IntoView {
    let (sort, status, after) = use_query_map().with_untracked(|query| {
        let text = |name| query.get(name).unwrap_or_default();
        (text("sort"), text("status"), query.get("after"))
    });
    layout::page(
        "Reports",
        move || load_reports(sort.clone(), status.clone(), after.clone()),
        |view, _| show(view),
    )
}

fn show(view: ReportListView) -> impl IntoView {
    let lede = if view.everyone {
        "Every report of the organisation, what it cost and who asked for it."
    } else {
        "Your reports and what they cost."
    };
    let content =
        if view.rows.is_empty() { empty(&view).into_any() } else { table(&view).into_any() };
    view! {
        <PageHead title="Reports" lede=lede>
            <a class="button primary" href="/reports/new">{icon::icon(icon::PLUS)}"New analysis"</a>
        </PageHead>
        {tabs(&view)}
        <div class="card flush">{content}</div>
    }
}

fn tabs(view: &ReportListView) -> impl IntoView + use<> {
    let (current, sort) = (view.filter, view.sort);
    let tabs = ReportFilter::ALL.map(|filter| {
        let here = (filter == current).then_some("page");
        view! { <a href=address(filter, sort, None) aria-current=here>{filter.label()}</a> }
    });
    view! { <nav class="tabs" aria-label="Status">{tabs}</nav> }
}

/// The list's address; what is usual is left out of it.
fn address(filter: ReportFilter, sort: ReportSort, after: Option<&str>) -> String {
    let fields: Vec<String> =
        [("status", filter.code()), ("sort", sort.code()), ("after", after.unwrap_or_default())]
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
    if fields.is_empty() { "/reports".to_owned() } else { format!("/reports?{}", fields.join("&")) }
}

fn empty(view: &ReportListView) -> impl IntoView + use<> {
    let (title, text, address, label) = match (view.filter, view.is_first) {
        (ReportFilter::All, true) => (
            "No reports yet",
            "An analysis of a text costs a credit or so; its price is shown before it starts.",
            "/reports/new",
            "Run your first analysis",
        ),
        (_, true) => (
            "No report is like that",
            "Another tab may have what you look for.",
            "/reports",
            "Show all reports",
        ),
        (_, false) => (
            "That was all",
            "There are no reports after this place.",
            "/reports",
            "To the first page",
        ),
    };
    view! {
        <Empty title=title>
            <p>{text}</p>
            <a class="button" href=address>{label}</a>
        </Empty>
    }
}

fn table(view: &ReportListView) -> impl IntoView + use<> {
    let rows = view.rows.iter().cloned().map(row).collect_view();
    let next = view.next.as_ref().map(|after| address(view.filter, view.sort, Some(after)));
    let first = (!view.is_first).then(|| address(view.filter, view.sort, None));
    view! {
        <div class="table-region" role="region" aria-label="Reports" tabindex="0">
            <table class="folds">
                <caption>{caption(view)}</caption>
                <thead>
                    <tr>
                        <th scope="col">"Report"</th>
                        <th scope="col">"Assets"</th>
                        {sorted_head("Credits", "number", view, ReportSort::Dearest, ReportSort::Cheapest)}
                        <th scope="col">"User"</th>
                        <th scope="col">"Department"</th>
                        {sorted_head("Date", "", view, ReportSort::Newest, ReportSort::Oldest)}
                        <th scope="col">"Status"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
                <tfoot>{total(view)}</tfoot>
            </table>
        </div>
        {(next.is_some() || first.is_some()).then(|| view! {
            <div class="pager">
                {first.map(|address| view! { <a class="button small" href=address>"First page"</a> })}
                {next.map(|address| view! { <a class="button small" href=address rel="next">"Next page"</a> })}
            </div>
        })}
        {export_links(&address(view.filter, view.sort, None))}
    }
}

fn caption(view: &ReportListView) -> String {
    match view.median {
        Some(median) => format!(
            "“High usage” marks a charge of more than {HIGH_USAGE_FACTOR} times the usual one, which is {} (the median).",
            credits_phrase(median)
        ),
        None => "Reports with their credits: held while they run, charged when they are done."
            .to_owned(),
    }
}

/// A column head that sorts: first in its usual direction, then the other way.
fn sorted_head(
    label: &'static str,
    class: &'static str,
    view: &ReportListView,
    down: ReportSort,
    up: ReportSort,
) -> impl IntoView + use<> {
    let (to, state, arrow) = match view.sort {
        sort if sort == down => (up, Some("descending"), " ↓"),
        sort if sort == up => (down, Some("ascending"), " ↑"),
        _ => (down, None, ""),
    };
    view! {
        <th scope="col" class=class aria-sort=state>
            <a href=address(view.filter, to, None)>{label}{arrow}</a>
        </th>
    }
}

fn row(row: ReportRow) -> impl IntoView {
    let open = row.status.is_open();
    view! {
        <tr data-testid="report-row">
            <th scope="row"><a href=format!("/reports/{}", row.id)>{row.title}</a></th>
            <td data-label="Assets">{row.assets}</td>
            <td data-label="Credits" class="number">
                {row.high_usage.then(|| view! { <span class="badge warn">"High usage"</span>" " })}
                {format_credits(row.credits)}
                {open.then(|| view! { <span class="soft small">" held"</span> })}
            </td>
            <td data-label="User">{row.user_name}</td>
            <td data-label="Department">{row.department_name.unwrap_or_else(|| "–".to_owned())}</td>
            <td data-label="Date"><Time at=row.created_at/></td>
            <td data-label="Status">{status_badge(row.status)}</td>
        </tr>
    }
}

fn total(view: &ReportListView) -> impl IntoView + use<> {
    let reports = u64::try_from(view.reports).unwrap_or_default();
    let held = view.held.is_positive().then(|| format!(" + {} held", format_credits(view.held)));
    view! {
        <tr>
            <th scope="row" colspan="2">{format!("All {}", count_phrase(reports, "report", "reports"))}</th>
            <td class="number" data-label="Charged" data-testid="total-charged">
                {credits_phrase(view.charged)}
                {held.map(|held| view! { <span class="soft small">{held}</span> })}
            </td>
            <td colspan="4"></td>
        </tr>
    }
}
