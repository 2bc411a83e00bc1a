//! `/credits/subscription/change`: what a change of plan would do, and the button that does it.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use crate::app::layout;
use crate::app::pages::buy::test_banner;
use crate::app::pages::credit_tabs::{CreditTab, credit_tabs};
use crate::app::ui::{FormProblem, PageHead};
use crate::model::billing::PriceTax;
use crate::model::frame::Frame;
use crate::model::subscription::{PlanPreview, PreviewOf};
use crate::server_fns::subscription::load_plan_preview;

/// The page, with `?to=` for the plan that is chosen, or `none` for the end of the plan.
pub fn page() -> impl IntoView {
    let to = use_query_map().read_untracked().get("to").unwrap_or_default();
    layout::page("Change of plan", move || load_plan_preview(to.clone()), show)
}

fn show(preview: PlanPreview, frame: &Frame) -> impl IntoView + use<> {
    let function = match preview.of {
        PreviewOf::Begin => "subscribe_plan",
        PreviewOf::Change => "change_plan",
        PreviewOf::End => "cancel_plan",
    };
    let changes = preview.of == PreviewOf::Change;
    let tax = match (preview.tax, preview.of) {
        (PriceTax::None, _) | (_, PreviewOf::End) => None,
        (PriceTax::OnTop, PreviewOf::Change) => {
            Some("What is charged today contains it; what is charged later is told without it.")
        }
        (tax, _) => Some(tax.sentence()),
    };
    let button = if preview.of == PreviewOf::End { "button danger" } else { "button primary" };
    view! {
        <PageHead title=preview.title.clone() lede="Nothing has changed yet. This is what would happen."/>
        {credit_tabs(CreditTab::Subscription, &frame.viewer)}
        <div class="stack">
            {(preview.test && preview.of != PreviewOf::End).then(test_banner)}
            <FormProblem function/>
            <section class="card" aria-label="What would happen">
                <dl class="facts">
                    <dt>"When"</dt><dd>{preview.when}</dd>
                    <dt>"Credits gained"</dt><dd>{preview.gained}</dd>
                    <dt>"Credits kept"</dt><dd>{preview.kept}</dd>
                    <dt>"Credits lost"</dt><dd>{preview.lost}</dd>
                    <dt>"Charged later"</dt><dd>{preview.charge_later}</dd>
                    <dt class="strong">"Charged today"</dt><dd class="strong" data-testid="charge-today">{preview.charge_today}</dd>
                    {tax.map(|sentence| view! { <dt>"Tax"</dt><dd>{sentence}</dd> })}
                </dl>
            </section>
            <form method="post" action=format!("/api/{function}") class="row">
                {(preview.of != PreviewOf::End).then(|| view! { <input type="hidden" name="plan" value=preview.plan/> })}
                {changes.then(|| view! { <input type="hidden" name="shown_at" value=preview.shown_at/> })}
                <input type="hidden" name="form_key" value=preview.form_key/>
                <button class=button type="submit">{preview.confirm}</button>
                <a class="button quiet" href="/credits/subscription">"Leave everything as it is"</a>
            </form>
        </div>
    }
}
