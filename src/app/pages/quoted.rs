//! `/prices/quoted`: what was quoted against what was charged, run by run.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use crate::app::layout;
use crate::app::ui::{Empty, Head, PageHead, Table, Time, pager};
use crate::catalogue::rate::words;
use crate::ledger::Credits;
use crate::model::format::format_credits;
use crate::model::frame::Frame;
use crate::model::prices::{QuotedRow, QuotedView};
use crate::server_fns::prices::load_quoted;

/// The page; `?before=` is a later one of it.
pub fn page() -> impl IntoView {
    let before = use_query_map().get_untracked().get("before").unwrap_or_default();
    layout::page("Quoted and charged", move || load_quoted(before.clone()), show)
}

fn show(view: QuotedView, _frame: &Frame) -> impl IntoView + use<> {
    let content = if view.rows.is_empty() {
        view! {
            <Empty title="Nothing has been quoted and charged yet">
                <p>"Each run whose price was quoted stands here with what it came to."</p>
            </Empty>
        }
        .into_any()
    } else {
        list(view).into_any()
    };
    view! {
        <PageHead title="Quoted and charged" lede="Each run with the price that was told before it and what it came to.">
            <a class="button" href="/prices">"Prices"</a>
        </PageHead>
        {content}
    }
}

fn list(view: QuotedView) -> impl IntoView {
    let (all, within) = (view.rows.len(), view.within);
    let told = if all == within {
        "Every run on this page stayed within its quote.".to_owned()
    } else {
        format!("{within} of the {all} runs on this page stayed within their quote.")
    };
    let columns = vec![
        Head::Text("Operation"),
        Head::Text("Date"),
        Head::Number("Quoted"),
        Head::Number("Charged"),
        Head::Number("Difference"),
    ];
    let newest = view.is_later_page.then(|| "/prices/quoted".to_owned());
    let older = view.next.map(|next| format!("/prices/quoted?before={next}"));
    view! {
        <section class="card flush">
            <header><h2>"Runs"</h2><p class="soft small">{told}</p></header>
            <Table label="Runs" caption="Runs with their quotes, newest first" columns>
                {view.rows.into_iter().map(row).collect_view()}
            </Table>
            {pager(newest, older)}
        </section>
    }
}

fn row(row: QuotedRow) -> impl IntoView {
    let address = format!("/credits/transactions/{}", row.sequence);
    view! {
        <tr>
            <th scope="row"><a href=address>{row.name.clone()}</a></th>
            <td data-label="Date"><Time at=row.at.clone()/></td>
            <td class="number" data-label="Quoted">{words::range(row.quoted.0, row.quoted.1)}</td>
            <td class="number" data-label="Charged">{format_credits(row.charged)}</td>
            <td class="number" data-label="Difference">{difference(&row)}</td>
        </tr>
    }
}

/// How far the charge lies outside its quote, in words.
fn difference(row: &QuotedRow) -> String {
    let (least, most) = row.quoted;
    let gap = |from: Credits, to: Credits| to.checked_sub(from).unwrap_or(Credits::ZERO);
    if row.charged > most {
        format!("{} more", format_credits(gap(most, row.charged)))
    } else if row.charged < least {
        format!("{} less", format_credits(gap(row.charged, least)))
    } else {
        "as quoted".to_owned()
    }
}
