//! The bar at the top: brand, balance, account menu.

use leptos::prelude::*;

use super::balance::LiveBalance;
use super::navigation;
use crate::app::ui::icon;
use crate::model::frame::Frame;
use crate::model::page_request::Theme;
use crate::model::permission::Action;
use crate::model::{PageRequest, Viewer};

/// The bar; `path` marks the place in the menu that small screens open from it.
pub fn header(frame: &Frame, request: &PageRequest, path: &str) -> impl IntoView + use<> {
    let viewer = frame.viewer.clone();
    view! {
        <header class="bar">
            <details class="menu">
                <summary aria-label="Menu">{icon::icon(icon::MENU)}</summary>
                {navigation::side(frame, path)}
            </details>
            <a class="brand" href="/" aria-label=format!("Scrip {}", viewer.organisation_name)>
                <img src="/mark.svg" alt=""/>
                <span class="word">"Scrip "</span>
                <span class="organisation">{viewer.organisation_name.clone()}</span>
            </a>
            <div class="push row">
                <LiveBalance initial=frame.balance.clone() may_buy=viewer.may(Action::BuyCredits)/>
                {account(viewer, request.theme)}
            </div>
        </header>
    }
}

fn account(viewer: Viewer, theme: Theme) -> impl IntoView {
    let themes = [
        (Theme::System, "system", "System"),
        (Theme::Light, "light", "Light"),
        (Theme::Dark, "dark", "Dark"),
    ];
    let choices = themes
        .map(|(value, name, label)| {
            view! { <option value=name selected=value == theme>{label}</option> }
        })
        .collect_view();
    let place = match &viewer.department_name {
        Some(department) => format!("{} · {department}", viewer.role),
        None => viewer.role.to_string(),
    };
    view! {
        <details class="account">
            <summary aria-label=format!("{}, account of {}", initials(&viewer.name), viewer.name)>{initials(&viewer.name)}</summary>
            <div>
                <div>
                    <p class="strong">{viewer.name.clone()}</p>
                    <p class="soft small">{viewer.email.clone()}</p>
                    <p class="soft small">{place}</p>
                </div>
                <form class="inline-form" method="post" action="/api/choose_theme">
                    <label class="label" for="theme">"Look"</label>
                    <select id="theme" name="theme">{choices}</select>
                    <button class="button small">"Apply"</button>
                </form>
                <a class="button wide" href="/account">"Your account"</a>
                <form method="post" action="/api/sign_out">
                    <button class="button wide">"Sign out"</button>
                </form>
            </div>
        </details>
    }
}

/// "AL" of "Ada Lovelace"; at most two letters.
fn initials(name: &str) -> String {
    name.split_whitespace().filter_map(|word| word.chars().next()).take(2).collect()
}
