//! The page *Subscription*: the plan in force, what happens next, and the plans to choose from.
//! Reads and words only; what a change means is decided in `payments::subscriptions::change`.

use crate::backend::id;
use crate::backend::payments::PaymentError;
use crate::backend::payments::subscriptions::change::{PlanMove, PlanRefusal, plan_move};
use crate::backend::payments::subscriptions::terms::{allowance_phrase, product_of};
use crate::backend::state::Backend;
use crate::backend::store::organisation::Organisation;
use crate::backend::store::subscription::{Subscription, SubscriptionStatus};
use crate::backend::zone::Zone;
use crate::catalogue::{Plan, Sale};
use crate::ledger::plan::GRACE;
use crate::ledger::{
    Allowance, Credits, LedgerState, Lot, Origin, Period, Rollover, Source, Span, StandingPlan,
    Timestamp,
};
use crate::model::format::{credits_phrase, format_money};
use crate::model::subscription::{
    OfferAction, PlanCard, PlanNotice, PlanOffer, PlanPeriod, PlanState, SubscriptionPage,
};

/// What a plan is called where there is none.
const PAY_AS_YOU_GO: &str = "Pay As You Go";

/// An organisation's plan with everything that pages say about it.
pub(super) struct PlanView {
    pub(super) zone: Zone,
    pub(super) now: Timestamp,
    pub(super) state: LedgerState,
    pub(super) row: Option<Subscription>,
    /// The plan that is paid for, on its frozen terms.
    pub(super) paid: Option<Plan>,
    /// The plan that the next period will be billed as.
    pub(super) next: Option<Plan>,
    /// The codes of every plan that is offered.
    codes: Vec<String>,
}

/// The page, after asking the provider where that may bring news. `pays` says whether the reader may
/// act; `came_back` is the code of a plan whose payment page somebody left.
///
/// # Errors
/// The ledger or the database gave no answer. A provider that does not answer is no error.
pub async fn page(
    backend: &Backend,
    organisation: &Organisation,
    pays: bool,
    came_back: Option<&str>,
) -> Result<SubscriptionPage, PaymentError> {
    let view = PlanView::of(backend, organisation).await?;
    let offers = backend.catalogue.plans.iter().map(|plan| view.offer(plan)).collect();
    let came_back = came_back.and_then(|code| backend.catalogue.plan(code));
    let came_back = came_back.map(|plan| PlanNotice::CameBack { plan: plan.name.clone() });
    let page = view.row.as_ref().and_then(|row| row.page.as_ref());
    let page_plan = backend.payments.plan_named(page.map(|page| page.product.as_str())).await?;
    let notice = view.notice(page_plan.as_ref(), came_back, pays);
    Ok(SubscriptionPage {
        plan: view.card(backend),
        notice,
        offers,
        has_portal: backend.payments.has_customer(&organisation.id).await?,
        form_key: id::form_key(view.now),
        tax: backend.payments.price_tax(),
        test: backend.payments.is_test(),
    })
}

impl PlanView {
    pub(super) async fn of(
        backend: &Backend,
        organisation: &Organisation,
    ) -> Result<PlanView, PaymentError> {
        let now = backend.now();
        let zone = Zone::of(&organisation.time_zone).unwrap_or(Zone::UTC);
        let row = backend.payments.plan_row(&organisation.id, now).await?;
        let state = backend.engine.state(&organisation.id).await?.caught_up(now).into_owned();
        let mirror = row.as_ref().map(|row| row.mirror.clone()).unwrap_or_default();
        let paid = backend.payments.plan_named(mirror.paid.as_deref()).await?;
        let next = backend.payments.plan_named(mirror.next.as_deref()).await?;
        let codes = backend.catalogue.plans.iter().map(|plan| plan.code.clone()).collect();
        Ok(PlanView { zone, now, state, row, paid, next, codes })
    }

    pub(super) fn status(&self) -> SubscriptionStatus {
        self.row.as_ref().map_or(SubscriptionStatus::None, |row| row.status)
    }

    /// The plan that is paid for, while it is.
    pub(super) fn running(&self) -> Option<&Plan> {
        self.paid.as_ref().filter(|_| self.status().is_paid())
    }

    fn ends(&self) -> bool {
        let ends = self.row.as_ref().is_some_and(|row| row.mirror.ends_with_period);
        ends && self.status().is_paid()
    }

    /// The plan that follows with the next period, where it is another.
    pub(super) fn follows(&self) -> Option<&Plan> {
        let running = self.running()?;
        self.next.as_ref().filter(|next| product_of(next).0 != product_of(running).0)
    }

    fn standing(&self) -> Option<&StandingPlan> {
        self.state.terms().plan.as_ref()
    }

