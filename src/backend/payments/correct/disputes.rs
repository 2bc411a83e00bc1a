//! Disputes: written down as the provider has them, with an alert for whoever runs the installation.

use crate::backend::payments::port::corrections::{DisputeFacts, PaymentTotals};
use crate::backend::payments::{PaymentError, Payments};
use crate::backend::store::dispute::{self, Dispute, DisputeStanding};
use crate::backend::store::purchase::Purchase;
use crate::ledger::time::SECOND;
use crate::ledger::{Currency, Money, Timestamp};

impl Payments {
    /// Writes down the disputes as they are now; whether one is new or has moved.
    pub(super) async fn keep_disputes(
        &self,
        purchase: &Purchase,
        totals: &PaymentTotals,
        currency: Currency,
        now: Timestamp,
    ) -> Result<bool, PaymentError> {
        if totals.disputes.is_empty() {
            return Ok(false);
        }
        let (organisation, id) = (&purchase.organisation, &purchase.id);
        let before = dispute::of_purchase(&self.db, organisation, id).await?;
        let mut moved = false;
        for facts in &totals.disputes {
            let row = dispute_row(purchase, facts, currency, now);
            let known = before.iter().find(|known| known.reference == row.reference);
            let same =
                |known: &&Dispute| known.status == row.status && known.away_minor == row.away_minor;
            if known.filter(same).is_none() {
                moved = true;
                alert(purchase, facts);
            }
            dispute::upsert(&self.db, &row).await?;
        }
        Ok(moved)
    }
}

fn dispute_row(
    purchase: &Purchase,
    facts: &DisputeFacts,
    currency: Currency,
    now: Timestamp,
) -> Dispute {
    Dispute {
        organisation: purchase.organisation.clone(),
        purchase: purchase.id.clone(),
        reference: facts.reference.clone(),
        amount: Money { minor: facts.amount_minor, currency },
        away_minor: if facts.is_away { facts.amount_minor } else { 0 },
        standing: facts.standing,
        status: facts.status.clone(),
        reason: facts.reason.clone(),
        opened_at: Timestamp(facts.created_seconds.saturating_mul(SECOND)),
        seen_at: now,
    }
}

/// Whoever runs the installation should look: a dispute has days to be answered at the provider.
fn alert(purchase: &Purchase, facts: &DisputeFacts) {
    let (id, organisation) = (&purchase.id, &purchase.organisation);
    let (dispute, status) = (&facts.reference, &facts.status);
    match facts.standing {
        DisputeStanding::Unknown => tracing::error!(
            purchase = %id, %organisation, dispute, status,
            "a dispute has a status that is not known: nothing was done about it"
        ),
        DisputeStanding::Open | DisputeStanding::Inquiry | DisputeStanding::Lost => {
            tracing::error!(purchase = %id, %organisation, dispute, status, "a payment is disputed");
        }
        DisputeStanding::Won | DisputeStanding::Withdrawn => {
            tracing::info!(purchase = %id, %organisation, dispute, status, "a dispute is over");
        }
    }
}

/// The standing that matters most among the disputes of a payment.
pub(super) fn foremost(disputes: &[DisputeFacts]) -> Option<DisputeStanding> {
    use DisputeStanding::{Inquiry, Lost, Open, Unknown, Withdrawn, Won};
    let order = [Unknown, Open, Inquiry, Lost, Won, Withdrawn];
    order.into_iter().find(|standing| disputes.iter().any(|one| one.standing == *standing))
}
