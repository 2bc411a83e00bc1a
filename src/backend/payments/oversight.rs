//! What those who run the installation see of all payments, and their refund dialog.

use super::money_back::standing_words;
use super::refund::{Preview, Refundable};
use super::views::{status_of, words_of};
use super::{PaymentError, Payments};
use crate::backend::store::dispute::{self, Dispute, DisputeStanding};
use crate::backend::store::oversight::{self, InboxLine, Overseen};
use crate::backend::store::purchase::{Purchase, PurchaseStatus};
use crate::backend::store::{organisation, payment_event, refund_request, user};
use crate::catalogue::price::decimal_places;
use crate::ledger::{Money, OrganisationId, PurchaseId, Timestamp, UserId};
use crate::model::Moment;
use crate::model::staff::{
    RefundDialog, RefundOffer, RefundPreview, RefusedRefund, StaffDispute, StaffPayment,
    StaffPaymentLine, StaffPayments, WebhookHealth, WebhookLine,
};

/// Payments on one page of the list.
const PAYMENTS_PER_PAGE: usize = 50;
/// The most reviews, disputes and failed reports that the page lists.
const MOST_LISTED: i64 = 50;

impl Payments {
    /// The page of all payments: those that `search` finds, from below the cursor `before` on.
    ///
    /// # Errors
    /// The database failed.
    pub async fn all_payments(
        &self,
        search: &str,
        before: Option<(Timestamp, &PurchaseId)>,
        moment: impl Fn(Timestamp) -> Moment,
    ) -> Result<StaffPayments, PaymentError> {
        let wanted = i64::try_from(PAYMENTS_PER_PAGE + 1).unwrap_or(i64::MAX);
        let found = oversight::all(&self.db, search, before, wanted).await?;
        let next = found.get(PAYMENTS_PER_PAGE - 1).filter(|_| found.len() > PAYMENTS_PER_PAGE);
        let next = next.map(|last| cursor(&last.purchase));
        let line = |one: &Overseen| payment_line(one, &moment);
        let reviews = oversight::reviews(&self.db, MOST_LISTED).await?;
        let mut disputes = Vec::new();
        for one in dispute::unfinished(&self.db, MOST_LISTED).await? {
            disputes.push(self.dispute_line(&one, &moment).await?);
        }
        Ok(StaffPayments {
            webhooks: self.webhook_health(&moment).await?,
            reviews: reviews.iter().map(line).collect(),
            disputes,
            search: search.to_owned(),
            payments: found.iter().take(PAYMENTS_PER_PAGE).map(line).collect(),
            is_later_page: before.is_some(),
            next,
            test: self.is_test(),
        })
    }

    /// Whether the provider's reports reach us.
    ///
    /// # Errors
    /// The database failed.
    pub async fn webhook_health(
        &self,
        moment: impl Fn(Timestamp) -> Moment,
    ) -> Result<WebhookHealth, PaymentError> {
        let last = oversight::last_event(&self.db, self.provider_name, self.livemode).await?;
        let failed = oversight::failed_events(&self.db, MOST_LISTED).await?;
        let waiting = payment_event::count_waiting(&self.db).await?;
        Ok(WebhookHealth {
            last: last.map(|line| webhook_line(line, &moment)),
            waiting: u64::try_from(waiting).unwrap_or_default(),
            failed: failed.into_iter().map(|line| webhook_line(line, &moment)).collect(),
        })
    }

    async fn dispute_line(
        &self,
        dispute: &Dispute,
        moment: impl Fn(Timestamp) -> Moment,
    ) -> Result<StaffDispute, PaymentError> {
        Ok(StaffDispute {
            reference: dispute.reference.clone(),
            purchase: dispute.purchase.to_string(),
            organisation_name: self.organisation_name(&dispute.organisation).await?,
            amount: dispute.amount,
            state: standing_words(dispute.standing).to_owned(),
            status: dispute.status.clone(),
            reason: dispute.reason.clone(),
            is_unknown: dispute.standing == DisputeStanding::Unknown,
            opened: moment(dispute.opened_at),
        })
    }

