//! `/credits/transactions/{sequence}`: one transaction with everything that is behind it.

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use crate::app::layout;
use crate::app::pages::credit_history::report_link;
use crate::app::pages::credit_parts::signed;
use crate::app::ui::{PageHead, Time};
use crate::model::credits::{EntryLine, LotDraw, TransactionPage};
use crate::model::format::format_credits;
use crate::model::frame::Frame;
use crate::server_fns::credits::load_transaction;

/// The page.
pub fn page() -> impl IntoView {
    let sequence = use_params_map().read_untracked().get("sequence").unwrap_or_default();
    let title = format!("Transaction {sequence}");
    layout::page(title, move || load_transaction(sequence.clone()), show)
}

fn show(page: TransactionPage, _frame: &Frame) -> impl IntoView + use<> {
    let title = format!("{}, transaction {}", page.kind, page.sequence);
    view! {
        <p class="crumbs"><a href="/credits">"Credits"</a> " / Transaction " {page.sequence}</p>
        <PageHead title=title lede=page.summary.clone()/>
        <div class="wide-narrow">
            <div class="stack">
                {entries(page.entries.clone())}
                {(!page.lots.is_empty()).then(|| lots(page.lots.clone()))}
            </div>
            {facts(page)}
        </div>
    }
}

fn facts(page: TransactionPage) -> impl IntoView {
    let noun = page.report_noun.clone();
    let proof = format!("/credits/proof?as_of={}", layout::encoded(&page.exact));
    let report = page.report.map(|report| {
        let id = report.id.clone();
        view! {
            <dt>{format!("The {noun}")}</dt><dd>{report_link(Some(report))}</dd>
            <dt>{format!("Id of the {noun}")}</dt><dd><code>{id}</code></dd>
        }
    });
    let follows = page.follows.map(|sequence| {
        let address = format!("/credits/transactions/{sequence}");
        view! { <dt>"Follows"</dt><dd><a href=address>"Transaction " {sequence}</a></dd> }
    });
    let row = |name: &'static str, text: Option<String>| {
        text.map(|text| view! { <dt>{name}</dt><dd>{text}</dd> })
    };
    view! {
        <section class="card" aria-label="About this transaction">
            <dl class="facts">
                <dt>"When"</dt><dd><Time at=page.at/></dd>
                <dt>"User"</dt><dd>{page.user}</dd>
                {row("Department", page.department)}
                {row("Operation", page.operation)}
                {report}
                {follows}
                <dt>"Available after it"</dt><dd>{format_credits(page.available_after)}</dd>
                <dt>"How that was made"</dt><dd><a href=proof>"The sum at that instant"</a></dd>
                <dt>"Booked once as"</dt><dd><code>{page.key}</code></dd>
                <dt>"Hash"</dt><dd><code>{page.hash}</code></dd>
            </dl>
        </section>
    }
}

fn entries(entries: Vec<EntryLine>) -> impl IntoView {
    if entries.is_empty() {
        return view! {
            <section class="card"><p>"It moved no credits, so it has no entries."</p></section>
        }
        .into_any();
    }
    let rows = entries
        .into_iter()
        .map(|entry| {
            view! {
                <tr>
                    <th scope="row"><span class="nowrap">{entry.account}</span></th>
                    <td data-label="Account"><code class="hash">{entry.code}</code></td>
                    <td class="number" data-label="Credits">{signed(entry.credits)}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <section class="card flush">
            <header><h2>"Entries"</h2></header>
            <div class="table-region" tabindex="0" role="region" aria-label="Entries">
                <table class="folds">
                    <caption>"What left one account and reached another. Together they are nothing."</caption>
                    <thead>
                        <tr>
                            <th scope="col">"Where"</th>
                            <th scope="col">"Account"</th>
                            <th scope="col" class="number">"Credits"</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                    <tfoot><tr><th scope="row">"Sum"</th><td></td><td class="number">"0"</td></tr></tfoot>
                </table>
            </div>
        </section>
    }
    .into_any()
}

fn lots(lots: Vec<LotDraw>) -> impl IntoView {
    let rows = lots
        .into_iter()
        .map(|lot| {
            let expires = match lot.expires {
                Some(at) => view! { <Time at day_only=true/> }.into_any(),
                None => view! { <span class="soft">"Never"</span> }.into_any(),
            };
            view! {
                <tr>
                    <th scope="row">{lot.label}</th>
                    <td data-label="Lot"><code class="hash">{lot.id}</code></td>
                    <td data-label="Expires">{expires}</td>
                    <td class="number" data-label="Credits">{format_credits(lot.credits)}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <section class="card flush">
            <header><h2>"Lots concerned"</h2></header>
            <div class="table-region" tabindex="0" role="region" aria-label="Lots concerned">
                <table class="folds">
                    <caption class="unseen">"Lots concerned, in spending order"</caption>
                    <thead>
                        <tr>
                            <th scope="col">"From"</th>
                            <th scope="col">"Lot"</th>
                            <th scope="col">"Expires"</th>
                            <th scope="col" class="number">"Credits"</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        </section>
    }
}
