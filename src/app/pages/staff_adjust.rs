//! `/admin/organisations/{id}/adjust`: by how much one lot is corrected and why, then what that would do,
//! then the correction.

use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};

use crate::app::layout;
use crate::app::pages::staff_change::confirm;
use crate::app::ui::{Field, FormProblem, Kept, PageHead};
use crate::model::format::{credits_phrase, format_credits};
use crate::model::frame::Frame;
use crate::model::staff_console::AdjustForm;
use crate::server_fns::staff_grants::load_adjust_form;

/// The page, with `?lot=`, and with what was typed once it was checked.
pub fn page() -> impl IntoView {
    let id = use_params_map().read_untracked().get("id").unwrap_or_default();
    let query = use_query_map().read_untracked();
    let text = |name: &str| query.get(name).unwrap_or_default();
    let (lot, change, reason) = (text("lot"), text("change"), text("reason"));
    let load = move || load_adjust_form(id.clone(), lot.clone(), change.clone(), reason.clone());
    layout::page("Adjust a lot", load, show)
}

fn show(form: AdjustForm, _frame: &Frame) -> impl IntoView + use<> {
    let back = format!("/admin/organisations/{}", form.organisation);
    let until = form.expires.as_ref().map(|at| format!(", until {}", at.day));
    let lede = format!(
        "{}: {} of {} are left{}.",
        form.origin,
        format_credits(form.remaining),
        credits_phrase(form.amount),
        until.unwrap_or_default()
    );
    let preview = form.preview.clone().map(|preview| {
        let fields = vec![
            ("id", form.organisation.clone()),
            ("lot", form.lot.clone()),
            ("change", form.change.clone()),
            ("reason", form.reason.clone()),
        ];
        confirm("adjust_lot", preview, fields, form.reason.clone())
    });
    view! {
        <p class="crumbs"><a href="/admin">"Organisations"</a> " / " <a href=back>{form.organisation_name.clone()}</a> " / Adjust"</p>
        <PageHead title="Adjust a lot" lede/>
        <FormProblem function="preview_adjustment"/>
        <FormProblem function="adjust_lot"/>
        <div class="columns">{fields(form)} {preview}</div>
    }
}

fn fields(form: AdjustForm) -> impl IntoView {
    let kept = Kept::of("preview_adjustment");
    let hint = format!(
        "Such as 25 or -25. At most {} can be taken out; above {} a second member of staff has to approve.",
        format_credits(form.remaining),
        format_credits(form.two_person_above)
    );
    view! {
        <section class="card" aria-labelledby="ask-heading">
            <header><h2 id="ask-heading">"By how much, and why"</h2></header>
            <form method="post" action="/api/preview_adjustment">
                <input type="hidden" name="id" value=form.organisation/>
                <input type="hidden" name="lot" value=form.lot/>
                <Field label="Change in credits" name="change" kept=kept.clone() start=form.change hint max_length=24/>
                <Field label="Reason" name="reason" kept start=form.reason hint="The people of the organisation read it." max_length=300/>
                <p class="after"><button class="button">"Show what it does"</button></p>
            </form>
        </section>
    }
}