    /// The period that is running: the provider's where it is paid for, else the ledger's.
    pub(super) fn span(&self) -> Option<Span> {
        if self.status().is_paid() {
            let mirror = &self.row.as_ref()?.mirror;
            return Some(Span { from: mirror.period_start?, until: mirror.period_end? });
        }
        let standing = self.standing()?;
        Some(standing.plan.current_period(&self.state.terms().calendar, self.now))
    }

    /// The lots of plans that can be spent now.
    pub(super) fn lots(&self) -> impl Iterator<Item = &Lot> {
        let of_a_plan = |lot: &&Lot| match &lot.origin {
            Origin::PlanPeriod { plan, .. } if lot.source == Source::Subscription => {
                let paid = self.paid.as_ref().is_some_and(|paid| paid.code == *plan);
                paid || self.codes.contains(plan)
            }
            _ => false,
        };
        self.state.spendable_lots(self.now).filter(of_a_plan)
    }

    pub(super) fn unused(&self) -> Credits {
        Credits::checked_sum(self.lots().map(|lot| lot.remaining)).unwrap_or(Credits::MAX)
    }

    fn card(&self, backend: &Backend) -> PlanCard {
        let offered = |code: &str| backend.catalogue.plan(code).cloned();
        let standing = self.standing().and_then(|standing| offered(&standing.plan.code));
        let Some(plan) = self.running().cloned().or(standing) else { return pay_as_you_go() };
        let unlimited = self.lots().any(|lot| lot.unlimited);
        let period = self.span().map(|span| PlanPeriod {
            from: self.zone.moment(span.from),
            until: self.zone.moment(span.until),
            unused: (!unlimited).then(|| self.unused()),
        });
        PlanCard {
            name: plan.name.clone(),
            description: plan.description.clone(),
            state: self.plan_state(),
            price: plan
                .price()
                .map(|price| format!("{} {}", format_money(&price), rhythm(plan.period))),
            allowance: Some(allowance_phrase(&plan)),
            reset: self.span().map(|span| self.reset_sentence(&plan, span, unlimited)),
            expiry: self.expiry_sentence(&plan),
            limits: plan.limits.clone(),
            period,
        }
    }

    fn plan_state(&self) -> PlanState {
        match self.status() {
            SubscriptionStatus::PastDue | SubscriptionStatus::Incomplete => PlanState::PastDue,
            _ if self.ends() => PlanState::Ending,
            SubscriptionStatus::Trialing => PlanState::Trial,
            SubscriptionStatus::Active => PlanState::Active,
            SubscriptionStatus::Agreed => PlanState::Agreed,
            SubscriptionStatus::Free | SubscriptionStatus::None => PlanState::Free,
        }
    }

    fn reset_sentence(&self, plan: &Plan, span: Span, unlimited: bool) -> String {
        let day = self.zone.moment(span.until).text;
        let what = if self.ends() { "The plan ends" } else { "Next reset" };
        if unlimited {
            return format!("{what} on {day}. Nothing lapses: the plan has no limit.");
        }
        let unused = credits_phrase(self.unused());
        if !self.unused().is_positive() {
            return format!("{what} on {day}. Nothing is left that could lapse.");
        }
        match plan.rollover {
            Rollover::None => format!("{what} on {day}: the unused {unused} will lapse."),
            Rollover::All { months } => {
                format!(
                    "{what} on {day}: the unused {unused} will roll over for {}.",
                    span_of(months)
                )
            }
            Rollover::UpTo { amount, months } => {
                let kept = credits_phrase(amount.min(self.unused()));
                format!(
                    "{what} on {day}: of the unused {unused}, {kept} will roll over for {}.",
                    span_of(months)
                )
            }
        }
    }

    fn expiry_sentence(&self, plan: &Plan) -> String {
        match self.span().map(|span| self.zone.moment(span.until).day) {
            Some(day) if self.ends() => format!("The plan ends on {day}."),
            Some(day) if self.running().is_some() => {
                format!("No expiry date set: the plan renews on {day}, until it is cancelled.")
            }
            _ if plan.is_free() => {
                "No expiry date set. Your plan does not have a fixed expiry.".to_owned()
            }
            _ => "No expiry date set: the plan goes on as agreed.".to_owned(),
        }
    }

