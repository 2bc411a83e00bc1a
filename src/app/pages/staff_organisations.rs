//! `/admin`: the organisations of this installation, with balance, plan, last payment and health.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use crate::app::layout;
use crate::app::ui::{Empty, Head, PageHead, SearchForm, Table, Time, pager, searched_pages};
use crate::model::format::{count_phrase, format_credits, format_money};
use crate::model::frame::Frame;
use crate::model::staff_console::{HealthNote, OrganisationLine, OrganisationList, PaymentBrief};
use crate::server_fns::staff_organisations::load_organisations;

/// The page, with `?search=` and `?before=`.
pub fn page() -> impl IntoView {
    let query = use_query_map().read_untracked();
    let text = |name: &str| query.get(name).unwrap_or_default();
    let (search, before) = (text("search"), text("before"));
    let load = move || load_organisations(search.clone(), before.clone());
    layout::page("Organisations", load, show)
}

fn show(list: OrganisationList, _frame: &Frame) -> impl IntoView + use<> {
    let lede = format!(
        "{} in this installation. Only those who run it see this page.",
        count_phrase(list.total, "organisation", "organisations")
    );
    let waiting = (list.waiting > 0).then(|| {
        let words = count_phrase(list.waiting, "request waits", "requests wait");
        view! {
            <p class="banner">
                <span>{words} " for a second person. "<a href="/admin/requests">"Look at them"</a></span>
            </p>
        }
    });
    view! {
        <PageHead title="Organisations" lede/>
        <div class="stack">
            {waiting}
            {rows(list)}
        </div>
    }
}

fn rows(list: OrganisationList) -> impl IntoView {
    let searched = !list.search.is_empty();
    let columns = vec![
        Head::Text("Organisation"),
        Head::Number("Available"),
        Head::Text("Plan"),
        Head::Text("Last payment"),
        Head::Text("Health"),
        Head::Text("Since"),
    ];
    let table = if list.rows.is_empty() {
        let title = if searched { "Nothing was found" } else { "There is no organisation yet" };
        let words = "Search for an organisation's id or a part of its name.";
        view! { <Empty title><p>{words}</p></Empty> }.into_any()
    } else {
        let rows = list.rows.into_iter().map(row).collect_view();
        view! { <Table label="Organisations" caption="Organisations, newest first" columns>{rows}</Table> }
            .into_any()
    };
    let (newest, older) = searched_pages("/admin", &list.search, list.next, list.is_later_page);
    view! {
        <section class="card flush" id="all" aria-label="All of them">
            <SearchForm address="/admin" label="Name or id" search=list.search.clone()/>
            {table}
            {pager(newest, older)}
        </section>
    }
}

fn row(line: OrganisationLine) -> impl IntoView {
    let address = format!("/admin/organisations/{}", line.id);
    let available = line.available.map(format_credits).unwrap_or_else(|| "—".to_owned());
    view! {
        <tr>
            <th scope="row"><a href=address title=line.id>{line.name}</a></th>
            <td class="number" data-label="Available">{available}</td>
            <td data-label="Plan">{line.plan.unwrap_or_else(|| "None".to_owned())}</td>
            <td data-label="Last payment">{payment(line.last_payment)}</td>
            <td data-label="Health">{health(line.health)}</td>
            <td data-label="Since"><Time at=line.since day_only=true/></td>
        </tr>
    }
}

fn payment(payment: Option<PaymentBrief>) -> impl IntoView {
    match payment {
        None => view! { <span class="soft">"None"</span> }.into_any(),
        Some(payment) => {
            let address = format!("/admin/payments/{}", payment.id);
            view! {
                <span><a href=address>{format_money(&payment.price)}</a>
                <span class="soft">", "<Time at=payment.begun day_only=true/></span></span>
            }
            .into_any()
        }
    }
}

/// What somebody should know of an organisation, as badges.
pub fn health(notes: Vec<HealthNote>) -> impl IntoView {
    if notes.is_empty() {
        return view! { <span class="badge good">"Good"</span> }.into_any();
    }
    let badge = |note: HealthNote| {
        let class = if note.is_bad { "badge bad" } else { "badge warn" };
        view! { <span class=class>{note.text}</span> }
    };
    let badges = notes.into_iter().map(badge).collect_view();
    view! { <span class="row">{badges}</span> }.into_any()
}
