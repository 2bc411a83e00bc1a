//! `/admin/organisations/{id}`: one organisation, to be read only, with the ways to grant and correct.

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use crate::app::layout;
use crate::app::pages::credit_parts::signed;
use crate::app::pages::staff_log::deeds;
use crate::app::pages::staff_organisations::health;
use crate::app::ui::{Head, PageHead, TableCard, Time};
use crate::model::billing::PurchaseView;
use crate::model::billing_overview::{LotLine, SourceCard};
use crate::model::credits::LastTransaction;
use crate::model::format::{format_credits, format_money, grouped};
use crate::model::frame::Frame;
use crate::model::staff_console::OrganisationView;
use crate::server_fns::staff_organisations::load_organisation;

/// The page.
pub fn page() -> impl IntoView {
    let id = use_params_map().read_untracked().get("id").unwrap_or_default();
    layout::page("Organisation", move || load_organisation(id.clone()), show)
}

fn show(view: OrganisationView, _frame: &Frame) -> impl IntoView + use<> {
    let (id, name) = (view.line.id.clone(), view.line.name.clone());
    let grant = format!("/admin/organisations/{id}/grant");
    let payments = format!("/admin/payments?search={id}#all");
    view! {
        <p class="crumbs"><a href="/admin">"Organisations"</a> " / " <code>{id.clone()}</code></p>
        <PageHead title=name lede="What it has and what happened. Nothing can be changed here but by a new entry in its journal.">
            <a class="button primary" href=grant>"Grant credits…"</a>
            <a class="button" href=payments>"All its payments"</a>
        </PageHead>
        <div class="stack">
            <div class="columns">{facts(view.clone())}</div>
            {lots(&id, view.sources)}
            {transactions(view.transactions)}
            {payment_table(view.payments)}
            {deeds("What staff did", view.deeds, false)}
        </div>
    }
}

fn facts(view: OrganisationView) -> impl IntoView {
    let figures = view.figures;
    let sources = view
        .sources
        .into_iter()
        .map(|source| view! { <dt>{source.label}</dt><dd>{format_credits(source.available)}</dd> })
        .collect_view();
    let owed = figures.owed.is_positive().then(|| {
        view! { <dt>"Owed"</dt><dd>{format_credits(figures.owed)}</dd> }
    });
    let frozen = figures.frozen.is_positive().then(|| {
        view! { <dt>"Held back by a dispute"</dt><dd>{format_credits(figures.frozen)}</dd> }
    });
    view! {
        <section class="card" aria-labelledby="balance-heading">
            <header><h2 id="balance-heading">"Balance"</h2></header>
            <p class="figure medium" data-testid="staff-available">{format_credits(figures.view.available)}</p>
            <dl class="facts after">
                {sources}
                <dt>"Held by running work"</dt><dd>{format_credits(figures.view.held)}</dd>
                {owed}
                {frozen}
                <dt>"Lifetime used"</dt><dd>{format_credits(figures.spent)}</dd>
            </dl>
        </section>
        <section class="card" aria-labelledby="about-heading">
            <header><h2 id="about-heading">"About it"</h2></header>
            <dl class="facts">
                <dt>"Health"</dt><dd>{health(view.line.health)}</dd>
                <dt>"Plan"</dt><dd>{view.line.plan.unwrap_or_else(|| "None".to_owned())}</dd>
                <dt>"Members"</dt><dd>{grouped(view.members)}</dd>
                <dt>"Departments"</dt><dd>{grouped(view.departments)}</dd>
                <dt>"Pays in"</dt><dd>{view.currency}</dd>
                <dt>"Counts days in"</dt><dd>{view.time_zone}</dd>
                <dt>"Since"</dt><dd><Time at=view.line.since day_only=true/></dd>
            </dl>
        </section>
    }
}

fn lots(id: &str, sources: Vec<SourceCard>) -> impl IntoView + use<> {
    let columns = vec![
        Head::Text("Source"),
        Head::Text("From"),
        Head::Number("Left"),
        Head::Number("Of"),
        Head::Text("Expires"),
        Head::Text("Correct"),
    ];
    let mut rows = Vec::new();
    for source in sources {
        let label = source.label;
        rows.extend(source.lots.into_iter().map(|line| lot(id, &label, line)));
    }
    let none = "It has no credits.";
    view! { <TableCard heading="Lots" order="in spending order" columns rows none/> }
}

fn lot(id: &str, label: &str, line: LotLine) -> impl IntoView + use<> {
    let address = format!("/admin/organisations/{id}/adjust?lot={}", line.id);
    let spoken = format!("Adjust the lot {}", line.origin);
    let expires = match line.expires {
        Some(at) => view! { <Time at day_only=true/> }.into_any(),
        None => view! { <span class="soft">"Never"</span> }.into_any(),
    };
    view! {
        <tr>
            <th scope="row">{label.to_owned()}</th>
            <td data-label="From"><span title=line.id>{line.origin}</span></td>
            <td class="number" data-label="Left">{format_credits(line.remaining)}</td>
            <td class="number" data-label="Of">{format_credits(line.amount)}</td>
            <td data-label="Expires">{expires}</td>
            <td data-label="Correct"><a href=address aria-label=spoken>"Adjust…"</a></td>
        </tr>
    }
}

fn transactions(lines: Vec<LastTransaction>) -> impl IntoView {
    let columns = vec![
        Head::Text("Transaction"),
        Head::Number("Credits"),
        Head::Number("No."),
        Head::Text("At"),
    ];
    let row = |line: LastTransaction| {
        view! {
            <tr>
                <th scope="row">{line.label}</th>
                <td class="number" data-label="Credits">{signed(line.credits)}</td>
                <td class="number" data-label="No.">{grouped(line.sequence)}</td>
                <td data-label="At"><Time at=line.at/></td>
            </tr>
        }
    };
    let rows: Vec<_> = lines.into_iter().map(row).collect();
    let none = "Nothing was used and nothing came in.";
    view! { <TableCard heading="Recent transactions" order="newest first" columns rows none/> }
}

fn payment_table(payments: Vec<PurchaseView>) -> impl IntoView {
    let columns = vec![
        Head::Text("Payment"),
        Head::Number("Credits"),
        Head::Number("Price"),
        Head::Text("State"),
        Head::Text("Begun"),
    ];
    let row = |payment: PurchaseView| {
        let address = format!("/admin/payments/{}", payment.id);
        view! {
            <tr>
                <th scope="row"><a href=address title=payment.id>{payment.pack_name}</a></th>
                <td class="number" data-label="Credits">{format_credits(payment.credits)}</td>
                <td class="number" data-label="Price">{format_money(&payment.price)}</td>
                <td data-label="State">{payment.status}</td>
                <td data-label="Begun"><Time at=payment.begun/></td>
            </tr>
        }
    };
    let rows: Vec<_> = payments.into_iter().map(row).collect();
    let none = "It has bought nothing.";
    view! { <TableCard heading="Recent payments" order="newest first" columns rows none/> }
}
