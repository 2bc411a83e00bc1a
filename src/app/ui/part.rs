//! Headings, meters, times and the look of nothing to show.

use leptos::prelude::*;

use crate::model::Moment;

/// The head of a page: its name, one sentence, and what one may do here.
#[component]
pub fn PageHead(
    #[prop(into)] title: String,
    #[prop(into, optional)] lede: String,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class="page-head">
            <div>
                <h1>{title}</h1>
                {(!lede.is_empty()).then(|| view! { <p class="lede">{lede}</p> })}
            </div>
            {children.map(|children| view! { <div class="row">{children()}</div> })}
        </div>
    }
}

/// Nothing to show yet, and what would change that.
#[component]
pub fn Empty(#[prop(into)] title: String, children: Children) -> impl IntoView {
    view! { <div class="empty"><strong>{title}</strong>{children()}</div> }
}

/// How much of a whole is used, as a bar with the figures in words for those who do not see it.
///
/// `share` is in thousandths and may pass 1,000; from 800 on the bar warns, from 1,000 on it alarms.
#[component]
pub fn Meter(share: u32, #[prop(into)] spoken: String) -> impl IntoView {
    let class = match share {
        0..800 => "meter",
        800..1000 => "meter warn",
        _ => "meter bad",
    };
    let width = format!("{}.{}%", share.min(1000) / 10, share.min(1000) % 10);
    view! {
        <svg class=class role="img" aria-label=spoken width="100%" height="8">
            <rect class="track" width="100%" height="8" rx="4"/>
            <rect class="level" width=width height="8" rx="4"/>
        </svg>
    }
}

/// One instant in the organisation's time zone.
#[component]
pub fn Time(at: Moment, #[prop(optional)] day_only: bool) -> impl IntoView {
    let text = if day_only { at.day } else { at.text.clone() };
    view! { <time class="nowrap" datetime=at.machine title=at.text>{text}</time> }
}
