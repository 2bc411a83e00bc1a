//! What a change of plan would do, before anybody confirms it: credits and money, from the very rules
//! that the change itself goes by.

use crate::backend::id;
use crate::backend::payments::PaymentError;
use crate::backend::payments::subscriptions::change::{PlanMove, PlanRefusal, plan_move};
use crate::backend::payments::subscriptions::periods::{difference, instant};
use crate::backend::plan_page::{PlanView, rhythm};
use crate::backend::state::Backend;
use crate::backend::store::organisation::Organisation;
use crate::catalogue::{Plan, Sale};
use crate::ledger::time::SECOND;
use crate::ledger::{Allowance, Credits, Money, Period, Rollover, Span};
use crate::model::format::{credits_phrase, format_money};
use crate::model::subscription::{PlanPreview, PreviewOf};

/// The end of the plan that is paid for, as a page's address names it.
pub const NO_PLAN: &str = "none";

/// The preview of choosing the plan `to`, or [`NO_PLAN`].
///
/// # Errors
/// There is no such plan, it cannot be chosen, or provider, ledger or database gave no answer.
pub async fn preview(
    backend: &Backend,
    organisation: &Organisation,
    to: &str,
) -> Result<PlanPreview, PaymentError> {
    let view = PlanView::of(backend, organisation).await?;
    if to == NO_PLAN {
        return view.ending(backend, None);
    }
    let plan = backend.catalogue.plan(to).ok_or(PlanRefusal::NotForSale)?;
    match plan_move(view.running(), plan)? {
        PlanMove::Begin => Ok(view.beginning(backend, plan)),
        PlanMove::Now | PlanMove::NewPeriod | PlanMove::NextPeriod => {
            view.changing(backend, organisation, plan).await
        }
        PlanMove::End => view.ending(backend, Some(plan)),
        PlanMove::Ask => Err(PlanRefusal::NotForSale.into()),
    }
}

impl PlanView {
    fn beginning(&self, backend: &Backend, plan: &Plan) -> PlanPreview {
        let price = price_phrase(plan);
        PlanPreview {
            when: "At once, when the payment has arrived".to_owned(),
            charge_today: price_of(plan),
            charge_later: format!("{price}, until the plan is cancelled"),
            gained: gained(plan.allowance),
            kept: self.everything_stays(),
            lost: "None".to_owned(),
            confirm: "Continue to payment".to_owned(),
            ..self.blank(backend, PreviewOf::Begin, plan, format!("Choose {}", plan.name))
        }
    }

    async fn changing(
        &self,
        backend: &Backend,
        organisation: &Organisation,
        plan: &Plan,
    ) -> Result<PlanPreview, PaymentError> {
        let running = self.running().ok_or(PlanRefusal::NothingToChange)?;
        let what = plan_move(Some(running), plan)?;
        let span = self.span().ok_or(PlanRefusal::Unpaid)?;
        let charge = backend.payments.charge_now(&organisation.id, plan, self.now).await?;
        let title = match what {
            PlanMove::NextPeriod | PlanMove::NewPeriod => format!("Change to {}", plan.name),
            _ => format!("Upgrade to {}", plan.name),
        };
        let blank = self.blank(backend, PreviewOf::Change, plan, title);
        let at = self.zone.moment(span.until);
        let price = price_phrase(plan);
        let today = plan.price().map(|price| Money { minor: charge, ..price });
        let today = today.map_or_else(String::new, |money| format_money(&money));
        Ok(match what {
            PlanMove::NextPeriod => PlanPreview {
                when: format!("With the next period, on {}", at.text),
                charge_today: "Nothing".to_owned(),
                charge_later: format!("{price}, from {} on", at.day),
                gained: format!("None now; {} from {} on", gained(plan.allowance), at.day),
                kept: self.everything_stays(),
                lost: self.lapsing(running, span),
                confirm: format!("Change to {} on {}", plan.name, at.day),
                ..blank
            },
            PlanMove::NewPeriod => PlanPreview {
                when: format!("At once: a new period begins, {}", rhythm_of(plan)),
                charge_today: format!(
                    "{today}, with the unused rest of {} given back",
                    running.name
                ),
                charge_later: price,
                gained: gained(plan.allowance),
                kept: self.bought_stays(),
                lost: match running.rollover {
                    Rollover::None => self.left_of_plan(),
                    _ => "None".to_owned(),
                },
                confirm: format!("Change and pay {today}"),
                ..blank
            },
            _ => {
                let rest = Span { from: instant(self.now.0 / SECOND), until: span.until };
                let adds = difference(plan.allowance, Some(running.allowance), rest, span);
                PlanPreview {
                    when: "At once".to_owned(),
                    charge_today: format!("{today}, for the rest of the period until {}", at.day),
                    charge_later: format!("{price}, from {} on", at.day),
                    gained: format!("{}, for the rest of the period", gained(adds)),
                    kept: self.everything_stays(),
                    lost: "None".to_owned(),
                    confirm: format!("Upgrade and pay {today}"),
                    ..blank
                }
            }
        })
    }

