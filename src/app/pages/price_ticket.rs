//! A price as it stands beside its form: lines, sum, what would be left, and what holds if it differs.

use leptos::prelude::*;

use crate::catalogue::rate::words;
use crate::catalogue::{AtZero, QuoteRefusal, RateQuote};
use crate::ledger::{Credits, OverSettle};
use crate::model::format::{credits_phrase, format_credits};

/// The price, or why there is none.
pub fn ticket(
    quote: &Result<RateQuote, QuoteRefusal>,
    available: Option<Credits>,
    may_buy: bool,
) -> AnyView {
    match quote {
        Ok(quote) => priced(quote, available, may_buy).into_any(),
        Err(refusal) if refusal.faults().is_empty() => {
            view! { <p class="soft">{refusal.to_string()}</p> }.into_any()
        }
        Err(_) => view! { <p class="soft">"There is no price for this yet: see the fields."</p> }
            .into_any(),
    }
}

fn priced(quote: &RateQuote, available: Option<Credits>, may_buy: bool) -> impl IntoView + use<> {
    let lines = quote.lines.iter().map(|line| {
        let amount = range(line.least, line.most);
        view! {
            <dt>{line.label.clone()}<span class="small soft block">{line.how.clone()}</span></dt>
            <dd class="nowrap">{amount}</dd>
        }
    });
    let left = available.and_then(|now| now.checked_sub(quote.most));
    let left = left.map(|left| {
        let class = if left.is_negative() { "minus" } else { "" };
        let label = if quote.is_exact() { "Left after that" } else { "Left after that, at least" };
        view! { <dt>{label}</dt><dd class=class data-testid="left-after">{format_credits(left)}</dd> }
    });
    let now = available.map_or_else(|| "—".to_owned(), format_credits);
    view! {
        <dl>
            {lines.collect_view()}
            <div class="tear"></div>
            <dt class="sum">"Total"</dt>
            <dd class="sum nowrap" data-testid="price">{words::range(quote.least, quote.most)}</dd>
            <dt>"Available now"</dt>
            <dd>{now}</dd>
            {left}
        </dl>
        {shortfall(quote, available, may_buy)}
        <p class="soft small">{policy(quote)}</p>
    }
}

/// "3", "1–3".
fn range(least: Credits, most: Credits) -> String {
    if least == most {
        return format_credits(most);
    }
    format!("{}–{}", format_credits(least), format_credits(most))
}

fn shortfall(
    quote: &RateQuote,
    available: Option<Credits>,
    may_buy: bool,
) -> Option<impl IntoView + use<>> {
    let missing = quote.most.checked_sub(available?).filter(|missing| missing.is_positive())?;
    let then = match quote.at_zero {
        AtZero::Block => "It cannot start before.",
        AtZero::Park => "Started now, it waits and goes on by itself as soon as they are there.",
    };
    let buy = may_buy.then(|| view! { <a href="/credits/buy">"Buy credits"</a> });
    Some(view! {
        <p class="banner warn" data-testid="shortfall">
            <span>{format!("{} short. {then} ", credits_phrase(missing))}{buy}</span>
        </p>
    })
}

/// What is held, and what happens when the work comes to something else.
fn policy(quote: &RateQuote) -> String {
    if !quote.most.is_positive() {
        return "Nothing is charged for it.".to_owned();
    }
    let held = if quote.is_exact() {
        "The price is held when it starts and charged when it is done; if it fails, all of it comes back."
            .to_owned()
    } else {
        format!(
            "{} are held when it starts; what it does not use comes back.",
            credits_phrase(quote.most)
        )
    };
    let beyond = match quote.over_settle {
        OverSettle::Refuse | OverSettle::Absorb => "You are never charged more than this.",
        OverSettle::Draw => "Should it use more than that, the rest is taken from the balance.",
    };
    format!("{held} {beyond}")
}
