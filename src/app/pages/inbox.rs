//! `/inbox`: what one was told, the newest first.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use crate::app::layout;
use crate::app::pages::alert_parts::body;
use crate::app::ui::icon::{self, icon};
use crate::app::ui::{Empty, FormProblem, PageHead};
use crate::model::alerts::{AlertView, InboxPage, unread_words};
use crate::model::frame::Frame;
use crate::server_fns::alerts::load_inbox;

/// The page.
pub fn page() -> impl IntoView {
    let before = use_query_map().with_untracked(|query| query.get("before"));
    layout::page("Inbox", move || load_inbox(before.clone()), show)
}

fn show(page: InboxPage, _: &Frame) -> impl IntoView + use<> {
    let unread = page.unread;
    let lede = match unread {
        0 => "Everything is read.".to_owned(),
        count => format!("{}.", capital(&unread_words(count))),
    };
    let shown_at = page.shown_at.clone();
    view! {
        <PageHead title="Inbox" lede=lede>
            {(unread > 0).then(|| view! {
                <form method="post" action="/api/mark_all_read">
                    <input type="hidden" name="shown_at" value=shown_at/>
                    <button class="button" type="submit">"Mark all as read"</button>
                </form>
            })}
            <a class="button" href="/settings/alerts">{icon(icon::BELL)} "Choose what you are told"</a>
        </PageHead>
        <FormProblem function="mark_read"/>
        <FormProblem function="mark_all_read"/>
        {list(page.alerts, page.next)}
    }
}

fn list(alerts: Vec<AlertView>, next: Option<String>) -> impl IntoView {
    if alerts.is_empty() {
        return view! {
            <section class="card">
                <Empty title="Nothing here">
                    <p>"When credits run low, expire, or a payment fails, you read it here first."</p>
                </Empty>
            </section>
        }
        .into_any();
    }
    let rows = alerts.iter().map(row).collect_view();
    view! {
        <section class="card flush" aria-labelledby="alerts-heading">
            <header><h2 id="alerts-heading">"What you were told"</h2></header>
            <ul class="alerts">{rows}</ul>
            {next.map(|next| view! {
                <nav class="pager" aria-label="Pages"><a href=format!("/inbox?before={next}")>"Older"</a></nav>
            })}
        </section>
    }
    .into_any()
}

fn row(alert: &AlertView) -> impl IntoView + use<> {
    let class = if alert.is_read { "" } else { "unread" };
    let state = (!alert.is_read).then(|| view! { <span class="unseen">"Unread: "</span> });
    view! { <li class=class data-testid="alert">{state} {body(alert)}</li> }
}

fn capital(text: &str) -> String {
    let mut rest = text.chars();
    rest.next().map_or_else(String::new, |first| first.to_uppercase().chain(rest).collect())
}
