//! A paid invoice becomes a purchase, and the lot that it paid for.
//!
//! The purchase is written first, with its terms frozen, under the invoice's own key; then the lot is
//! granted, under the key of the plan's period; then the purchase says so. Cut short anywhere, the next
//! call goes on; called by two nodes at once, both do the same.

use super::super::checkout::FIRST_CHECK_AFTER;
use super::super::fulfil::GrantError;
use super::super::port::subscriptions::InvoiceFacts;
use super::super::{PaymentError, Payments, TaxMode};
use super::periods::{self, PaidFor};
use super::terms::ledger_plan;
use crate::backend::engine::SubmitError;
use crate::backend::id;
use crate::backend::store::purchase::{self, Details, Purchase, PurchaseKind, PurchaseStatus};
use crate::catalogue::Plan;
use crate::ledger::command::Grant;
use crate::ledger::plan::GRACE;
use crate::ledger::{
    Actor, Allowance, Calendar, Command, Credits, Currency, IdempotencyKey, LedgerState, Lot,
    LotId, Money, Order, OrganisationId, Origin, PurchaseId, Renewal, Rollover, Source, Timestamp,
    UserId,
};

/// Who subscribed, where that is not known: a subscription that was made at the provider.
const NOBODY: &str = "usr_nobody";

/// A paid invoice with everything that it means.
pub(super) struct Paid<'a> {
    pub(super) organisation: &'a OrganisationId,
    /// Who subscribed.
    pub(super) user: Option<&'a UserId>,
    pub(super) invoice: &'a InvoiceFacts,
    pub(super) paid_for: PaidFor,
    /// The frozen terms of what is paid for.
    pub(super) plan: &'a Plan,
    /// The frozen terms of the plan whose period was cut short.
    pub(super) instead_of: Option<&'a Plan>,
}

/// The key under which an invoice's purchase is written once.
pub(super) fn purchase_key(invoice: &str) -> String {
    format!("invoice:{invoice}")
}

impl Paid<'_> {
    /// What was paid, without the taxes that come on top.
    fn price(&self) -> Result<Money, PaymentError> {
        let currency = Currency::parse(&self.invoice.currency);
        let currency =
            currency.map_err(|_| PaymentError::Unusual("an invoice without currency"))?;
        Ok(Money { minor: self.invoice.paid_minor - self.tax_on_top(), currency })
    }

    /// No more than was paid: a credit that the customer had may have paid the rest.
    fn tax_on_top(&self) -> i64 {
        self.invoice.tax_on_top_minor.clamp(0, self.invoice.paid_minor.max(0))
    }

    fn tax_minor(&self) -> i64 {
        match self.tax_mode() {
            TaxMode::Exclusive => self.tax_on_top(),
            TaxMode::Off | TaxMode::Inclusive => {
                self.invoice.tax_minor.clamp(0, self.invoice.paid_minor.max(0))
            }
        }
    }

    fn tax_mode(&self) -> TaxMode {
        match (self.invoice.tax_on_top_minor, self.invoice.tax_minor) {
            (0, 0) => TaxMode::Off,
            (0, _) => TaxMode::Inclusive,
            _ => TaxMode::Exclusive,
        }
    }

    /// What is granted; nothing where an upgrade adds nothing.
    fn adds(&self) -> Allowance {
        match &self.paid_for {
            PaidFor::Period { .. } => self.plan.allowance,
            PaidFor::Rest { adds, .. } => *adds,
        }
    }

    /// The order that grants what was paid for; `own` is the lot of the purchase itself. `None` where
    /// nothing is granted.
    fn order(
        &self,
        calendar: &Calendar,
        own: LotId,
        now: Timestamp,
    ) -> Result<Option<Order>, PaymentError> {
        let plan = ledger_plan(self.plan, self.paid_for.span().from, Renewal::WhenPaid);
        let (mut grant, period_key) = plan.period_grant(calendar, self.paid_for.span());
        let mut key = period_key;
        if let PaidFor::Rest { adds, .. } = &self.paid_for {
            let (amount, unlimited) = match adds {
                Allowance::Credits(credits) if credits.is_positive() => (*credits, false),
                Allowance::Credits(_) => return Ok(None),
                Allowance::Unlimited => (Credits::ZERO, true),
            };
            key = format!("plan-rest:{}", self.invoice.invoice);
            grant = Grant { lot: own, amount, unlimited, effective_at: None, ..grant };
        }
        grant.cost = Some(self.price()?);
        Ok(Some(order(&key, Command::Grant(Box::new(grant)), now)?))
    }

    /// Whether `lot` ends because of this payment: its period is over, or was cut short.
    fn ends(&self, lot: &Lot, now: Timestamp) -> bool {
        let PaidFor::Period { span, .. } = &self.paid_for else { return false };
        let Some((code, begun)) = paid_period(lot) else { return false };
        let Some(expires_at) = lot.expires_at.filter(|at| *at > now) else { return false };
        let over = expires_at <= span.from.plus(GRACE);
        let cut_short =
            self.instead_of.is_some_and(|old| old.code == code && old.rollover == Rollover::None);
        begun < span.from && lot.is_effective(now) && (over || cut_short)
    }
}

