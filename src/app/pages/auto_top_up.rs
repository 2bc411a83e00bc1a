//! Settings › Billing, for admins: the saved card and auto top-up.
//!
//! Two steps, without any script: the form asks for the same page with its fields in the address, which
//! then says what the choice would do and offers to switch it on.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use crate::app::pages::auto_top_up_form::{form, preview};
use crate::app::pages::buy;
use crate::app::ui::{FormProblem, Head, Kept, Table, Time};
use crate::model::Problem;
use crate::model::auto_top_up::{AttemptLine, AutoTopUpView, CardView, TopUpChoice, TopUpStatus};
use crate::model::format::{credits_phrase, format_money};
use crate::server_fns::auto_top_up::load_auto_top_up;

/// What the address asks for: a card that was just saved, a choice to be tried out.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    card: Option<String>,
    choice: Option<TopUpChoice>,
}

/// Reads the page's address. Call it while the page renders.
pub fn asked() -> Asked {
    let query = use_query_map().get_untracked();
    let text = |name: &str| query.get(name).unwrap_or_default();
    let choice = query.get("threshold").map(|threshold| TopUpChoice {
        threshold,
        buys: text("buys"),
        credits: text("credits"),
        cap: text("cap"),
    });
    Asked { card: query.get("card"), choice }
}

/// The section's view for those who may see it, nothing for all others.
pub async fn load(asked: Asked) -> Result<Option<AutoTopUpView>, Problem> {
    match load_auto_top_up(asked.card, asked.choice).await {
        Ok(view) => Ok(Some(view)),
        Err(problem) if problem.status == 403 => Ok(None),
        Err(problem) => Err(problem),
    }
}

/// The section.
pub fn section(view: AutoTopUpView) -> impl IntoView {
    if let Some(why) = view.not_offered.clone() {
        return not_offered(why, view).into_any();
    }
    let cap = view.status.cap.map(|cap| format_money(&cap));
    view! {
        <div id="auto-top-up" class="stack after">
            <div class="row spread">
                <h2>"Auto top-up"</h2>
                <span class=format!("badge {}", view.status.tone) data-testid="top-up-status">{view.status.word.clone()}</span>
            </div>
            {view.test.then(buy::test_banner)}
            {problems()}
            <div class="columns">
                {status(&view.status, cap)}
                {card(view.card.clone(), &view.wording)}
            </div>
            {preview(&view)}
            {form(&view)}
            {attempts(view.attempts)}
        </div>
    }
    .into_any()
}

/// Where it cannot be had at all: why, and what is left from the time in which it could.
fn not_offered(why: String, view: AutoTopUpView) -> impl IntoView {
    let cap = view.status.cap.as_ref().map(format_money);
    let status = view.status.is_on.then(|| status(&view.status, cap));
    let known = known_card(view.card);
    view! {
        <div id="auto-top-up" class="stack after">
            <div class="row spread">
                <h2>"Auto top-up"</h2>
                <span class="badge" data-testid="top-up-status">"Not offered"</span>
            </div>
            {problems()}
            <p class="soft" data-testid="top-up-not-offered">{why}</p>
            {status}
            {known.map(|known| view! {
                <section class="card" aria-labelledby="card-heading">
                    <header><h3 id="card-heading">"Saved card"</h3></header>
                    {known}
                </section>
            })}
            {attempts(view.attempts)}
        </div>
    }
}

fn problems() -> impl IntoView {
    view! {
        <FormProblem function="save_card"/>
        <FormProblem function="remove_card"/>
        <FormProblem function="switch_on_top_up"/>
        <FormProblem function="switch_off_top_up"/>
        <FormProblem function="resume_top_up"/>
        <FormProblem function="confirm_top_up"/>
    }
}

fn status(status: &TopUpStatus, cap: Option<String>) -> impl IntoView + use<> {
    let spent = status.spent.as_ref().map(format_money).zip(cap);
    let (is_on, rests) = (status.is_on, status.rests);
    view! {
        <section class="card" aria-labelledby="top-up-heading">
            <header><h3 id="top-up-heading">"What it does"</h3></header>
            <p data-testid="top-up-sentence">{status.sentence.clone()}</p>
            {spent.map(|(spent, cap)| view! {
                <dl class="facts after">
                    <dt>"Spent this month"</dt><dd data-testid="top-up-spent">{spent}</dd>
                    <dt>"Monthly limit"</dt><dd>{cap}</dd>
                </dl>
            })}
            <div class="row after">
                {rests.then(|| view! {
                    <form method="post" action="/api/resume_top_up">
                        <button class="button primary" type="submit">"This card is good: go on"</button>
                    </form>
                })}
                {is_on.then(|| view! {
                    <form method="post" action="/api/switch_off_top_up">
                        <button class="button" type="submit">"Switch off"</button>
                    </form>
                })}
            </div>
        </section>
    }
}

