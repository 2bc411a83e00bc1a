//! Staff give money back: what a refund would come to, and its making. The credits follow by the same
//! function that books a refund made at the provider.

use super::claims::share;
use super::port::ProviderError;
use super::port::corrections::{PaymentTotals, RefundDraft};
use super::{PaymentError, Payments};
use crate::backend::store::purchase::{Purchase, PurchaseStatus};
use crate::backend::store::refund_request::{self, RefundRequest};
use crate::backend::store::{correction, lot, purchase};
use crate::ledger::time::MINUTE;
use crate::ledger::{
    Actor, Command, Credits, Currency, IdempotencyKey, LedgerState, Lot, Money, Order,
    OrganisationId, PurchaseId, Timestamp, UserId, apply,
};

/// When the sweep looks after a refund whose making was cut short.
const LOOK_AFTER: i64 = 2 * MINUTE;
/// The longest reason, in characters.
pub const LONGEST_REASON: usize = 300;
/// The longest key of a form.
const LONGEST_FORM_KEY: usize = 80;

/// What can be refunded of a payment, and what is proposed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refundable {
    /// What was paid.
    pub paid: Money,
    /// What can still be refunded.
    pub left: Money,
    /// The unspent share of what was paid, at most what is left.
    pub proposed: Money,
    /// The credits that are unspent in the payment's lot.
    pub unspent: Credits,
    /// Why nothing can be refunded.
    pub blocked: Option<String>,
}

