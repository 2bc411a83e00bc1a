//! `/credits/ask`: for those who may not buy: ask somebody who may, and read what they said.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use crate::app::layout;
use crate::app::pages::ask_parts::{asked, message_field};
use crate::app::ui::{Empty, Field, FormProblem, Kept, PageHead};
use crate::model::asks::{AskAbout, AskPage};
use crate::model::format::credits_phrase;
use crate::model::frame::Frame;
use crate::model::permission::Action;
use crate::server_fns::asks::load_ask;

/// The function that asks.
pub const FUNCTION: &str = "ask_admins";

/// The page, with `?amount=` where somebody comes from work that needs so much.
pub fn page() -> impl IntoView {
    layout::page("Ask for credits", load_ask, show)
}

fn show(page: AskPage, frame: &Frame) -> impl IntoView + use<> {
    let query = use_query_map().read_untracked();
    let wanted = query.get("amount").unwrap_or_default();
    let was_asked = query.get("asked").as_deref() == Some("yes");
    let kept = Kept::of(FUNCTION);
    let told = (was_asked && kept.problem().is_none()).then(|| {
        view! { <p class="banner good" role="status">"Your admins have been told. Their answer comes to your inbox."</p> }
    });
    let may_buy = frame.viewer.may(Action::BuyCredits);
    let lede = format!("{} are available to everybody now.", credits_phrase(page.available));
    view! {
        <p class="crumbs"><a href="/credits">"Credits"</a> " / Ask for credits"</p>
        <PageHead title="Ask for credits" lede>
            {may_buy.then(|| view! { <a class="button primary" href="/credits/buy">"Buy credits"</a> })}
        </PageHead>
        <div class="stack">
            {told}
            <FormProblem function=FUNCTION/>
            <section class="card" aria-labelledby="ask-heading">
                <header><h2 id="ask-heading">"What you need"</h2></header>
                <p class="soft">{who(&page.admins)}</p>
                <form method="post" action=format!("/api/{FUNCTION}") class="after narrow">
                    <input type="hidden" name="about" value=AskAbout::Credits.as_str()/>
                    <input type="hidden" name="form_key" value=page.form_key/>
                    <Field label="How many credits" name="amount" kept=kept.clone() start=wanted
                        required=false hint="Leave it empty if you do not know"/>
                    {message_field(&kept, "What for")}
                    <p class="after"><button class="button primary" type="submit">"Ask"</button></p>
                </form>
            </section>
            <section class="card flush" id="asks" aria-labelledby="asks-heading">
                <header><h2 id="asks-heading">"What you asked for"</h2></header>
                {if page.asks.is_empty() {
                    view! { <Empty title="Nothing yet"><p>"What you ask for is listed here with its answer."</p></Empty> }.into_any()
                } else {
                    asked(page.asks, false).into_any()
                }}
            </section>
            <p class="soft small">"Does the number itself seem wrong? "<a href="/credits/check">"My balance seems wrong"</a></p>
        </div>
    }
}

fn who(admins: &[String]) -> String {
    match admins {
        [] => "Nobody in your organisation can answer at the moment.".to_owned(),
        [one] => format!("{one} will be told."),
        [rest @ .., last] => format!("{} and {last} will be told.", rest.join(", ")),
    }
}
