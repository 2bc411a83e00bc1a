//! The receipt of a report: quoted against charged, asset by asset, what came back, and which credits
//! paid. Every total is the ledger's.

use leptos::prelude::*;

use crate::app::ui::Time;
use crate::ledger::Credits;
use crate::model::format::{credits_phrase, format_credits};
use crate::model::reports::{AssetView, PaidLot, ReceiptState, ReceiptView, ReportView};

/// The receipt as a ticket.
pub fn receipt(view: &ReportView) -> impl IntoView + use<> {
    let lines = view.assets.iter().map(asset_line).collect_view();
    let department = view.department_name.clone();
    view! {
        <aside class="ticket stack tight" aria-label="Receipt" data-testid="receipt">
            <h2>"Receipt"</h2>
            <dl>
                {lines}
                <div class="tear"></div>
                <dt>"Quoted"</dt>
                <dd data-testid="quoted">{credits_phrase(view.receipt.quoted)}</dd>
                {outcome(&view.receipt.state)}
            </dl>
            {returned(&view.receipt.state)}
            {lots(&view.receipt)}
            <dl class="facts small">
                <dt>"Paid by"</dt>
                <dd>{department.unwrap_or_else(|| "The organisation".to_owned())}</dd>
                <dt>"For"</dt>
                <dd>{view.receipt.operation.clone()}</dd>
                <dt>"Report id"</dt>
                <dd><code class="copy" data-testid="report-id">{view.id.clone()}</code></dd>
            </dl>
            <p class="soft small">"Name the report id when you ask for help with it."</p>
        </aside>
    }
}

fn asset_line(asset: &AssetView) -> impl IntoView + use<> {
    let note = match &asset.outcome {
        Some(Err(_)) => Some("not charged"),
        _ => None,
    };
    let figure = match &asset.outcome {
        Some(Err(_)) => format_credits(Credits::ZERO),
        _ => format_credits(asset.credits),
    };
    view! {
        <dt>{asset.name.clone()}{note.map(|note| view! { <span class="soft small">{format!(" ({note})")}</span> })}</dt>
        <dd>{figure}</dd>
    }
}

fn outcome(state: &ReceiptState) -> impl IntoView + use<> {
    let (label, credits) = match state {
        ReceiptState::Pending => ("Held", Credits::ZERO),
        ReceiptState::Held { credits } => ("Held", *credits),
        ReceiptState::Charged { credits, .. } => ("Charged", *credits),
        ReceiptState::Returned { .. } => ("Charged", Credits::ZERO),
    };
    view! {
        <dt class="sum">{label}</dt>
        <dd class="sum" data-testid="charged">{credits_phrase(credits)}</dd>
    }
}

/// What came back of the hold, and when.
fn returned(state: &ReceiptState) -> Option<impl IntoView + use<>> {
    let (credits, at, why) = match state {
        ReceiptState::Charged { returned, at, .. } if returned.is_positive() => (*returned, at, ""),
        ReceiptState::Returned { credits, at, lapsed } => {
            let why =
                if *lapsed { ", because the work took longer than credits are held" } else { "" };
            (*credits, at, why)
        }
        _ => return None,
    };
    Some(view! {
        <p class="banner good" data-testid="returned">
            <span>{format!("{} came back on ", credits_phrase(credits))}<Time at=at.clone()/>{format!("{why}.")}</span>
        </p>
    })
}

fn lots(receipt: &ReceiptView) -> Option<impl IntoView + use<>> {
    if receipt.lots.is_empty() {
        return None;
    }
    let heading = match receipt.state {
        ReceiptState::Charged { .. } => "Paid from",
        _ => "Held from",
    };
    let rows = receipt.lots.iter().map(lot).collect_view();
    Some(view! {
        <div data-testid="lots">
            <h3>{heading}</h3>
            <dl>{rows}</dl>
        </div>
    })
}

fn lot(lot: &PaidLot) -> impl IntoView + use<> {
    view! {
        <dt>{lot.source.clone()}<br/><code class="soft copy">{lot.id.clone()}</code></dt>
        <dd>{format_credits(lot.credits)}</dd>
    }
}
