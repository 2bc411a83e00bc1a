//! `/admin/payments/{id}`: one payment with everything that is known of it, and what staff may do.

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use crate::app::layout;
use crate::app::pages::money_back::money_back;
use crate::app::ui::{Field, FormProblem, Head, Kept, PageHead, TableCard, Time};
use crate::model::format::{credits_phrase, format_money};
use crate::model::frame::Frame;
use crate::model::staff::{RefundOffer, RefusedRefund, StaffPayment};
use crate::server_fns::staff_payments::load_staff_payment;

/// The page.
pub fn page() -> impl IntoView {
    let id = use_params_map().read_untracked().get("id").unwrap_or_default();
    layout::page("Payment", move || load_staff_payment(id.clone()), show)
}

fn show(payment: StaffPayment, _frame: &Frame) -> impl IntoView + use<> {
    let purchase = payment.purchase.clone();
    let title = format!("{}: {}", payment.organisation_name, purchase.pack_name);
    let lede = format!("{}. {}", purchase.status, purchase.explanation);
    let by = payment.closed_by.clone().map(|name| format!("Closed by {name}."));
    let note = payment.note.clone().map(|note| {
        view! {
            <div class="banner warn" role="status">
                <div><p class="strong">"What was found"</p><p>{note}</p>{by.map(|by| view! { <p class="small">{by}</p> })}</div>
            </div>
        }
    });
    view! {
        <p class="crumbs"><a href="/admin/payments">"Payments"</a> " / " <code>{purchase.id.clone()}</code></p>
        <PageHead title lede/>
        <FormProblem function="recheck_payment"/>
        <FormProblem function="close_payment"/>
        {note}
        <div class="wide-narrow">
            <div class="stack">
                {facts(&payment)}
                {payment.back.clone().map(|back| money_back(back, true))}
                {refused(payment.refused.clone())}
            </div>
            <div class="stack">
                {refund(&purchase.id, payment.refundable.clone())}
                {recheck(purchase.id.clone())}
                {payment.is_under_review.then(|| close(purchase.id.clone()))}
            </div>
        </div>
    }
}

fn facts(payment: &StaffPayment) -> impl IntoView + use<> {
    let purchase = payment.purchase.clone();
    let references = payment
        .references
        .iter()
        .cloned()
        .map(|(what, reference)| view! { <dt>{what}</dt><dd><code>{reference}</code></dd> })
        .collect_view();
    view! {
        <section class="card" aria-labelledby="facts-heading">
            <header><h2 id="facts-heading">"The purchase"</h2></header>
            <dl class="facts">
                <dt>"Organisation"</dt>
                <dd>{payment.organisation_name.clone()} " " <code>{payment.organisation.clone()}</code></dd>
                <dt>"Bought by"</dt><dd>{payment.buyer.clone()}</dd>
                <dt>"Credits"</dt><dd>{credits_phrase(purchase.credits)}</dd>
                <dt>"Price"</dt><dd>{format_money(&purchase.price)}</dd>
                {purchase.tax.map(|tax| view! { <dt>"Tax within"</dt><dd>{format_money(&tax)}</dd> })}
                <dt>"Begun"</dt><dd><Time at=purchase.begun/></dd>
                {purchase.credited.map(|at| view! { <dt>"Credited"</dt><dd><Time at/></dd> })}
                {references}
            </dl>
        </section>
    }
}

fn refused(requests: Vec<RefusedRefund>) -> impl IntoView {
    (!requests.is_empty()).then(|| {
        let columns = vec![
            Head::Text("Asked for by"),
            Head::Number("Amount"),
            Head::Text("Reason"),
            Head::Text("Answer"),
            Head::Text("At"),
        ];
        let row = |request: RefusedRefund| {
            let answer = request.problem.unwrap_or_else(|| "Not heard yet: look again".to_owned());
            view! {
                <tr>
                    <th scope="row">{request.by}</th>
                    <td class="number" data-label="Amount">{format_money(&request.amount)}</td>
                    <td data-label="Reason">{request.reason}</td>
                    <td data-label="Answer">{answer}</td>
                    <td data-label="At"><Time at=request.at/></td>
                </tr>
            }
        };
        let rows: Vec<_> = requests.into_iter().map(row).collect();
        view! { <TableCard heading="Refunds that were not made" order="oldest first" columns rows none=""/> }
    })
}

fn refund(id: &str, offer: Option<RefundOffer>) -> impl IntoView + use<> {
    let address = format!("/admin/payments/{id}/refund");
    let content = match offer {
        None => view! {
            <p>"The payment provider does not answer, so nobody knows what can be refunded. Load the page again in a moment."</p>
        }
        .into_any(),
        Some(RefundOffer { blocked: Some(why), .. }) => view! { <p>{why}</p> }.into_any(),
        Some(offer) => view! {
            <dl class="facts">
                <dt>"Paid"</dt><dd>{format_money(&offer.paid)}</dd>
                <dt>"Left to refund"</dt><dd>{format_money(&offer.left)}</dd>
                <dt>"Unspent"</dt><dd>{credits_phrase(offer.unspent)}</dd>
            </dl>
            <p class="after"><a class="button" href=address>"Refund…"</a></p>
        }
        .into_any(),
    };
    view! {
        <section class="card" aria-labelledby="refund-heading">
            <header><h2 id="refund-heading">"Refund"</h2></header>
            {content}
        </section>
    }
}

fn recheck(id: String) -> impl IntoView {
    view! {
        <section class="card" aria-labelledby="recheck-heading">
            <header><h2 id="recheck-heading">"Recheck"</h2></header>
            <p>"Asks the provider what became of the payment, its refunds and its disputes, and books what is missing."</p>
            <form class="after" method="post" action="/api/recheck_payment">
                <input type="hidden" name="id" value=id/>
                <button class="button">"Recheck now"</button>
            </form>
        </section>
    }
}

fn close(id: String) -> impl IntoView {
    let kept = Kept::of("close_payment");
    view! {
        <section class="card" aria-labelledby="close-heading">
            <header><h2 id="close-heading">"Close the review"</h2></header>
            <p class="soft small">"No credits are granted. The organisation's admins see the reason."</p>
            <form class="after" method="post" action="/api/close_payment">
                <input type="hidden" name="id" value=id/>
                <Field label="Reason" name="reason" kept max_length=300/>
                <p class="after"><button class="button danger">"Close without credits"</button></p>
            </form>
        </section>
    }
}
