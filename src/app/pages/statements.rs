//! `/credits/statements`: the months that have a statement.

use leptos::prelude::*;

use crate::app::layout;
use crate::app::pages::credit_parts::spent;
use crate::app::ui::{Empty, Head, PageHead, Table};
use crate::model::format::grouped;
use crate::model::frame::Frame;
use crate::model::statements::{StatementRow, StatementsPage};
use crate::server_fns::statements::load_statements;

/// The page.
pub fn page() -> impl IntoView {
    layout::page("Monthly statements", load_statements, show)
}

fn show(page: StatementsPage, frame: &Frame) -> impl IntoView + use<> {
    let lede = format!(
        "What came in, what was used and what is left, month by month in {}.",
        frame.time_zone
    );
    view! {
        <p class="crumbs"><a href="/credits">"Credits"</a> " / Statements"</p>
        <PageHead title="Monthly statements" lede/>
        {list(page.months)}
    }
}

fn list(months: Vec<StatementRow>) -> impl IntoView {
    if months.is_empty() {
        return view! {
            <section class="card">
                <Empty title="No statements yet">
                    <p>"The first one begins with the month in which the first credits come in."</p>
                </Empty>
            </section>
        }
        .into_any();
    }
    let columns = vec![
        Head::Text("Month"),
        Head::Number("Used"),
        Head::Number("Usage transactions"),
        Head::Text("Files"),
    ];
    let rows = months.into_iter().map(row).collect_view();
    view! {
        <section class="card flush">
            <Table label="Statements" caption="Monthly statements, newest first" columns>{rows}</Table>
        </section>
    }
    .into_any()
}

fn row(month: StatementRow) -> impl IntoView {
    let address = format!("/credits/statements/{}", month.month);
    let running = (!month.is_over).then(|| view! { " " <span class="badge good">"Current"</span> });
    view! {
        <tr>
            <th scope="row"><span><a href=address.clone()>{month.label.clone()}</a>{running}</span></th>
            <td class="number" data-label="Used">{spent(month.used)}</td>
            <td class="number" data-label="Usage transactions">{grouped(month.transactions)}</td>
            <td data-label="Files">{files(&address, &month.label)}</td>
        </tr>
    }
}

/// The statement as its three kinds of file.
fn files(address: &str, label: &str) -> impl IntoView + use<> {
    let link = |name: &'static str, ending: &str| {
        view! {
            <a href=format!("{address}.{ending}") download="">{name}<span class="unseen">" of "{label.to_owned()}</span></a>
        }
    };
    view! { <span>{link("PDF", "pdf")} " · " {link("CSV", "csv")} " · " {link("XLSX", "xlsx")}</span> }
}
