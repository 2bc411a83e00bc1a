//! The journal: immutable transactions of signed entries that sum to zero.

use serde::{Deserialize, Serialize};

use super::actor::Actor;
use super::attribution::Attribution;
use super::budget::{BudgetKind, Subject, Window};
use super::command::SetTerms;
use super::credits::Credits;
use super::entry::{Account, Entry};
use super::hash::Hash;
use super::hold::{Draw, OverSettle, ReleaseCause};
use super::id::{HoldId, LotId};
use super::key::IdempotencyKey;
use super::lot::{Lot, Origin};
use super::plan::StandingPlan;
use super::time::Timestamp;

/// What a transaction did, with all it takes, beside the entries, to do it again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum TransactionKind {
    /// A lot came to be.
    Grant {
        /// The lot as it was granted, nothing spent.
        lot: Box<Lot>,
        /// What it paid at once of what was owed, by the transaction that owed it, oldest first.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        repaid: Vec<Repayment>,
    },
    /// Credits were set aside. The lots are in the entries, in the order in which they are spent.
    Hold {
        /// The hold that was made.
        hold: HoldId,
        /// The first instant at which it no longer stands.
        deadline: Timestamp,
        /// What happens when more is settled than was held.
        over_settle: OverSettle,
    },
    /// The actual usage of a hold was booked.
    Settle {
        /// The hold that ended, or that had been released by its deadline before.
        hold: HoldId,
        /// The lots that paid, in order; together what was charged.
        paid: Vec<Draw>,
        /// What was used beyond that and charged to nobody.
        absorbed: Credits,
        /// The instant whose budget windows it counts in.
        counted_at: Timestamp,
    },
    /// A hold ended and everything went back.
    Release {
        /// The hold that ended.
        hold: HoldId,
        /// Why.
        cause: ReleaseCause,
    },
    /// Work that was already done was charged. The lots that paid are in the entries, in order.
    Charge,
    /// What was left of a lot lapsed.
    Expire {
        /// The lot.
        lot: LotId,
        /// Its time was ended then, and not by its terms.
        #[serde(default, skip_serializing_if = "is_false")]
        early: bool,
    },
    /// A limit was set, changed or removed. It moves no credits, so it has no entries.
    SetBudget {
        /// Whose spending is limited.
        subject: Subject,
        /// What kind of limit it is.
        budget: BudgetKind,
        /// When it applies.
        window: Window,
        /// The limit; `None` removes it.
        limit: Option<Credits>,
        /// What had been settled in the window before.
        used: Credits,
    },
    /// A part of one limit was moved to another. It moves no credits, so it has no entries.
    MoveBudget {
        /// Whose limit was lowered.
        from: Subject,
        /// Whose limit was raised.
        to: Subject,
        /// By how much.
        amount: Credits,
    },
    /// More was set aside for a hold, or it stands longer.
    ExtendHold {
        /// The hold.
        hold: HoldId,
        /// Its deadline from now on.
        deadline: Timestamp,
    },
    /// What was used or revoked was given back. The lots that got it are in the entries.
    Reverse {
        /// The transaction whose outflow was given back.
        of: u64,
        /// The instant whose budget windows it counts in.
        counted_at: Timestamp,
    },
    /// Credits were taken out because their money went back.
    Revoke {
        /// The lot that the money was paid for.
        lot: LotId,
    },
    /// Credits were kept from being spent, until a dispute ends.
    Freeze {
        /// The lot.
        lot: LotId,
        /// How much more is to be frozen as it comes back.
        wanted: Credits,
    },
    /// Frozen credits may be spent again.
    Unfreeze {
        /// The lot.
        lot: LotId,
        /// How much less is to be frozen as it comes back.
        unwanted: Credits,
    },
    /// What a lot was granted was corrected.
    Adjust {
        /// The lot.
        lot: LotId,
        /// Why.
        reason: String,
    },
    /// Terms were changed. It moves no credits, so it has no entries.
    SetTerms {
        /// What was changed.
        terms: Box<SetTerms>,
    },
    /// The plan was changed, or ended. It moves no credits, so it has no entries.
    SetPlan {
        /// The plan from then on.
        plan: Option<Box<StandingPlan>>,
    },
}

fn is_false(value: &bool) -> bool {
    !value
}

/// What a grant paid of what one transaction owed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repayment {
    /// The transaction that owed it.
    pub of: u64,
    /// How much.
    pub amount: Credits,
}

impl TransactionKind {
    /// The name that the journal and the API use.
    pub const fn code(&self) -> &'static str {
        match self {
            TransactionKind::Grant { .. } => "grant",
            TransactionKind::Hold { .. } => "hold",
            TransactionKind::Settle { .. } => "settle",
            TransactionKind::Release { .. } => "release",
            TransactionKind::Charge => "charge",
            TransactionKind::Expire { .. } => "expire",
            TransactionKind::SetBudget { .. } => "set_budget",
            TransactionKind::MoveBudget { .. } => "move_budget",
            TransactionKind::ExtendHold { .. } => "extend_hold",
            TransactionKind::Reverse { .. } => "reverse",
            TransactionKind::Revoke { .. } => "revoke",
            TransactionKind::Freeze { .. } => "freeze",
            TransactionKind::Unfreeze { .. } => "unfreeze",
            TransactionKind::Adjust { .. } => "adjust",
            TransactionKind::SetTerms { .. } => "set_terms",
            TransactionKind::SetPlan { .. } => "set_plan",
        }
    }
}

