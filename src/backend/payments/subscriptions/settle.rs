//! The one way a subscription moves on: ask the provider, credit what was paid, write down what it said.

use super::super::port::SessionStatus;
use super::super::port::subscriptions::{
    InvoiceFacts, InvoiceState, SubscriptionFacts, SubscriptionState,
};
use super::super::{PaymentError, Payments};
use super::credit::{Paid, order, paid_period, with_grace};
use super::periods::{self, PaidFor, Terms};
use super::terms::ledger_plan;
use crate::backend::engine::SubmitError;
use crate::backend::step::Step;
use crate::backend::store::purchase::PurchaseStatus;
use crate::backend::store::subscription::{self, Mirror, Subscription, SubscriptionStatus};
use crate::backend::store::{StoreError, billing_customer};
use crate::ledger::time::{HOUR, MINUTE};
use crate::ledger::{
    Command, LedgerState, Lot, OrganisationId, Plan, Renewal, StandingPlan, Timestamp,
};

/// How often a subscription is asked about that nothing is expected of.
const QUIET: i64 = 6 * HOUR;
/// How often one is asked about whose payment is awaited.
const AWAITED: i64 = 10 * MINUTE;
/// How often a payment page is asked about.
const PAGE_OPEN: i64 = 2 * MINUTE;

/// What one look at the provider came to.
struct Seen {
    facts: SubscriptionFacts,
    invoices: Vec<InvoiceFacts>,
    terms: Terms,
}

impl Payments {
    /// Brings the organisation's plan to what the provider says; `named` is a subscription that an event
    /// named. `None` where there is nothing to ask about.
    ///
    /// # Errors
    /// Provider, ledger or database gave no answer: nothing is half done, and the next call goes on.
    pub async fn settle_subscription(
        &self,
        organisation: &OrganisationId,
        named: Option<&str>,
        now: Timestamp,
    ) -> Result<Option<Subscription>, PaymentError> {
        let place = self.place(organisation);
        let Some(row) = self.row_to_settle(organisation, named).await? else { return Ok(None) };
        let (begun, page_is_over) = self.look_at_page(&row).await?;
        let begun = begun.or_else(|| named.map(str::to_owned));
        let known = row.mirror.subscription.clone();
        let mut still_runs = false;
        if let Some(known) = &known {
            still_runs = self.settle_one(&row, known, now).await?;
        }
        let another = begun.filter(|begun| known.as_ref() != Some(begun));
        if let Some(another) = another {
            if still_runs {
                let (known, organisation) = (known.unwrap_or_default(), organisation.as_str());
                tracing::error!(
                    organisation,
                    known,
                    another,
                    "a second subscription: end one of them"
                );
            } else {
                self.settle_one(&row, &another, now).await?;
            }
        }
        if let Some(open) = row.page.as_ref().filter(|_| page_is_over) {
            subscription::clear_page(&self.db, place, &open.page).await?;
            self.tell_of_plan(organisation);
        }
        Ok(subscription::find(&self.db, place).await?)
    }

    async fn row_to_settle(
        &self,
        organisation: &OrganisationId,
        named: Option<&str>,
    ) -> Result<Option<Subscription>, StoreError> {
        let place = self.place(organisation);
        let known = subscription::find(&self.db, place).await?;
        if known.is_some() || named.is_none() {
            return Ok(known);
        }
        subscription::ensure(&self.db, place).await?;
        subscription::find(&self.db, place).await
    }

    /// The subscription that was begun on the open page, and whether that page is over.
    async fn look_at_page(
        &self,
        row: &Subscription,
    ) -> Result<(Option<String>, bool), PaymentError> {
        let Some(open) = &row.page else { return Ok((None, false)) };
        match self.provider.fetch_subscription_page(&open.page).await {
            Ok(seen) => {
                let over = seen.subscription.is_some() || seen.status == SessionStatus::Expired;
                Ok((seen.subscription, over))
            }
            Err(error) if error.is_missing() => Ok((None, true)),
            Err(error) => Err(error.into()),
        }
    }

    /// Settles one subscription; whether it still runs.
    async fn settle_one(
        &self,
        row: &Subscription,
        name: &str,
        now: Timestamp,
    ) -> Result<bool, PaymentError> {
        let Some(seen) = self.ask_about(&row.organisation, name).await? else {
            return Ok(false);
        };
        let runs = seen.facts.state != SubscriptionState::Ended;
        let newest = self.credit_invoices(row, &seen, now).await?;
        if !runs {
            self.end_plan(&row.organisation, &seen, now).await?;
        }
        let status = status_of(row.status, seen.facts.state);
        // Told before it is noted: whoever dies in between tells it at the next look.
        if status == SubscriptionStatus::PastDue {
            self.tell_of_past_due(&row.organisation, &seen.invoices, now).await?;
        } else if row.status == SubscriptionStatus::PastDue {
            self.past_due_is_over(&row.organisation, now).await?;
        }
        let mirror = mirror_of(row, &seen, newest);
        let check_at = next_check(row, status, &mirror, now);
        let place = self.place(&row.organisation);
        let heard =
            subscription::set_mirror(&self.db, place, status, &mirror, now, check_at).await?;
        if heard && (status, &mirror) != (row.status, &row.mirror) {
            self.tell_of_plan(&row.organisation);
        }
        Ok(runs)
    }

