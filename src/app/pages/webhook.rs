//! `/developers/webhooks/{id}`: one endpoint, what it was told, and what may be done to it.

use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};

use crate::app::layout;
use crate::app::pages::developer_tabs::{Place, tabs};
use crate::app::pages::webhook_changes::{CHANGES, changes, switch_on};
use crate::app::pages::webhook_form::{refusal, secret};
use crate::app::pages::webhooks::{kinds_words, state_badge};
use crate::app::ui::{Empty, FormProblem, Head, PageHead, Table, Time};
use crate::model::format::grouped;
use crate::model::frame::Frame;
use crate::model::webhook_pages::{
    DeliveryLine, DeliveryState, EndpointLine, EndpointState, EndpointView,
};
use crate::server_fns::webhooks::load_webhook;

const ROTATE: &str = "rotate_webhook_secret";

/// The page.
pub fn page() -> impl IntoView {
    let id = use_params_map().read_untracked().get("id").unwrap_or_default();
    let asked = |name: &str| use_query_map().with_untracked(|query| query.get(name));
    let (only, before) = (asked("only"), asked("before"));
    layout::page("Webhook", move || load_webhook(id.clone(), only.clone(), before.clone()), show)
}

fn show(view: EndpointView, frame: &Frame) -> impl IntoView + use<> {
    let line = view.line.clone();
    let (test, standing) = (test(&view), standing(&view));
    let problems = CHANGES.map(|function| view! { <FormProblem function/> }).collect_view();
    view! {
        <p class="crumbs"><a href="/developers/webhooks">"Webhooks"</a> " / " {line.name.clone()}</p>
        <PageHead title=line.name.clone() lede=line.url.clone()>
            {test}
        </PageHead>
        {tabs(Place::Webhooks, &frame.viewer)}
        {problems}
        {refusal(ROTATE)}
        {secret(ROTATE)}
        {standing}
        <div class="wide-narrow">
            {log(&view)}
            <div class="stack">
                {facts(&view)}
                {changes(view)}
            </div>
        </div>
    }
}

fn test(view: &EndpointView) -> impl IntoView + use<> {
    view! {
        <form method="post" action="/api/send_test_webhook">
            <input type="hidden" name="id" value=view.line.id.clone()/>
            <input type="hidden" name="form_key" value=view.form_key.clone()/>
            <button class="button">"Send a test event"</button>
        </form>
    }
}

/// What somebody should know before anything else.
fn standing(view: &EndpointView) -> Option<AnyView> {
    let (title, words) = match (view.line.state, &view.line.failing_since) {
        (EndpointState::On, None) => return None,
        (EndpointState::On, Some(_)) => (
            "It takes nothing",
            "What happens is sent again and again, for about three days. After three days without an answer the webhook is switched off.",
        ),
        (EndpointState::Off, _) => {
            ("It is off", "Nothing is sent, and what happens now is not kept for it.")
        }
        (EndpointState::OffFailing, _) => {
            ("It was switched off", "It took nothing for three days. What waited was given up.")
        }
        (EndpointState::OffGone, _) => {
            ("It was switched off", "It answered 410: gone for good. What waited was given up.")
        }
    };
    let since = view.line.failing_since.clone().map(|at| view! { " Since " <Time at/> "." });
    let switch = (!view.line.state.is_on()).then(|| switch_on(view));
    Some(
        view! {
            <div class="banner warn" role="status">
                <div class="stack tight">
                    <div><p class="strong">{title}</p><p>{words} {since}</p></div>
                    {switch}
                </div>
            </div>
        }
        .into_any(),
    )
}

fn facts(view: &EndpointView) -> impl IntoView + use<> {
    let line = &view.line;
    let overlap = view.overlap.clone().map(|at| {
        view! { <dt>"Secret before"</dt><dd>"signs too until " <Time at/></dd> }
    });
    view! {
        <section class="card" aria-label="About this webhook">
            <dl class="facts">
                <dt>"State"</dt><dd>{state_badge(line)}</dd>
                <dt>"Told of"</dt><dd>{told_of(line)}</dd>
                <dt>"Waiting"</dt><dd data-fact="waiting">{grouped(line.waiting)}</dd>
                <dt>"Failed"</dt><dd data-fact="failed">{grouped(line.failed)}</dd>
                {overlap}
                <dt>"Added"</dt><dd><Time at=view.created.clone() day_only=true/> " by " {view.created_by.clone()}</dd>
                <dt>"Id"</dt><dd><code class="small">{line.id.clone()}</code></dd>
            </dl>
        </section>
    }
}

