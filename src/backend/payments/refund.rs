//! Staff give money back. What a refund would come to is in [`preview`]; the credits follow by the same
//! function that books a refund made at the provider.

mod preview;

pub use preview::{Preview, Refundable};

use super::checkout::sound_form_key;
use super::port::ProviderError;
use super::port::corrections::{PaymentTotals, RefundDraft};
use super::{PaymentError, Payments};
use crate::backend::store::purchase::Purchase;
use crate::backend::store::refund_request::{self, RefundRequest};
use crate::backend::store::staff_log::{self, Deed};
use crate::backend::store::{correction, oversight, purchase};
use crate::ledger::time::MINUTE;
use crate::ledger::{Currency, Money, OrganisationId, PurchaseId, Timestamp, UserId};
use crate::model::format::format_money;

/// When the sweep looks after a refund whose making was cut short.
const LOOK_AFTER: i64 = 2 * MINUTE;
/// The longest reason, in characters.
pub const LONGEST_REASON: usize = 300;

/// A refund that someone of the staff asks for.
#[derive(Clone, Debug)]
pub struct AskRefund<'a> {
    /// The purchase.
    pub purchase: &'a Purchase,
    /// Who.
    pub staff: &'a UserId,
    /// How much, in minor units of the payment's currency.
    pub amount_minor: i64,
    /// Why.
    pub reason: &'a str,
    /// The hidden key of the form: the same form refunds once.
    pub form_key: &'a str,
}

impl Payments {
    /// The purchase of this id, whoever's it is: for staff.
    ///
    /// # Errors
    /// There is none, or the database failed.
    pub async fn any_purchase(&self, id: &PurchaseId) -> Result<Purchase, PaymentError> {
        let owner = purchase::owner(&self.db, id).await?;
        let (organisation, id) = owner.ok_or(PaymentError::NotFound)?;
        self.purchase(&organisation, &id).await
    }

    /// What the provider says of a purchase's payment; `None` where there is no payment, or it is
    /// another provider's.
    ///
    /// # Errors
    /// The provider gave no answer.
    pub async fn totals_of(
        &self,
        purchase: &Purchase,
    ) -> Result<Option<PaymentTotals>, PaymentError> {
        match &purchase.payment_ref {
            Some(payment_ref) if self.is_ours(purchase) => {
                Ok(Some(self.provider.payment_totals(payment_ref).await?))
            }
            _ => Ok(None),
        }
    }

    /// Gives money back and takes the credits out; the same form does it once.
    ///
    /// # Errors
    /// It cannot be refunded; or provider, ledger or database gave no answer: then the same form may be
    /// sent again, and what the provider did is booked in any case.
    pub async fn refund(&self, ask: AskRefund<'_>, now: Timestamp) -> Result<(), PaymentError> {
        let purchase = ask.purchase;
        let form_key = sound_form_key(ask.form_key)?;
        let known = refund_request::find(&self.db, form_key).await?;
        if let Some(known) = &known {
            let same = known.purchase == purchase.id && known.amount.minor == ask.amount_minor;
            if !same {
                return Err(PaymentError::BadFormKey);
            }
        }
        if known.is_none_or(|known| known.refund_ref.is_none()) {
            self.make_refund(&ask, form_key, now).await?;
            let money = Money { minor: ask.amount_minor, currency: purchase.price.currency };
            let (name, back) = (format!("refund:{form_key}"), format_money(&money));
            let became = format!("{back} given back");
            let done = ("Refunded a payment", "Paid", became.as_str());
            let deed = deed(purchase, name, ask.staff, ask.reason, done, now);
            staff_log::insert_once(&self.db, &deed).await?;
        }
        self.correct(&self.purchase(&purchase.organisation, &purchase.id).await?, now).await
    }

