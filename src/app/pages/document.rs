//! `/credits/documents/{number}`: a receipt, invoice or credit note as it will be printed, in the very
//! words of its PDF.

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use crate::app::layout;
use crate::app::ui::PageHead;
use crate::model::document::{COLUMNS, DocumentView, Sheet};
use crate::model::frame::Frame;
use crate::server_fns::documents::load_document;

/// The page.
pub fn page() -> impl IntoView {
    let number = use_params_map().get_untracked().get("number").unwrap_or_default();
    layout::page("Document", move || load_document(number.clone()), show)
}

fn show(document: DocumentView, _frame: &Frame) -> impl IntoView + use<> {
    let sheet = document.sheet();
    let file = format!("/credits/documents/{}.pdf", document.number);
    let payment = format!("/credits/return/{}", document.content.purchase);
    view! {
        <div class="stack">
            <PageHead title=format!("{} {}", sheet.title, document.number)>
                <a class="button primary" href=file download="">"Download PDF"</a>
                <a class="button" href=payment>"The payment"</a>
                <a class="button" href="/credits/billing">"All payments"</a>
            </PageHead>
            {paper(sheet)}
        </div>
    }
}

fn paper(sheet: Sheet) -> impl IntoView {
    let facts = sheet
        .facts
        .into_iter()
        .map(|(label, value)| view! { <dt>{label}</dt><dd>{value}</dd> })
        .collect_view();
    let parties = sheet.parties.map(|(heading, lines)| party(heading, lines));
    let sums = sheet
        .sums
        .into_iter()
        .map(|(label, amount)| view! { <tr><th scope="row" colspan="2">{label}</th><td class="number">{amount}</td></tr> })
        .collect_view();
    let notes = sheet.notes.into_iter().map(|note| view! { <p>{note}</p> }).collect_view();
    view! {
        <article class="card paper" data-testid="paper" aria-label=sheet.title>
            <p class="paper-title" aria-hidden="true">{sheet.title}</p>
            {sheet.test.map(|words| view! { <p class="banner warn strong">{words}</p> })}
            <dl class="facts">{facts}</dl>
            <div class="columns">{parties}</div>
            <table>
                <caption class="unseen">"What was paid for"</caption>
                <thead>
                    <tr>
                        <th scope="col">{COLUMNS[0]}</th>
                        <th scope="col" class="number">{COLUMNS[1]}</th>
                        <th scope="col" class="number">{COLUMNS[2]}</th>
                    </tr>
                </thead>
                <tbody>
                    <tr>
                        <td><span class="strong">{sheet.line.description}</span><br/><span class="soft small">{sheet.line.detail}</span></td>
                        <td class="number">{sheet.line.credits}</td>
                        <td class="number">{sheet.line.amount}</td>
                    </tr>
                </tbody>
                <tfoot>{sums}</tfoot>
            </table>
            {notes}
        </article>
    }
}

fn party(heading: &'static str, lines: Vec<String>) -> impl IntoView {
    let mut lines = lines.into_iter();
    let name = lines.next().unwrap_or_default();
    let rest = lines.map(|line| view! { <br/>{line} }).collect_view();
    view! {
        <section>
            <h2 class="soft small">{heading}</h2>
            <p><span class="strong">{name}</span>{rest}</p>
        </section>
    }
}
