//! Auto top-up's form, and what the choice in it would do.

use leptos::prelude::*;

use crate::app::ui::field::described_by;
use crate::app::ui::{Kept, Time};
use crate::model::auto_top_up::{AutoTopUpView, TopUpChoice};
use crate::model::format::{credits_phrase, format_money};

/// What is wrong with a field of the form, wherever that was found out.
#[derive(Clone, Debug)]
struct Messages {
    view: Vec<crate::model::FieldProblem>,
    kept: Kept,
}

impl Messages {
    fn of(&self, field: &str) -> Option<String> {
        let found = self.view.iter().find(|problem| problem.field == field);
        found.map(|problem| problem.message.clone()).or_else(|| self.kept.message(field))
    }
}

/// The form: its button shows what would happen, and nothing is switched on by it.
pub fn form(view: &AutoTopUpView) -> impl IntoView + use<> {
    let messages = Messages { view: view.problems.clone(), kept: Kept::of("switch_on_top_up") };
    let choice = view.choice.clone();
    let heading = if view.status.is_on { "Change it" } else { "Set it up" };
    let options = view
        .offers
        .iter()
        .map(|offer| {
            view! { <option value=offer.code.clone() selected=offer.code == choice.buys>{offer.label.clone()}</option> }
        })
        .collect_view();
    let own = view.own_hint.clone().map(|hint| {
        let hint = format!("For an own number, or the balance to fill up to. {hint}.");
        number("Credits", "credits", &choice.credits, hint, false, &messages)
    });
    let cap = format!("Monthly limit in {}", view.currency);
    let below = "It buys when fewer credits than this are available.".to_owned();
    let limit =
        "The most that is spent by itself in a calendar month. There is always a limit.".to_owned();
    let wrong = messages.of("buys");
    view! {
        <section class="card" aria-labelledby="top-up-form-heading">
            <header><h3 id="top-up-form-heading">{heading}</h3></header>
            <form method="get" action="/settings/billing#auto-top-up" class="columns">
                {number("Buy when fewer are available than", "threshold", &choice.threshold, below, true, &messages)}
                <div class="field">
                    <label for="buys">"Buy"</label>
                    <select id="buys" name="buys" aria-invalid=wrong.is_some().then_some("true")>{options}</select>
                    {wrong.map(|message| view! { <span class="wrong" id="buys-wrong">{message}</span> })}
                </div>
                {own}
                {number(&cap, "cap", &choice.cap, limit, true, &messages)}
                <div class="row">
                    <button class="button" type="submit">"Show what would happen"</button>
                </div>
            </form>
        </section>
    }
}

fn number(
    label: &str,
    name: &'static str,
    value: &str,
    hint: String,
    required: bool,
    messages: &Messages,
) -> impl IntoView + use<> {
    let wrong = messages.of(name);
    let described = described_by(name, true, wrong.is_some());
    view! {
        <div class="field">
            <label for=name>{label.to_owned()}</label>
            <input id=name name=name type="text" inputmode="decimal" autocomplete="off" maxlength="16" required=required value=value.to_owned()
                aria-invalid=wrong.is_some().then_some("true") aria-describedby=described/>
            <span class="hint" id=format!("{name}-hint")>{hint}</span>
            {wrong.map(|message| view! { <span class="wrong" id=format!("{name}-wrong")>{message}</span> })}
        </div>
    }
}

/// What the choice would do, and the button that switches it on.
pub fn preview(view: &AutoTopUpView) -> Option<impl IntoView + use<>> {
    let shown = view.preview.clone()?;
    let has_card = view.card.as_ref().is_some_and(|card| !card.is_expired);
    let button = if view.status.is_on { "Save these terms" } else { "Switch auto top-up on" };
    let days =
        shown.purchases.iter().cloned().map(|at| view! { <li><Time at/></li> }).collect_view();
    let switch = if has_card {
        switch_on(&view.choice, view.version, button).into_any()
    } else {
        view! { <p class="strong">"Save a card first; then this can be switched on."</p> }
            .into_any()
    };
    Some(view! {
        <section class="ticket stack tight" aria-label="What would happen" data-testid="top-up-preview">
            <h3>"What would happen"</h3>
            <p>{shown.summary}</p>
            <dl>
                <dt>{format!("In {}", shown.month)}</dt>
                <dd class="sum" data-testid="last-month">{format!("{} for {}", credits_phrase(shown.credits), format_money(&shown.cost))}</dd>
            </dl>
            <p class="small" data-testid="last-month-words">{shown.last_month}</p>
            {(!shown.purchases.is_empty()).then(|| view! {
                <details><summary class="small">"When"</summary><ul class="small">{days}</ul></details>
            })}
            <p class="small soft">"By the balances that the journal has. Work that was refused for want of credits is not in it."</p>
            <div class="tear"></div>
            <p><b>"Would it buy right now? "</b><span data-testid="charges-now">{shown.now}</span></p>
            {switch}
        </section>
    })
}

fn switch_on(choice: &TopUpChoice, version: i64, button: &'static str) -> impl IntoView + use<> {
    let choice = choice.clone();
    view! {
        <form method="post" action="/api/switch_on_top_up">
            <input type="hidden" name="threshold" value=choice.threshold/>
            <input type="hidden" name="buys" value=choice.buys/>
            <input type="hidden" name="credits" value=choice.credits/>
            <input type="hidden" name="cap" value=choice.cap/>
            <input type="hidden" name="version" value=version.to_string()/>
            <button class="button primary" type="submit">{button}</button>
        </form>
    }
}