    /// One payment with everything that is known of it. A provider that does not answer is no error:
    /// nobody knows then what can be refunded.
    ///
    /// # Errors
    /// There is no such purchase, or the database failed.
    pub async fn overseen_payment(
        &self,
        id: &PurchaseId,
        now: Timestamp,
        moment: impl Fn(Timestamp) -> Moment,
    ) -> Result<StaffPayment, PaymentError> {
        let purchase = self.any_purchase(id).await?;
        let refundable = match self.refundable(&purchase, now).await {
            Ok(refundable) => Some(offer(&refundable)),
            Err(error @ (PaymentError::Provider(_) | PaymentError::Ledger(_))) => {
                tracing::warn!(purchase = %id, %error, "what can be refunded is not known");
                None
            }
            Err(error) => return Err(error),
        };
        let organisation = &purchase.organisation;
        let view = self.recall(organisation, id, now, &moment).await?;
        Ok(StaffPayment {
            organisation: organisation.to_string(),
            organisation_name: self.organisation_name(organisation).await?,
            buyer: self.person(&purchase.user).await?,
            references: references(&purchase),
            note: purchase.note.clone(),
            closed_by: oversight::closed_by(&self.db, &purchase).await?,
            is_under_review: purchase.status == PurchaseStatus::Review,
            back: self.money_back(&purchase, &moment).await?,
            refused: self.refused_refunds(&purchase, &moment).await?,
            refundable,
            purchase: view,
        })
    }

    async fn refused_refunds(
        &self,
        purchase: &Purchase,
        moment: impl Fn(Timestamp) -> Moment,
    ) -> Result<Vec<RefusedRefund>, PaymentError> {
        let (organisation, id) = (&purchase.organisation, &purchase.id);
        let mut lines = Vec::new();
        for request in refund_request::of_purchase(&self.db, organisation, id).await? {
            if request.refund_ref.is_none() {
                lines.push(RefusedRefund {
                    by: self.person(&request.staff).await?,
                    at: moment(request.created_at),
                    amount: request.amount,
                    reason: request.reason,
                    problem: request.problem,
                });
            }
        }
        Ok(lines)
    }

    /// The refund dialog; with an amount and a reason also what that refund would do.
    ///
    /// # Errors
    /// There is no such purchase, it cannot be refunded, or somebody gave no answer.
    pub async fn refund_dialog(
        &self,
        id: &PurchaseId,
        asked: Option<(Money, &str, &str)>,
        now: Timestamp,
    ) -> Result<RefundDialog, PaymentError> {
        let purchase = self.any_purchase(id).await?;
        let preview = match asked {
            Some((amount, text, reason)) => {
                let available = self.engine.balance(&purchase.organisation, now).await?.available;
                let would = self.preview_refund(&purchase, amount.minor, now).await?;
                let form_key = crate::backend::id::form_key(now);
                Some(preview(would, text, reason, available, form_key))
            }
            None => None,
        };
        Ok(RefundDialog {
            purchase: id.to_string(),
            organisation_name: self.organisation_name(&purchase.organisation).await?,
            pack_name: purchase.pack_name.clone(),
            credits: purchase.credits,
            offer: offer(&self.refundable(&purchase, now).await?),
            preview,
        })
    }

    async fn organisation_name(&self, id: &OrganisationId) -> Result<String, PaymentError> {
        let found = organisation::find(&self.db, id).await?;
        Ok(found.map_or_else(|| id.to_string(), |organisation| organisation.name))
    }

    async fn person(&self, id: &UserId) -> Result<String, PaymentError> {
        let found = user::find(&self.db, id).await?;
        Ok(found.map_or_else(|| id.to_string(), |user| format!("{} ({})", user.name, user.email)))
    }
}

