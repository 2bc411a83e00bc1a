//! What can be asked of a ledger.

use serde::{Deserialize, Serialize};

use super::actor::Actor;
use super::attribution::{Attribution, Operation};
use super::budget::{BudgetKind, Subject, Window};
use super::calendar::Calendar;
use super::canonical;
use super::credits::Credits;
use super::hash::Hash;
use super::hold::OverSettle;
use super::id::{HoldId, LotId};
use super::index::ConsumptionOrder;
use super::key::IdempotencyKey;
use super::lot::{CarryOver, Lot, Money, Origin};
use super::plan::Plan;
use super::source::Source;
use super::time::Timestamp;

/// A command with who sent it, under which key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// Unique per organisation: the same order sent again is booked once.
    pub key: IdempotencyKey,
    /// Who sent it.
    pub actor: Actor,
    /// When it happened, as the caller says; it decides nothing.
    pub occurred_at: Timestamp,
    /// What to do.
    pub command: Command,
}

impl Order {
    /// What makes two orders with the same key the same order: a hash over the command's content.
    ///
    /// Left out, since every attempt of the same request makes them anew: the order's times, the
    /// deadline of a hold, the terms in time of a lot, the id of the lot or hold to be made, and
    /// `used_so_far`.
    pub fn fingerprint(&self) -> Hash {
        canonical::fingerprint(&self.command)
    }
}

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "snake_case")]
pub enum Command {
    /// Make a lot.
    Grant(Box<Grant>),
    /// Set credits aside before work starts.
    Hold(MakeHold),
    /// Book the actual usage of a hold.
    Settle {
        /// The hold.
        hold: HoldId,
        /// What was used. Zero is allowed and has to be said: work that was free.
        amount: Credits,
    },
    /// End a hold and give everything back.
    Release {
        /// The hold.
        hold: HoldId,
    },
    /// Hold and settle in one step, for work already done.
    Charge {
        /// What was used.
        amount: Credits,
        /// What it was for.
        attribution: Attribution,
    },
    /// Book the expiry of a lot whose time is over. Whatever fell due is booked before any command,
    /// so this only names the lot that the caller wants an answer about.
    Expire {
        /// The lot.
        lot: LotId,
    },
    /// End a lot before its time: what is left in it lapses now, and what comes back to it later lapses
    /// as it comes. So a plan's period ends when the next one is paid, or at once.
    EndLot {
        /// The lot.
        lot: LotId,
    },
    /// Set, change or remove a limit.
    SetBudget(SetBudget),
    /// Move a part of one limit to another.
    MoveBudget {
        /// Whose limit is lowered.
        from: Subject,
        /// Whose limit is raised.
        to: Subject,
        /// By how much.
        amount: Credits,
    },
    /// Set more aside for a hold, or let it stand longer.
    ExtendHold {
        /// The hold.
        hold: HoldId,
        /// How much more to set aside; may be nothing.
        by: Credits,
        /// Its new deadline, later than the one it has; `None` to leave it.
        deadline: Option<Timestamp>,
    },
    /// Give back what was used, to the lots that paid for it; or what was revoked.
    Reverse {
        /// The transaction of the settle, charge or revocation.
        transaction: u64,
        /// How much; `None` for all that is left of it.
        amount: Option<Credits>,
    },
    /// Take credits out of a lot because their money went back: what is frozen first, then what is
    /// free; the rest becomes debt.
    Revoke {
        /// The lot that the money was paid for.
        lot: LotId,
        /// How much.
        amount: Credits,
    },
    /// Keep credits of a lot from being spent, until a dispute ends: what is free now, and the rest
    /// as it comes back from holds.
    Freeze {
        /// The lot.
        lot: LotId,
        /// How much.
        amount: Credits,
    },
    /// Let frozen credits be spent again.
    Unfreeze {
        /// The lot.
        lot: LotId,
        /// How much; `None` for all of it.
        amount: Option<Credits>,
    },
    /// Correct what a lot was granted.
    Adjust {
        /// The lot.
        lot: LotId,
        /// How much more, or less.
        change: Credits,
        /// Why, for the people of the organisation.
        reason: String,
    },
    /// Change what the organisation has agreed on; `None` leaves a term as it is.
    SetTerms(SetTerms),
    /// Change the plan, or end it. Lots that it made stay as they are.
    SetPlan {
        /// The plan from now on; `None` for none.
        plan: Option<Box<Plan>>,
    },
}

