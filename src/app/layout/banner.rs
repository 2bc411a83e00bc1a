//! What the viewer should know first, above every page: one alert at a time, the worst that stands.

use leptos::prelude::*;

use crate::app::live::RefreshFrom;
use crate::app::ui::icon::{self, icon};
use crate::app::ui::{FormProblem, Time};
use crate::model::alerts::{AlertView, Severity};

/// What changes when there is something new to tell.
const TOPIC: &str = "notices";
/// A page that is quick to fetch and has the banner on it.
const FETCHED_FROM: &str = "/inbox";

/// The banner, or the place where it will appear.
pub fn banner(alert: Option<&AlertView>) -> impl IntoView + use<> {
    let shown = alert.cloned().map(show);
    view! {
        <FormProblem function="dismiss_banner"/>
        <div id="banner" aria-live="polite">{shown}</div>
        <RefreshFrom topic=TOPIC.to_owned() target="banner".to_owned() from=FETCHED_FROM.to_owned()/>
    }
}

fn show(alert: AlertView) -> impl IntoView {
    let class = match alert.severity {
        Severity::Info => "banner",
        Severity::Warn => "banner warn",
        Severity::Bad => "banner bad",
    };
    let label = alert.title.clone();
    view! {
        <section class=class aria-label=label data-testid="banner">
            {icon(icon::ALERT)}
            <div class="stack tight">
                <div>
                    <p class="strong">{alert.title}</p>
                    <p>{alert.detail}</p>
                </div>
                <div class="row">
                    {alert.cure.map(|(address, link)| view! { <a class="button small" href=address>{link}</a> })}
                    <form method="post" action="/api/dismiss_banner">
                        <input type="hidden" name="id" value=alert.id/>
                        <button class="button small quiet" type="submit">"Dismiss"</button>
                    </form>
                    <a class="small" href="/inbox">"Inbox"</a>
                    <span class="soft small"><Time at=alert.at/></span>
                </div>
            </div>
        </section>
    }
}
