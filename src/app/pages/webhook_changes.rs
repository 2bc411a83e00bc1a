//! The part of a webhook's page with what may be done to it: each a small form behind its name.

use leptos::prelude::*;

use crate::app::pages::webhook_form::{Start, fields};
use crate::app::ui::Kept;
use crate::model::format::count_phrase;
use crate::model::webhook_pages::EndpointView;
use crate::model::webhooks::OVERLAP_HOURS;

/// The functions whose refusals stand above the page.
pub const CHANGES: [&str; 5] = [
    "change_webhook",
    "switch_webhook",
    "delete_webhook",
    "send_test_webhook",
    "replay_failed_webhooks",
];

/// Everything that may be done, the most usual first.
pub fn changes(view: EndpointView) -> impl IntoView {
    let is_on = view.line.state.is_on();
    view! {
        <section class="card" aria-labelledby="changes-heading">
            <header><h2 id="changes-heading">"Change it"</h2></header>
            <div class="stack tight">
                {is_on.then(|| replay(&view))}
                {settings(&view)}
                {rotation(&view)}
                {is_on.then(|| switch_off(&view))}
                {deletion(&view)}
            </div>
        </section>
    }
}

fn replay(view: &EndpointView) -> impl IntoView + use<> {
    let kept = Kept::of("replay_failed_webhooks");
    let is_open = kept.problem().is_some();
    let since = kept.value("since", &view.an_hour_ago);
    view! {
        <details open=is_open>
            <summary class="button small wide">"Send failed ones again"</summary>
            <form class="stack tight after" method="post" action="/api/replay_failed_webhooks">
                <input type="hidden" name="id" value=view.line.id.clone()/>
                <div class="field">
                    <label for="since">"Everything that failed and happened since"</label>
                    <input id="since" name="since" type="datetime-local" value=since required/>
                </div>
                <p><button class="button small primary">"Send them again"</button></p>
            </form>
        </details>
    }
}

fn settings(view: &EndpointView) -> impl IntoView + use<> {
    let kept = Kept::of("change_webhook");
    let is_open = kept.problem().is_some();
    let line = &view.line;
    let start = Start { name: line.name.clone(), url: line.url.clone(), kinds: line.kinds.clone() };
    view! {
        <details open=is_open>
            <summary class="button small wide">"Name, address, events"</summary>
            <form class="stack tight after" method="post" action="/api/change_webhook">
                <input type="hidden" name="id" value=line.id.clone()/>
                <input type="hidden" name="version" value=view.version/>
                {fields(kept, start, view.private_allowed)}
                <p><button class="button small primary">"Save"</button></p>
            </form>
        </details>
    }
}

fn rotation(view: &EndpointView) -> impl IntoView + use<> {
    let words = format!(
        "A new secret is shown once. For {OVERLAP_HOURS} hours the secret of now signs as well, so \
         nothing is missed while your program changes over."
    );
    view! {
        <details>
            <summary class="button small wide">"Rotate the secret"</summary>
            <form class="stack tight after" method="post" action="/api/rotate_webhook_secret">
                <input type="hidden" name="id" value=view.line.id.clone()/>
                <input type="hidden" name="rotation" value=view.rotation/>
                <p class="small soft">{words}</p>
                <p><button class="button small primary">"Make a new secret"</button></p>
            </form>
        </details>
    }
}

fn switch_off(view: &EndpointView) -> impl IntoView + use<> {
    view! {
        <details>
            <summary class="button small wide">"Switch off"</summary>
            <form class="stack tight after" method="post" action="/api/switch_webhook">
                <input type="hidden" name="id" value=view.line.id.clone()/>
                <input type="hidden" name="to" value="off"/>
                <p class="small soft">"Nothing is sent any more, and what waits is given up."</p>
                <p><button class="button small danger">"Switch it off"</button></p>
            </form>
        </details>
    }
}

/// Switches it on again, with what it missed where that is wanted.
pub fn switch_on(view: &EndpointView) -> impl IntoView + use<> {
    let missed = (view.missed > 0).then(|| {
        let count = count_phrase(view.missed, "transaction was", "transactions were");
        view! {
            <label class="check">
                <input type="checkbox" name="missed" value="yes"/>
                <span>{format!("Also tell it what it missed: {count} booked meanwhile")}</span>
            </label>
        }
    });
    view! {
        <form class="stack tight" method="post" action="/api/switch_webhook">
            <input type="hidden" name="id" value=view.line.id.clone()/>
            <input type="hidden" name="to" value="on"/>
            {missed}
            <p><button class="button small primary">"Switch it on"</button></p>
        </form>
    }
}

/// Asks for the name before it deletes, without a script.
fn deletion(view: &EndpointView) -> impl IntoView + use<> {
    let kept = Kept::of("delete_webhook");
    let is_open = kept.problem().is_some();
    let wrong = kept.message("confirm");
    let name = view.line.name.clone();
    view! {
        <details open=is_open>
            <summary class="button small danger wide">"Delete"</summary>
            <form class="stack tight after" method="post" action="/api/delete_webhook">
                <input type="hidden" name="id" value=view.line.id.clone()/>
                <div class="field">
                    <label for="confirm">"It goes with its log. Type its name, " <span class="strong">{name.clone()}</span></label>
                    <input id="confirm" name="confirm" required autocomplete="off"
                        aria-invalid=wrong.is_some().then_some("true")/>
                    {wrong.map(|message| view! { <span class="wrong">{message}</span> })}
                </div>
                <p><button class="button small danger">{format!("Delete {name}")}</button></p>
            </form>
        </details>
    }
}
