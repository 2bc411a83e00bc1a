//! What an organisation has agreed on for its whole ledger. Set by `SetTerms` and `SetPlan`, so that the
//! journal alone says what was in force when.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::calendar::{Calendar, Every, Span};
use super::credits::Credits;
use super::index::ConsumptionOrder;
use super::plan::StandingPlan;
use super::time::Timestamp;

/// The terms in force. Before anybody set any: by priority, no debt, UTC, no plan.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// Which lots are spent first.
    pub order: ConsumptionOrder,
    /// The most that settles may leave owed. Revocations are not bound by it.
    pub debt_limit: Credits,
    /// How the organisation counts days and months.
    pub calendar: Calendar,
    /// The plan in force.
    pub plan: Option<StandingPlan>,
    /// The last period that was granted of each plan there ever was, by its code.
    pub granted_periods: BTreeMap<String, Timestamp>,
}

impl Terms {
    /// The window of a budget that begins anew `every` so often, at `instant`.
    pub fn span(&self, every: Every, instant: Timestamp) -> Span {
        match (&self.plan, every) {
            (Some(standing), Every::BillingPeriod) => {
                standing.plan.current_period(&self.calendar, instant)
            }
            _ => self.calendar.span(every, instant),
        }
    }
}
