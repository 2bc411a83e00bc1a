//! `/admin/payments/{id}/refund`: how much and why, then what that would do, then the refund.

use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};

use crate::app::layout;
use crate::app::ui::{Field, FormProblem, Kept, PageHead};
use crate::model::format::{credits_phrase, format_credits, format_money};
use crate::model::frame::Frame;
use crate::model::staff::{RefundDialog, RefundPreview};
use crate::server_fns::staff_payments::load_refund_dialog;

/// The page, with `?amount=` and `?reason=` once they were checked.
pub fn page() -> impl IntoView {
    let id = use_params_map().read_untracked().get("id").unwrap_or_default();
    let query = use_query_map().get_untracked();
    let (amount, reason) = (query.get("amount"), query.get("reason"));
    let load = move || load_refund_dialog(id.clone(), amount.clone(), reason.clone());
    layout::page("Refund", load, show)
}

fn show(dialog: RefundDialog, _frame: &Frame) -> impl IntoView + use<> {
    let back = format!("/admin/payments/{}", dialog.purchase);
    let lede = format!(
        "{}, {} ({}).",
        dialog.organisation_name,
        dialog.pack_name,
        credits_phrase(dialog.credits)
    );
    let content = match &dialog.offer.blocked {
        Some(why) => view! {
            <div class="banner warn" role="status"><div>
                <p class="strong">"This payment cannot be refunded"</p>
                <p>{why.clone()}</p>
            </div></div>
        }
        .into_any(),
        None => view! { <div class="columns">{form(&dialog)} {dialog.preview.clone().map(|preview| confirm(&dialog.purchase, preview))}</div> }
            .into_any(),
    };
    view! {
        <p class="crumbs"><a href="/admin/payments">"Payments"</a> " / " <a href=back>{dialog.purchase.clone()}</a> " / Refund"</p>
        <PageHead title="Refund" lede/>
        <FormProblem function="preview_refund"/>
        <FormProblem function="refund_payment"/>
        {content}
    }
}

fn form(dialog: &RefundDialog) -> impl IntoView + use<> {
    let kept = Kept::of("preview_refund");
    let offer = dialog.offer.clone();
    let asked = dialog.preview.as_ref();
    let amount = asked.map_or(offer.proposed.clone(), |preview| preview.amount_text.clone());
    let reason = asked.map(|preview| preview.reason.clone()).unwrap_or_default();
    let hint = if offer.proposed.is_empty() {
        format!("All of its credits are spent. At most {} is left.", format_money(&offer.left))
    } else {
        format!(
            "{} unspent are worth {} {}. At most {} is left.",
            credits_phrase(offer.unspent),
            offer.proposed,
            offer.left.currency,
            format_money(&offer.left)
        )
    };
    let label = format!("Amount in {}", offer.left.currency);
    view! {
        <section class="card" aria-labelledby="ask-heading">
            <header><h2 id="ask-heading">"How much, and why"</h2></header>
            <form method="post" action="/api/preview_refund">
                <input type="hidden" name="id" value=dialog.purchase.clone()/>
                <Field label name="amount" kept=kept.clone() start=amount hint max_length=20/>
                <Field label="Reason" name="reason" kept start=reason hint="The organisation's admins read it." max_length=300/>
                <p class="after"><button class="button">"Show what it does"</button></p>
            </form>
        </section>
    }
}

fn confirm(id: &str, preview: RefundPreview) -> impl IntoView + use<> {
    let kept = Kept::of("refund_payment");
    let form_key = kept.value("form_key", &preview.form_key);
    let owed = preview.owed.is_positive().then(|| {
        view! {
            <dt>"Spent already, so owed"</dt><dd>{format_credits(preview.owed)}</dd>
        }
    });
    let debt = preview.debt.is_positive().then(|| {
        view! {
            <p class="after">{format!(
                "{} will be owed in all. The next credits that come in pay that first.",
                credits_phrase(preview.debt)
            )}</p>
        }
    });
    let button = format!("Refund {}", format_money(&preview.amount));
    view! {
        <section class="ticket" aria-labelledby="preview-heading" data-testid="refund-preview">
            <h2 id="preview-heading">"What it does"</h2>
            <dl class="after">
                <dt>"Credits taken back"</dt><dd>{format_credits(preview.credits)}</dd>
                {owed}
                <dt>"Available now"</dt><dd>{format_credits(preview.available_now)}</dd>
                <dt>"Available afterwards"</dt><dd>{format_credits(preview.available)}</dd>
                <div class="tear"></div>
                <dt class="sum">"Goes back"</dt><dd class="sum">{format_money(&preview.amount)}</dd>
            </dl>
            {debt}
            <form class="after" method="post" action="/api/refund_payment">
                <input type="hidden" name="id" value=id.to_owned()/>
                <input type="hidden" name="amount" value=preview.amount_text/>
                <input type="hidden" name="reason" value=preview.reason/>
                <input type="hidden" name="form_key" value=form_key/>
                <button class="button danger">{button}</button>
            </form>
        </section>
    }
}
