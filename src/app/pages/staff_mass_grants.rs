//! `/admin/mass-grants`: sending a file of grants to be looked at, and the files so far.

use leptos::prelude::*;

use crate::app::layout;
use crate::app::ui::{FormProblem, Head, Kept, PageHead, TableCard, Time};
use crate::model::format::{format_credits, grouped};
use crate::model::frame::Frame;
use crate::model::mass_grant::{MassGrantBrief, MassGrantList};
use crate::server_fns::staff_mass_grants::load_mass_grants;

/// The page.
pub fn page() -> impl IntoView {
    layout::page("Mass grants", load_mass_grants, show)
}

fn show(list: MassGrantList, _frame: &Frame) -> impl IntoView + use<> {
    let files = list.files.clone();
    view! {
        <PageHead title="Mass grants" lede="A file of grants is checked line by line first. Nothing is booked before you have seen what each line does."/>
        <FormProblem function="check_mass_grant"/>
        <div class="stack">
            {form(list)}
            {table(files)}
        </div>
    }
}

fn form(list: MassGrantList) -> impl IntoView {
    let wrong = Kept::of("check_mass_grant").message("file");
    let limits = format!(
        "At most {} lines and {} kB, as UTF-8 text with commas.",
        grouped(list.most_lines),
        list.most_kilobytes
    );
    let example = format!(
        "{}\nNorthwind,250,promotional,2027-12-31,For the trade fair\norg_…,40,admin,,\"Sorry, and thanks\"",
        list.columns
    );
    view! {
        <section class="card" aria-labelledby="file-heading">
            <header><h2 id="file-heading">"Check a file"</h2></header>
            <form method="post" action="/api/check_mass_grant" enctype="multipart/form-data">
                <div class="field">
                    <label for="file">"CSV file"</label>
                    <input id="file" name="file" type="file" accept=".csv,text/csv" required=true
                        aria-invalid=wrong.is_some().then_some("true") aria-describedby="file-hint"/>
                    <span class="hint" id="file-hint">{limits}</span>
                    {wrong.map(|message| view! { <span class="wrong">{message}</span> })}
                </div>
                <p class="after"><button class="button">"Check it"</button></p>
            </form>
            <details class="after">
                <summary class="soft small">"How such a file looks"</summary>
                <pre class="small mono example">{example}</pre>
                <p class="small soft">"An organisation is named by its id or its whole name, the kind is admin, promotional or trial, and “expires” is the last day, or empty for credits that never expire."</p>
            </details>
        </section>
    }
}

fn table(files: Vec<MassGrantBrief>) -> impl IntoView {
    let columns = vec![
        Head::Text("File"),
        Head::Number("Lines"),
        Head::Number("Wrong"),
        Head::Number("Credits"),
        Head::Text("State"),
        Head::Text("Checked"),
    ];
    let row = |file: MassGrantBrief| {
        let address = format!("/admin/mass-grants/{}", file.digest);
        view! {
            <tr>
                <th scope="row"><a href=address>{file.name}</a></th>
                <td class="number" data-label="Lines">{grouped(file.lines)}</td>
                <td class="number" data-label="Wrong">{grouped(file.wrong)}</td>
                <td class="number" data-label="Credits">{format_credits(file.total)}</td>
                <td data-label="State">{file.state}</td>
                <td data-label="Checked"><Time at=file.uploaded/></td>
            </tr>
        }
    };
    let rows: Vec<_> = files.into_iter().map(row).collect();
    let none = "No file was checked yet.";
    view! { <TableCard heading="Files" order="newest first" columns rows none/> }
}
