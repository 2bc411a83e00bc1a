//! One payment with everything that is known about it: where it stands, its trail, its documents.

use std::time::Duration;

use crate::backend::payment_list;
use crate::backend::payments::PaymentError;
use crate::backend::state::Backend;
use crate::backend::store::billing_document::{self, Document};
use crate::backend::store::purchase::Purchase;
use crate::backend::zone::Zone;
use crate::ledger::{Credits, Money, OrganisationId, PurchaseId, Timestamp};
use crate::model::billing::DisputeLine;
use crate::model::document::DocumentKind;
use crate::model::format::{credits_phrase, format_money};
use crate::model::payments::{PaymentView, TrailState, TrailStep};

/// How long a page waits for a document to be written.
const PATIENCE: Duration = Duration::from_millis(1_500);

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
    write_document(backend, &purchase, now).await;
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

/// A page that is waited for does not wait long: the job writes what was not written here.
async fn write_document(backend: &Backend, purchase: &Purchase, now: Timestamp) {
    let writing = backend.documents.issue_all(purchase, now);
    match tokio::time::timeout(PATIENCE, writing).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => {
            tracing::warn!(purchase = %purchase.id, %error, "its document is written later");
        }
        Err(_) => {
            tracing::warn!(purchase = %purchase.id, "its document is written later: too slow")
        }
    }
}

/// A credit note as a step of the trail.
fn money_back(note: &Document) -> TrailStep {
    let content = &note.content;
    let money = format_money(&Money {
        minor: content.total_minor.saturating_abs(),
        currency: content.currency,
    });
    let credits = content.credits.micro().saturating_abs();
    let credits = credits_phrase(Credits::from_micro(credits));
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
