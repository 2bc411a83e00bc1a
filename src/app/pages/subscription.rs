//! `/credits/subscription`: the plan in force, what comes next, and the plans to choose from.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use crate::app::layout;
use crate::app::live::Refresh;
use crate::app::pages::buy::test_banner;
use crate::app::pages::credit_tabs::{CreditTab, credit_tabs};
use crate::app::ui::icon::{self, icon};
use crate::app::ui::{FormProblem, PageHead, Time};
use crate::model::billing::PriceTax;
use crate::model::format::credits_phrase;
use crate::model::frame::Frame;
use crate::model::permission::Action;
use crate::model::subscription::{
    OfferAction, PlanCard, PlanNotice, PlanOffer, PlanState, SubscriptionPage,
};
use crate::server_fns::subscription::load_subscription;

/// Without scripts a page that waits for a payment asks again after this many seconds.
const ASK_AGAIN_SECONDS: &str = "15";
/// What the page listens to, and the element that is replaced then.
const TOPIC: &str = "subscription";

/// The page, with `?cancelled=` for who came back from the payment page without paying.
pub fn page() -> impl IntoView {
    let cancelled = use_query_map().read_untracked().get("cancelled");
    layout::page("Subscription", move || load_subscription(cancelled.clone()), show)
}

fn show(page: SubscriptionPage, frame: &Frame) -> impl IntoView + use<> {
    let acts = frame.viewer.may(Action::BuyCredits);
    let waits = matches!(page.notice, Some(PlanNotice::PageOpen { .. }));
    let (form_key, runs) = (page.form_key.clone(), page.plan.price.is_some());
    let ending = page.plan.state == PlanState::Ending;
    view! {
        {waits.then(|| view! { <noscript><meta http-equiv="refresh" content=ASK_AGAIN_SECONDS/></noscript> })}
        <Refresh topic=TOPIC.to_owned() target=TOPIC.to_owned()/>
        <PageHead title="Subscription" lede="The plan of your organisation and the credits that come with it."/>
        {credit_tabs(CreditTab::Subscription, &frame.viewer)}
        <div id=TOPIC class="stack">
            {(page.test && acts && !page.offers.is_empty()).then(test_banner)}
            {["subscribe_plan", "change_plan", "cancel_plan", "keep_plan", "open_portal"]
                .map(|function| view! { <FormProblem function/> })}
            {page.notice.map(|notice| show_notice(notice, acts, form_key.clone()))}
            <div class="wide-narrow">
                {card(page.plan)}
                <div class="stack">
                    {(acts && page.has_portal).then(portal)}
                    {(acts && runs && !ending).then(leaving)}
                    {(!acts).then(ask)}
                </div>
            </div>
            {(!page.offers.is_empty()).then(|| offers(page.offers, acts, page.tax))}
        </div>
    }
}

fn card(plan: PlanCard) -> impl IntoView {
    let word = plan.state.word().map(|word| {
        let class = match plan.state {
            PlanState::PastDue => "badge bad",
            PlanState::Ending => "badge warn",
            PlanState::Trial => "badge info",
            _ => "badge",
        };
        view! { <span class=class>{word}</span> }
    });
    let period = plan.period.map(|period| {
        view! {
            <dt>"Current period"</dt>
            <dd><Time at=period.from day_only=true/> " to " <Time at=period.until day_only=true/></dd>
            {period.unused.map(|unused| view! { <dt>"Unused"</dt><dd>{credits_phrase(unused)}</dd> })}
        }
    });
    let limits = (!plan.limits.is_empty()).then(|| {
        let rows = plan.limits.into_iter().map(|line| view! { <li>{line}</li> }).collect_view();
        view! { <dt>"Includes"</dt><dd><ul>{rows}</ul></dd> }
    });
    view! {
        <section class="card" aria-labelledby="plan-heading">
            <header>
                <h2 id="plan-heading">"Current plan"</h2>
                <span class="row"><span class="badge good" data-testid="plan">{plan.name}</span>{word}</span>
            </header>
            <p>{plan.description}</p>
            <dl class="facts after">
                {plan.price.map(|price| view! { <dt>"Price"</dt><dd>{price}</dd> })}
                {plan.allowance.map(|allowance| view! { <dt>"Allowance"</dt><dd>{allowance}</dd> })}
                {period}
                {plan.reset.map(|reset| view! { <dt>"Next reset"</dt><dd>{reset}</dd> })}
                <dt>"Subscription expiry"</dt><dd>{plan.expiry}</dd>
                {limits}
            </dl>
        </section>
    }
}

