//! Plans: a rule that makes one lot a period. There is no reset; a period's lot begins and ends with it.
//!
//! An **automatic** plan (free, or agreed by contract) is granted by the passing of time: at a period's
//! first instant, once, under the key `plan:<code>:<period's first instant>`. A plan that is renewed
//! **when paid** is granted by whoever hears of the payment, with
//! [`Plan::period_grant`] and the same key, so both ways make the same lot. What changes in a
//! plan later changes nothing that was granted.

use serde::{Deserialize, Serialize};

use super::calendar::{Calendar, Period, Span};
use super::command::Grant;
use super::credits::Credits;
use super::id::LotId;
use super::lot::{CarryOver, Origin};
use super::source::Source;
use super::time::{self, Timestamp};

/// How long the lot of a period stays beyond the period's end where the next one is made by a payment:
/// the payment takes its time. Who hears of it ends the lot then ([`EndLot`](super::Command::EndLot)).
pub const GRACE: i64 = time::DAY;

/// Characters the code of a plan may have: with any instant, it makes the id of a lot.
pub const LONGEST_PLAN_CODE: usize = 19;

/// The terms of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// Its code in the catalogue: 1 to [`LONGEST_PLAN_CODE`] lower-case letters, digits, `-` or `_`.
    pub code: String,
    /// What a period gives.
    pub allowance: Allowance,
    /// The first instant of the first period.
    pub anchor: Timestamp,
    /// How long a period is.
    pub period: Period,
    /// What becomes of what is left at a period's end.
    pub rollover: Rollover,
    /// The lots' place in the consumption order; `None` for the default of subscriptions.
    pub priority: Option<i32>,
    /// What makes a period's lot.
    pub renewal: Renewal,
}

/// What a period gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Allowance {
    /// So many credits.
    Credits(Credits),
    /// As many as are used.
    Unlimited,
}

/// What becomes of what is left at a period's end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rollover {
    /// It lapses.
    None,
    /// It stays for so many months more.
    All {
        /// How many months after the period's end.
        months: u32,
    },
    /// So much of it stays for so many months more; the rest lapses.
    UpTo {
        /// How much.
        amount: Credits,
        /// How many months after the period's end.
        months: u32,
    },
}

/// What makes a period's lot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Renewal {
    /// The passing of time.
    Automatic,
    /// A payment, which is somebody else's to hear of.
    WhenPaid,
}

/// The plan in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StandingPlan {
    /// Its terms.
    pub plan: Plan,
    /// The number of the next period that the passing of time will grant.
    pub next: u32,
}

impl Plan {
    /// Whether its code is one.
    pub fn has_sound_code(&self) -> bool {
        let allowed = |byte: u8| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'_'
        };
        (1..=LONGEST_PLAN_CODE).contains(&self.code.len()) && self.code.bytes().all(allowed)
    }

    /// The period that contains `now`, or the first where that has not begun.
    pub fn current_period(&self, calendar: &Calendar, now: Timestamp) -> Span {
        let number = calendar.period_number(self.anchor, self.period, now);
        calendar.period(self.anchor, self.period, number)
    }

    /// The grant of the period `span`, and its key. The same plan and period always give the same.
    pub fn period_grant(&self, calendar: &Calendar, span: Span) -> (Grant, String) {
        let months_on = |months| Some(calendar.months_after(span.until, months));
        let (expires_at, carry_over) = match self.rollover {
            Rollover::None => (Some(self.last_instant(span)), None),
            Rollover::All { months } => (months_on(months), None),
            Rollover::UpTo { amount, months } => {
                (months_on(months), Some(CarryOver { at: span.until, at_most: amount }))
            }
        };
        let name = format!("lot_{}_{}", self.code, span.from.micros());
        let lot = LotId::parse(&name).expect("a sound code and a number make an id");
        let (amount, unlimited) = match self.allowance {
            Allowance::Credits(amount) => (amount, false),
            Allowance::Unlimited => (Credits::ZERO, true),
        };
        let origin = Origin::PlanPeriod { plan: self.code.clone(), period_start: span.from };
        let grant = Grant {
            priority: self.priority,
            effective_at: Some(span.from),
            expires_at,
            unlimited,
            carry_over,
            ..Grant::plain(lot, Source::Subscription, amount, origin)
        };
        (grant, format!("plan:{}:{}", self.code, span.from.micros()))
    }
}

impl Plan {
    /// When a period's lot ends that keeps nothing.
    fn last_instant(&self, span: Span) -> Timestamp {
        match self.renewal {
            Renewal::Automatic => span.until,
            Renewal::WhenPaid => span.until.plus(GRACE),
        }
    }
}

impl StandingPlan {
    /// When the passing of time will grant next; never for a plan that is renewed when paid.
    pub fn next_grant_at(&self, calendar: &Calendar) -> Option<Timestamp> {
        let Plan { anchor, period, renewal, .. } = &self.plan;
        (*renewal == Renewal::Automatic).then(|| calendar.period_start(*anchor, *period, self.next))
    }
}