fn told_of(line: &EndpointLine) -> impl IntoView + use<> {
    let title = line.kinds.to_string();
    view! { <span title=title>{kinds_words(&line.kinds)}</span> }
}

fn address(view: &EndpointView, only: Option<DeliveryState>, before: Option<&str>) -> String {
    let only = only.map(|only| format!("only={}", only.as_str()));
    let before = before.map(|before| format!("before={before}"));
    let query: Vec<String> = only.into_iter().chain(before).collect();
    let joint = if query.is_empty() { "" } else { "?" };
    format!("/developers/webhooks/{}{joint}{}", view.line.id, query.join("&"))
}

fn log(view: &EndpointView) -> impl IntoView + use<> {
    let all = [None].into_iter().chain(DeliveryState::ALL.map(Some));
    let links = all
        .map(|only| {
            let label = only.map_or("All", DeliveryState::label);
            let current = (only == view.only).then_some("page");
            view! { <a href=address(view, only, None) aria-current=current>{label}</a> }
        })
        .collect_view();
    view! {
        <section class="card flush" aria-labelledby="log-heading">
            <header><h2 id="log-heading">"Deliveries"</h2><span class="soft small">"kept for 30 days"</span></header>
            <nav class="tabs inside" aria-label="Deliveries by state">{links}</nav>
            {rows(view)}
            {pager(view)}
        </section>
    }
}

fn rows(view: &EndpointView) -> AnyView {
    if view.deliveries.is_empty() {
        let (title, words) = match view.only {
            None => ("Nothing was sent yet", "Send a test event, or wait for something to happen."),
            Some(_) => ("None in this state", "Look at all of them instead."),
        };
        return view! { <Empty title><p>{words}</p></Empty> }.into_any();
    }
    let columns = vec![
        Head::Text("Event"),
        Head::Text("State"),
        Head::Number("Attempts"),
        Head::Text("When"),
    ];
    let id = view.line.id.clone();
    let rows = view.deliveries.iter().map(|line| row(&id, line)).collect_view();
    view! { <Table label="Deliveries" caption="Deliveries, newest first" columns>{rows}</Table> }
        .into_any()
}

fn row(endpoint: &str, line: &DeliveryLine) -> impl IntoView + use<> {
    let address = format!("/developers/webhooks/{endpoint}/{}", line.id);
    let result = line.result.clone().filter(|_| line.state != DeliveryState::Delivered);
    view! {
        <tr data-delivery=line.id.clone()>
            <th scope="row"><a href=address><code>{line.kind.as_str()}</code></a></th>
            <td data-label="State">
                <span class="person">
                    <span>{delivery_badge(line.state)}</span>
                    {result.map(|result| view! { <span class="soft small">{result}</span> })}
                </span>
            </td>
            <td class="number" data-label="Attempts">{line.attempts}</td>
            <td data-label="When"><Time at=line.created.clone()/></td>
        </tr>
    }
}

/// How far a delivery is.
pub fn delivery_badge(state: DeliveryState) -> impl IntoView {
    let class = match state {
        DeliveryState::Waiting => "badge info",
        DeliveryState::Delivered => "badge good",
        DeliveryState::Failed => "badge bad",
    };
    view! { <span class=class>{state.label()}</span> }
}

fn pager(view: &EndpointView) -> impl IntoView + use<> {
    if view.next.is_none() && !view.is_later_page {
        return None;
    }
    let newest = view.is_later_page.then(|| {
        view! { <a class="button small" href=address(view, view.only, None)>"Newest"</a> }
    });
    let older = view.next.as_deref().map(|next| {
        view! { <a class="button small" href=address(view, view.only, Some(next)) rel="next">"Older"</a> }
    });
    Some(view! {
        <nav class="pager" aria-label="Pages of the log"><span>{newest}</span><span>{older}</span></nav>
    })
}
