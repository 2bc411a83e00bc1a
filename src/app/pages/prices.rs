//! `/prices`: the rate card as people read it, what is free, and what each operation would cost.
//!
//! Every operation has a form that asks for this page again with its inputs in the address, so that an
//! estimate can be kept as a bookmark; with scripts the price moves as the form does.

use std::collections::BTreeMap;

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use leptos_router::params::ParamsMap;

use crate::app::layout;
use crate::app::pages::price_form::PriceForm;
use crate::app::ui::icon::{self, icon};
use crate::app::ui::{Empty, PageHead};
use crate::catalogue::Operation;
use crate::catalogue::rate::{FreeOperation, InputValue, words};
use crate::ledger::Credits;
use crate::model::format::{count_phrase, credits_phrase, format_credits};
use crate::model::frame::Frame;
use crate::model::permission::Action;
use crate::model::prices::{Learned, PricedOperation, PricesView};
use crate::server_fns::prices::load_prices;

/// Operations of a card that are shown open: a short card is read at once.
const SHOWN_OPEN: usize = 2;

/// The page; `?operation=` opens one, and the rest of the address holds its inputs.
pub fn page() -> impl IntoView {
    let query = use_query_map().get_untracked();
    layout::page("Prices", load_prices, move |view, frame| show(view, &query, frame))
}

fn show(view: PricesView, query: &ParamsMap, frame: &Frame) -> impl IntoView + use<> {
    let available = frame.balance.as_ref().map(|balance| balance.view.available);
    let may_buy = frame.viewer.may(Action::BuyCredits);
    let asked = query.get("operation");
    let is_short = view.operations.len() <= SHOWN_OPEN;
    let rounding = view.rounding;
    let cards: Vec<_> = view
        .operations
        .into_iter()
        .map(|priced| {
            let is_asked = asked.as_deref() == Some(&priced.operation.code);
            let inputs = inputs(&priced.operation, is_asked.then_some(query));
            let opens = is_asked || (asked.is_none() && is_short);
            let words = facts(&priced);
            let name = priced.operation.name.clone();
            let summary = summary(&priced.operation);
            let code = priced.operation.code.clone();
            view! {
                <details class="card priced" id=code.clone() open=opens data-operation=code>
                    <summary>{icon(icon::DOWN)}<h2>{name}</h2>{summary}</summary>
                    {words}
                    <PriceForm operation=priced.operation rounding inputs available may_buy/>
                </details>
            }
        })
        .collect();
    let lede = format!("What everything costs with “{}”, before it is run.", view.catalogue);
    view! {
        <PageHead title="Prices" lede>
            <a class="button" href="/prices/quoted">"Quoted and charged"</a>
        </PageHead>
        <div class="stack">
            {balance(available, may_buy)}
            {if cards.is_empty() {
                view! { <Empty title="Nothing is charged here"><p>"The catalogue has no operations."</p></Empty> }.into_any()
            } else {
                view! { <div class="stack tight">{cards}</div> }.into_any()
            }}
            {rounding.in_words().map(|sentence| view! { <p class="soft small">{sentence}</p> })}
            {free(&view.free)}
        </div>
    }
}

fn balance(available: Option<Credits>, may_buy: bool) -> impl IntoView {
    let now = available.map_or_else(|| "—".to_owned(), format_credits);
    view! {
        <section class="card row spread" aria-label="Available credits">
            <p><span class="soft">"Available now "</span><span class="strong" data-testid="available">{now}</span>" credits"</p>
            {may_buy.then(|| view! { <span class="row"><a class="button small" href="/credits/buy">"Buy credits"</a></span> })}
        </section>
    }
}

/// What stands beside an operation's name: its price where that is one, else from what it begins.
fn summary(operation: &Operation) -> impl IntoView + use<> {
    let price = operation.price_in_short().or_else(|| {
        let least = operation.charges.iter().flat_map(|charge| charge.price.all());
        let least = least.map(|range| range.min).filter(|price| price.is_positive()).min()?;
        Some(format!("from {}", words::credits(least)))
    });
    view! { <span class="soft small">{price}</span> }
}

/// The operation's own words, its prices, and what its runs came to.
fn facts(priced: &PricedOperation) -> impl IntoView + use<> {
    let rows: Vec<_> = priced
        .operation
        .price_rows()
        .into_iter()
        .map(|row| view! { <dt>{row.label}</dt><dd>{row.price}</dd> })
        .collect();
    view! {
        <p class="soft">{priced.operation.description.clone()}</p>
        <dl class="facts after">{rows}</dl>
        {priced.learned.as_ref().map(learned)}
    }
}

fn learned(learned: &Learned) -> impl IntoView + use<> {
    let runs = count_phrase(u64::try_from(learned.runs).unwrap_or(u64::MAX), "run", "runs");
    let sentence = if learned.least == learned.most {
        format!("Each of your last {runs} came to {}.", credits_phrase(learned.most))
    } else {
        format!(
            "Your last {runs} came to {}; half of them to at most {}, nine of ten to at most {}.",
            words::range(learned.least, learned.most),
            format_credits(learned.median),
            format_credits(learned.usual),
        )
    };
    view! { <p class="small after" data-testid="learned">{sentence}</p> }
}

fn free(list: &[FreeOperation]) -> Option<impl IntoView + use<>> {
    if list.is_empty() {
        return None;
    }
    let rows = list
        .iter()
        .map(|free| view! { <li>{icon(icon::CHECK)}<span>{free.name.clone()}</span></li> })
        .collect_view();
    Some(view! {
        <section class="card" aria-labelledby="free-heading" data-testid="free">
            <header><h2 id="free-heading">"What costs nothing"</h2></header>
            <ul class="includes columned">{rows}</ul>
        </section>
    })
}

/// What the form holds: what the address says, where it is this operation's, else what it starts with.
fn inputs(operation: &Operation, query: Option<&ParamsMap>) -> BTreeMap<String, InputValue> {
    let mut inputs = operation.start();
    if let Some(query) = query {
        for (name, value) in &mut inputs {
            if let Some(typed) = query.get(name) {
                *value = typed.into();
            }
        }
    }
    inputs
}
