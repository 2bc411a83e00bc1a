//! `/login`: mail address and password; in the demo also one press for each of its people.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use crate::app::layout;
use crate::app::ui::{Field, FormProblem, Kept};
use crate::model::session::{DemoAccount, SignInView};
use crate::server_fns::answer;
use crate::server_fns::session::{own_page, sign_in_options};

/// The functions that the forms post to.
const SIGN_IN: &str = "sign_in";
const SIGN_IN_TO_DEMO: &str = "sign_in_to_demo";

/// The page. Whoever is signed in already goes on to where they wanted to go.
pub fn page() -> impl IntoView {
    let next = use_query_map().with_untracked(|query| query.get("next"));
    let kept = Kept::of(SIGN_IN);
    layout::plain_page_of("Sign in", sign_in_options, move |view: SignInView| {
        if view.is_signed_in {
            answer::redirect(own_page(next.as_deref()));
        }
        show(view, next.clone().unwrap_or_default(), kept.clone())
    })
}

fn show(view: SignInView, next: String, kept: Kept) -> impl IntoView {
    let demo = (!view.demo.is_empty()).then(|| demo(view.demo, view.demo_password, &next));
    view! {
        <div class="stack">
            <section class="card" aria-labelledby="sign-in-heading">
                <header><h1 id="sign-in-heading">"Sign in"</h1></header>
                <FormProblem function=SIGN_IN/>
                <form method="post" action="/api/sign_in">
                    <input type="hidden" name="next" value=next/>
                    <Field label="Mail address" name="email" kind="email" kept=kept.clone() autocomplete="username"/>
                    <Field label="Password" name="password" kind="password" kept=kept autocomplete="current-password"/>
                    <button class="button primary wide after">"Sign in"</button>
                </form>
                <p class="soft small after">
                    "No account yet? Ask an admin of your organisation for an invitation."
                </p>
            </section>
            {demo}
        </div>
    }
}

/// The demo's people, one press each.
fn demo(accounts: Vec<DemoAccount>, password: Option<String>, next: &str) -> impl IntoView + use<> {
    let next = next.to_owned();
    let forms = accounts
        .into_iter()
        .map(|account| {
            view! {
                <form method="post" action="/api/sign_in_to_demo">
                    <input type="hidden" name="next" value=next.clone()/>
                    <input type="hidden" name="email" value=account.email.clone()/>
                    <button class="button wide">{format!("Sign in as {}", account.role)}</button>
                    <p class="soft small">{account.email}</p>
                </form>
            }
        })
        .collect_view();
    view! {
        <section class="card" aria-labelledby="demo-heading">
            <header>
                <h2 id="demo-heading">"Look around"</h2>
                <span class="badge info">"Demo"</span>
            </header>
            <FormProblem function=SIGN_IN_TO_DEMO/>
            <p class="soft">"This installation shows a ready-made organisation. One press signs you in."</p>
            <div class="stack tight after">{forms}</div>
            {password.map(|password| view! {
                <p class="soft small after">"Or type one of these addresses above; the password of all three is " <code>{password}</code> "."</p>
            })}
        </section>
    }
}
