//! `/developers`: the organisation's API keys, and the forms that make and change them.

use leptos::prelude::*;

use crate::app::layout;
use crate::app::pages::developer_keys::{CreateForm, keys, revoked};
use crate::app::pages::developer_tabs::{Place, tabs};
use crate::app::ui::{FormProblem, Kept, PageHead};
use crate::model::api_keys::{DevelopersView, SECRET_ISSUED};
use crate::model::frame::Frame;
use crate::server_fns::api_keys::load_developers;

/// The functions that answer with a secret.
pub const ISSUING: [&str; 2] = ["create_api_key", "rotate_api_key"];
/// The functions whose refusals stand above the list.
const CHANGES: [&str; 2] = ["revoke_api_key", "set_api_key_cap"];

/// The page.
pub fn page() -> impl IntoView {
    layout::page("Developers", load_developers, show)
}

fn show(view: DevelopersView, frame: &Frame) -> impl IntoView + use<> {
    let problems = CHANGES.map(|function| view! { <FormProblem function/> }).collect_view();
    let lede =
        "Programs spend credits with an API key: it says what they may do, who pays and how much.";
    view! {
        <PageHead title="Developers" lede/>
        {tabs(Place::Keys, &frame.viewer)}
        {problems}
        {refusal("rotate_api_key")}
        {secret()}
        <div class="stack">
            {address(&view)}
            {keys(view.keys, &view.form_key)}
            <CreateForm scopes=view.scopes departments=view.departments form_key=view.form_key/>
            {revoked(view.revoked)}
        </div>
    }
}

/// The secret of a key that was made or rotated just now: it is shown here and never again.
fn secret() -> impl IntoView {
    let issued = ISSUING.into_iter().find_map(|function| {
        let problem = Kept::of(function).problem().cloned()?;
        (problem.code == SECRET_ISSUED).then_some(problem)
    })?;
    let secret = issued.numbers.get("secret").cloned().unwrap_or_default();
    Some(view! {
        <div class="banner good" role="status">
            <div>
                <p class="strong">{issued.title}</p>
                <p>{issued.detail}</p>
                <p class="secret"><code data-testid="api-key-secret">{secret}</code></p>
                <p class="small soft">"Keep it where your program's other secrets are, never in its source. Whoever has it can spend your credits."</p>
            </div>
        </div>
    })
}

/// A refusal of `function`; an issued secret is none.
pub fn refusal(function: &'static str) -> impl IntoView {
    let issued = Kept::of(function).problem().is_some_and(|one| one.code == SECRET_ISSUED);
    (!issued).then(|| view! { <FormProblem function/> })
}

fn address(view: &DevelopersView) -> impl IntoView + use<> {
    let test = view.is_test.then(|| {
        view! { <p class="soft small after">"This installation sells through the test checkout, so its keys begin with scrip_test_ and no money moves."</p> }
    });
    view! {
        <section class="card" aria-labelledby="address-heading">
            <header>
                <h2 id="address-heading">"Where the API answers"</h2>
                <a href="/developers/guide">"Quick start"</a>
            </header>
            <p class="secret"><code>{view.base.clone()}</code></p>
            {test}
        </section>
    }
}
