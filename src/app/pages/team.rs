//! `/team`: the year's allowance against an even pace, and who used most.

use leptos::prelude::*;

use crate::app::layout;
use crate::app::pages::pace_chart::pace_chart;
use crate::app::ui::{Empty, Meter, PageHead, Time};
use crate::ledger::Credits;
use crate::model::format::{credits_phrase, format_credits, whole};
use crate::model::frame::Frame;
use crate::model::permission::Action;
use crate::model::team::{AllowanceView, DepartmentShare, Pace, TeamOverview, TopLine, share_of};
use crate::server_fns::team::load_team;

/// The page.
pub fn page() -> impl IntoView {
    layout::page("Team overview", load_team, show)
}

fn show(page: TeamOverview, frame: &Frame) -> impl IntoView + use<> {
    let name = page.allowance.name.clone();
    let reports = page.reports_noun.clone();
    let sees_members = frame.viewer.may(Action::ViewMembers);
    view! {
        <PageHead title="Team overview" lede="The allowance of the year, how it is used, and by whom.">
            <a class="button" href="/team/departments">"Departments"</a>
            {sees_members.then(|| view! {
                <a class="button" href="/team/members">"Members"</a>
            })}
        </PageHead>
        <div class="stack">
            <div class="wide-narrow">
                {allowance(&page.allowance, page.available)}
                {pace(page.pace, &page.allowance)}
            </div>
            <section class="card" aria-labelledby="pace-heading">
                <header>
                    <h2 id="pace-heading">"Used against an even pace"</h2>
                    <p class="soft small">{name}</p>
                </header>
                {pace_chart(&page.points, page.allowance.total)}
            </section>
            {departments(page.departments, page.unallocated, page.without_department, &page.allowance)}
            <div class="columns">
                {top("members", "Top members", "Member", page.members, None)}
                {top("reports", &format!("Top {reports}"), &page.report_noun, page.reports, Some("/reports/"))}
            </div>
        </div>
    }
}

fn allowance(year: &AllowanceView, available: Credits) -> impl IntoView + use<> {
    let remaining = year.remaining();
    let counted = year.used.checked_add(year.held).unwrap_or(Credits::MAX);
    let spoken =
        format!("{} used or held of {}", format_credits(counted), credits_phrase(year.total));
    let carried = remaining.is_negative().then(|| {
        view! { <p class="soft small">"More was used than the year was given: the rest came from credits of before."</p> }
    });
    view! {
        <section class="card" aria-labelledby="allowance-heading">
            <header>
                <h2 id="allowance-heading">"Annual allowance"</h2>
                <p class="soft small">
                    <Time at=year.from.clone() day_only=true/> " up to " <Time at=year.until.clone() day_only=true/>
                </p>
            </header>
            <p class="figure" data-testid="allowance">
                {format_credits(year.total)}
                <span class="unit">"credits"</span>
            </p>
            <div class="after"><Meter share=year.share() spoken=spoken.clone()/></div>
            <p class="soft small">{spoken}</p>
            <dl class="facts after">
                <dt>{year.name.clone()}</dt><dd>{format_credits(year.package)}</dd>
                <dt>"Bought or granted on top"</dt><dd>{format_credits(year.added)}</dd>
                <dt>"Used"</dt><dd class="minus" data-testid="used">{format_credits(year.used)}</dd>
                <dt>"Held by running work"</dt><dd>{format_credits(year.held)}</dd>
                <dt>"Remaining of the allowance"</dt><dd data-testid="remaining">{format_credits(remaining)}</dd>
                <dt>"Available in the pool"</dt><dd>{format_credits(available)}</dd>
            </dl>
            {carried}
        </section>
    }
}

fn pace(pace: Pace, year: &AllowanceView) -> impl IntoView + use<> {
    let ahead = year.used > pace.expected;
    let difference = year.used.checked_sub(pace.expected).unwrap_or_default();
    let difference = if ahead { difference } else { difference.checked_neg().unwrap_or_default() };
    let (class, word) = match (year.total.is_zero(), difference.is_zero(), ahead) {
        (true, ..) => ("badge", "No allowance"),
        (_, true, _) => ("badge good", "On pace"),
        (_, _, true) => ("badge warn", "Ahead of an even pace"),
        (_, _, false) => ("badge good", "Below an even pace"),
    };
    let end = year.until.clone();
    let outlook = match (pace.runs_out, pace.left_at_end) {
        (Some(at), _) if pace.before_end => view! {
            <p>"At the pace of the last 28 days the pool runs out on "
                <strong><Time at day_only=true/></strong> ", before the year ends."</p>
        }
        .into_any(),
        (_, Some(left)) if !pace.recent.is_zero() => view! {
            <p>"At the pace of the last 28 days the pool lasts beyond the year's end on "
                <strong><Time at=end day_only=true/></strong> ", with about " {format_credits(whole(left))} " left by then."</p>
        }
        .into_any(),
        _ => view! { <p>"Nothing was used in the last 28 days, so no end is in sight."</p> }.into_any(),
    };
    view! {
        <section class="card" aria-labelledby="outlook-heading">
            <header><h2 id="outlook-heading">"Pace"</h2><span class=class>{word}</span></header>
            <div class="stack tight">
                {outlook}
                <dl class="facts">
                    <dt>"Of the year"</dt><dd>{format!("{}.{} % over", pace.elapsed / 10, pace.elapsed % 10)}</dd>
                    <dt>"An even pace"</dt><dd>{format_credits(whole(pace.expected))} " by now"</dd>
                    <dt>"Used"</dt><dd>{format_credits(year.used)}</dd>
                    <dt>"Difference"</dt>
                    <dd>{format_credits(whole(difference))} {if ahead { " more" } else { " less" }}</dd>
                    <dt>"Last 28 days"</dt><dd>{format_credits(pace.recent)}</dd>
                </dl>
            </div>
        </section>
    }
}