    fn notice(
        &self,
        page_plan: Option<&Plan>,
        came_back: Option<PlanNotice>,
        pays: bool,
    ) -> Option<PlanNotice> {
        let row = self.row.as_ref()?;
        let own = |url: Option<&String>| url.cloned().filter(|_| pays);
        let until = row.mirror.period_end.map(|end| self.zone.moment(end));
        if matches!(row.status, SubscriptionStatus::PastDue | SubscriptionStatus::Incomplete) {
            let last = self.lots().filter_map(|lot| lot.expires_at).max();
            return Some(PlanNotice::PastDue {
                pay_at: own(row.mirror.pay_url.as_ref()),
                credits_until: last.map(|at| self.zone.moment(at)),
            });
        }
        if let Some(page) = &row.page {
            let plan = page_plan.map_or_else(|| "a plan".to_owned(), |plan| plan.name.clone());
            let open = PlanNotice::PageOpen { plan, pay_at: own(page.url.as_ref()) };
            return came_back.or(Some(open));
        }
        if self.ends() {
            return until.map(|at| PlanNotice::Ends { at });
        }
        if let (Some(next), Some(at)) = (self.follows(), until) {
            return Some(PlanNotice::Changes { plan: next.name.clone(), at });
        }
        let left_over = !row.status.is_paid() && row.mirror.subscription.is_some();
        let last =
            self.lots().filter(|lot| lot.cost.is_some()).filter_map(|lot| lot.expires_at).max();
        let stays = last.filter(|at| left_over && *at > self.now);
        stays.map(|at| PlanNotice::Ended {
            credits_until: self.zone.moment(at.plus(-GRACE).max(self.now)),
        })
    }

    fn offer(&self, plan: &Plan) -> PlanOffer {
        let (price, rhythm) = match plan.sale {
            Sale::Paid(price) => (format_money(&price), rhythm(plan.period)),
            Sale::Free => ("Free".to_owned(), ""),
            Sale::Custom => ("By agreement".to_owned(), ""),
        };
        PlanOffer {
            code: plan.code.clone(),
            name: plan.name.clone(),
            description: plan.description.clone(),
            price,
            rhythm: rhythm.to_owned(),
            allowance: allowance_phrase(plan),
            rollover: rollover_phrase(plan),
            limits: plan.limits.clone(),
            recommended: plan.recommended,
            action: self.action(plan),
        }
    }

    fn action(&self, plan: &Plan) -> OfferAction {
        let stands = |code: &str| self.standing().is_some_and(|it| it.plan.code == code);
        let is_current = match self.running() {
            Some(running) => running.code == plan.code,
            None => stands(&plan.code),
        };
        if is_current {
            return OfferAction::Current;
        }
        if self.follows().is_some_and(|next| next.code == plan.code)
            || self.ends() && plan.is_free()
        {
            return OfferAction::Next;
        }
        let not_now = |because: &str| OfferAction::NotNow { because: because.to_owned() };
        match self.status() {
            SubscriptionStatus::Agreed => {
                return not_now(
                    "Your plan was agreed on. Ask whoever runs this installation to change it.",
                );
            }
            SubscriptionStatus::PastDue | SubscriptionStatus::Incomplete
                if plan.price().is_some() =>
            {
                return not_now("The last invoice has to be paid first.");
            }
            _ => {}
        }
        let scheduled = self.ends() || self.follows().is_some();
        match plan_move(self.running(), plan) {
            Ok(PlanMove::Ask) => OfferAction::Contact,
            Ok(_) if scheduled => not_now("A change is on its way already: undo it first."),
            Ok(PlanMove::Begin) => choose("Choose", plan),
            Ok(PlanMove::Now) => choose("Upgrade to", plan),
            Ok(PlanMove::NewPeriod | PlanMove::NextPeriod | PlanMove::End) => {
                choose("Change to", plan)
            }
            Err(PlanRefusal::Same) => OfferAction::Current,
            Err(PlanRefusal::YearToMonth) => {
                not_now("Your plan is paid for a whole year. Cancel it first; it stays until then.")
            }
            Err(_) => not_now("It cannot be chosen now."),
        }
    }
}

fn choose(verb: &str, plan: &Plan) -> OfferAction {
    OfferAction::Choose { label: format!("{verb} {}", plan.name) }
}

fn pay_as_you_go() -> PlanCard {
    PlanCard {
        name: PAY_AS_YOU_GO.to_owned(),
        description: "Flexible usage-based pricing with no commitment.".to_owned(),
        state: PlanState::PayAsYouGo,
        price: None,
        allowance: None,
        period: None,
        reset: None,
        expiry: "No expiry date set. Your plan does not have a fixed expiry.".to_owned(),
        limits: Vec::new(),
    }
}

/// "each month".
pub(super) fn rhythm(period: Period) -> &'static str {
    match period {
        Period::Month => "each month",
        Period::Year => "each year",
    }
}

fn span_of(months: u32) -> String {
    if months == 1 { "1 month".to_owned() } else { format!("{months} months") }
}

fn rollover_phrase(plan: &Plan) -> String {
    match plan.rollover {
        Rollover::None if plan.allowance == Allowance::Unlimited => {
            "No limit, so nothing lapses".to_owned()
        }
        Rollover::None => "Unused credits lapse with the period".to_owned(),
        Rollover::All { months } => format!("Unused credits roll over for {}", span_of(months)),
        Rollover::UpTo { amount, months } => {
            format!("Up to {} roll over for {}", credits_phrase(amount), span_of(months))
        }
    }
}