/// The plan and the first instant of the period that a lot was paid for.
pub(super) fn paid_period(lot: &Lot) -> Option<(&str, Timestamp)> {
    match &lot.origin {
        Origin::PlanPeriod { plan, period_start }
            if lot.source == Source::Subscription && lot.cost.is_some() =>
        {
            Some((plan, *period_start))
        }
        _ => None,
    }
}

/// An order of the system's.
pub(super) fn order(key: &str, command: Command, now: Timestamp) -> Result<Order, PaymentError> {
    let key = IdempotencyKey::parse(key)
        .map_err(|_| PaymentError::Unusual("a name of the provider makes no key"))?;
    Ok(Order { key, actor: Actor::System, occurred_at: now, command })
}

impl Payments {
    /// The purchase of an invoice, if it was written.
    pub(super) async fn purchase_of_invoice(
        &self,
        organisation: &OrganisationId,
        invoice: &str,
    ) -> Result<Option<Purchase>, PaymentError> {
        Ok(purchase::find_by_form(&self.db, organisation, &purchase_key(invoice)).await?)
    }

    /// Writes the purchase, grants its lot and says so. Returns whether anything moved.
    pub(super) async fn credit(
        &self,
        paid: &Paid<'_>,
        now: Timestamp,
    ) -> Result<bool, PaymentError> {
        let bought = self.write_purchase(paid, now).await?;
        if bought.status == PurchaseStatus::Credited {
            return Ok(false);
        }
        let (organisation, id) = (&bought.organisation, &bought.id);
        purchase::fix_paid_at(&self.db, organisation, id, now).await?;
        if let Err(refusal) = self.grant_paid(paid, &bought, now).await? {
            return self.set_aside(&bought, &refusal, now).await;
        }
        self.end_lots(organisation, now, |lot| paid.ends(lot, now)).await?;
        let details = Details { payment_ref: paid.invoice.payment.as_deref(), note: None };
        let to = PurchaseStatus::Credited;
        let moved = purchase::advance(&self.db, &bought, to, details, now).await?;
        if moved {
            tracing::info!(purchase = %id, %organisation, plan = paid.plan.code, "a plan was paid for");
            self.tell(organisation, id);
        }
        Ok(moved)
    }

    async fn write_purchase(
        &self,
        paid: &Paid<'_>,
        now: Timestamp,
    ) -> Result<Purchase, PaymentError> {
        let invoice = &paid.invoice.invoice;
        if let Some(known) = self.purchase_of_invoice(paid.organisation, invoice).await? {
            return Ok(known);
        }
        let fresh = self.freeze_invoice(paid, now)?;
        // The sweep of purchases looks at it as well, should this be cut short.
        if purchase::insert_once(&self.db, &fresh, now.plus(FIRST_CHECK_AFTER)).await? {
            return Ok(fresh);
        }
        let known = self.purchase_of_invoice(paid.organisation, invoice).await?;
        known.ok_or(PaymentError::NotFound)
    }

