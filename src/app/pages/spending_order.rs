//! `/settings/billing/order`: which credits are spent first, what the other order would change, and the
//! button that chooses it.

use leptos::prelude::*;

use crate::app::layout;
use crate::app::ui::{Empty, FormProblem, Head, PageHead, Table, Time};
use crate::ledger::{ConsumptionOrder, Credits};
use crate::model::format::{credits_phrase, format_credits, whole};
use crate::model::frame::Frame;
use crate::model::spending_order::{LotTurn, SpendingOrderPage};
use crate::server_fns::spending_order::load_spending_order;

const FUNCTION: &str = "set_spending_order";

/// The page.
pub fn page() -> impl IntoView {
    layout::page("What is spent first", load_spending_order, show)
}

fn show(page: SpendingOrderPage, _frame: &Frame) -> impl IntoView + use<> {
    view! {
        <PageHead title="What is spent first"
            lede="Nothing has changed yet. What is spent or held already stays as it is."/>
        <div class="stack">
            <FormProblem function=FUNCTION/>
            <section class="card" aria-label="What would change">
                <dl class="facts">
                    <dt>"Now"</dt><dd>{in_words(page.now)}</dd>
                    <dt>"Then"</dt><dd class="strong">{in_words(page.then)}</dd>
                    <dt>"Would lapse unused now"</dt><dd>{lapsing(page.lapses_now)}</dd>
                    <dt>"Would lapse unused then"</dt>
                    <dd class="strong" data-testid="lapses-then">{lapsing(page.lapses_then)}</dd>
                </dl>
                <p class="soft small after">"Reckoned at the pace of the last 28 days, with the credits that are there now."</p>
            </section>
            {turns(page.lots)}
            <form method="post" action=format!("/api/{FUNCTION}") class="row">
                <input type="hidden" name="order" value=page.then.code()/>
                <input type="hidden" name="form_key" value=page.form_key/>
                <button class="button primary" type="submit">{button(page.then)}</button>
                <a class="button quiet" href="/settings/billing#sources">"Leave the order as it is"</a>
            </form>
        </div>
    }
}

const fn in_words(order: ConsumptionOrder) -> &'static str {
    match order {
        ConsumptionOrder::ByPriority => "Source by source; within a source what lapses soonest",
        ConsumptionOrder::ExpiringFirst => "What lapses soonest, whichever source it is from",
    }
}

const fn button(then: ConsumptionOrder) -> &'static str {
    match then {
        ConsumptionOrder::ByPriority => "Spend source by source",
        ConsumptionOrder::ExpiringFirst => "Spend what lapses soonest first",
    }
}

fn lapsing(unused: Option<Credits>) -> String {
    match unused {
        None => "Nothing is being used: whatever expires lapses".to_owned(),
        Some(unused) if unused.is_positive() => format!("About {}", credits_phrase(whole(unused))),
        Some(_) => "Nothing".to_owned(),
    }
}

fn turns(lots: Vec<LotTurn>) -> impl IntoView {
    if lots.is_empty() {
        return view! {
            <section class="card">
                <Empty title="There are no credits"><p>"The order will hold for those that come in."</p></Empty>
            </section>
        }
        .into_any();
    }
    let columns = vec![
        Head::Text("From"),
        Head::Number("Turn now"),
        Head::Number("Turn then"),
        Head::Number("Left"),
        Head::Text("Expires"),
    ];
    let rows = lots.into_iter().map(turn).collect_view();
    view! {
        <section class="card flush" aria-labelledby="turns-heading">
            <header><h2 id="turns-heading">"Lot by lot"</h2></header>
            <Table label="Lots" caption="Lots in the order that holds now" columns>{rows}</Table>
        </section>
    }
    .into_any()
}

fn turn(lot: LotTurn) -> impl IntoView {
    let class = if lot.place_now == lot.place_then { "number" } else { "number strong" };
    let expires = match lot.expires {
        Some(at) => view! { <Time at day_only=true/> }.into_any(),
        None => view! { <span class="soft">"Never"</span> }.into_any(),
    };
    view! {
        <tr>
            <th scope="row"><span title=lot.id>{lot.origin}</span></th>
            <td class="number" data-label="Turn now">{lot.place_now}</td>
            <td class=class data-label="Turn then">{lot.place_then}</td>
            <td class="number" data-label="Left">{format_credits(lot.remaining)}</td>
            <td data-label="Expires">{expires}</td>
        </tr>
    }
}
