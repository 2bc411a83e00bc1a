//! One payment with everything that is known about it: where it stands, its trail, its documents.

use crate::backend::payment_list;
use crate::backend::payments::PaymentError;
use crate::backend::state::Backend;
use crate::backend::store::billing_document::{self, Document};
use crate::backend::zone::Zone;
use crate::ledger::{OrganisationId, PurchaseId};
use crate::model::billing::DisputeLine;
use crate::model::document::DocumentKind;
use crate::model::format::{credits_phrase, format_money};
use crate::model::payments::{PaymentView, TrailState, TrailStep};

/// The payment, after asking the provider where that may bring news and after writing its document where
/// one is due.
///
/// # Errors
/// There is no such purchase, or the database failed.
pub async fn view(
    backend: &Backend,
    organisation: &OrganisationId,
    id: &PurchaseId,
    zone: Zone,
) -> Result<PaymentView, PaymentError> {
    let now = backend.now();
    let moment = |at| zone.moment(at);
    let shown = backend.payments.look(organisation, id, now, moment).await?;
    let purchase = backend.payments.purchase(organisation, id).await?;
    if let Err(error) = backend.documents.issue_all(&purchase, now).await {
        tracing::warn!(purchase = %id, %error, "its document is written later");
    }
    let documents = billing_document::of_purchase(&backend.db, organisation, id).await?;
    let mut trail = backend.payments.trail(&purchase, now, moment).await?;
    trail.extend(documents.iter().skip(1).map(money_back));
    trail.extend(shown.back.iter().flat_map(|back| &back.disputes).map(dispute));
    Ok(PaymentView {
        purchase: shown,
        trail,
        last_report: backend.payments.last_report().await?.map(moment),
        documents: payment_list::links(documents),
        provider_document: backend.payments.has_provider_document(&purchase),
    })
}

/// A credit note as a step of the trail.
fn money_back(note: &Document) -> TrailStep {
    let content = &note.content;
    let money = format_money(&crate::ledger::Money {
        minor: content.total_minor.saturating_abs(),
        currency: content.currency,
    });
    let credits = content.credits.micro().saturating_abs();
    let credits = credits_phrase(crate::ledger::Credits::from_micro(credits));
    let (label, sentence) = match content.kind {
        DocumentKind::Correction => (
            "Refund failed",
            format!("{money} did not arrive, so {credits} came back into the balance."),
        ),
        _ => {
            ("Refunded", format!("{money} went back, and {credits} were taken out of the balance."))
        }
    };
    TrailStep {
        label: label.to_owned(),
        state: TrailState::Done,
        at: Some(content.issued.clone()),
        sentence,
    }
}

/// A dispute as a step of the trail.
fn dispute(dispute: &DisputeLine) -> TrailStep {
    TrailStep {
        label: dispute.state.clone(),
        state: if dispute.is_over { TrailState::Done } else { TrailState::Waiting },
        at: Some(dispute.opened.clone()),
        sentence: dispute.explanation.clone(),
    }
}