fn show_notice(notice: PlanNotice, acts: bool, form_key: String) -> impl IntoView {
    let undo = (acts && notice.is_undoable()).then(|| {
        let label = match &notice {
            PlanNotice::Changes { .. } => "Undo this change",
            _ => "Keep the plan",
        };
        view! {
            <form method="post" action="/api/keep_plan" class="after">
                <input type="hidden" name="form_key" value=form_key/>
                <button class="button" type="submit">{label}</button>
            </form>
        }
    });
    let (class, text) = match notice {
        PlanNotice::PageOpen { plan, pay_at } => ("banner", page_open(plan, pay_at).into_any()),
        PlanNotice::CameBack { plan } => ("banner", came_back(plan).into_any()),
        PlanNotice::PastDue { pay_at, credits_until } => {
            let stay = credits_until.map(|at| {
                view! {
                    <p>"The credits of the last period stay until " <Time at/> "."</p>
                }
            });
            let text = view! {
                <p class="strong">"The last payment for the plan did not go through"</p>
                <p>"No new credits come in until it does. Pay the invoice, or give another card at Stripe; the credits are then added by themselves."</p>
                {stay}
                {pay_at.map(|url| view! { <p class="after"><a class="button primary" href=url>"Pay the invoice"</a></p> })}
                {(!acts).then(|| view! { <p>"Ask an admin to look at it."</p> })}
            };
            ("banner bad", text.into_any())
        }
        PlanNotice::Ends { at } => {
            let text = view! {
                <p class="strong">"The plan ends on " <Time at/></p>
                <p>"Until then everything stays as it is. Bought credits stay after it, too."</p>
            };
            ("banner warn", text.into_any())
        }
        PlanNotice::Changes { plan, at } => {
            let text = view! {
                <p class="strong">{plan} " follows on " <Time at/></p>
                <p>"Until then everything stays as it is."</p>
            };
            ("banner", text.into_any())
        }
        PlanNotice::Ended { credits_until } => {
            let text = view! {
                <p class="strong">"The plan has ended"</p>
                <p>"What was paid for with it can be used until " <Time at=credits_until/> ". Bought credits stay."</p>
            };
            ("banner", text.into_any())
        }
    };
    view! { <div class=class role="status"><div>{text}{undo}</div></div> }
}

fn page_open(plan: String, pay_at: Option<String>) -> impl IntoView {
    view! {
        <p class="strong">"The payment for " {plan} " has not arrived yet"</p>
        <p>"The plan begins by itself when it does. Nothing is charged before."</p>
        {pay_at.map(|url| view! { <p class="after"><a class="button" href=url>"Go on to payment"</a></p> })}
    }
}

fn came_back(plan: String) -> impl IntoView {
    view! {
        <p class="strong">"You came back without paying"</p>
        <p>"Nothing has been charged for “" {plan} "”. Choose it again below, or leave it."</p>
    }
}

fn portal() -> impl IntoView {
    view! {
        <section class="card" aria-labelledby="portal-heading">
            <header><h2 id="portal-heading">"Card and invoices"</h2></header>
            <p>"Your card, and Stripe's own invoices, are kept at Stripe."</p>
            <form method="post" action="/api/open_portal" class="after">
                <button class="button" type="submit">"Manage card and invoices at Stripe"</button>
            </form>
        </section>
    }
}

fn leaving() -> impl IntoView {
    view! {
        <section class="card" aria-labelledby="leaving-heading">
            <header><h2 id="leaving-heading">"Leave the plan"</h2></header>
            <p>"It then ends with the period that is paid for. You see first what that means."</p>
            <p class="after"><a class="button danger" href="/credits/subscription/change?to=none">"Cancel the plan"</a></p>
        </section>
    }
}

fn ask() -> impl IntoView {
    view! {
        <section class="card" aria-labelledby="ask-heading">
            <header><h2 id="ask-heading">"Another plan?"</h2></header>
            <p>"Plans are chosen by admins. Ask an admin of your organisation."</p>
        </section>
    }
}

fn offers(offers: Vec<PlanOffer>, acts: bool, tax: PriceTax) -> impl IntoView {
    let cards = offers.into_iter().map(|plan| offer(plan, acts, tax)).collect_view();
    view! {
        <section class="stack tight" aria-labelledby="plans-heading">
            <h2 id="plans-heading">"Plans"</h2>
            <div class="cards wide">{cards}</div>
        </section>
    }
}

fn offer(plan: PlanOffer, acts: bool, tax: PriceTax) -> impl IntoView {
    let priced = matches!(plan.price.chars().find(char::is_ascii_digit), Some('1'..='9'));
    let plus_tax = tax.beside_a_price().filter(|_| priced);
    let limits = plan.limits.into_iter();
    let limits = limits.map(|line| view! { <li>{icon(icon::CHECK)} {line}</li> }).collect_view();
    view! {
        <article class="card plan" data-plan=plan.code.clone()>
            <header>
                <h3>{plan.name}</h3>
                {plan.recommended.then(|| view! { <span class="badge info">"Suits most teams"</span> })}
            </header>
            <p class="figure medium">{plan.price} <span class="unit">{plan.rhythm} {plus_tax.map(|words| format!(", {words}"))}</span></p>
            <p>{plan.description}</p>
            <ul class="includes">
                <li>{icon(icon::CHECK)} {plan.allowance}</li>
                {limits}
            </ul>
            <p class="small soft">{plan.rollover} "."</p>
            {action(plan.action, &plan.code, acts)}
        </article>
    }
}

fn action(action: OfferAction, code: &str, acts: bool) -> AnyView {
    match action {
        OfferAction::Current => view! { <p><span class="badge good">"Your plan"</span></p> }.into_any(),
        OfferAction::Next => view! { <p><span class="badge warn">"Follows next"</span></p> }.into_any(),
        OfferAction::Contact => {
            view! { <p class="small">"Not for sale here: contact whoever runs this installation."</p> }.into_any()
        }
        _ if !acts => ().into_any(),
        OfferAction::Choose { label } => {
            let address = format!("/credits/subscription/change?to={}", layout::encoded(code));
            view! { <p><a class="button" href=address>{label}</a></p> }.into_any()
        }
        OfferAction::NotNow { because } => view! { <p class="small soft">{because}</p> }.into_any(),
    }
}
