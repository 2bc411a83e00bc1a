//! `/developers/reference`: every route of the API, as its OpenAPI file describes it, and every event.

use leptos::prelude::*;

use crate::app::layout;
use crate::app::pages::developer_tabs::{Place, tabs};
use crate::app::pages::webhook_guide;
use crate::app::ui::PageHead;
use crate::model::api_reference::{
    ReferenceAnswer, ReferenceField, ReferenceGroup, ReferenceRoute, ReferenceView,
};
use crate::model::frame::Frame;
use crate::server_fns::api_keys::load_api_reference;

/// The page.
pub fn page() -> impl IntoView {
    layout::page("API reference", load_api_reference, show)
}

fn show(view: ReferenceView, frame: &Frame) -> impl IntoView + use<> {
    let contents = view.groups.iter().map(contents).collect_view();
    let groups = view.groups.into_iter().map(group).collect_view();
    view! {
        <PageHead title="API reference" lede="Made from the OpenAPI file, which is made from the code that answers.">
            <a class="button" href="/v1/openapi.json">"OpenAPI file"</a>
        </PageHead>
        {tabs(Place::Reference, &frame.viewer)}
        <div class="stack">
            <section class="card" aria-labelledby="contents-heading">
                <header><h2 id="contents-heading">"Routes"</h2><code>{view.base}</code></header>
                <div class="columns">
                    {contents}
                    <div><h3>"Webhooks"</h3><ul class="plain"><li class="roomy"><a href="#events">"Every event"</a></li></ul></div>
                </div>
            </section>
            {groups}
            {webhook_guide::events()}
        </div>
    }
}

fn contents(group: &ReferenceGroup) -> impl IntoView + use<> {
    let links = group
        .routes
        .iter()
        .map(|route| {
            let (address, method) = (format!("#{}", route.anchor), route.method.clone());
            view! { <li class="roomy"><a href=address><code>{method} " " {route.path.clone()}</code></a></li> }
        })
        .collect_view();
    view! { <div><h3>{group.name.clone()}</h3><ul class="plain">{links}</ul></div> }
}

fn group(group: ReferenceGroup) -> impl IntoView {
    let routes = group.routes.into_iter().map(route).collect_view();
    view! {
        <section class="stack tight">
            <div><h2>{group.name}</h2><p class="soft">{group.description}</p></div>
            {routes}
        </section>
    }
}

fn route(route: ReferenceRoute) -> impl IntoView {
    let scope = route.scope.map(|scope| view! { <span class="badge">{scope}</span> });
    let answers = route.answers.into_iter().map(answer).collect_view();
    view! {
        <article class="card route" id=route.anchor>
            <header>
                <h3><code>{route.method} " " {route.path}</code></h3>
                {scope}
            </header>
            <p class="strong">{route.summary}</p>
            {(!route.description.is_empty()).then(|| view! { <p class="soft">{route.description}</p> })}
            <pre class="code" tabindex="0"><code>{route.example}</code></pre>
            {fields("Parameters", route.parameters)}
            {fields("Body", route.body)}
            <h4>"Answers"</h4>
            {answers}
            <p class="answer soft">"4xx and 5xx: a problem, see " <a href="/developers/errors">"Errors"</a> "."</p>
        </article>
    }
}

fn answer(answer: ReferenceAnswer) -> impl IntoView {
    let summary = view! { <span class="strong">{answer.status}</span> " " {answer.description} };
    if answer.fields.is_empty() {
        return view! { <p class="answer">{summary}</p> }.into_any();
    }
    view! {
        <details class="answer">
            <summary>{summary}</summary>
            {fields("", answer.fields)}
        </details>
    }
    .into_any()
}

fn fields(heading: &'static str, fields: Vec<ReferenceField>) -> impl IntoView {
    (!fields.is_empty()).then(|| {
        let rows = fields.into_iter().map(field).collect_view();
        view! {
            {(!heading.is_empty()).then(|| view! { <h4>{heading}</h4> })}
            <dl class="fields">{rows}</dl>
        }
    })
}

fn field(field: ReferenceField) -> impl IntoView {
    let place = (!field.place.is_empty()).then(|| format!("{} · ", field.place));
    let required = field.required.then(|| view! { " · " <span class="strong">"required"</span> });
    view! {
        <div>
            <dt><code>{field.name}</code> <span class="soft small">" " {place} {field.kind} {required}</span></dt>
            <dd>{field.description}</dd>
        </div>
    }
}