    fn ending(&self, backend: &Backend, free: Option<&Plan>) -> Result<PlanPreview, PaymentError> {
        let running = self.running().ok_or(PlanRefusal::NothingToChange)?;
        let span = self.span().ok_or(PlanRefusal::NothingToChange)?;
        let at = self.zone.moment(span.until);
        let after = free.or(backend.catalogue.free_plan());
        let gained = match after {
            Some(free) => {
                format!("{} from {} on, with {}", gained(free.allowance), at.day, free.name)
            }
            None => "None: credits are then bought as you need them".to_owned(),
        };
        let title = format!("Cancel {}", running.name);
        Ok(PlanPreview {
            when: format!("At the period's end, on {}", at.text),
            charge_today: "Nothing".to_owned(),
            charge_later: "Nothing".to_owned(),
            gained,
            kept: self.bought_stays(),
            lost: self.lapsing(running, span),
            confirm: format!("Cancel {} on {}", running.name, at.day),
            ..self.blank(backend, PreviewOf::End, running, title)
        })
    }

    fn blank(&self, backend: &Backend, of: PreviewOf, plan: &Plan, title: String) -> PlanPreview {
        PlanPreview {
            of,
            title,
            plan: plan.code.clone(),
            when: String::new(),
            charge_today: String::new(),
            charge_later: String::new(),
            gained: String::new(),
            kept: String::new(),
            lost: String::new(),
            confirm: String::new(),
            shown_at: self.now.0 / SECOND,
            form_key: id::form_key(self.now),
            tax: backend.payments.price_tax(),
            test: backend.payments.is_test(),
        }
    }

    fn available(&self) -> Credits {
        self.state.balance(self.now).available
    }

    fn everything_stays(&self) -> String {
        format!("All {} that are available now", credits_phrase(self.available()))
    }

    /// What is available beside the plan's own.
    fn bought_stays(&self) -> String {
        let others = self.available().checked_sub(self.unused()).unwrap_or(Credits::ZERO);
        let others = others.max(Credits::ZERO);
        format!("{} that are not the plan's; bought credits stay", credits_phrase(others))
    }

    fn left_of_plan(&self) -> String {
        match self.unused() {
            unused if unused.is_positive() => {
                format!("The unused {} of the plan", credits_phrase(unused))
            }
            _ => "None: nothing of the plan's is left".to_owned(),
        }
    }

    /// What lapses at the period's end, as it stands now.
    fn lapsing(&self, running: &Plan, span: Span) -> String {
        let day = self.zone.moment(span.until).day;
        let unused = self.unused();
        let lapses = match running.rollover {
            Rollover::None => unused,
            Rollover::All { .. } => Credits::ZERO,
            Rollover::UpTo { amount, .. } => {
                unused.checked_sub(amount).unwrap_or(Credits::ZERO).max(Credits::ZERO)
            }
        };
        match lapses.is_positive() {
            true => format!(
                "Of the plan's credits, what is unused on {day}: {} as of now",
                credits_phrase(lapses)
            ),
            false => "None".to_owned(),
        }
    }
}

fn gained(allowance: Allowance) -> String {
    match allowance {
        Allowance::Credits(credits) => credits_phrase(credits),
        Allowance::Unlimited => "Unlimited credits".to_owned(),
    }
}

fn price_of(plan: &Plan) -> String {
    match plan.sale {
        Sale::Paid(price) => format_money(&price),
        Sale::Free | Sale::Custom => "Nothing".to_owned(),
    }
}

fn price_phrase(plan: &Plan) -> String {
    format!("{} {}", price_of(plan), rhythm(plan.period))
}

fn rhythm_of(plan: &Plan) -> &'static str {
    match plan.period {
        Period::Month => "a month long",
        Period::Year => "a year long",
    }
}