    /// What the provider says of a subscription, if it is this organisation's and of our mode.
    async fn ask_about(
        &self,
        organisation: &OrganisationId,
        name: &str,
    ) -> Result<Option<Seen>, PaymentError> {
        let facts = match self.provider.fetch_subscription(name).await {
            Ok(facts) => facts,
            Err(error) if error.is_missing() => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let (provider, live) = (self.provider_name, self.livemode);
        let customer = billing_customer::find(&self.db, organisation, provider, live).await?;
        if facts.livemode != live || customer.as_ref() != Some(&facts.customer) {
            tracing::error!(%organisation, subscription = name, "a subscription of someone else");
            return Ok(None);
        }
        let invoices = self.provider.subscription_invoices(name).await?;
        let mut terms = Terms::new();
        let lines = invoices.iter().flat_map(|invoice| &invoice.lines);
        let products = lines.filter_map(|line| line.product.as_deref());
        for product in products.chain([facts.product.as_str()]) {
            if !terms.contains_key(product)
                && let Some(plan) = self.terms_of(product).await?
            {
                terms.insert(product.to_owned(), plan);
            }
        }
        Ok(Some(Seen { facts, invoices, terms }))
    }

    /// Credits every paid invoice that is not yet, the oldest first; the newest thing paid for.
    async fn credit_invoices(
        &self,
        row: &Subscription,
        seen: &Seen,
        now: Timestamp,
    ) -> Result<Option<PaidFor>, PaymentError> {
        let of_this = |invoice: &&InvoiceFacts| {
            invoice.state == InvoiceState::Paid
                && invoice.livemode == self.livemode
                && invoice.subscription.as_deref() == Some(&seen.facts.subscription)
        };
        let mut newest = None;
        let mut open = Vec::new();
        for invoice in seen.invoices.iter().filter(of_this) {
            let Some(paid_for) = periods::paid_for(invoice, &seen.invoices, &seen.terms) else {
                continue;
            };
            newest.get_or_insert_with(|| paid_for.clone());
            let known = self.purchase_of_invoice(&row.organisation, &invoice.invoice).await?;
            if known.is_some_and(|known| known.status == PurchaseStatus::Credited) {
                // They are credited in order, so everything before is.
                break;
            }
            open.push((invoice, paid_for));
        }
        if !open.is_empty()
            && let Some(newest) = &newest
        {
            self.set_ledger_plan(row, seen, newest, now).await?;
        }
        for (invoice, paid_for) in open.into_iter().rev() {
            let Some(plan) = seen.terms.get(paid_for.product()) else { continue };
            let instead_of = match &paid_for {
                PaidFor::Period { instead_of: Some(old), .. } => seen.terms.get(old),
                _ => None,
            };
            let (organisation, user) = (&row.organisation, row.user.as_ref());
            let paid = Paid { organisation, user, invoice, paid_for, plan, instead_of };
            self.credit(&paid, now).await?;
        }
        Ok(newest)
    }

    /// The ledger counts by the plan that was paid for last.
    async fn set_ledger_plan(
        &self,
        row: &Subscription,
        seen: &Seen,
        newest: &PaidFor,
        now: Timestamp,
    ) -> Result<(), PaymentError> {
        let Some(plan) = seen.terms.get(newest.product()) else { return Ok(()) };
        let wanted = ledger_plan(plan, newest.span().from, Renewal::WhenPaid);
        let standing = self.standing_plan(&row.organisation).await?;
        let span = newest.span();
        let stands = self
            .engine
            .read(&row.organisation, move |state| {
                let calendar = &state.terms().calendar;
                state.terms().plan.as_ref().map(|it| it.plan.current_period(calendar, span.from))
            })
            .await?;
        let same_but_anchor = standing
            .is_some_and(|standing| Plan { anchor: wanted.anchor, ..standing.plan } == wanted);
        if same_but_anchor && stands.is_some_and(|period| period.from == span.from) {
            return Ok(());
        }
        let (code, start) = (&wanted.code, span.from.micros());
        let key = format!("plan-set:{code}:{start}:{}", newest.product());
        let command = Command::SetPlan { plan: Some(Box::new(wanted.clone())) };
        match self.engine.submit(&row.organisation, order(&key, command, now)?).await {
            Ok(_) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    pub(super) async fn standing_plan(
        &self,
        organisation: &OrganisationId,
    ) -> Result<Option<StandingPlan>, SubmitError> {
        self.engine.read(organisation, |state| state.terms().plan.clone()).await
    }

    /// The subscription is over: its plan stands no longer, and its lots end with their period.
    async fn end_plan(
        &self,
        organisation: &OrganisationId,
        seen: &Seen,
        now: Timestamp,
    ) -> Result<(), PaymentError> {
        let paid = |plan: &StandingPlan| plan.plan.renewal == Renewal::WhenPaid;
        if self.standing_plan(organisation).await?.is_some_and(|plan| paid(&plan)) {
            let key = format!("plan-end:{}", seen.facts.subscription);
            let end = order(&key, Command::SetPlan { plan: None }, now)?;
            let still = move |state: &LedgerState| state.terms().plan.as_ref().is_some_and(paid);
            match self.engine.submit_if(organisation, end, still).await {
                Ok(_) | Err(SubmitError::Unmet) => {}
                Err(error) => return Err(error.into()),
            }
        }
        let end = seen.facts.period_end_seconds;
        if now < periods::instant(end) {
            return Ok(());
        }
        let over = |lot: &Lot| {
            let begun = paid_period(lot).is_some_and(|(_, begun)| begun < periods::instant(end));
            begun && lot.expires_at.is_some_and(|at| at > now && at <= with_grace(end))
        };
        self.end_lots(organisation, now, over).await
    }

    /// Asks about the subscription whose turn has come.
    ///
    /// # Errors
    /// The database failed. A provider that does not answer is asked again at the next turn.
    pub async fn subscriptions_step(&self, now: Timestamp) -> Result<Step, StoreError> {
        let (provider, live) = (self.provider_name, self.livemode);
        let due = subscription::due(&self.db, provider, live, now).await?;
        let Some((organisation, due_at)) = due else { return Ok(Step::Idle) };
        let place = self.place(&organisation);
        let row = subscription::find(&self.db, place).await?;
        let next = match row {
            Some(Subscription { page: Some(_), .. }) => now.plus(PAGE_OPEN),
            Some(row) if row.mirror.subscription.is_some() => now.plus(AWAITED),
            _ => Timestamp(i64::MAX),
        };
        if !subscription::claim(&self.db, place, due_at, next).await? {
            return Ok(Step::Done);
        }
        if let Err(error) = self.settle_subscription(&organisation, None, now).await {
            tracing::warn!(%organisation, %error, "the plan could not be settled; asked again later");
        }
        Ok(Step::Done)
    }
}

/// Where the organisation stands. The end of a subscription ends nothing that came after it.
fn status_of(before: SubscriptionStatus, state: SubscriptionState) -> SubscriptionStatus {
    match state {
        SubscriptionState::Active => SubscriptionStatus::Active,
        SubscriptionState::Trialing => SubscriptionStatus::Trialing,
        SubscriptionState::PastDue => SubscriptionStatus::PastDue,
        SubscriptionState::Incomplete => SubscriptionStatus::Incomplete,
        SubscriptionState::Ended if before.is_paid() => SubscriptionStatus::None,
        SubscriptionState::Ended | SubscriptionState::Unknown => before,
    }
}

fn mirror_of(row: &Subscription, seen: &Seen, newest: Option<PaidFor>) -> Mirror {
    let facts = &seen.facts;
    let same = row.mirror.subscription.as_ref() == Some(&facts.subscription);
    let before = row.mirror.paid.clone().filter(|_| same);
    let waiting = seen.invoices.iter().find(|invoice| invoice.state == InvoiceState::Open);
    let runs = facts.state != SubscriptionState::Ended;
    Mirror {
        subscription: Some(facts.subscription.clone()),
        paid: newest.map(|newest| newest.product().to_owned()).or(before),
        next: Some(facts.product.clone()),
        period_start: Some(periods::instant(facts.period_start_seconds)),
        period_end: Some(periods::instant(facts.period_end_seconds)),
        ends_with_period: facts.ends_with_period,
        pay_url: waiting.and_then(|invoice| invoice.page.clone()).filter(|_| runs),
    }
}

/// When to ask again by ourselves.
fn next_check(
    row: &Subscription,
    status: SubscriptionStatus,
    mirror: &Mirror,
    now: Timestamp,
) -> Timestamp {
    let end = mirror.period_end.unwrap_or(now);
    let quiet = now.plus(QUIET);
    let by_itself = match status {
        SubscriptionStatus::Active | SubscriptionStatus::Trialing if end > now => {
            quiet.min(end.plus(MINUTE))
        }
        status if status.is_paid() => now.plus(AWAITED),
        // What was paid for ends with its period, when nobody else will tell.
        _ if end > now => end,
        _ => Timestamp(i64::MAX),
    };
    match &row.page {
        Some(_) => by_itself.min(now.plus(PAGE_OPEN)),
        None => by_itself,
    }
}
