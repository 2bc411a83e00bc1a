//! `/credits/billing`, *Billing & Transactions*: every payment with what became of it, its documents, and
//! the way to ask once more about one that seems stuck.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use crate::app::layout;
use crate::app::pages::credit_tabs::{CreditTab, credit_tabs};
use crate::app::pages::payment_parts::{document_links, status_badge};
use crate::app::ui::icon::{self, icon};
use crate::app::ui::{Empty, FormProblem, Head, PageHead, Table, Time, export_links, pager};
use crate::ledger::Credits;
use crate::model::format::{format_credits, format_money};
use crate::model::frame::Frame;
use crate::model::payments::{PaymentFilter, PaymentRow, PaymentsPage, YearTotal};
use crate::server_fns::payments::load_payments;

/// The page.
pub fn page() -> impl IntoView {
    let query = use_query_map().read_untracked();
    let text = |name: &str| query.get(name).unwrap_or_default();
    let (status, before) = (text("status"), text("before"));
    let load = move || load_payments(status.clone(), before.clone());
    layout::page("Billing & Transactions", load, show)
}

fn show(page: PaymentsPage, frame: &Frame) -> impl IntoView + use<> {
    let list = list(&page);
    view! {
        <PageHead title="Billing & Transactions" lede="What was paid, what it brought, and the receipts and invoices for it.">
            <a class="button primary" href="/credits/buy">{icon(icon::CART)} "Buy credits"</a>
            <a class="button" href="/settings/billing#billing-details">"Billing details"</a>
        </PageHead>
        {credit_tabs(CreditTab::Billing, &frame.viewer)}
        <FormProblem function="recheck_purchase"/>
        <div class="stack">
            {(!page.has_billing_details).then(details_missing)}
            {year(&page.year, page.totals.clone(), page.test)}
            {tabs(page.filter)}
            <section class="card flush" aria-label="Payments">{list}</section>
            {last_report(&page)}
        </div>
    }
}

fn details_missing() -> impl IntoView {
    view! {
        <p class="banner">
            <span>"Nobody has said yet who is billed, so receipts carry the organisation’s name only. "
            <a href="/settings/billing#billing-details">"Add name, address and tax id"</a>
            ": they stand on what is written from then on."</span>
        </p>
    }
}

fn year(year: &str, totals: Vec<YearTotal>, test: bool) -> impl IntoView + use<> {
    if totals.is_empty() {
        return None;
    }
    let heading = format!("{year} so far");
    let test = test.then(|| view! { <span class="badge warn">"Test mode"</span> });
    let cards = totals.into_iter().map(total).collect_view();
    Some(view! {
        <section class="stack tight" aria-labelledby="year-heading" data-testid="year">
            <div class="row"><h2 id="year-heading">{heading}</h2> {test}</div>
            {cards}
        </section>
    })
}

fn total(total: YearTotal) -> impl IntoView {
    let refunded = (total.refunded.minor != 0).then(|| format_money(&total.refunded));
    let tax = (total.tax.minor != 0).then(|| format_money(&total.tax));
    view! {
        <div class="cards">
            <div class="card"><h3>"Paid"</h3><p class="figure medium">{format_money(&total.paid)}</p></div>
            {refunded.map(|money| view! { <div class="card"><h3>"Refunded"</h3><p class="figure medium">{money}</p></div> })}
            {tax.map(|money| view! { <div class="card"><h3>"Tax within"</h3><p class="figure medium">{money}</p></div> })}
            <div class="card"><h3>"Credits delivered"</h3><p class="figure medium">{format_credits(total.credits)}</p></div>
        </div>
    }
}

/// The list's address; what is usual is left out of it.
fn address(filter: PaymentFilter, before: Option<&str>) -> String {
    let fields: Vec<String> = [("status", filter.code()), ("before", before.unwrap_or_default())]
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let query = if fields.is_empty() { String::new() } else { format!("?{}", fields.join("&")) };
    format!("/credits/billing{query}")
}