fn departments(
    shares: Vec<DepartmentShare>,
    unallocated: Credits,
    without: Credits,
    year: &AllowanceView,
) -> impl IntoView + use<> {
    if shares.is_empty() {
        return view! {
            <section class="card">
                <Empty title="No departments">
                    <p>"Create the first, or leave everything shared: then everybody draws on the whole pool."</p>
                    <p><a class="button" href="/team/departments">"Departments"</a></p>
                </Empty>
            </section>
        }
        .into_any();
    }
    let used = year.used;
    let rows = shares.into_iter().map(|share| department(share, used)).collect_view();
    let percent = percent_of(without, used);
    view! {
        <section class="card flush">
            <header>
                <h2 id="departments-heading">"Departments"</h2>
                <p data-testid="unallocated">"Not allotted to any: " <strong>{format_credits(unallocated)}</strong></p>
            </header>
            <div class="table-region" tabindex="0" role="region" aria-label="Departments">
                <table class="folds">
                    <caption class="unseen">"Departments, those that used most first"</caption>
                    <thead>
                        <tr>
                            <th scope="col">"Department"</th>
                            <th scope="col" class="number">"Used"</th>
                            <th scope="col" class="number">"Share"</th>
                            <th scope="col" class="number">"Allotted"</th>
                        </tr>
                    </thead>
                    <tbody>
                        {rows}
                        <tr>
                            <th scope="row">"No department"</th>
                            <td class="number" data-label="Used">{format_credits(without)}</td>
                            <td class="number" data-label="Share">{percent}</td>
                            <td class="number" data-label="Allotted">{format_credits(unallocated)} " shared"</td>
                        </tr>
                    </tbody>
                </table>
            </div>
        </section>
    }
    .into_any()
}

fn department(share: DepartmentShare, all: Credits) -> impl IntoView {
    let allotted = match share.limit {
        Some(limit) => format_credits(limit),
        None => "No limit".to_owned(),
    };
    view! {
        <tr>
            <th scope="row">{share.name}</th>
            <td class="number" data-label="Used">{format_credits(share.used)}</td>
            <td class="number" data-label="Share">{percent_of(share.used, all)}</td>
            <td class="number" data-label="Allotted">{allotted}</td>
        </tr>
    }
}

fn top(
    name: &'static str,
    heading: &str,
    noun: &str,
    lines: Vec<TopLine>,
    address: Option<&'static str>,
) -> impl IntoView + use<> {
    let (heading, id) = (heading.to_owned(), format!("top-{name}"));
    let labelled = id.clone();
    let empty = lines.is_empty();
    let rows = lines.into_iter().map(|line| top_row(line, address)).collect_view();
    let first: String =
        noun.chars().take(1).flat_map(char::to_uppercase).chain(noun.chars().skip(1)).collect();
    view! {
        <section class="card flush" aria-labelledby=labelled>
            <header><h2 id=id>{heading.clone()}</h2></header>
            {if empty {
                view! { <Empty title="Nothing used this year"><p>"Whoever uses credits appears here."</p></Empty> }.into_any()
            } else {
                view! {
                    <table>
                        <caption class="unseen">{heading} ", by credits used this year"</caption>
                        <thead>
                            <tr><th scope="col">{first}</th><th scope="col" class="number">"Used"</th></tr>
                        </thead>
                        <tbody>{rows}</tbody>
                    </table>
                }.into_any()
            }}
        </section>
    }
}

fn top_row(line: TopLine, address: Option<&'static str>) -> impl IntoView {
    let name = match address {
        Some(address) => {
            view! { <a href=format!("{address}{}", line.id)>{line.name}</a> }.into_any()
        }
        None => line.name.into_any(),
    };
    view! { <tr><th scope="row">{name}</th><td class="number">{format_credits(line.used)}</td></tr> }
}

fn percent_of(part: Credits, whole: Credits) -> String {
    let share = share_of(part, whole).min(1000);
    format!("{}.{} %", share / 10, share % 10)
}
