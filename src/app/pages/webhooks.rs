//! `/developers/webhooks`: where programs are told of what happens, and the form that adds another place.

use leptos::prelude::*;

use crate::app::layout;
use crate::app::pages::developer_tabs::{Place, tabs};
use crate::app::pages::webhook_form::{Start, fields, refusal, secret};
use crate::app::ui::{Empty, Head, Kept, PageHead, TableCard, Time};
use crate::model::format::grouped;
use crate::model::frame::Frame;
use crate::model::webhook_pages::{EndpointLine, EndpointState, WebhooksView};
use crate::model::webhooks::{Kinds, MOST_ENDPOINTS, SECRET_ISSUED};
use crate::server_fns::webhooks::load_webhooks;

const CREATE: &str = "create_webhook";

/// The page.
pub fn page() -> impl IntoView {
    layout::page("Webhooks", load_webhooks, show)
}

fn show(view: WebhooksView, frame: &Frame) -> impl IntoView + use<> {
    let lede = "Your programs are told what happens, as it happens: each event is one signed POST.";
    view! {
        <PageHead title="Webhooks" lede/>
        {tabs(Place::Webhooks, &frame.viewer)}
        {secret(CREATE)}
        <div class="stack">
            {endpoints(view.endpoints)}
            {create(view.form_key, view.private_allowed)}
        </div>
    }
}

fn endpoints(endpoints: Vec<EndpointLine>) -> impl IntoView {
    if endpoints.is_empty() {
        return view! {
            <section class="card">
                <Empty title="No webhooks yet">
                    <p>"Add the address where your program listens. Its signing secret is shown once."</p>
                    <p><a href="/developers/guide#webhooks">"How to verify an event"</a></p>
                </Empty>
            </section>
        }
        .into_any();
    }
    let columns = vec![
        Head::Text("Name"),
        Head::Text("State"),
        Head::Text("Told of"),
        Head::Text("Last event"),
        Head::Number("Waiting"),
        Head::Number("Failed"),
    ];
    let rows: Vec<_> = endpoints.into_iter().map(row).collect();
    view! { <TableCard heading="Who listens" order="oldest first" columns rows none=""/> }
        .into_any()
}

fn row(line: EndpointLine) -> impl IntoView {
    let last = match line.last.clone() {
        Some((kind, at)) => view! {
            <span class="person"><code>{kind.as_str()}</code> <span class="soft small"><Time at/></span></span>
        }
        .into_any(),
        None => view! { <span class="soft">"None yet"</span> }.into_any(),
    };
    view! {
        <tr data-webhook=line.id.clone()>
            <th scope="row">
                <span class="person">
                    <a href=format!("/developers/webhooks/{}", line.id)>{line.name.clone()}</a>
                    <span class="soft small hash">{line.url.clone()}</span>
                </span>
            </th>
            <td data-label="State">{state_badge(&line)}</td>
            <td data-label="Told of">{kinds_words(&line.kinds)}</td>
            <td data-label="Last event">{last}</td>
            <td class="number" data-label="Waiting">{grouped(line.waiting)}</td>
            <td class="number" data-label="Failed">{grouped(line.failed)}</td>
        </tr>
    }
}

/// How an endpoint stands, in one or two words.
pub fn state_badge(line: &EndpointLine) -> impl IntoView + use<> {
    let (class, words) = match (line.state, &line.failing_since) {
        (EndpointState::On, None) => ("badge good", "On"),
        (EndpointState::On, Some(_)) => ("badge warn", "Takes nothing"),
        (EndpointState::Off, _) => ("badge", "Off"),
        (EndpointState::OffFailing, _) => ("badge bad", "Switched off"),
        (EndpointState::OffGone, _) => ("badge bad", "Gone"),
    };
    view! { <span class=class data-testid="state">{words}</span> }
}

/// What an endpoint is told of, in a few words.
pub fn kinds_words(kinds: &Kinds) -> String {
    match kinds {
        Kinds::Everything => "Everything".to_owned(),
        Kinds::Chosen(kinds) => match kinds.as_slice() {
            [one] => one.to_string(),
            [one, two] => format!("{one}, {two}"),
            [one, rest @ ..] => format!("{one} and {} more", rest.len()),
            [] => "Nothing".to_owned(),
        },
    }
}

fn create(form_key: Option<String>, private_allowed: bool) -> impl IntoView {
    let Some(form_key) = form_key else {
        let full = format!("{MOST_ENDPOINTS} webhooks are the most that an organisation has.");
        return view! { <section class="card"><h2>"Add a webhook"</h2><p class="soft">{full}</p></section> }
            .into_any();
    };
    let kept = Kept::of(CREATE);
    let is_issued = kept.problem().is_some_and(|one| one.code == SECRET_ISSUED);
    let kept = if is_issued { Kept::default() } else { kept };
    view! {
        <section class="card" aria-labelledby="create-heading">
            <header>
                <h2 id="create-heading">"Add a webhook"</h2>
                <a href="/developers/guide#webhooks">"How to verify an event"</a>
            </header>
            {refusal(CREATE)}
            <form method="post" action="/api/create_webhook" class="stack tight">
                <input type="hidden" name="form_key" value=form_key/>
                {fields(kept, Start::new_one(), private_allowed)}
                <p><button class="button primary">"Add the webhook"</button></p>
            </form>
        </section>
    }
    .into_any()
}
