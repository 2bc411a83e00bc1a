//! `/developers/webhooks/{id}/{delivery}`: one delivery to the letter, and how each attempt went.

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use crate::app::layout;
use crate::app::pages::developer_tabs::{Place, tabs};
use crate::app::pages::webhook::delivery_badge;
use crate::app::ui::{FormProblem, Head, PageHead, TableCard, Time};
use crate::model::frame::Frame;
use crate::model::webhook_pages::{AttemptLine, DeliveryState, DeliveryView};
use crate::server_fns::webhooks::load_webhook_delivery;

/// The page.
pub fn page() -> impl IntoView {
    let asked = |name: &str| use_params_map().read_untracked().get(name).unwrap_or_default();
    let (id, delivery) = (asked("id"), asked("delivery"));
    layout::page("Delivery", move || load_webhook_delivery(id.clone(), delivery.clone()), show)
}

fn show(view: DeliveryView, frame: &Frame) -> impl IntoView + use<> {
    let back = format!("/developers/webhooks/{}", view.endpoint);
    let (lede, replay) = (view.line.kind.sentence(), replay(&view));
    view! {
        <p class="crumbs">
            <a href="/developers/webhooks">"Webhooks"</a> " / "
            <a href=back>{view.endpoint_name.clone()}</a> " / " {view.line.kind.as_str()}
        </p>
        <PageHead title=view.line.kind.as_str() lede>{replay}</PageHead>
        {tabs(Place::Webhooks, &frame.viewer)}
        <FormProblem function="replay_webhook"/>
        <div class="wide-narrow">
            <div class="stack">
                {attempts(&view)}
                <section class="card" aria-labelledby="body-heading">
                    <header><h2 id="body-heading">"What is sent"</h2></header>
                    <pre class="code" tabindex="0"><code>{view.body.clone()}</code></pre>
                </section>
            </div>
            {facts(view)}
        </div>
    }
}

/// Sends it again, where it is over and its endpoint is on.
fn replay(view: &DeliveryView) -> Option<AnyView> {
    if view.line.state == DeliveryState::Waiting || !view.is_on {
        return None;
    }
    let form = view! {
        <form method="post" action="/api/replay_webhook">
            <input type="hidden" name="id" value=view.endpoint.clone()/>
            <input type="hidden" name="delivery" value=view.line.id.clone()/>
            <input type="hidden" name="attempts" value=view.line.attempts/>
            <button class="button">"Send it again"</button>
        </form>
    };
    Some(form.into_any())
}

fn facts(view: DeliveryView) -> impl IntoView {
    let next = view.line.next_try.map(|at| {
        view! { <dt>"Next try"</dt><dd><Time at/></dd> }
    });
    let result = view.line.result.map(|result| view! { <dt>"Last result"</dt><dd>{result}</dd> });
    let about = view.address.map(|address| {
        view! { <dt>"It tells of"</dt><dd><a href=address>"See it here"</a></dd> }
    });
    view! {
        <section class="card" aria-label="About this delivery">
            <dl class="facts">
                <dt>"State"</dt><dd data-fact="state">{delivery_badge(view.line.state)}</dd>
                {result}
                {next}
                {about}
                <dt>"Sent to"</dt><dd>{view.url}</dd>
                <dt>"Written down"</dt><dd><Time at=view.line.created/></dd>
                <dt>"webhook-id"</dt><dd><code class="small">{view.line.id}</code></dd>
            </dl>
        </section>
    }
}

fn attempts(view: &DeliveryView) -> impl IntoView + use<> {
    let columns =
        vec![Head::Number("No."), Head::Text("When"), Head::Text("Answer"), Head::Number("Took")];
    let rows: Vec<_> = view.attempts.iter().cloned().map(attempt).collect();
    let none = "It was not sent yet.";
    view! { <TableCard heading="Attempts" order="newest first" columns rows none/> }
}

fn attempt(line: AttemptLine) -> impl IntoView {
    let class = if line.is_taken() { "badge good" } else { "badge bad" };
    let status = line.status.map(|status| view! { <span><span class=class>{status}</span></span> });
    let problem = line.problem.clone().map(|problem| view! { <span>{problem}</span> });
    let nothing = (line.took.is_none()).then(|| {
        view! { <span class="soft">"Under way, or cut off before an answer was written down"</span> }
    });
    let answer = line.answer.clone().map(|answer| {
        view! {
            <details>
                <summary class="small">"How it answered"</summary>
                <pre class="code" tabindex="0"><code>{answer}</code></pre>
            </details>
        }
    });
    view! {
        <tr>
            <th scope="row" class="number">{line.number}</th>
            <td data-label="When"><Time at=line.began/></td>
            <td data-label="Answer"><span class="person">{status} {problem} {nothing} {answer}</span></td>
            <td class="number" data-label="Took">{line.took}</td>
        </tr>
    }
}
