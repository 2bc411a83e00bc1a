//! `/reports/{id}`: how far it is, what was found, and its receipt.

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use crate::app::layout;
use crate::app::live::Refresh;
use crate::app::pages::report_receipt::receipt;
use crate::app::ui::PageHead;
use crate::app::ui::icon;
use crate::catalogue::AssetKind;
use crate::model::findings::{
    AssetFindings, AssetProblemCode, Excerpt, Finding, Outcome, Severity,
};
use crate::model::format::count_phrase;
use crate::model::reports::{AssetView, ReportStatus, ReportView};
use crate::server_fns::reports::load_report;

/// The part of the page that is rendered anew while the report runs.
const LIVE_PART: &str = "report";
/// Seconds after which a browser without scripts asks again.
const RELOAD_SECONDS: &str = "3";

/// The page.
pub fn page() -> impl IntoView {
    let id = use_params_map().with_untracked(|params| params.get("id").unwrap_or_default());
    layout::page("Report", move || load_report(id.clone()), |view, _| show(view))
}

fn show(view: ReportView) -> impl IntoView {
    let topic = format!("report:{}", view.id);
    let live = view.status.is_open().then(|| {
        view! {
            <noscript><meta http-equiv="refresh" content=RELOAD_SECONDS/></noscript>
            <Refresh topic target=LIVE_PART.to_owned()/>
        }
    });
    view! {
        {live}
        <div id=LIVE_PART>{content(view)}</div>
    }
}

fn content(view: ReportView) -> impl IntoView {
    let status = view.status;
    let by = match &view.department_name {
        Some(department) => format!("By {}, {department}", view.user_name),
        None => format!("By {}", view.user_name),
    };
    let receipt = receipt(&view);
    view! {
        <p class="crumbs"><a href="/reports">"Reports"</a></p>
        <PageHead title=view.title.clone() lede=format!("{by} · {}", view.created_at.text)>
            {status_badge(status)}
        </PageHead>
        {progress(&view)}
        {outcome_banner(&view)}
        <div class="wide-narrow">
            <div class="stack">{view.assets.into_iter().map(asset).collect_view()}</div>
            {receipt}
        </div>
    }
}

/// A status as a badge; the word is always there, the colour only helps.
pub fn status_badge(status: ReportStatus) -> impl IntoView {
    let class = match status {
        ReportStatus::Preparing | ReportStatus::Queued => "badge",
        ReportStatus::Running => "badge info live",
        ReportStatus::Done => "badge good",
        ReportStatus::Partly => "badge warn",
        ReportStatus::Failed => "badge bad",
    };
    view! { <span class=class data-testid="status">{status.label()}</span> }
}

fn progress(view: &ReportView) -> Option<impl IntoView + use<>> {
    if !view.status.is_open() {
        return None;
    }
    let (done, all) = (view.finished_assets(), view.assets.len());
    let words = match view.status {
        ReportStatus::Running => {
            format!("{done} of {} analysed", count_phrase(all as u64, "asset", "assets"))
        }
        _ => "Its credits are held; it starts as soon as it is its turn.".to_owned(),
    };
    Some(view! {
        <div class="card progress-card">
            <p role="status" data-testid="progress">{words.clone()}</p>
            <progress max=all.to_string() value=done.to_string() aria-label="Assets analysed">{words}</progress>
        </div>
    })
}

fn outcome_banner(view: &ReportView) -> Option<impl IntoView + use<>> {
    let failed = view.assets.iter().filter(|asset| matches!(asset.outcome, Some(Err(_)))).count();
    let (class, text) = match view.status {
        ReportStatus::Partly => (
            "banner warn",
            format!(
                "{} could not be analysed. What it cost came back by itself.",
                count_phrase(failed as u64, "asset", "assets")
            ),
        ),
        ReportStatus::Failed => ("banner bad", failed_words(view).to_owned()),
        _ => return None,
    };
    Some(view! { <p class=class>{text}</p> })
}

fn failed_words(view: &ReportView) -> &'static str {
    let unpaid = |asset: &AssetView| matches!(&asset.outcome, Some(Err(problem)) if problem.code == AssetProblemCode::NotPaidFor);
    if view.assets.iter().any(unpaid) {
        "This could not be paid for in the end, so nothing was charged and no findings are shown."
    } else {
        "Nothing could be analysed, so nothing was charged."
    }
}

fn asset(asset: AssetView) -> impl IntoView {
    let picture = match asset.kind {
        AssetKind::Text => icon::TEXT,
        AssetKind::Image => icon::IMAGE,
        AssetKind::Video => icon::VIDEO,
    };
    view! {
        <section class="card asset" data-testid="asset">
            <header>
                <div class="row">
                    <span class="asset-icon">{icon::icon(picture)}</span>
                    <h2>{asset.name}</h2>
                    <span class="soft small">{asset.size}</span>
                </div>
                {asset_badge(asset.outcome.as_ref())}
            </header>
            {match asset.outcome {
                None => view! { <p class="soft">"Not analysed yet."</p> }.into_any(),
                Some(Err(problem)) => view! { <p>{problem.sentence}</p> }.into_any(),
                Some(Ok(found)) => findings(found).into_any(),
            }}
        </section>
    }
}

fn asset_badge(outcome: Option<&Outcome>) -> impl IntoView + use<> {
    let (class, word) = match outcome {
        None => ("badge", "Waiting"),
        Some(Err(_)) => ("badge bad", "Failed, not charged"),
        Some(Ok(found)) => match found.worst() {
            Some(Severity::Violation) => ("badge bad", "Problems found"),
            Some(Severity::Caution) => ("badge warn", "Points to check"),
            Some(Severity::Info) => ("badge info", "Notes"),
            None => ("badge good", "Nothing to object to"),
        },
    };
    view! { <span class=class>{word}</span> }
}

fn findings(found: AssetFindings) -> impl IntoView {
    let facts = found.facts.into_iter().map(|fact| {
        view! { <dt>{fact.label}</dt><dd>{fact.value}</dd> }
    });
    view! {
        <p class="strong asset-summary">{found.summary}</p>
        {found.findings.into_iter().map(finding).collect_view()}
        <details class="measured">
            <summary>"What was measured"</summary>
            <dl class="facts">{facts.collect_view()}</dl>
        </details>
    }
}

fn finding(finding: Finding) -> impl IntoView {
    let class = match finding.severity {
        Severity::Violation => "badge bad",
        Severity::Caution => "badge warn",
        Severity::Info => "badge info",
    };
    view! {
        <article class="finding">
            <div class="row">
                <span class=class>{finding.severity.label()}</span>
                <h3>{finding.title}</h3>
                <span class="soft small">{finding.topic}</span>
            </div>
            {finding.detail.map(|detail| view! { <p class="strong">{detail}</p> })}
            {finding.excerpts.into_iter().map(excerpt).collect_view()}
            <p>{finding.explanation}</p>
            <p class="soft"><span class="strong">"What to do: "</span>{finding.advice}</p>
        </article>
    }
}

fn excerpt(excerpt: Excerpt) -> impl IntoView {
    view! { <blockquote>{excerpt.before}<mark>{excerpt.found}</mark>{excerpt.after}</blockquote> }
}