/// `microseconds.id`: where the next page begins.
fn cursor(purchase: &Purchase) -> String {
    format!("{}.{}", purchase.created_at.0, purchase.id)
}

/// Reads a [`cursor`].
pub fn parse_cursor(text: &str) -> Option<(Timestamp, PurchaseId)> {
    let (micros, id) = text.split_once('.')?;
    Some((Timestamp(micros.parse().ok()?), PurchaseId::parse(id).ok()?))
}

fn payment_line(one: &Overseen, moment: impl Fn(Timestamp) -> Moment) -> StaffPaymentLine {
    let purchase = &one.purchase;
    StaffPaymentLine {
        id: purchase.id.to_string(),
        organisation: purchase.organisation.to_string(),
        organisation_name: one.organisation_name.clone(),
        pack_name: purchase.pack_name.clone(),
        credits: purchase.credits,
        price: purchase.total(),
        status: words_of(purchase, &one.standing).to_owned(),
        note: purchase.note.clone(),
        begun: moment(purchase.created_at),
    }
}

fn webhook_line(line: InboxLine, moment: impl Fn(Timestamp) -> Moment) -> WebhookLine {
    WebhookLine {
        id: line.id,
        kind: line.kind,
        received: moment(line.received_at),
        attempts: u64::try_from(line.attempts).unwrap_or_default(),
        problem: line.problem,
    }
}

fn references(purchase: &Purchase) -> Vec<(String, String)> {
    let named = [
        ("Purchase", Some(purchase.id.to_string())),
        ("Payment page", purchase.session_ref.clone()),
        ("Payment", purchase.payment_ref.clone()),
        ("Invoice", purchase.invoice_ref.clone()),
        ("Provider", Some(purchase.provider.clone())),
        ("Last state", Some(status_of(purchase.status).to_owned())),
    ];
    let there = named.into_iter().filter_map(|(what, reference)| Some((what, reference?)));
    there.map(|(what, reference)| (what.to_owned(), reference)).collect()
}

fn offer(refundable: &Refundable) -> RefundOffer {
    let proposed = refundable.proposed;
    RefundOffer {
        paid: refundable.paid,
        left: refundable.left,
        proposed: if proposed.minor > 0 { plain_money(proposed) } else { String::new() },
        unspent: refundable.unspent,
        blocked: refundable.blocked.clone(),
    }
}

fn preview(
    would: Preview,
    text: &str,
    reason: &str,
    available_now: crate::ledger::Credits,
    form_key: String,
) -> RefundPreview {
    RefundPreview {
        amount: would.amount,
        amount_text: text.to_owned(),
        reason: reason.to_owned(),
        credits: would.credits,
        owed: would.owed,
        available_now,
        available: would.available,
        debt: would.debt,
        form_key,
    }
}

/// "30.00": an amount as a field of a form has it.
fn plain_money(money: Money) -> String {
    let places = decimal_places(money.currency);
    let digits = format!("{:0>width$}", money.minor, width = places + 1);
    let (whole, fraction) = digits.split_at(digits.len() - places);
    if places == 0 { whole.to_owned() } else { format!("{whole}.{fraction}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::Currency;

    #[test]
    fn money_is_proposed_as_a_person_would_type_it() {
        let money =
            |minor, code| plain_money(Money { minor, currency: Currency::parse(code).unwrap() });
        assert_eq!(money(3_000, "USD"), "30.00");
        assert_eq!(money(5, "EUR"), "0.05");
        assert_eq!(money(1_200, "JPY"), "1200");
    }

    #[test]
    fn a_cursor_is_read_back_and_nonsense_is_none() {
        let read = parse_cursor("17.pur_1").unwrap();
        assert_eq!((read.0, read.1.as_str()), (Timestamp(17), "pur_1"));
        for text in ["", "17", "x.pur_1", "17.nobody's"] {
            assert!(parse_cursor(text).is_none(), "{text}");
        }
    }
}
