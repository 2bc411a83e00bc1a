//! `/admin/organisations/{id}/grant`: how many credits of which kind and why, then what that would do,
//! then the grant.

use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};

use crate::app::layout;
use crate::app::pages::staff_change::confirm;
use crate::app::ui::{Field, FormProblem, Kept, PageHead};
use crate::model::format::{credits_phrase, format_credits};
use crate::model::frame::Frame;
use crate::model::staff_console::GrantForm;
use crate::server_fns::staff_grants::load_grant_form;

/// The page, with what was typed once it was checked.
pub fn page() -> impl IntoView {
    let id = use_params_map().read_untracked().get("id").unwrap_or_default();
    let query = use_query_map().read_untracked();
    let text = |name: &str| query.get(name).unwrap_or_default();
    let (amount, source) = (text("amount"), text("source"));
    let (expires, reason) = (text("expires"), text("reason"));
    let load = move || {
        let (amount, source) = (amount.clone(), source.clone());
        load_grant_form(id.clone(), amount, source, expires.clone(), reason.clone())
    };
    layout::page("Grant credits", load, show)
}

fn show(form: GrantForm, _frame: &Frame) -> impl IntoView + use<> {
    let back = format!("/admin/organisations/{}", form.organisation);
    let owed = form.owed.is_positive().then(|| format!(", and owes {}", format_credits(form.owed)));
    let lede = format!(
        "{} has {} available{}.",
        form.organisation_name,
        credits_phrase(form.available),
        owed.unwrap_or_default()
    );
    let asked = form.asked.clone();
    let preview = form.preview.clone().map(|preview| {
        let fields = vec![
            ("id", form.organisation.clone()),
            ("amount", asked.amount.clone()),
            ("source", asked.source.clone()),
            ("expires", asked.expires.clone()),
            ("reason", asked.reason.clone()),
        ];
        confirm("give_credits", preview, fields, asked.reason.clone())
    });
    view! {
        <p class="crumbs"><a href="/admin">"Organisations"</a> " / " <a href=back>{form.organisation_name.clone()}</a> " / Grant"</p>
        <PageHead title="Grant credits" lede/>
        <FormProblem function="preview_grant"/>
        <FormProblem function="give_credits"/>
        <div class="columns">{fields(form)} {preview}</div>
    }
}

fn fields(form: GrantForm) -> impl IntoView {
    let kept = Kept::of("preview_grant");
    let asked = form.asked;
    let chosen = kept.value("source", &asked.source);
    let options = form
        .sources
        .into_iter()
        .map(|source| {
            let selected = source.value == chosen;
            view! { <option value=source.value selected=selected>{source.label}</option> }
        })
        .collect_view();
    let wrong = kept.message("source");
    let hint = format!(
        "Above {} a second member of staff has to approve.",
        credits_phrase(form.two_person_above)
    );
    view! {
        <section class="card" aria-labelledby="ask-heading">
            <header><h2 id="ask-heading">"How much, and why"</h2></header>
            <form method="post" action="/api/preview_grant">
                <input type="hidden" name="id" value=form.organisation/>
                <Field label="Credits" name="amount" kept=kept.clone() start=asked.amount hint max_length=24/>
                <div class="field">
                    <label for="source">"Kind"</label>
                    <select id="source" name="source" aria-invalid=wrong.is_some().then_some("true")>{options}</select>
                    {wrong.map(|message| view! { <span class="wrong">{message}</span> })}
                </div>
                <Field label="Last day" name="expires" kind="date" kept=kept.clone() start=asked.expires required=false
                    hint="In the organisation's time zone. Leave it empty for credits that never expire."/>
                <Field label="Reason" name="reason" kept start=asked.reason hint="The people of the organisation read it." max_length=300/>
                <p class="after"><button class="button">"Show what it does"</button></p>
            </form>
        </section>
    }
}
