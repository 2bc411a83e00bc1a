//! What the pages about requests share: the message and the list.

use leptos::prelude::*;

use crate::app::ui::field::described_by;
use crate::app::ui::{Kept, Time};
use crate::model::asks::{AskAbout, AskLine, AskState, LONGEST_MESSAGE};
use crate::model::format::credits_phrase;

/// The field in which somebody says what they need.
pub fn message_field(kept: &Kept, label: &'static str) -> impl IntoView + use<> {
    let wrong = kept.message("message");
    let described = described_by("message", false, wrong.is_some());
    let typed = kept.value("message", "");
    view! {
        <div class="field">
            <label for="message">{label}</label>
            <textarea id="message" name="message" rows="3" required maxlength=LONGEST_MESSAGE.to_string()
                aria-invalid=wrong.is_some().then_some("true") aria-describedby=described>{typed}</textarea>
            {wrong.map(|message| view! { <span class="wrong" id="message-wrong">{message}</span> })}
        </div>
    }
}

/// Requests as a list; `named` where they are not all of the reader.
pub fn asked(asks: Vec<AskLine>, named: bool) -> impl IntoView {
    let rows = asks.into_iter().map(|ask| view! { <li data-testid="ask">{one(ask, named)}</li> });
    view! { <ul class="alerts">{rows.collect_view()}</ul> }
}

/// One request with its answer.
pub fn one(ask: AskLine, named: bool) -> impl IntoView {
    let what = match (ask.about, ask.amount) {
        (AskAbout::Credits, Some(amount)) => credits_phrase(amount),
        (AskAbout::Credits, None) => "Credits".to_owned(),
        (AskAbout::Balance, _) => "A balance that seems wrong".to_owned(),
    };
    let title = if named { format!("{}: {what}", ask.member) } else { what };
    let (class, state) = match ask.state {
        AskState::Open => ("badge warn", "Waits"),
        AskState::Done => ("badge good", "Done"),
        AskState::Declined => ("badge", "Declined"),
    };
    view! {
        <div>
            <p class="row"><strong>{title}</strong> <span class=class>{state}</span> <span class="soft small"><Time at=ask.at/></span></p>
            <p class="prose">{ask.message}</p>
            {ask.facts.map(|facts| view! { <p class="soft small">{facts}</p> })}
            {ask.answer.map(|answer| view! {
                <p class="soft"><strong>{answer.by}</strong> ": " {answer.text} " " <span class="small"><Time at=answer.at/></span></p>
            })}
        </div>
    }
}