fn card(card: Option<CardView>, wording: &str) -> impl IntoView + use<> {
    let heading = if card.is_some() { "Saved card" } else { "Save a card" };
    let is_known = card.is_some();
    let known = known_card(card);
    let saving = saving(wording, is_known);
    view! {
        <section class="card" aria-labelledby="card-heading">
            <header><h3 id="card-heading">{heading}</h3></header>
            {known}
            {if is_known {
                view! { <details class="after"><summary>"Save another card"</summary>{saving}</details> }.into_any()
            } else {
                saving.into_any()
            }}
        </section>
    }
}

/// The card with what was agreed to, and the way to remove it.
fn known_card(card: Option<CardView>) -> Option<impl IntoView> {
    card.map(|card| {
        let expired = card.is_expired.then(|| view! { <span class="badge bad">"Expired"</span> });
        view! {
            <dl class="facts" data-testid="saved-card">
                <dt>"Card"</dt><dd>{card.label} " " {expired}</dd>
                <dt>"Good until the end of"</dt><dd>{card.expires}</dd>
                <dt>"Saved"</dt><dd><Time at=card.saved day_only=true/></dd>
                <dt>"Agreed to by"</dt><dd>{card.consent_by} ", " <Time at=card.consent_at day_only=true/></dd>
            </dl>
            <details class="after">
                <summary>"What was agreed to"</summary>
                <p class="small soft">{card.consent}</p>
            </details>
            <form method="post" action="/api/remove_card" class="after">
                <button class="button danger small" type="submit">"Remove the card"</button>
                <p class="small soft">"Auto top-up ends with it."</p>
            </form>
        }
    })
}

fn saving(wording: &str, another: bool) -> impl IntoView + use<> {
    let wrong = Kept::of("save_card").message("consent");
    let button = if another { "Save another card" } else { "Save a card" };
    view! {
        <form method="post" action="/api/save_card" class="stack tight">
            <label class="check">
                <input type="checkbox" id="consent" name="consent" value="yes" required=true aria-invalid=wrong.is_some().then_some("true")/>
                <span class="small">{wording.to_owned()}</span>
            </label>
            {wrong.map(|message| view! { <p class="field"><span class="wrong">{message}</span></p> })}
            <div class="row">
                <button class="button" type="submit">{button}</button>
                <span class="small soft">"You type it on Stripe's page; nothing is charged there."</span>
            </div>
        </form>
    }
}

fn attempts(lines: Vec<AttemptLine>) -> Option<impl IntoView> {
    if lines.is_empty() {
        return None;
    }
    let columns = vec![
        Head::Text("Begun"),
        Head::Number("Credits"),
        Head::Number("Price"),
        Head::Text("Outcome"),
    ];
    let rows = lines.into_iter().map(attempt).collect_view();
    let name = "The last automatic purchases";
    Some(view! {
        <section class="card flush">
            <header><h3>{name}</h3></header>
            <Table label=name.to_owned() caption=name.to_owned() columns>{rows}</Table>
        </section>
    })
}

fn attempt(line: AttemptLine) -> impl IntoView {
    let purchase = format!("/credits/return/{}", line.purchase);
    let id = line.purchase;
    view! {
        <tr>
            <th scope="row"><a href=purchase><Time at=line.at/></a></th>
            <td class="number" data-label="Credits">{credits_phrase(line.credits)}</td>
            <td class="number" data-label="Price">{format_money(&line.price)}</td>
            <td data-label="Outcome">
                <div class="row">
                    <span class=format!("badge {}", line.tone)>{line.word}</span>
                    <span class="small">{line.detail}</span>
                    {line.waits_for_owner.then(|| view! {
                        <form method="post" action="/api/confirm_top_up">
                            <input type="hidden" name="id" value=id/>
                            <button class="button primary small" type="submit">"Confirm the payment"</button>
                        </form>
                    })}
                </div>
            </td>
        </tr>
    }
}
