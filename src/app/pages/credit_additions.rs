//! What came into the ledger, as the credits page lists it. Money is there for those who may see it.

use leptos::prelude::*;

use crate::app::pages::credit_parts::signed;
use crate::app::ui::{Empty, Time};
use crate::ledger::Credits;
use crate::model::Viewer;
use crate::model::credits::AdditionRow;
use crate::model::format::format_signed_credits;
use crate::model::permission::Action;

/// The list, or what stands in its place.
pub fn additions(rows: Vec<AdditionRow>, viewer: &Viewer) -> impl IntoView + use<> {
    if rows.is_empty() {
        return empty(viewer.may(Action::BuyCredits)).into_any();
    }
    let whose = format!("All that came in for everyone at {}.", viewer.organisation_name);
    view! {
        <p class="soft small inset after">{whose}</p>
        {table(rows, viewer.may(Action::ViewPayments))}
    }
    .into_any()
}

fn empty(may_buy: bool) -> impl IntoView {
    view! {
        <Empty title="Nothing has come in yet">
            <p>"Purchases, free credits and grants appear here."</p>
            {may_buy.then(|| view! { <p><a class="button" href="/credits/buy">"Buy credits"</a></p> })}
        </Empty>
    }
}

fn table(rows: Vec<AdditionRow>, sees_money: bool) -> impl IntoView {
    let here = Credits::checked_sum(rows.iter().map(|row| row.credits)).unwrap_or_default();
    let count = rows.len();
    let body = rows.into_iter().map(|line| row(line, sees_money)).collect_view();
    view! {
        <div class="table-region" tabindex="0" role="region" aria-label="Purchase history">
            <table class="folds">
                <caption class="unseen">"Purchase history, newest first"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Type"</th>
                        <th scope="col" class="number">"Credits"</th>
                        <th scope="col">"From"</th>
                        {sees_money.then(|| view! { <th scope="col">"Paid"</th> })}
                        <th scope="col">"Expires"</th>
                        <th scope="col">"User"</th>
                        <th scope="col">"Date"</th>
                    </tr>
                </thead>
                <tbody>{body}</tbody>
                <tfoot>
                    <tr>
                        <th scope="row">{format!("On this page ({count})")}</th>
                        <td class="number" data-label="Credits">{format_signed_credits(here)}</td>
                        <td colspan=if sees_money { "5" } else { "4" }></td>
                    </tr>
                </tfoot>
            </table>
        </div>
    }
}

fn row(row: AdditionRow, sees_money: bool) -> impl IntoView {
    let detail = format!("/credits/transactions/{}", row.sequence);
    let spoken = format!("{}, transaction {}", row.kind, row.sequence);
    let expires = match row.expires {
        Some(at) => view! { <Time at day_only=true/> }.into_any(),
        // What was taken out again has no end.
        None if row.credits.is_negative() => ().into_any(),
        None => view! { <span class="soft">"Never"</span> }.into_any(),
    };
    view! {
        <tr>
            <th scope="row"><a href=detail aria-label=spoken>{row.kind}</a></th>
            <td class="number" data-label="Credits">{signed(row.credits)}</td>
            <td data-label="From">{row.origin}</td>
            {sees_money.then(|| view! { <td data-label="Paid">{row.paid}</td> })}
            <td data-label="Expires">{expires}</td>
            <td data-label="User"><span class="nowrap">{row.user}</span></td>
            <td data-label="Date"><Time at=row.at/></td>
        </tr>
    }
}