    async fn make_refund(
        &self,
        ask: &AskRefund<'_>,
        form_key: &str,
        now: Timestamp,
    ) -> Result<(), PaymentError> {
        let purchase = ask.purchase;
        let payment_ref = purchase.payment_ref.clone().ok_or_else(nothing_paid)?;
        let totals = self.totals_of(purchase).await?.ok_or_else(nothing_paid)?;
        let made = totals.refunds.iter().find(|it| it.request.as_deref() == Some(form_key));
        if let Some(made) = made {
            // The provider heard us before, and we did not hear its answer.
            return Ok(refund_request::made(&self.db, form_key, &made.reference).await?);
        }
        check(&totals, ask.amount_minor)?;
        let request = RefundRequest {
            form_key: form_key.to_owned(),
            organisation: purchase.organisation.clone(),
            purchase: purchase.id.clone(),
            amount: Money { minor: ask.amount_minor, currency: currency_of(&totals, purchase) },
            reason: ask.reason.to_owned(),
            staff: ask.staff.clone(),
            created_at: now,
            refund_ref: None,
            problem: None,
        };
        refund_request::insert_once(&self.db, &request).await?;
        let (organisation, id) = (&purchase.organisation, &purchase.id);
        correction::look_again(&self.db, organisation, id, now.plus(LOOK_AFTER)).await?;
        let draft = RefundDraft {
            payment_ref,
            amount_minor: ask.amount_minor,
            request: form_key.to_owned(),
        };
        match self.provider.refund(&draft, &format!("refund:{form_key}")).await {
            Ok(made) => {
                let (staff, amount) = (ask.staff, ask.amount_minor);
                tracing::info!(purchase = %id, %staff, amount, refund = made.reference, "refunded");
                Ok(refund_request::made(&self.db, form_key, &made.reference).await?)
            }
            Err(error) => {
                let refused = refused_for_good(&error);
                if let Some(sentence) = &refused {
                    refund_request::refused(&self.db, form_key, sentence).await?;
                }
                Err(refused.map_or_else(|| error.into(), PaymentError::NotRefundable))
            }
        }
    }

    /// Closes a purchase that is under review: whoever runs the installation has looked into it.
    ///
    /// # Errors
    /// It is not under review, or the database failed.
    pub async fn close_review(
        &self,
        organisation: &OrganisationId,
        id: &PurchaseId,
        staff: &UserId,
        reason: &str,
        now: Timestamp,
    ) -> Result<(), PaymentError> {
        let purchase = self.purchase(organisation, id).await?;
        if !oversight::close(&self.db, &purchase, staff, reason, now).await? {
            let sentence = "Only a payment that is under review can be closed.";
            return Err(PaymentError::NotRefundable(sentence.into()));
        }
        tracing::info!(purchase = %id, %organisation, %staff, reason, "a review was closed");
        let done = ("Closed a payment without credits", "Under review", "Closed");
        let name = format!("review:{id}");
        staff_log::insert_once(&self.db, &deed(&purchase, name, staff, reason, done, now)).await?;
        self.tell(organisation, id);
        Ok(())
    }
}

/// A deed about a purchase: what was done, what was before it and after.
fn deed(
    purchase: &Purchase,
    id: String,
    staff: &UserId,
    reason: &str,
    (action, was, became): (&str, &str, &str),
    at: Timestamp,
) -> Deed {
    Deed {
        id,
        at,
        staff: staff.clone(),
        organisation: Some(purchase.organisation.clone()),
        action: action.to_owned(),
        address: Some(format!("/admin/payments/{}", purchase.id)),
        reason: Some(reason.to_owned()),
        was: Some(was.to_owned()),
        became: Some(became.to_owned()),
    }
}

fn currency_of(totals: &PaymentTotals, purchase: &Purchase) -> Currency {
    Currency::parse(&totals.currency).unwrap_or(purchase.price.currency)
}

fn nothing_paid() -> PaymentError {
    PaymentError::NotRefundable("Nothing was paid, so nothing can be refunded.".into())
}

/// Why a payment cannot be refunded at all.
fn blocked(totals: &PaymentTotals) -> Option<String> {
    if let Some(dispute) = totals.blocking_dispute() {
        return Some(format!(
            "The buyer's bank disputes this payment ({}): the money is decided on there, and a refund \
             would pay it twice.",
            dispute.reference
        ));
    }
    if totals.paid_minor == 0 {
        return Some("Nothing was paid, so nothing can be refunded.".to_owned());
    }
    (totals.refundable_minor == 0).then(|| "All of it has been refunded already.".to_owned())
}

fn check(totals: &PaymentTotals, amount_minor: i64) -> Result<(), PaymentError> {
    if let Some(sentence) = blocked(totals) {
        return Err(PaymentError::NotRefundable(sentence));
    }
    if amount_minor < 1 || amount_minor > totals.refundable_minor {
        let sentence = "The amount is not within what is left to refund.";
        return Err(PaymentError::NotRefundable(sentence.to_owned()));
    }
    Ok(())
}

/// The provider's sentence where it says no; `None` where nobody knows whether it acted.
fn refused_for_good(error: &ProviderError) -> Option<String> {
    match error {
        ProviderError::InvalidRequest { message, .. } | ProviderError::Declined { message, .. } => {
            Some(message.clone())
        }
        _ => None,
    }
}
