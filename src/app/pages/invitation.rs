//! `/invitation?token=…`: what an invitation offers, and its acceptance as a new person, with the
//! password of an account, or with one press by whoever is signed in as the person invited.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use crate::app::layout;
use crate::app::ui::{Field, FormProblem, Kept, Time};
use crate::model::members::OfferView;
use crate::model::session::{PASSWORD_LEAST, PASSWORD_MOST};
use crate::server_fns::members::invitation_offer;

/// The functions that the forms post to.
const AS_NEW: &str = "accept_as_new";
const WITH_ACCOUNT: &str = "accept_invitation";

/// The page.
pub fn page() -> impl IntoView {
    let query = use_query_map();
    let token = query.with_untracked(|query| query.get("token")).unwrap_or_default();
    let kept = Kept::of(AS_NEW);
    let asked = token.clone();
    layout::plain_page_of(
        "Invitation",
        move || invitation_offer(asked.clone()),
        move |offer: OfferView| show(offer, &token, kept.clone()),
    )
}

fn show(offer: OfferView, token: &str, kept: Kept) -> impl IntoView + use<> {
    let organisation = offer.organisation_name.clone();
    let invites = match offer.invited_by.as_str() {
        "" => format!("You are invited to {organisation} as {}.", offer.role.with_article()),
        name => format!("{name} invites you to {organisation} as {}.", offer.role.with_article()),
    };
    let form = match (offer.has_account, offer.is_viewer) {
        (false, _) => new_person(&offer, token, kept).into_any(),
        (true, true) => one_press(&offer, token).into_any(),
        (true, false) => with_password(&offer, token).into_any(),
    };
    view! {
        <section class="card" aria-labelledby="invitation-heading">
            <header><h1 id="invitation-heading">{format!("Join {organisation}")}</h1></header>
            <p>{invites}</p>
            <p class="soft small">"The link works once, until " <Time at=offer.expires/> "."</p>
            <div class="after">
                <FormProblem function=AS_NEW/>
                <FormProblem function=WITH_ACCOUNT/>
            </div>
            {form}
        </section>
    }
}

fn new_person(offer: &OfferView, token: &str, kept: Kept) -> impl IntoView + use<> {
    let password =
        format!("At least {PASSWORD_LEAST} characters; a few words are better than a few signs.");
    view! {
        <form method="post" action="/api/accept_as_new">
            <input type="hidden" name="token" value=token.to_owned()/>
            <Field label="Your name" name="name" kept=kept.clone() autocomplete="name"/>
            {address(&offer.email)}
            <Field label="Password" name="password" kind="password" kept=kept autocomplete="new-password"
                hint=password max_length=PASSWORD_MOST as u32/>
            <button class="button primary wide after">{format!("Join {}", offer.organisation_name)}</button>
        </form>
    }
}

fn with_password(offer: &OfferView, token: &str) -> impl IntoView + use<> {
    view! {
        <form method="post" action="/api/accept_invitation">
            <input type="hidden" name="token" value=token.to_owned()/>
            {address(&offer.email)}
            <Field label="Password" name="password" kind="password" kept=Kept::of(WITH_ACCOUNT) autocomplete="current-password"
                hint="This address has an account: its password accepts the invitation."/>
            <button class="button primary wide after">{format!("Join {}", offer.organisation_name)}</button>
        </form>
    }
}

fn one_press(offer: &OfferView, token: &str) -> impl IntoView + use<> {
    view! {
        <form method="post" action="/api/accept_invitation">
            <input type="hidden" name="token" value=token.to_owned()/>
            <p class="soft">"You are signed in as " {offer.email.clone()} "."</p>
            <button class="button primary wide after">{format!("Join {}", offer.organisation_name)}</button>
        </form>
    }
}

/// The address that was invited: it stays, and is not sent. Password managers keep the password for it.
fn address(email: &str) -> impl IntoView + use<> {
    view! {
        <div class="field">
            <label for="email">"Mail address"</label>
            <input id="email" type="email" value=email.to_owned() readonly autocomplete="username"/>
        </div>
    }
}
