//! What the pages about payments share: the state as a badge, links to documents, the trail.

use leptos::prelude::*;

use crate::app::ui::Time;
use crate::app::ui::icon::{self, icon};
use crate::model::Moment;
use crate::model::payments::{DocumentLink, PaymentStatus, TrailState, TrailStep};

/// The state in words, with an icon and a colour that say the same.
pub fn status_badge(status: PaymentStatus) -> impl IntoView {
    let (class, path) = match status {
        PaymentStatus::Credited => ("badge good", icon::CHECK),
        PaymentStatus::Pending => ("badge", icon::CLOCK),
        PaymentStatus::Processing | PaymentStatus::Crediting => ("badge info", icon::CLOCK),
        PaymentStatus::Refunded | PaymentStatus::PartlyRefunded => ("badge", icon::BACK),
        PaymentStatus::NotPaid | PaymentStatus::Closed => ("badge", icon::CROSS),
        PaymentStatus::Failed => ("badge bad", icon::CROSS),
        PaymentStatus::Disputed => ("badge bad", icon::ALERT),
        PaymentStatus::Review => ("badge warn", icon::ALERT),
    };
    view! { <span class=class>{icon(path)} {status.words()}</span> }
}

/// Each document as its page and its file, then the provider's own.
pub fn document_links(
    documents: Vec<DocumentLink>,
    provider_document: bool,
    purchase: &str,
) -> impl IntoView + use<> {
    let own = documents
        .into_iter()
        .map(|document| {
            let page = format!("/credits/documents/{}", document.number);
            let file = format!("{page}.pdf");
            let spoken = format!("{} {} as PDF", document.title, document.number);
            view! {
                <li>
                    <a href=page>{document.title} " " <span class="nowrap">{document.number}</span></a>
                    " · "
                    <a href=file download="" aria-label=spoken>"PDF"</a>
                </li>
            }
        })
        .collect_view();
    let address = format!("/credits/payments/{purchase}/provider-document");
    let provider = provider_document.then(|| {
        view! { <li><a href=address rel="external noreferrer">"The payment provider’s own"</a></li> }
    });
    view! { <ul class="plain small">{own}{provider}</ul> }
}

/// What happened when, and what is waited for.
pub fn trail(steps: Vec<TrailStep>, last_report: Option<Moment>) -> impl IntoView {
    let steps = steps.into_iter().map(step).collect_view();
    let report = match last_report {
        Some(at) => view! {
            <p class="soft small after">"The payment provider last reported something, about any payment, on " <Time at/> "."</p>
        }
        .into_any(),
        None => view! {
            <p class="soft small after">"The payment provider has not reported anything yet, about any payment."</p>
        }
        .into_any(),
    };
    view! {
        <section class="card" aria-labelledby="trail-heading" data-testid="trail">
            <header><h2 id="trail-heading">"What happened when"</h2></header>
            <ol class="steps">{steps}</ol>
            {report}
        </section>
    }
}

fn step(step: TrailStep) -> impl IntoView {
    let (class, spoken) = match step.state {
        TrailState::Done => ("done", "Done"),
        TrailState::Waiting => ("", "Waiting"),
        TrailState::Ahead => ("", "Later"),
        TrailState::Stopped => ("bad", "Stopped"),
        TrailState::Skipped => ("", "Not needed"),
    };
    let time = match step.at {
        Some(at) => view! { <Time at/> }.into_any(),
        None => view! { <span class="soft small">{spoken}</span> }.into_any(),
    };
    let unseen = (step.state != TrailState::Done).then_some(spoken);
    view! {
        <li class=class data-state=spoken>
            <div>
                <p class="strong">{step.label}</p>
                <p class="soft small">{step.sentence}</p>
            </div>
            <div class="small">
                {unseen.filter(|_| class == "bad").map(|word| view! { <span class="unseen">{word} " "</span> })}
                {time}
            </div>
        </li>
    }
}