/// One immutable line of the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transaction {
    /// Its place in the organisation's journal: 1, 2, 3, without gaps.
    pub sequence: u64,
    /// What it did.
    #[serde(flatten)]
    pub kind: TransactionKind,
    /// The name under which it was booked once.
    pub key: IdempotencyKey,
    /// Who did it.
    pub actor: Actor,
    /// What it was for; that of the hold where a hold was settled or released.
    pub attribution: Attribution,
    /// When it happened, as the caller says.
    pub occurred_at: Timestamp,
    /// When it took effect here. For an expiry or a deadline: the instant it fell due, so that a
    /// sweeper and a late command write the same transaction.
    pub recorded_at: Timestamp,
    /// The transaction that this one corrects or completes: the hold for a settle, a release or an
    /// extension; the grant for whatever is done to its lot; the usage for a reversal.
    pub corrects: Option<u64>,
    /// What moved; the amounts sum to zero.
    pub entries: Vec<Entry>,
    /// What was available after it.
    pub available_after: Credits,
    /// The hash of the one before and of this one's content.
    pub hash: Hash,
}

/// What a transaction adds to usage: for roll-ups and for the budgets that are set later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Usage<'a> {
    /// What was charged.
    pub amount: Credits,
    /// The instant whose budget windows it counts in.
    pub counted_at: Timestamp,
    /// What it was for.
    pub attribution: &'a Attribution,
    /// The lots that paid, in order.
    pub paid: Vec<Draw>,
}

impl Transaction {
    /// The sum of all entries on `account`.
    pub fn moved(&self, account: &Account) -> Credits {
        let amounts = self.entries.iter().filter(|entry| entry.account == *account);
        Credits::checked_sum(amounts.map(|entry| entry.amount))
            .expect("a transaction's entries are parts of one amount that fits")
    }

    /// The lots that gave, in the order of the entries.
    pub fn draws(&self) -> Vec<Draw> {
        self.entries.iter().filter_map(draw_of).collect()
    }

    /// The lots that changed.
    pub fn lots(&self) -> impl Iterator<Item = &LotId> {
        let moved = self.entries.iter().filter_map(|entry| match &entry.account {
            Account::Lot(lot) | Account::Frozen(lot) => Some(lot),
            _ => None,
        });
        moved.chain(self.lot())
    }

    /// The lot that it is about.
    pub fn lot(&self) -> Option<&LotId> {
        match &self.kind {
            TransactionKind::Grant { lot, .. } => Some(&lot.id),
            TransactionKind::Expire { lot, .. }
            | TransactionKind::Revoke { lot }
            | TransactionKind::Freeze { lot, .. }
            | TransactionKind::Unfreeze { lot, .. }
            | TransactionKind::Adjust { lot, .. } => Some(lot),
            _ => None,
        }
    }

    /// The hold that it made, changed or ended.
    pub fn hold(&self) -> Option<&HoldId> {
        match &self.kind {
            TransactionKind::Hold { hold, .. }
            | TransactionKind::ExtendHold { hold, .. }
            | TransactionKind::Settle { hold, .. }
            | TransactionKind::Release { hold, .. } => Some(hold),
            _ => None,
        }
    }

    /// The outflows that it made or changed, by their transactions.
    pub fn outflows(&self) -> impl Iterator<Item = u64> {
        let (own, repaid): (_, &[Repayment]) = match &self.kind {
            TransactionKind::Settle { .. }
            | TransactionKind::Charge
            | TransactionKind::Revoke { .. } => (Some(self.sequence), &[]),
            TransactionKind::Reverse { of, .. } => (Some(*of), &[]),
            TransactionKind::Grant { repaid, .. } => (None, repaid),
            _ => (None, &[]),
        };
        own.into_iter().chain(repaid.iter().map(|repayment| repayment.of))
    }

    /// Whether it changed the terms or the plan, or granted one of its periods.
    pub fn changes_terms(&self) -> bool {
        match &self.kind {
            TransactionKind::SetTerms { .. } | TransactionKind::SetPlan { .. } => true,
            TransactionKind::Grant { lot, .. } => matches!(lot.origin, Origin::PlanPeriod { .. }),
            _ => false,
        }
    }

    /// What was charged by a settle or a charge, or given back by the reversal of usage (an amount of
    /// less than nothing then, and nobody paid); `None` for every other kind.
    pub fn usage(&self) -> Option<Usage<'_>> {
        let (paid, counted_at) = match &self.kind {
            TransactionKind::Settle { paid, counted_at, .. } => (paid.clone(), *counted_at),
            TransactionKind::Charge => (self.draws(), self.recorded_at),
            TransactionKind::Reverse { counted_at, .. } if self.gives_back_usage() => {
                (Vec::new(), *counted_at)
            }
            _ => return None,
        };
        let amount = self.moved(&Account::Spent);
        Some(Usage { amount, counted_at, attribution: &self.attribution, paid })
    }
}

impl Transaction {
    fn gives_back_usage(&self) -> bool {
        self.entries.iter().any(|entry| entry.account == Account::Spent)
    }
}

fn draw_of(entry: &Entry) -> Option<Draw> {
    match &entry.account {
        Account::Lot(lot) | Account::Frozen(lot) if entry.amount.is_negative() => {
            Some(Draw { lot: lot.clone(), amount: entry.amount.checked_neg()? })
        }
        _ => None,
    }
}
