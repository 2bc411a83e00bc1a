//! `/admin/requests`: grants and corrections that wait for a second member of staff.

use leptos::prelude::*;

use crate::app::layout;
use crate::app::pages::credit_parts::signed;
use crate::app::ui::{FormProblem, Head, PageHead, TableCard, Time};
use crate::model::format::credits_phrase;
use crate::model::frame::Frame;
use crate::model::staff_console::{RequestLine, RequestsPage};
use crate::server_fns::staff_requests::load_requests;

/// The page.
pub fn page() -> impl IntoView {
    layout::page("Requests", load_requests, show)
}

fn show(page: RequestsPage, _frame: &Frame) -> impl IntoView + use<> {
    let lede = format!(
        "Above {} two people of the staff have to agree: one asks, another approves.",
        credits_phrase(page.two_person_above)
    );
    view! {
        <PageHead title="Requests" lede/>
        <FormProblem function="approve_request"/>
        <FormProblem function="decline_request"/>
        <div class="stack">
            {waiting(page.waiting)}
            {decided(page.decided)}
        </div>
    }
}

fn waiting(lines: Vec<RequestLine>) -> impl IntoView {
    let columns = vec![
        Head::Text("Organisation"),
        Head::Text("What"),
        Head::Number("Credits"),
        Head::Text("Reason"),
        Head::Text("Asked by"),
        Head::Text("Waits until"),
        Head::Text("Answer"),
    ];
    let rows: Vec<_> = lines.into_iter().map(waiting_row).collect();
    let none = "Nothing waits for a second person.";
    view! { <TableCard heading="Waiting" order="oldest first" columns rows none/> }
}

fn waiting_row(line: RequestLine) -> impl IntoView {
    let id = line.id.clone();
    let approve = (!line.is_own).then(|| {
        view! {
            <form method="post" action="/api/approve_request">
                <input type="hidden" name="id" value=id/>
                <button class="button small primary nowrap">"Approve"</button>
            </form>
        }
    });
    let decline = if line.is_own { "Take back" } else { "Decline" };
    view! {
        <tr>
            <th scope="row">{organisation(&line)}</th>
            <td data-label="What">{line.what}</td>
            <td class="number" data-label="Credits">{signed(line.credits)}</td>
            <td data-label="Reason">{line.reason}</td>
            <td data-label="Asked by">{line.asked_by}</td>
            <td data-label="Waits until"><Time at=line.lapses/></td>
            <td data-label="Answer">
                <div class="row">
                    {approve}
                    <form method="post" action="/api/decline_request">
                        <input type="hidden" name="id" value=line.id/>
                        <button class="button small nowrap">{decline}</button>
                    </form>
                </div>
            </td>
        </tr>
    }
}

fn decided(lines: Vec<RequestLine>) -> impl IntoView {
    let columns = vec![
        Head::Text("Organisation"),
        Head::Text("What"),
        Head::Number("Credits"),
        Head::Text("Reason"),
        Head::Text("Asked by"),
        Head::Text("Ended"),
        Head::Text("By"),
        Head::Text("Asked"),
    ];
    let row = |line: RequestLine| {
        view! {
            <tr>
                <th scope="row">{organisation(&line)}</th>
                <td data-label="What">{line.what}</td>
                <td class="number" data-label="Credits">{signed(line.credits)}</td>
                <td data-label="Reason">{line.reason}</td>
                <td data-label="Asked by">{line.asked_by}</td>
                <td data-label="Ended">{line.state}</td>
                <td data-label="By">{line.decided_by}</td>
                <td data-label="Asked"><Time at=line.asked/></td>
            </tr>
        }
    };
    let rows: Vec<_> = lines.into_iter().map(row).collect();
    let none = "Nothing has waited yet.";
    view! { <TableCard heading="Answered" order="newest first" columns rows none/> }
}

fn organisation(line: &RequestLine) -> impl IntoView + use<> {
    let address = format!("/admin/organisations/{}", line.organisation);
    view! { <a href=address>{line.organisation_name.clone()}</a> }
}