/// What a refund would do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preview {
    /// What goes back.
    pub amount: Money,
    /// The credits that are taken out for it.
    pub credits: Credits,
    /// What of them has been spent already: it becomes debt.
    pub owed: Credits,
    /// What may be spent afterwards.
    pub available: Credits,
    /// What is owed in all afterwards.
    pub debt: Credits,
}

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

    /// What can be refunded of a purchase.
    ///
    /// # Errors
    /// Provider, ledger or database gave no answer.
    pub async fn refundable(
        &self,
        purchase: &Purchase,
        now: Timestamp,
    ) -> Result<Refundable, PaymentError> {
        let Some(totals) = self.totals_of(purchase).await? else {
            let nothing = Money { minor: 0, currency: purchase.price.currency };
            return Ok(Refundable {
                paid: nothing,
                left: nothing,
                proposed: nothing,
                unspent: Credits::ZERO,
                blocked: Some("Nothing was paid through this installation's provider.".into()),
            });
        };
        let state = self.engine.state(&purchase.organisation).await?;
        let lot = self.lot_of(purchase, &state.caught_up(now)).await?;
        let money = |minor| Money { minor, currency: currency_of(&totals, purchase) };
        let unspent = lot.as_ref().map(unspent).unwrap_or_default();
        let part = money_share(totals.paid_minor, unspent, purchase.credits);
        Ok(Refundable {
            paid: money(totals.paid_minor),
            left: money(totals.refundable_minor),
            proposed: money(part.min(totals.refundable_minor)),
            unspent,
            blocked: blocked(&totals),
        })
    }

    /// What a refund of this amount would do to the credits, by the ledger's own rules.
    ///
    /// # Errors
    /// It cannot be refunded; or provider, ledger or database gave no answer.
    pub async fn preview_refund(
        &self,
        purchase: &Purchase,
        amount_minor: i64,
        now: Timestamp,
    ) -> Result<Preview, PaymentError> {
        let totals = self.refundable_totals(purchase, amount_minor).await?;
        let mut state =
            self.engine.state(&purchase.organisation).await?.caught_up(now).into_owned();
        let taken = correction::of_purchase(&self.db, &purchase.organisation, &purchase.id).await?;
        let off = totals.paid_minor - totals.refundable_minor;
        let credits = match purchase.status {
            PurchaseStatus::Credited => purchase.credits,
            _ => Credits::ZERO,
        };
        let wanted = share(credits, totals.paid_minor, off.saturating_add(amount_minor));
        let wanted = wanted.checked_sub(correction::credits_taken(&taken)).unwrap_or_default();
        let lot = self.lot_of(purchase, &state).await?;
        let credits = lot.as_ref().map_or(Credits::ZERO, |lot| takeable(lot, wanted));
        let debt_before = state.head().debt;
        if let Some(lot) = lot.filter(|_| credits.is_positive()) {
            revoke(&mut state, lot, credits, now)?;
        }
        let balance = state.balance(now);
        let amount = Money { minor: amount_minor, currency: currency_of(&totals, purchase) };
        let owed = balance.debt.checked_sub(debt_before).unwrap_or_default();
        Ok(Preview { amount, credits, owed, available: balance.available, debt: balance.debt })
    }

    /// Gives money back and takes the credits out; the same form does it once.
    ///
    /// # Errors
    /// It cannot be refunded; or provider, ledger or database gave no answer: then the same form may be
    /// sent again, and what the provider did is booked in any case.
    pub async fn refund(&self, ask: AskRefund<'_>, now: Timestamp) -> Result<(), PaymentError> {
        let purchase = ask.purchase;
        let form_key = form_key(ask.form_key)?;
        let known = refund_request::find(&self.db, form_key).await?;
        if let Some(known) = &known {
            let same = known.purchase == purchase.id && known.amount.minor == ask.amount_minor;
            if !same {
                return Err(PaymentError::BadFormKey);
            }
        }
        if known.is_none_or(|known| known.refund_ref.is_none()) {
            self.make_refund(&ask, form_key, now).await?;
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

    async fn refundable_totals(
        &self,
        purchase: &Purchase,
        amount_minor: i64,
    ) -> Result<PaymentTotals, PaymentError> {
        let totals = self.totals_of(purchase).await?.ok_or_else(nothing_paid)?;
        check(&totals, amount_minor)?;
        Ok(totals)
    }

    /// The lot that the purchase paid for, as it stands in `state`.
    async fn lot_of(
        &self,
        purchase: &Purchase,
        state: &LedgerState,
    ) -> Result<Option<Lot>, PaymentError> {
        let id = purchase.lot().map_err(super::fulfil::GrantError::from)?;
        match state.lot(&id) {
            Some(lot) => Ok(Some(lot.clone())),
            None => Ok(lot::find(&self.db, &purchase.organisation, &id).await?),
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
        reason: &str,
        now: Timestamp,
    ) -> Result<(), PaymentError> {
        let purchase = self.purchase(organisation, id).await?;
        let details = purchase::Details { payment_ref: None, note: Some(reason) };
        let to = PurchaseStatus::Closed;
        if !purchase::advance(&self.db, &purchase, to, details, now).await? {
            let sentence = "Only a payment that is under review can be closed.";
            return Err(PaymentError::NotRefundable(sentence.into()));
        }
        tracing::info!(purchase = %id, %organisation, reason, "a review was closed");
        self.tell(organisation, id);
        Ok(())
    }
}

/// Books the taking out on a state that nobody else sees.
fn revoke(
    state: &mut LedgerState,
    lot: Lot,
    amount: Credits,
    now: Timestamp,
) -> Result<(), PaymentError> {
    let id = lot.id.clone();
    if state.lot(&id).is_none() {
        state.with_lot(lot);
    }
    let order = Order {
        key: IdempotencyKey::parse("preview").map_err(super::fulfil::GrantError::from)?,
        actor: Actor::System,
        occurred_at: now,
        command: Command::Revoke { lot: id, amount },
    };
    let answer = apply(state, &order, now).answer;
    answer.map(|_| ()).map_err(|refusal| PaymentError::NotRefundable(refusal.to_string()))
}

fn unspent(lot: &Lot) -> Credits {
    lot.remaining.checked_add(lot.frozen).unwrap_or(lot.remaining)
}

/// What of `wanted` would be taken: not what lapsed unspent, and not more than there ever was.
fn takeable(lot: &Lot, wanted: Credits) -> Credits {
    let left = lot.amount.checked_sub(lot.revoked).unwrap_or_default();
    let used = wanted.checked_sub(lot.expired).unwrap_or_default();
    used.min(left).max(Credits::ZERO)
}

/// `paid` × unspent ÷ credits in whole minor units, rounded down.
fn money_share(paid_minor: i64, unspent: Credits, credits: Credits) -> i64 {
    if !credits.is_positive() {
        return paid_minor;
    }
    let unspent = i128::from(unspent.micro().clamp(0, credits.micro()));
    let share = i128::from(paid_minor) * unspent / i128::from(credits.micro());
    i64::try_from(share).unwrap_or(paid_minor)
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

fn form_key(given: &str) -> Result<&str, PaymentError> {
    let printable = given.bytes().all(|byte| byte.is_ascii_graphic());
    if given.is_empty() || given.len() > LONGEST_FORM_KEY || !printable {
        return Err(PaymentError::BadFormKey);
    }
    Ok(given)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unspent_share_is_proposed_rounded_down_to_whole_minor_units() {
        let credits = |text: &str| text.parse::<Credits>().unwrap();
        assert_eq!(money_share(6_000, credits("25"), credits("50")), 3_000);
        assert_eq!(money_share(1_000, credits("1"), credits("3")), 333);
        assert_eq!(money_share(1_000, credits("9"), credits("3")), 1_000);
        assert_eq!(money_share(1_000, Credits::ZERO, credits("3")), 0);
        assert_eq!(money_share(1_000, Credits::ZERO, Credits::ZERO), 1_000, "never granted");
    }
}
