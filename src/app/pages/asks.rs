//! `/team/asks`: what members ask for, and the admins' answers.

use leptos::prelude::*;

use crate::app::layout;
use crate::app::pages::ask_parts::{asked, one};
use crate::app::ui::{Empty, FormProblem, Kept, PageHead};
use crate::model::asks::{AskLine, AskState, AsksPage, LONGEST_MESSAGE};
use crate::model::format::credits_phrase;
use crate::model::frame::Frame;
use crate::model::permission::Action;
use crate::server_fns::asks::load_asks;

const FUNCTION: &str = "answer_ask";

/// The page.
pub fn page() -> impl IntoView {
    layout::page("Requests", load_asks, show)
}

fn show(page: AsksPage, frame: &Frame) -> impl IntoView + use<> {
    let may_allot = frame.viewer.may(Action::ManageDepartments);
    let lede = format!(
        "What members ask for. {} are available to everybody now.",
        credits_phrase(page.available)
    );
    let waiting = if page.open.is_empty() {
        view! { <Empty title="Nobody waits"><p>"When somebody asks for credits, you are told, and answer here."</p></Empty> }
            .into_any()
    } else {
        let rows = page.open.into_iter().map(open).collect_view();
        view! { <ul class="alerts">{rows}</ul> }.into_any()
    };
    let answered = (!page.answered.is_empty()).then(|| {
        view! {
            <section class="card flush" aria-labelledby="answered-heading">
                <header><h2 id="answered-heading">"Answered"</h2></header>
                {asked(page.answered, true)}
            </section>
        }
    });
    view! {
        <PageHead title="Requests" lede>
            <a class="button primary" href="/credits/buy">"Buy credits"</a>
            {may_allot.then(|| view! { <a class="button" href="/team/departments">"Departments"</a> })}
        </PageHead>
        <div class="stack">
            <FormProblem function=FUNCTION/>
            <section class="card flush" aria-labelledby="open-heading">
                <header><h2 id="open-heading">"To be answered"</h2></header>
                {waiting}
            </section>
            {answered}
        </div>
    }
}

fn open(ask: AskLine) -> impl IntoView {
    let (id, field) = (ask.id.clone(), format!("answer-{}", ask.id));
    let kept = Kept::of(FUNCTION);
    let typed = if kept.value("id", "") == id { kept.value("answer", "") } else { String::new() };
    view! {
        <li data-testid="ask">
            {one(ask, true)}
            <form method="post" action=format!("/api/{FUNCTION}") class="inline-form">
                <input type="hidden" name="id" value=id/>
                <div class="field">
                    <label for=field.clone()>"Answer"</label>
                    <input id=field name="answer" value=typed maxlength=LONGEST_MESSAGE.to_string()/>
                </div>
                <button class="button primary small" name="state" value=AskState::Done.as_str()>"Done"</button>
                <button class="button small" name="state" value=AskState::Declined.as_str()>"Decline"</button>
            </form>
        </li>
    }
}
