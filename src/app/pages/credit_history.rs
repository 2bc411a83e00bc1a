//! The list of the credits page, one of two views of one ledger: its tabs and pages, and the usage. What
//! came in is in [`credit_additions`](super::credit_additions).

use leptos::prelude::*;

use crate::app::layout::encoded;
use crate::app::pages::credit_additions::additions;
use crate::app::pages::credit_parts::{signed, usage_transactions};
use crate::app::ui::{Empty, Time, export_links, pager};
use crate::ledger::Credits;
use crate::model::Viewer;
use crate::model::credits::{Choice, Choices, History, ReportRef, UsageChoice, UsageRow};
use crate::model::permission::Action;

/// The list with its tabs, filters, totals and pages.
pub fn history(
    history: History,
    next: Option<u64>,
    is_later_page: bool,
    report_noun: &str,
    viewer: &Viewer,
) -> impl IntoView + use<> {
    let is_usage = matches!(history, History::Usage { .. });
    let chosen = match &history {
        History::Usage { chosen, .. } => chosen.clone(),
        History::Additions { .. } => UsageChoice::default(),
    };
    let view = if is_usage { "usage" } else { "purchases" };
    let is_empty = match &history {
        History::Usage { rows, .. } => rows.is_empty(),
        History::Additions { rows } => rows.is_empty(),
    };
    let export = (!is_empty).then(|| export_links(&address(view, &chosen, None)));
    let list = match history {
        History::Usage { rows, chosen, choices, total, transactions } => {
            let named = named(&chosen, &choices);
            let body = if rows.is_empty() {
                let may_run = viewer.may(Action::RunAnalysis);
                no_usage(named.as_deref(), is_later_page, may_run).into_any()
            } else {
                usage_table(rows, total, transactions, report_noun, named.as_deref()).into_any()
            };
            let whose = whose_usage(&chosen, named.as_deref(), viewer);
            view! { {filters(&chosen, choices)} {whose} {body} }.into_any()
        }
        History::Additions { rows } => additions(rows, viewer).into_any(),
    };
    view! {
        <section class="card flush" id="history" aria-label="History">
            <nav class="tabs inside" aria-label="History">
                <a href="/credits?view=usage#history" aria-current=is_usage.then_some("page")>"Credit usage"</a>
                <a href="/credits?view=purchases#history" aria-current=(!is_usage).then_some("page")>"Purchase history"</a>
            </nav>
            {list}
            {pages(view, &chosen, next, is_later_page)}
            {export}
        </section>
    }
}

/// The address of a list with these filters, from below `before` on.
fn address(view: &str, chosen: &UsageChoice, before: Option<u64>) -> String {
    let mut address = format!("/credits?view={view}");
    let filters = [
        ("operation", &chosen.operation),
        ("user", &chosen.user),
        ("department", &chosen.department),
    ];
    for (name, value) in filters.into_iter().filter(|(_, value)| !value.is_empty()) {
        address.push_str(&format!("&{name}={}", encoded(value)));
    }
    if let Some(before) = before {
        address.push_str(&format!("&before={before}"));
    }
    address + "#history"
}

fn pages(
    view: &str,
    chosen: &UsageChoice,
    next: Option<u64>,
    is_later_page: bool,
) -> impl IntoView + use<> {
    let newest = is_later_page.then(|| address(view, chosen, None));
    pager(newest, next.map(|before| address(view, chosen, Some(before))))
}

fn filters(chosen: &UsageChoice, choices: Choices) -> impl IntoView + use<> {
    let clear = (!chosen.is_open()).then(|| {
        view! { <a class="button small quiet" href="/credits?view=usage#history">"Clear"</a> }
    });
    view! {
        <form class="inline-form filter" method="get" action="/credits">
            <input type="hidden" name="view" value="usage"/>
            {choose("operation", "Operation", "All operations", choices.operations, &chosen.operation)}
            {choose("user", "User", "Everybody", choices.users, &chosen.user)}
            {choose("department", "Department", "All departments", choices.departments, &chosen.department)}
            <button class="button small">"Filter"</button>
            {clear}
        </form>
    }
}

fn choose(
    name: &'static str,
    label: &'static str,
    all: &'static str,
    choices: Vec<Choice>,
    chosen: &str,
) -> impl IntoView + use<> {
    let options = choices
        .into_iter()
        .map(|choice| {
            let selected = choice.value == chosen;
            view! { <option value=choice.value selected=selected>{choice.label}</option> }
        })
        .collect_view();
    view! {
        <div class="field">
            <label for=format!("filter-{name}")>{label}</label>
            <select id=format!("filter-{name}") name=name>
                <option value="">{all}</option>
                {options}
            </select>
        </div>
    }
}