impl Command {
    /// The name that the journal and the API use.
    pub const fn code(&self) -> &'static str {
        match self {
            Command::Grant(_) => "grant",
            Command::Hold(_) => "hold",
            Command::Settle { .. } => "settle",
            Command::Release { .. } => "release",
            Command::Charge { .. } => "charge",
            Command::Expire { .. } => "expire",
            Command::EndLot { .. } => "end_lot",
            Command::SetBudget(_) => "set_budget",
            Command::MoveBudget { .. } => "move_budget",
            Command::ExtendHold { .. } => "extend_hold",
            Command::Reverse { .. } => "reverse",
            Command::Revoke { .. } => "revoke",
            Command::Freeze { .. } => "freeze",
            Command::Unfreeze { .. } => "unfreeze",
            Command::Adjust { .. } => "adjust",
            Command::SetTerms(_) => "set_terms",
            Command::SetPlan { .. } => "set_plan",
        }
    }

    /// The hold that must be loaded, if it exists, before the command is applied.
    pub fn hold(&self) -> Option<&HoldId> {
        match self {
            Command::Hold(make) => Some(&make.hold),
            Command::Settle { hold, .. }
            | Command::Release { hold }
            | Command::ExtendHold { hold, .. } => Some(hold),
            _ => None,
        }
    }

    /// The lot that must be loaded, if it exists, before the command is applied.
    pub fn lot(&self) -> Option<&LotId> {
        match self {
            Command::Grant(grant) => Some(&grant.lot),
            Command::Expire { lot }
            | Command::EndLot { lot }
            | Command::Revoke { lot, .. }
            | Command::Freeze { lot, .. }
            | Command::Unfreeze { lot, .. }
            | Command::Adjust { lot, .. } => Some(lot),
            _ => None,
        }
    }

    /// The transaction whose outflow must be loaded, with the lots that bear it, if it exists, before
    /// the command is applied.
    pub const fn outflow(&self) -> Option<u64> {
        match self {
            Command::Reverse { transaction, .. } => Some(*transaction),
            _ => None,
        }
    }
}

/// The terms of a lot to be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// The id that the lot will have.
    pub lot: LotId,
    /// Why it exists.
    pub source: Source,
    /// How much.
    pub amount: Credits,
    /// Its place in the consumption order; `None` for the default of its source.
    pub priority: Option<i32>,
    /// The first instant at which it may be spent; `None` for at once.
    pub effective_at: Option<Timestamp>,
    /// The first instant at which it may no longer be spent; `None` for never.
    pub expires_at: Option<Timestamp>,
    /// The money that was paid for it.
    pub cost: Option<Money>,
    /// Where it came from.
    pub origin: Origin,
    /// The only operations it may be spent on; `None` for all.
    pub operations: Option<Vec<Operation>>,
    /// It gives as much as is asked; its amount is then nothing.
    #[serde(default)]
    pub unlimited: bool,
    /// What it may keep past a certain instant; `None` for everything.
    #[serde(default)]
    pub carry_over: Option<CarryOver>,
}

impl Grant {
    /// A lot on the plainest terms: its source's priority, spendable at once, for ever, on anything.
    pub fn plain(lot: LotId, source: Source, amount: Credits, origin: Origin) -> Grant {
        Grant {
            lot,
            source,
            amount,
            priority: None,
            effective_at: None,
            expires_at: None,
            cost: None,
            origin,
            operations: None,
            unlimited: false,
            carry_over: None,
        }
    }
}

impl Grant {
    /// The lot that it makes at `now`, by the transaction `granted_by`.
    pub fn lot(&self, now: Timestamp, granted_by: u64) -> Lot {
        Lot {
            id: self.lot.clone(),
            source: self.source,
            amount: self.amount,
            remaining: self.amount,
            priority: self.priority.unwrap_or(self.source.default_priority()),
            effective_at: self.effective_at.unwrap_or(now),
            expires_at: self.expires_at,
            created_at: now,
            cost: self.cost,
            origin: self.origin.clone(),
            operations: self.operations.clone(),
            unlimited: self.unlimited,
            carry_over: self.carry_over,
            granted_by,
            expired: Credits::ZERO,
            expired_by: None,
            frozen: Credits::ZERO,
            freeze_wanted: Credits::ZERO,
            revoked: Credits::ZERO,
        }
    }
}

/// The terms of a hold to be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MakeHold {
    /// The id that the hold will have.
    pub hold: HoldId,
    /// How much to set aside.
    pub amount: Credits,
    /// The first instant at which it no longer stands.
    pub deadline: Timestamp,
    /// What happens when more is settled than was held.
    pub over_settle: OverSettle,
    /// What it is for.
    pub attribution: Attribution,
}

/// Terms to be changed; `None` leaves one as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetTerms {
    /// Which lots are spent first from now on. What is drawn stays drawn.
    pub order: Option<ConsumptionOrder>,
    /// The most that settles may leave owed.
    pub debt_limit: Option<Credits>,
    /// How the organisation counts days and months.
    pub calendar: Option<Calendar>,
}

/// The terms of a budget.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetBudget {
    /// Whose spending is limited. A budget that the subject has is replaced.
    pub subject: Subject,
    /// What kind of limit it is.
    pub kind: BudgetKind,
    /// When it applies.
    pub window: Window,
    /// The limit; `None` removes it.
    pub limit: Option<Credits>,
    /// What was settled in the window before, from the journal; see the docs of
    /// [`budget`](super::budget).
    pub used_so_far: Credits,
}
