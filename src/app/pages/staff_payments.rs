//! `/admin/payments`: the payments of all organisations, for those who run the installation: whether the
//! provider's reports arrive, what someone must look into, disputes, and every payment.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use crate::app::layout;
use crate::app::ui::{
    Empty, Head, PageHead, SearchForm, Table, TableCard, Time, pager, searched_pages,
};
use crate::model::format::{count_phrase, format_credits, format_money};
use crate::model::frame::Frame;
use crate::model::staff::{
    StaffDispute, StaffPaymentLine, StaffPayments, WebhookHealth, WebhookLine,
};
use crate::server_fns::staff_payments::load_staff_payments;

/// The page, with `?search=` and `?before=`.
pub fn page() -> impl IntoView {
    let query = use_query_map().read_untracked();
    let text = |name: &str| query.get(name).unwrap_or_default();
    let (search, before) = (text("search"), text("before"));
    layout::page("Payments", move || load_staff_payments(search.clone(), before.clone()), show)
}

fn show(page: StaffPayments, _frame: &Frame) -> impl IntoView + use<> {
    let test = page.test.then(|| {
        view! { <p class="row"><span class="badge warn">"Test mode"</span> "No money moves here."</p> }
    });
    view! {
        <PageHead title="Payments" lede="Of all organisations. Only those who run this installation see this page."/>
        <div class="stack">
            {test}
            {webhooks(page.webhooks.clone())}
            {reviews(page.reviews.clone())}
            {disputes(page.disputes.clone())}
            {payments(page)}
        </div>
    }
}

/// Whether the provider's reports arrive.
pub fn webhooks(health: WebhookHealth) -> impl IntoView {
    let last = match health.last {
        Some(line) => view! { <Time at=line.received/> ": " <code>{line.kind}</code> }.into_any(),
        None => view! { <span class="soft">"None yet"</span> }.into_any(),
    };
    let failed = (!health.failed.is_empty()).then(|| {
        let columns = vec![
            Head::Text("Report"),
            Head::Text("Received"),
            Head::Number("Tries"),
            Head::Text("Problem"),
        ];
        let rows = health.failed.into_iter().map(failed_report).collect_view();
        view! {
            <Table label="Reports that could not be acted on" caption="Reports that could not be acted on, newest first" columns>{rows}</Table>
        }
    });
    view! {
        <section class="card flush" aria-labelledby="webhooks-heading">
            <header><h2 id="webhooks-heading">"Reports of the payment provider"</h2></header>
            <div class="inset">
                <dl class="facts">
                    <dt>"Last webhook received"</dt><dd data-testid="last-webhook">{last}</dd>
                    <dt>"Waiting to be acted on"</dt><dd>{count_phrase(health.waiting, "report", "reports")}</dd>
                </dl>
            </div>
            {failed}
        </section>
    }
}

fn failed_report(line: WebhookLine) -> impl IntoView {
    view! {
        <tr>
            <th scope="row"><code title=line.id>{line.kind}</code></th>
            <td data-label="Received"><Time at=line.received/></td>
            <td class="number" data-label="Tries">{line.attempts}</td>
            <td data-label="Problem">{line.problem}</td>
        </tr>
    }
}

fn reviews(lines: Vec<StaffPaymentLine>) -> impl IntoView {
    let columns = vec![
        Head::Text("Payment"),
        Head::Text("Organisation"),
        Head::Number("Price"),
        Head::Text("Reason"),
        Head::Text("Begun"),
    ];
    let row = |line: StaffPaymentLine| {
        view! {
            <tr>
                <th scope="row">{link(&line.id, &line.pack_name)}</th>
                <td data-label="Organisation">{line.organisation_name}</td>
                <td class="number" data-label="Price">{format_money(&line.price)}</td>
                <td data-label="Reason">{line.note}</td>
                <td data-label="Begun"><Time at=line.begun/></td>
            </tr>
        }
    };
    let rows: Vec<_> = lines.into_iter().map(row).collect();
    let none = "No payment waits for somebody to look into it.";
    view! { <TableCard heading="To be looked into" order="newest first" columns rows none/> }
}

fn disputes(lines: Vec<StaffDispute>) -> impl IntoView {
    let columns = vec![
        Head::Text("Dispute"),
        Head::Text("Organisation"),
        Head::Number("Amount"),
        Head::Text("State"),
        Head::Text("Reason"),
        Head::Text("Opened"),
    ];
    let rows: Vec<_> = lines.into_iter().map(dispute).collect();
    let none = "No dispute is open.";
    view! { <TableCard heading="Disputes" order="newest first" columns rows none/> }
}

fn dispute(line: StaffDispute) -> impl IntoView {
    let class = if line.is_unknown { "badge bad" } else { "badge warn" };
    view! {
        <tr>
            <th scope="row">{link(&line.purchase, &line.reference)}</th>
            <td data-label="Organisation">{line.organisation_name}</td>
            <td class="number" data-label="Amount">{format_money(&line.amount)}</td>
            <td data-label="State"><span class=class title=line.status>{line.state}</span></td>
            <td data-label="Reason">{line.reason.replace('_', " ")}</td>
            <td data-label="Opened"><Time at=line.opened day_only=true/></td>
        </tr>
    }
}

fn payments(page: StaffPayments) -> impl IntoView {
    let searched = !page.search.is_empty();
    let columns = vec![
        Head::Text("Payment"),
        Head::Text("Organisation"),
        Head::Number("Credits"),
        Head::Number("Price"),
        Head::Text("State"),
        Head::Text("Begun"),
    ];
    let list = if page.payments.is_empty() {
        let title = if searched { "Nothing was found" } else { "Nobody has bought anything yet" };
        view! {
            <Empty title><p>{if searched { "Search for a reference of ours or the provider's, or for an organisation's name." } else { "Purchases of every organisation appear here." }}</p></Empty>
        }
        .into_any()
    } else {
        let rows = page.payments.into_iter().map(payment).collect_view();
        view! { <Table label="All payments" caption="All payments, newest first" columns>{rows}</Table> }
            .into_any()
    };
    let (newest, older) =
        searched_pages("/admin/payments", &page.search, page.next, page.is_later_page);
    view! {
        <section class="card flush" id="all" aria-labelledby="all-heading">
            <header><h2 id="all-heading">"All payments"</h2></header>
            <SearchForm address="/admin/payments" label="Reference or organisation" search=page.search.clone()/>
            {list}
            {pager(newest, older)}
        </section>
    }
}

fn payment(line: StaffPaymentLine) -> impl IntoView {
    view! {
        <tr>
            <th scope="row">{link(&line.id, &line.pack_name)}</th>
            <td data-label="Organisation"><span title=line.organisation>{line.organisation_name}</span></td>
            <td class="number" data-label="Credits">{format_credits(line.credits)}</td>
            <td class="number" data-label="Price">{format_money(&line.price)}</td>
            <td data-label="State">{line.status}</td>
            <td data-label="Begun"><Time at=line.begun/></td>
        </tr>
    }
}

fn link(id: &str, text: &str) -> impl IntoView + use<> {
    let (address, label) = (format!("/admin/payments/{id}"), text.to_owned());
    view! { <a href=address title=id.to_owned()>{label}</a> }
}
