//! The big number of a page, kept as live as the one in the header.

use leptos::prelude::*;

use crate::model::balance::BalanceView;
use crate::model::format::{credits_phrase, format_credits};

/// What is available, and beneath it what running work holds. A version that is not newer than the one
/// shown is ignored, so the figure never steps back.
#[island]
pub fn LiveFigures(initial: BalanceView) -> impl IntoView {
    let shown = RwSignal::new(initial);
    #[cfg(feature = "hydrate")]
    Effect::new(move |_| {
        super::listen(move |signal| {
            if let super::Signal::Balance(view) = signal
                && view.version > shown.with_untracked(|shown| shown.version)
            {
                shown.set(view.clone());
            }
        });
    });
    let available = move || shown.with(|view| format_credits(view.available));
    let held = move || {
        shown.with(|view| match view.held.is_zero() {
            true => "Nothing is held by running work.".to_owned(),
            false => format!(
                "{} held by running work; {} in all.",
                credits_phrase(view.held),
                format_credits(view.balance)
            ),
        })
    };
    view! {
        <p class="figure" data-testid="available">
            {available}
            <span class="unit">"credits available"</span>
        </p>
        <p class="soft" data-testid="held">{held}</p>
        <p class="small after"><a href="/credits/proof">"How is this number made?"</a></p>
    }
}
