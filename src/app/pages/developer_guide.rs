//! `/developers/guide`: from a key to the first settled hold, with the reader's own address and ids; and
//! what to know about sending requests again and about being told what happens.

use leptos::prelude::*;

use crate::app::layout;
use crate::app::pages::developer_tabs::{Place, tabs};
use crate::app::pages::webhook_guide;
use crate::app::ui::PageHead;
use crate::model::api_reference::GuideView;
use crate::model::frame::Frame;
use crate::server_fns::api_keys::load_developer_guide;

/// The page.
pub fn page() -> impl IntoView {
    layout::page("Quick start", load_developer_guide, show)
}

fn show(guide: GuideView, frame: &Frame) -> impl IntoView + use<> {
    view! {
        <PageHead title="Quick start" lede="Hold credits before the work, settle what it took after it, and never charge twice."/>
        {tabs(Place::Guide, &frame.viewer)}
        <div class="stack">
            {steps(&guide)}
            {idempotency()}
            {webhook_guide::guide()}
            {limits()}
        </div>
    }
}

fn steps(guide: &GuideView) -> impl IntoView + use<> {
    let key = if guide.is_test { "scrip_test_…" } else { "scrip_live_…" };
    let shell = format!("export SCRIP={}\nexport SCRIP_KEY={key}", guide.base);
    let balance = "curl \"$SCRIP/balance\" -H \"Authorization: Bearer $SCRIP_KEY\"".to_owned();
    let hold = post("holds", "job-1-hold", &hold_body(guide));
    let settle = post("holds/hold_…/settle", "job-1-settle", r#"{"amount": "1.5"}"#);
    let release = post("holds/hold_…/release", "job-1-release", "{}");
    view! {
        <section class="card" aria-labelledby="start-heading">
            <header>
                <h2 id="start-heading">"In four steps"</h2>
                <a href="/v1/openapi.json">"OpenAPI file"</a>
            </header>
            <ol class="walk">
                <li><p>"Say where and who. " <a href="/developers">"Keys"</a> " are made by admins."</p>{code(shell)}</li>
                <li><p>"See what there is."</p>{code(balance)}</li>
                <li>
                    <p>"Before the work: set credits aside. Nobody else can spend them, and a hold that nobody ends goes back by itself after its time."</p>
                    {code(hold)}
                </li>
                <li>
                    <p>"After the work: settle what it took, and the rest goes back. Or release all of it where the work failed."</p>
                    {code(settle)}
                    {code(release)}
                </li>
            </ol>
        </section>
    }
}

fn hold_body(guide: &GuideView) -> String {
    let department = guide.department.as_ref();
    let department = department.map(|id| format!(", \"department\": \"{id}\"")).unwrap_or_default();
    format!(
        "{{\"amount\": \"2\", \"operation\": \"{}\", \"member\": \"{}\"{department}, \"expires_in\": 900}}",
        guide.operation, guide.member
    )
}

/// A write, as a terminal sends it.
fn post(path: &str, key: &str, body: &str) -> String {
    format!(
        "curl \"$SCRIP/{path}\" -H \"Authorization: Bearer $SCRIP_KEY\" \\\n  \
         -H \"Idempotency-Key: {key}\" -H \"Content-Type: application/json\" \\\n  -d '{body}'"
    )
}

fn code(text: String) -> impl IntoView {
    view! { <pre class="code" tabindex="0"><code>{text}</code></pre> }
}

fn idempotency() -> impl IntoView {
    view! {
        <section class="card" aria-labelledby="again-heading">
            <header><h2 id="again-heading">"Sending a request again"</h2></header>
            <p>
                "Networks fail between a request and its answer. So every write carries an " <code>"Idempotency-Key"</code>
                " of your own: sent again with the same key and the same content, it is done once, and the first answer comes again with "
                <code>"Idempotent-Replayed: true"</code> "."
            </p>
            <ul class="notes after">
                <li>"Name the key after the work, not after the try: " <code>"job-1-hold"</code> ", " <code>"job-1-settle"</code> "."</li>
                <li>"A key is one of your organisation's, and never forgotten: not tomorrow and not next year."</li>
                <li>"The same key with another content is refused with 422 " <code>"idempotency_key_reused"</code> ", so a mix-up is seen and books nothing."</li>
                <li>"A refusal uses up no key: after a top-up the same request may pass."</li>
                <li>"No answer, 500 or 503: send the very same request again. It was done once or not at all."</li>
            </ul>
        </section>
    }
}

fn limits() -> impl IntoView {
    view! {
        <section class="card" aria-labelledby="limits-heading">
            <header><h2 id="limits-heading">"Good to know"</h2></header>
            <ul class="notes">
                <li>"Amounts are decimal texts with at most six places: " <code>"\"12.5\""</code> ". No floats, no rounding."</li>
                <li>"Times are RFC 3339 in UTC, to the microsecond."</li>
                <li>"Every answer says how much of its key's rate is left: " <code>"RateLimit-Limit"</code> ", " <code>"RateLimit-Remaining"</code> ", " <code>"RateLimit-Reset"</code> "."</li>
                <li>"Lists come in pages: pass " <code>"next_cursor"</code> " as " <code>"cursor"</code> " until it is null."</li>
                <li>"A field that is not known is refused with its name, so a slip of the pen is never ignored."</li>
                <li>"A hold from the balance's last credit passes; one micro-credit more is refused with 402 and the shortfall."</li>
            </ul>
        </section>
    }
}
