//! `/admin/log`: what the people who run the installation did, when, and what it changed.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use crate::app::layout::{self, encoded};
use crate::app::ui::{Head, PageHead, TableCard, Time, pager};
use crate::model::frame::Frame;
use crate::model::staff_console::{LogLine, LogPage};
use crate::server_fns::staff_organisations::load_staff_log;

/// The page, with `?before=`.
pub fn page() -> impl IntoView {
    let query = use_query_map().read_untracked();
    let before = query.get("before").unwrap_or_default();
    layout::page("Log", move || load_staff_log(before.clone()), show)
}

fn show(page: LogPage, _frame: &Frame) -> impl IntoView + use<> {
    let newest = page.is_later_page.then(|| "/admin/log".to_owned());
    let older = page.next.map(|before| format!("/admin/log?before={}", encoded(&before)));
    view! {
        <PageHead title="Log" lede="Who of the staff did what, when and why, and what it changed."/>
        {deeds("Deeds", page.lines, true)}
        {pager(newest, older)}
    }
}

/// Deeds as a table; `anywhere` where they are not all of one organisation.
pub fn deeds(heading: &'static str, lines: Vec<LogLine>, anywhere: bool) -> impl IntoView + use<> {
    let mut columns = vec![Head::Text("What")];
    columns.extend(anywhere.then_some(Head::Text("Organisation")));
    columns.extend([
        Head::Text("Reason"),
        Head::Text("Before"),
        Head::Text("After"),
        Head::Text("Who"),
        Head::Text("When"),
    ]);
    let rows: Vec<_> = lines.into_iter().map(|line| row(line, anywhere)).collect();
    view! { <TableCard heading order="newest first" columns rows none="Staff has done nothing yet."/> }
}

fn row(line: LogLine, anywhere: bool) -> impl IntoView {
    let organisation = line.organisation.zip(line.organisation_name).map(|(id, name)| {
        let address = format!("/admin/organisations/{id}");
        view! { <a href=address>{name}</a> }
    });
    let what = match line.address.filter(|_| anywhere) {
        Some(address) => view! { <a href=address>{line.what}</a> }.into_any(),
        None => line.what.into_any(),
    };
    view! {
        <tr>
            <th scope="row">{what}</th>
            {anywhere.then(|| view! { <td data-label="Organisation">{organisation}</td> })}
            <td data-label="Reason">{line.reason}</td>
            <td data-label="Before">{line.was}</td>
            <td data-label="After">{line.became}</td>
            <td data-label="Who">{line.who}</td>
            <td data-label="When"><Time at=line.at/></td>
        </tr>
    }
}
