//! Alerts as lists show them.

use leptos::prelude::*;

use crate::app::ui::Time;
use crate::model::alerts::{AlertView, Severity};

/// The badge that says how bad an alert is, or that it is over.
pub fn badge(alert: &AlertView) -> impl IntoView + use<> {
    let (class, word) = match (alert.is_over, alert.severity) {
        (true, _) => ("badge", "Over"),
        (false, Severity::Bad) => ("badge bad", "Urgent"),
        (false, Severity::Warn) => ("badge warn", "Soon"),
        (false, Severity::Info) => ("badge info", "Good to know"),
    };
    view! { <span class=class>{word}</span> }
}

/// What an alert says, with what one may do about it.
pub fn body(alert: &AlertView) -> impl IntoView + use<> {
    let alert = alert.clone();
    let title = alert.title.clone();
    view! {
        <div class="row spread">
            <h3 class="alert-title">{alert.title.clone()}</h3>
            {badge(&alert)}
        </div>
        <p>{alert.detail}</p>
        <div class="row">
            {alert.cure.filter(|_| !alert.is_over).map(|(address, link)| view! { <a class="button small" href=address>{link}</a> })}
            {(!alert.is_read).then(|| view! {
                <form method="post" action="/api/mark_read">
                    <input type="hidden" name="id" value=alert.id.clone()/>
                    <button class="button small quiet" type="submit" aria-label=format!("Mark as read: {title}")>"Mark as read"</button>
                </form>
            })}
            <span class="soft small"><Time at=alert.at/></span>
        </div>
    }
}