/// The filter in words, such as "Ad analysis, Mina Okoye"; none while everything is let through.
fn named(chosen: &UsageChoice, choices: &Choices) -> Option<String> {
    let of = |list: &[Choice], value: &str| {
        list.iter().find(|one| one.value == value).map(|one| one.label.clone())
    };
    let parts: Vec<String> = [
        of(&choices.operations, &chosen.operation)
            .or_else(|| Some(chosen.operation.clone()).filter(|code| !code.is_empty())),
        of(&choices.users, &chosen.user),
        of(&choices.departments, &chosen.department),
    ]
    .into_iter()
    .flatten()
    .collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// Whose rows the list holds, in words; from everybody's a way to one's own.
fn whose_usage(
    chosen: &UsageChoice,
    named: Option<&str>,
    viewer: &Viewer,
) -> impl IntoView + use<> {
    let organisation = &viewer.organisation_name;
    let whose = match named {
        Some(named) => format!("Usage at {organisation}: {named}."),
        None => format!("Everyone’s usage at {organisation}."),
    };
    let own = UsageChoice { user: viewer.user.clone(), ..chosen.clone() };
    let only_own = (chosen.user != viewer.user).then(|| {
        view! { " " <a href=address("usage", &own, None)>"Only yours"</a> }
    });
    view! { <p class="soft small inset" data-testid="whose-usage">{whose} {only_own}</p> }
}

fn no_usage(named: Option<&str>, is_later_page: bool, may_run: bool) -> impl IntoView + use<> {
    if is_later_page {
        return view! {
            <Empty title="Nothing older">
                <p>"This is past the oldest transaction. "<a href="/credits?view=usage#history">"To the newest"</a></p>
            </Empty>
        }
        .into_any();
    }
    if let Some(named) = named {
        let title = format!("No usage for {named}");
        return view! {
            <Empty title=title>
                <p><a href="/credits?view=usage#history">"Clear the filter"</a> " to see all usage."</p>
            </Empty>
        }
        .into_any();
    }
    view! {
        <Empty title="No usage yet">
            <p>"Run your first analysis: its cost is shown before anything is spent."</p>
            {may_run.then(|| view! { <p><a class="button" href="/reports/new">"New analysis"</a></p> })}
        </Empty>
    }
    .into_any()
}

fn usage_table(
    rows: Vec<UsageRow>,
    total: Credits,
    transactions: u64,
    report_noun: &str,
    named: Option<&str>,
) -> impl IntoView + use<> {
    let here = Credits::checked_sum(rows.iter().map(|row| row.credits)).unwrap_or_default();
    let (count, noun) = (rows.len(), capitalised(report_noun));
    let of = named.map_or_else(|| "All usage".to_owned(), |named| format!("All for {named}"));
    let of = format!("{of}, {}", usage_transactions(transactions));
    let body = rows.into_iter().map(|row| usage_row(row, noun.clone())).collect_view();
    view! {
        <div class="table-region" tabindex="0" role="region" aria-label="Credit usage">
            <table class="folds">
                <caption class="unseen">"Credit usage, newest first"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Type"</th>
                        <th scope="col" class="number">"Credits"</th>
                        <th scope="col">{noun.clone()}</th>
                        <th scope="col">{format!("{noun} ID")}</th>
                        <th scope="col">"User"</th>
                        <th scope="col">"Department"</th>
                        <th scope="col">"Date"</th>
                    </tr>
                </thead>
                <tbody>{body}</tbody>
                <tfoot>
                    <tr>
                        <th scope="row">{format!("On this page ({count})")}</th>
                        <td class="number" data-label="Credits">{signed(here)}</td>
                        <td colspan="5"></td>
                    </tr>
                    <tr>
                        <th scope="row">{of}</th>
                        <td class="number" data-label="Credits" data-testid="usage-total">{signed(total)}</td>
                        <td colspan="5"></td>
                    </tr>
                </tfoot>
            </table>
        </div>
    }
}

fn usage_row(row: UsageRow, noun: String) -> impl IntoView {
    let detail = format!("/credits/transactions/{}", row.sequence);
    let spoken = format!("Usage, transaction {}", row.sequence);
    let id = row.report.as_ref().map(|report| report.id.clone());
    view! {
        <tr>
            <th scope="row">
                <a href=detail aria-label=spoken>"Usage"</a>
                <span class="soft small">" " {row.operation}</span>
            </th>
            <td class="number" data-label="Credits">{signed(row.credits)}</td>
            <td data-label=noun.clone()>{report_link(row.report)}</td>
            <td data-label=format!("{noun} ID")>
                {id.map(|id| view! { <code class="nowrap" title=id.clone()>{short(&id)}</code> })}
            </td>
            <td data-label="User"><span class="nowrap">{row.user}</span></td>
            <td data-label="Department">{row.department}</td>
            <td data-label="Date"><Time at=row.at/></td>
        </tr>
    }
}

/// The piece of work: a link for those who may open it, its title for the others.
pub fn report_link(report: Option<ReportRef>) -> impl IntoView {
    report.map(|report| {
        if report.is_open {
            view! { <a href=format!("/reports/{}", report.id)>{report.title}</a> }.into_any()
        } else {
            view! { <span>{report.title}</span> }.into_any()
        }
    })
}

/// The end of an id, which tells rows apart; the whole of it is on the transaction's page.
fn short(id: &str) -> String {
    const SHOWN: usize = 8;
    let letters = id.chars().count();
    if letters <= SHOWN + 4 {
        return id.to_owned();
    }
    let tail: String = id.chars().skip(letters - SHOWN).collect();
    format!("…{tail}")
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
