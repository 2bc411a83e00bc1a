//! Where the buyer comes back: what became of the payment, honestly, and what happens next.

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use crate::app::layout;
use crate::app::live::Refresh;
use crate::app::pages::buy::test_banner;
use crate::app::pages::money_back::money_back;
use crate::app::pages::payment_parts::{document_links, trail};
use crate::app::ui::{FormProblem, PageHead, Time};
use crate::catalogue::OWN_AMOUNT_CODE;
use crate::model::billing::{PurchaseState, PurchaseView};
use crate::model::format::{credits_phrase, format_money};
use crate::model::frame::Frame;
use crate::model::payments::PaymentView;
use crate::server_fns::billing::load_purchase;

/// Without scripts a pending page asks again after this many seconds.
const ASK_AGAIN_SECONDS: &str = "5";
/// The element that is replaced when the purchase changes.
const TARGET: &str = "purchase";

/// `/credits/return/{id}`: safe to reload, to bookmark and to open twice.
pub fn page() -> impl IntoView {
    let id = use_params_map().get_untracked().get("id").unwrap_or_default();
    layout::page("Your purchase", move || load_purchase(id.clone()), show)
}

fn show(payment: PaymentView, _frame: &Frame) -> impl IntoView + use<> {
    let PaymentView { purchase, trail: steps, last_report, documents, provider_document } = payment;
    let has_documents = provider_document || !documents.is_empty();
    let documents = has_documents
        .then(|| documents_card(document_links(documents, provider_document, &purchase.id)));
    let topic = format!("purchase:{}", purchase.id);
    let pending = purchase.state.is_pending();
    view! {
        {pending.then(|| view! { <noscript><meta http-equiv="refresh" content=ASK_AGAIN_SECONDS/></noscript> })}
        <Refresh topic target=TARGET.to_owned()/>
        <div id=TARGET class="stack">
            <PageHead title=headline(&purchase)/>
            {purchase.test.then(|| test_note(purchase.state))}
            <FormProblem function="recheck_purchase"/>
            <div class=banner_class(&purchase) role="status">
                <div>
                    <p class="strong">{purchase.status.clone()}</p>
                    <p>{purchase.explanation.clone()}</p>
                </div>
            </div>
            {purchase.back.clone().map(|back| money_back(back, false))}
            {receipt(&purchase)}
            {next(&purchase)}
            {documents}
            {trail(steps, last_report)}
        </div>
    }
}

fn documents_card(links: impl IntoView + 'static) -> impl IntoView {
    view! {
        <section class="card" aria-labelledby="documents-heading">
            <header><h2 id="documents-heading">"Receipts and invoices"</h2></header>
            {links}
        </section>
    }
}

fn headline(purchase: &PurchaseView) -> &'static str {
    match purchase.state {
        PurchaseState::Credited if purchase.back.as_ref().is_some_and(|back| back.is_whole) => {
            "This purchase was refunded"
        }
        PurchaseState::Credited if purchase.back.is_some() => "Your purchase",
        PurchaseState::Confirming => "Confirming your payment",
        PurchaseState::Credited => "Your credits are here",
        PurchaseState::AwaitingBank => "Waiting for your bank",
        PurchaseState::NotPaid => "No payment has been made",
        PurchaseState::Closed => "This payment was looked into",
        PurchaseState::Unknown => "We do not know yet",
    }
}

fn banner_class(purchase: &PurchaseView) -> &'static str {
    match purchase.state {
        PurchaseState::Credited if purchase.back.is_some() => "banner",
        PurchaseState::Credited => "banner good",
        PurchaseState::Confirming | PurchaseState::AwaitingBank | PurchaseState::Closed => "banner",
        PurchaseState::NotPaid | PurchaseState::Unknown => "banner warn",
    }
}

fn receipt(purchase: &PurchaseView) -> impl IntoView + use<> {
    let credited = purchase.credited.clone();
    let payment = purchase.payment_reference.clone();
    let tax = purchase.tax;
    view! {
        <section class="ticket" aria-label="The purchase">
            <dl>
                <dt>"Pack"</dt><dd>{purchase.pack_name.clone()}</dd>
                <dt>"Credits"</dt><dd>{credits_phrase(purchase.credits)}</dd>
                <dt>"Begun"</dt><dd><Time at=purchase.begun.clone()/></dd>
                {credited.map(|at| view! { <dt>"Credited"</dt><dd><Time at/></dd> })}
                <div class="tear"></div>
                <dt class="sum">{if purchase.credited.is_some() { "Paid" } else { "Price" }}</dt>
                <dd class="sum">{format_money(&purchase.price)}</dd>
                {tax.map(|tax| view! { <dt>"Tax within"</dt><dd data-testid="tax-within">{format_money(&tax)}</dd> })}
            </dl>
        </section>
        <section class="card" aria-label="To quote when you ask about it">
            <dl class="facts">
                <dt>"Reference"</dt><dd><code>{purchase.id.clone()}</code></dd>
                {payment.map(|reference| view! { <dt>"Payment"</dt><dd><code>{reference}</code></dd> })}
            </dl>
        </section>
    }
}

/// While there is something to pay: with what. Afterwards: that nothing was.
fn test_note(state: PurchaseState) -> AnyView {
    if state == PurchaseState::NotPaid {
        return test_banner().into_any();
    }
    view! { <p class="row"><span class="badge warn">"Test mode"</span> "No money moved."</p> }
        .into_any()
}

fn next(purchase: &PurchaseView) -> impl IntoView + use<> {
    let credited = purchase.state == PurchaseState::Credited;
    let is_over = credited || purchase.state == PurchaseState::Closed;
    let own = (purchase.pack == OWN_AMOUNT_CODE).then(|| format!("&credits={}", purchase.credits));
    let pack = layout::encoded(&purchase.pack);
    let again = format!("/credits/buy?pack={pack}{}", own.unwrap_or_default());
    let not_paid = purchase.state == PurchaseState::NotPaid;
    let pay_at = purchase.pay_at.clone();
    let id = purchase.id.clone();
    view! {
        <div class="row">
            {credited.then(|| view! { <a class="button primary" href="/credits">"See your credits"</a> })}
            {pay_at.map(|url| view! { <a class="button primary" href=url>"Go on to payment"</a> })}
            {not_paid.then(|| view! { <a class="button" href=again>"Choose again"</a> })}
            {(!is_over).then(|| view! {
                <form method="post" action="/api/recheck_purchase">
                    <input type="hidden" name="id" value=id/>
                    <button class="button" type="submit">"Recheck this payment"</button>
                </form>
            })}
        </div>
    }
}
