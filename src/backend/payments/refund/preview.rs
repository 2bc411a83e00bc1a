//! What can be refunded, and what a refund would do to the credits, by the ledger's own rules on a state
//! that nobody else sees.

use super::{blocked, check, currency_of, nothing_paid};
use crate::backend::payments::claims::share;
use crate::backend::payments::fulfil::GrantError;
use crate::backend::payments::port::corrections::PaymentTotals;
use crate::backend::payments::{PaymentError, Payments};
use crate::backend::store::purchase::{Purchase, PurchaseStatus};
use crate::backend::store::{correction, lot};
use crate::ledger::{
    Actor, Command, Credits, IdempotencyKey, LedgerState, Lot, Money, Order, Timestamp, apply,
};

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

impl Payments {
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
        let part = match &lot {
            Some(_) => money_share(totals.paid_minor, unspent, purchase.credits),
            // No credits were granted for it.
            None => totals.paid_minor,
        };
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
        let id = purchase.lot().map_err(GrantError::from)?;
        match state.lot(&id) {
            Some(lot) => Ok(Some(lot.clone())),
            None => Ok(lot::find(&self.db, &purchase.organisation, &id).await?),
        }
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
        key: IdempotencyKey::parse("preview").map_err(GrantError::from)?,
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
        return 0;
    }
    let unspent = i128::from(unspent.micro().clamp(0, credits.micro()));
    let share = i128::from(paid_minor) * unspent / i128::from(credits.micro());
    i64::try_from(share).unwrap_or(paid_minor)
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
        assert_eq!(money_share(1_000, Credits::ZERO, Credits::ZERO), 0);
    }
}
