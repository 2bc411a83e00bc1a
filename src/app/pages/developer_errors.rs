//! `/developers/errors`: every error of the API, from the table that the API itself answers by.

use leptos::prelude::*;

use crate::app::layout;
use crate::app::pages::developer_tabs::{Place, tabs};
use crate::app::ui::{Head, PageHead, Table};
use crate::model::api_errors::{ERRORS, ErrorKind};
use crate::model::api_reference::GuideView;
use crate::model::frame::Frame;
use crate::server_fns::api_keys::load_developer_guide;

/// How an error looks.
const EXAMPLE: &str = r#"HTTP/1.1 402 Payment Required
content-type: application/problem+json

{
  "type": "urn:scrip:problem:insufficient_credits",
  "code": "insufficient_credits",
  "title": "Not enough credits",
  "detail": "3 credits needed, 1 available: 2 short.",
  "status": 402,
  "cure": "Add at least 2 credits, or wait until held credits come back.",
  "numbers": { "asked": "3", "available": "1", "shortfall": "2" },
  "links": { "buy": "…/credits/buy" }
}"#;

/// The page.
pub fn page() -> impl IntoView {
    layout::page("Errors of the API", load_developer_guide, show)
}

fn show(_guide: GuideView, frame: &Frame) -> impl IntoView + use<> {
    let columns = vec![Head::Text("Code"), Head::Number("Status"), Head::Text("Meaning")];
    let rows = ERRORS.iter().map(row).collect_view();
    view! {
        <PageHead title="Errors" lede="Every error is a problem document (RFC 9457). Go by its code, which never changes; show people its detail and its cure."/>
        {tabs(Place::Errors, &frame.viewer)}
        <div class="stack">
            <section class="card" aria-labelledby="example-heading">
                <header><h2 id="example-heading">"What one looks like"</h2></header>
                <pre class="code" tabindex="0"><code>{EXAMPLE}</code></pre>
            </section>
            <section class="card flush">
                <header><h2>"All of them"</h2></header>
                <Table label="All errors" caption="Errors of the API, by status" columns>{rows}</Table>
            </section>
        </div>
    }
}

fn row(kind: &ErrorKind) -> impl IntoView + use<> {
    view! {
        <tr id=kind.code>
            <th scope="row"><code>{kind.code}</code></th>
            <td class="number" data-label="Status">{kind.status}</td>
            <td data-label="Meaning">{kind.meaning}</td>
        </tr>
    }
}