fn tabs(current: PaymentFilter) -> impl IntoView {
    let tabs = PaymentFilter::ALL.map(|filter| {
        let here = (filter == current).then_some("page");
        view! { <a href=address(filter, None) aria-current=here>{filter.label()}</a> }
    });
    view! { <nav class="tabs" aria-label="Status">{tabs}</nav> }
}

fn list(page: &PaymentsPage) -> impl IntoView + use<> {
    if page.rows.is_empty() {
        return empty(page).into_any();
    }
    let columns = vec![
        Head::Text("Payment"),
        Head::Text("Status"),
        Head::Number("Amount"),
        Head::Number("Tax"),
        Head::Number("Credits"),
        Head::Text("Begun"),
        Head::Text("Documents"),
    ];
    let rows = page.rows.iter().cloned().map(row).collect_view();
    view! {
        <Table label="Payments" caption="Payments, newest first" columns>{rows}</Table>
        {pages(page)}
        {export_links(&address(page.filter, None))}
    }
    .into_any()
}

fn empty(page: &PaymentsPage) -> impl IntoView + use<> {
    let (title, text) = match (page.filter, page.is_later_page) {
        (_, true) => ("That was all", "There are no older payments."),
        (PaymentFilter::All, false) => (
            "Nothing has been paid yet",
            "Each purchase appears here with its receipt as soon as it is begun.",
        ),
        (_, false) => ("No payment is like that", "Another tab may have what you look for."),
    };
    let way = match (page.filter, page.is_later_page) {
        (PaymentFilter::All, false) => ("/credits/buy", "Buy credits"),
        _ => ("/credits/billing", "Show all payments"),
    };
    view! {
        <Empty title=title>
            <p>{text}</p>
            <p><a class="button" href=way.0>{way.1}</a></p>
        </Empty>
    }
}

fn row(row: PaymentRow) -> impl IntoView {
    let address = format!("/credits/return/{}", row.id);
    let spoken = format!("{}, begun {}", row.name, row.begun.text);
    let tax = match row.tax {
        Some(tax) => format_money(&tax),
        None => "–".to_owned(),
    };
    let credits =
        if row.credits == Credits::ZERO { "–".to_owned() } else { format_credits(row.credits) };
    let recheck = row.status.may_be_rechecked().then(|| recheck(row.id.clone()));
    view! {
        <tr data-testid="payment-row">
            <th scope="row">
                <span class="person">
                    <a href=address aria-label=spoken>{row.name}</a>
                    <span class="soft small">{row.kind}</span>
                </span>
            </th>
            <td data-label="Status">
                <span class="row">
                    {status_badge(row.status)}
                    {row.test.then(|| view! { <span class="badge warn">"Test"</span> })}
                    {recheck}
                </span>
            </td>
            <td class="number" data-label="Amount">{format_money(&row.amount)}</td>
            <td class="number" data-label="Tax">{tax}</td>
            <td class="number" data-label="Credits">{credits}</td>
            <td data-label="Begun"><Time at=row.begun/></td>
            <td data-label="Documents">{document_links(row.documents, row.provider_document, &row.id)}</td>
        </tr>
    }
}

fn recheck(id: String) -> impl IntoView {
    view! {
        <form method="post" action="/api/recheck_purchase">
            <input type="hidden" name="id" value=id/>
            <button class="button small" type="submit">"Recheck"</button>
        </form>
    }
}

fn pages(page: &PaymentsPage) -> impl IntoView + use<> {
    let newest = page.is_later_page.then(|| address(page.filter, None));
    pager(newest, page.next.as_deref().map(|before| address(page.filter, Some(before))))
}

fn last_report(page: &PaymentsPage) -> impl IntoView + use<> {
    match page.last_report.clone() {
        Some(at) => view! {
            <p class="soft small">"The payment provider last reported something on " <Time at/> ". Payments it does not report are asked about from time to time."</p>
        }
        .into_any(),
        None => view! {
            <p class="soft small">"The payment provider has not reported anything yet. Payments are asked about from time to time."</p>
        }
        .into_any(),
    }
}