    fn freeze_invoice(&self, paid: &Paid<'_>, now: Timestamp) -> Result<Purchase, PaymentError> {
        let credits = match paid.adds() {
            Allowance::Credits(credits) => credits,
            Allowance::Unlimited => Credits::ZERO,
        };
        let paid_lot = match &paid.paid_for {
            PaidFor::Period { span, .. } => {
                let plan = ledger_plan(paid.plan, span.from, Renewal::WhenPaid);
                Some(plan.period_grant(&Calendar::default(), *span).0.lot)
            }
            PaidFor::Rest { .. } => None,
        };
        let user = match paid.user {
            Some(user) => user.clone(),
            None => UserId::parse(NOBODY).map_err(|_| PaymentError::NotFound)?,
        };
        Ok(Purchase {
            organisation: paid.organisation.clone(),
            id: id::fresh(now, PurchaseId::from_uuid_simple),
            kind: PurchaseKind::Plan,
            paid_lot,
            invoice_ref: Some(paid.invoice.invoice.clone()),
            user,
            pack: paid.plan.code.clone(),
            pack_name: paid.plan.name.clone(),
            credits,
            price: paid.price()?,
            tax_mode: paid.tax_mode(),
            tax_minor: paid.tax_minor(),
            valid_months: None,
            livemode: self.livemode,
            provider: self.provider_name.to_owned(),
            status: PurchaseStatus::Created,
            form_key: Some(purchase_key(&paid.invoice.invoice)),
            session_ref: None,
            payment_ref: None,
            checkout_url: None,
            attempt: 1,
            created_at: now,
            updated_at: now,
            expires_at: now,
            paid_at: None,
            note: None,
        })
    }

    /// The inner error is the ledger's *no*, which somebody must look at.
    async fn grant_paid(
        &self,
        paid: &Paid<'_>,
        bought: &Purchase,
        now: Timestamp,
    ) -> Result<Result<(), String>, PaymentError> {
        let organisation = &bought.organisation;
        let calendar = |state: &LedgerState| state.terms().calendar.clone();
        let calendar = self.engine.read(organisation, calendar).await?;
        let own = bought.lot().map_err(GrantError::from)?;
        let Some(order) = paid.order(&calendar, own, now)? else { return Ok(Ok(())) };
        match self.engine.submit(organisation, order).await {
            Ok(_) => Ok(Ok(())),
            Err(refusal @ (SubmitError::Refused(_) | SubmitError::KeyConflict)) => {
                Ok(Err(refusal.to_string()))
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn set_aside(
        &self,
        bought: &Purchase,
        refusal: &str,
        now: Timestamp,
    ) -> Result<bool, PaymentError> {
        let (id, organisation) = (&bought.id, &bought.organisation);
        let details = Details { payment_ref: None, note: Some(refusal) };
        let to = PurchaseStatus::Review;
        let moved = purchase::advance(&self.db, bought, to, details, now).await?;
        if moved {
            tracing::error!(purchase = %id, %organisation, refusal, "a paid plan needs review");
        }
        Ok(moved)
    }

    /// Ends the lots that `ends` says, as far as they have not ended already.
    pub(super) async fn end_lots(
        &self,
        organisation: &OrganisationId,
        now: Timestamp,
        ends: impl Fn(&Lot) -> bool,
    ) -> Result<(), PaymentError> {
        let paid = |lot: &&Lot| paid_period(lot).is_some();
        let lots = self
            .engine
            .read(organisation, move |state| state.lots().filter(paid).cloned().collect::<Vec<_>>())
            .await?;
        for lot in lots.iter().filter(|lot| ends(lot)) {
            let end =
                order(&format!("end:{}", lot.id), Command::EndLot { lot: lot.id.clone() }, now)?;
            match self.engine.submit(organisation, end).await {
                // It ended by itself in the meantime.
                Ok(_) | Err(SubmitError::Refused(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}

/// The instant up to which the lot of a period that ends at `seconds` may stay.
pub(super) fn with_grace(seconds: i64) -> Timestamp {
    periods::instant(seconds).plus(GRACE)
}
