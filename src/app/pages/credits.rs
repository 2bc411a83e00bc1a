//! `/credits`: what is available, four months of usage, and the ledger's two lists.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use crate::app::layout;
use crate::app::live::LiveFigures;
use crate::app::pages::credit_history::history;
use crate::app::pages::credit_parts::{last_transaction, month_chart, spent, usage_transactions};
use crate::app::pages::credit_tabs::{CreditTab, credit_tabs};
use crate::app::ui::PageHead;
use crate::app::ui::icon::{self, icon};
use crate::ledger::Credits;
use crate::model::credits::{BalanceFigures, CostLine, CreditsPage, MonthCard, UsageChoice};
use crate::model::format::{credits_phrase, format_credits};
use crate::model::frame::Frame;
use crate::model::permission::Action;
use crate::server_fns::credits::load_credits;

/// The page.
pub fn page() -> impl IntoView {
    let query = use_query_map().read_untracked();
    let text = |name: &str| query.get(name).unwrap_or_default();
    let (view, before) = (text("view"), text("before"));
    let chosen = UsageChoice {
        operation: text("operation"),
        user: text("user"),
        department: text("department"),
    };
    let load = move || {
        let UsageChoice { operation, user, department } = chosen.clone();
        load_credits(view.clone(), operation, user, department, before.clone())
    };
    layout::page("Credits", load, show)
}

fn show(page: CreditsPage, frame: &Frame) -> impl IntoView + use<> {
    let may_buy = frame.viewer.may(Action::BuyCredits);
    let figures = page.figures.clone();
    let sees_payments = frame.viewer.may(Action::ViewPayments);
    let billing = if sees_payments { "/credits/billing" } else { "/settings/billing" };
    let list =
        history(page.history, page.next, page.is_later_page, &page.report_noun, &frame.viewer);
    view! {
        <PageHead title="Credits" lede="What is available, what was spent and what came in.">
            {may_buy.then(|| view! {
                <a class="button primary" href="/credits/buy">{icon(icon::CART)} "Buy credits"</a>
            })}
            <a class="button" href=billing>"View billing"</a>
        </PageHead>
        {credit_tabs(CreditTab::Credits, &frame.viewer)}
        <div class="stack">
            {owed(page.figures.owed)}
            <div class="columns">
                <section class="card" aria-labelledby="available-heading">
                    <header><h2 id="available-heading">"Available"</h2></header>
                    <LiveFigures initial=figures.view.clone()/>
                    {cost(page.costs)}
                </section>
                {information(figures)}
            </div>
            <section aria-labelledby="months-heading" class="stack tight">
                <div class="row spread">
                    <h2 id="months-heading">"Monthly usage"</h2>
                    <p><a href="/usage">"Usage in depth"</a> " · " <a href="/credits/statements">"Monthly statements"</a></p>
                </div>
                <div class="cards four">{page.months.iter().cloned().map(month_card).collect_view()}</div>
                <p><span class="strong">"What this suggests: "</span>{page.trend.sentence}</p>
                <details>
                    <summary class="soft small">"Show as a chart"</summary>
                    <div class="card chart-card">{month_chart(&page.months)}</div>
                </details>
            </section>
            {list}
        </div>
    }
}

/// What one credit costs, shown on demand: it needs no script.
fn cost(costs: Vec<CostLine>) -> impl IntoView {
    let rows = costs
        .into_iter()
        .map(|line| view! { <dt>{line.offer}</dt><dd>{line.price}</dd> })
        .collect_view();
    view! {
        <details class="reveal">
            <summary>
                <span class="closed">"Show cost per credit"</span>
                <span class="opened">"Hide cost per credit"</span>
            </summary>
            <dl class="facts">{rows}</dl>
        </details>
    }
}

/// What is owed, and how it is paid.
fn owed(credits: Credits) -> impl IntoView {
    credits.is_positive().then(|| {
        view! {
            <div class="banner warn" role="status" data-testid="owed"><div>
                <p class="strong">{format!("{} owed", credits_phrase(credits))}</p>
                <p>"A payment went back after its credits were spent, or work took more than there was. The next credits that come in pay this first. The "<a href="/credits?view=purchases#history">"purchase history"</a>" says which payments went back."</p>
            </div></div>
        }
    })
}

fn information(figures: BalanceFigures) -> impl IntoView {
    view! {
        <section class="card" aria-labelledby="information-heading">
            <header><h2 id="information-heading">"Balance information"</h2></header>
            <dl class="facts">
                <dt>"Current balance"</dt><dd>{format_credits(figures.view.balance)}</dd>
                <dt>"Held by running work"</dt><dd>{format_credits(figures.view.held)}</dd>
                {figures.frozen.is_positive().then(|| view! {
                    <dt>"Held back while a payment is disputed"</dt><dd>{format_credits(figures.frozen)}</dd>
                })}
                {figures.owed.is_positive().then(|| view! {
                    <dt>"Owed"</dt><dd>{format_credits(figures.owed)}</dd>
                })}
                <dt>"Lifetime used"</dt><dd>{format_credits(figures.spent)}</dd>
                <dt>"Last transaction"</dt><dd>{last_transaction(figures.last)}</dd>
            </dl>
        </section>
    }
}

fn month_card(month: MonthCard) -> impl IntoView {
    let compared = month.by_now_last_month.map(|by_now| {
        view! {
            <p class="soft small">"By this time last month: " {spent(by_now)}</p>
        }
    });
    view! {
        <article class="card">
            <header>
                <h3>{month.label}</h3>
                {month.is_current.then(|| view! { <span class="badge good">"Current"</span> })}
            </header>
            <p class="figure medium">{spent(month.used)}</p>
            <p class="soft small">{usage_transactions(month.transactions)}</p>
            {compared}
        </article>
    }
}
