//! What a grant or a correction would do, and the button that does it: shared by the two forms.

use leptos::prelude::*;

use crate::app::ui::{Kept, Time};
use crate::model::format::{credits_phrase, format_credits, format_signed_credits};
use crate::model::staff_console::ChangePreview;

/// The preview with the form that confirms; `fields` are what it sends beside the form's key.
pub fn confirm(
    function: &str,
    preview: ChangePreview,
    fields: Vec<(&'static str, String)>,
    reason: String,
) -> impl IntoView + use<> {
    let form_key = Kept::of(function).value("form_key", &preview.form_key);
    let action = format!("/api/{function}");
    let hidden = fields
        .into_iter()
        .map(|(name, value)| view! { <input type="hidden" name=name value=value/> })
        .collect_view();
    let repaid = preview.repaid.is_positive().then(|| {
        view! { <dt>"Pays what is owed"</dt><dd>{format_credits(preview.repaid)}</dd> }
    });
    let expires =
        preview.expires.map(|at| view! { <dt>"May be spent until"</dt><dd><Time at/></dd> });
    let second = preview.needs_second.then(|| {
        view! {
            <p class="banner warn after"><span>"This is above the limit for one person: it waits until a second member of staff has approved it."</span></p>
        }
    });
    let down = preview.credits.is_negative();
    let size =
        if down { preview.credits.checked_neg().unwrap_or_default() } else { preview.credits };
    let button = match (preview.needs_second, down) {
        (true, _) => "Ask for approval".to_owned(),
        (false, true) => format!("Take out {}", credits_phrase(size)),
        (false, false) => format!("Add {}", credits_phrase(size)),
    };
    let class = if down { "button danger" } else { "button primary" };
    view! {
        <section class="ticket" aria-labelledby="preview-heading" data-testid="change-preview">
            <h2 id="preview-heading">"What it does"</h2>
            <dl class="after">
                <dt>"Available now"</dt><dd>{format_credits(preview.available_now)}</dd>
                <dt>"Change"</dt><dd>{format_signed_credits(preview.credits)}</dd>
                {repaid}
                {expires}
                <div class="tear"></div>
                <dt class="sum">"Available afterwards"</dt><dd class="sum">{format_credits(preview.available)}</dd>
            </dl>
            <p class="small soft after">"The organisation reads in its history: “" {reason} "”, with your name."</p>
            {second}
            <form class="after" method="post" action=action>
                {hidden}
                <input type="hidden" name="form_key" value=form_key/>
                <button class=class>{button}</button>
            </form>
        </section>
    }
}
