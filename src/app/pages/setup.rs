//! `/setup?token=…`: the first run, for whoever reads the log: the owner and their organisation.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use crate::app::layout;
use crate::app::ui::{Field, FormProblem, Kept};
use crate::model::session::{PASSWORD_LEAST, PASSWORD_MOST, SetupView};
use crate::server_fns::setup::setup_form;

/// The function that the form posts to.
const FUNCTION: &str = "complete_setup";
/// The zone that is chosen at first.
const FIRST_ZONE: &str = "UTC";

/// The page.
pub fn page() -> impl IntoView {
    let query = use_query_map();
    let token = query.with_untracked(|query| query.get("token")).unwrap_or_default();
    let kept = Kept::of(FUNCTION);
    let asked = token.clone();
    layout::plain_page_of(
        "Set up",
        move || setup_form(asked.clone()),
        move |view: SetupView| show(view, token.clone(), kept.clone()),
    )
}

fn show(view: SetupView, token: String, kept: Kept) -> impl IntoView {
    let password =
        format!("At least {PASSWORD_LEAST} characters; a few words are better than a few signs.");
    view! {
        <section class="card" aria-labelledby="setup-heading">
            <header><h1 id="setup-heading">"Set up Scrip"</h1></header>
            <p class="soft">
                "You become the first superadmin. Credits are those of the catalogue “" {view.catalogue}
                "”, priced in " {view.currency} "."
            </p>
            <div class="after"><FormProblem function=FUNCTION/></div>
            <form class="after" method="post" action="/api/complete_setup">
                <input type="hidden" name="token" value=token/>
                <Field label="Organisation" name="organisation" kept=kept.clone() autocomplete="organization"/>
                {zone_field(view.time_zones, &kept)}
                <Field label="Your name" name="name" kept=kept.clone() autocomplete="name"/>
                <Field label="Mail address" name="email" kind="email" kept=kept.clone() autocomplete="username"
                    hint="You sign in with it."/>
                <Field label="Password" name="password" kind="password" kept=kept autocomplete="new-password"
                    hint=password max_length=PASSWORD_MOST as u32/>
                <button class="button primary wide after">"Create the organisation"</button>
            </form>
        </section>
    }
}

fn zone_field(zones: Vec<String>, kept: &Kept) -> impl IntoView + use<> {
    let chosen = kept.value("time_zone", FIRST_ZONE);
    let wrong = kept.message("time_zone");
    let options = zones
        .into_iter()
        .map(|zone| {
            let selected = zone == chosen;
            view! { <option selected=selected>{zone}</option> }
        })
        .collect_view();
    view! {
        <div class="field">
            <label for="time_zone">"Time zone"</label>
            <select id="time_zone" name="time_zone" aria-describedby="time_zone-hint" aria-invalid=wrong.is_some().then_some("true")>
                {options}
            </select>
            <span class="hint" id="time_zone-hint">"Days, months and years of usage begin at midnight there."</span>
            {wrong.map(|message| view! { <span class="wrong">{message}</span> })}
        </div>
    }
}
