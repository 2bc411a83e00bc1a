//! The journal: immutable transactions of signed entries that sum to zero.

use serde::{Deserialize, Serialize};

use super::actor::Actor;
use super::attribution::Attribution;
use super::budget::{BudgetKind, Subject, Window};
use super::credits::Credits;
use super::entry::{Account, Entry};
use super::hash::Hash;
use super::hold::{Draw, OverSettle, ReleaseCause};
use super::id::{HoldId, LotId};
use super::key::IdempotencyKey;
use super::lot::Lot;
use super::time::Timestamp;

/// What a transaction did, with all it takes, beside the entries, to do it again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum TransactionKind {
    /// A lot came to be.
    Grant {
        /// The lot as it was granted, nothing spent.
        lot: Box<Lot>,
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
    /// The transaction that this one corrects or completes: the hold for a settle or a release.
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

    /// The lots whose remaining changed.
    pub fn lots(&self) -> impl Iterator<Item = &LotId> {
        self.entries.iter().filter_map(|entry| match &entry.account {
            Account::Lot(lot) => Some(lot),
            _ => None,
        })
    }

    /// The hold that it made or ended.
    pub fn hold(&self) -> Option<&HoldId> {
        match &self.kind {
            TransactionKind::Hold { hold, .. }
            | TransactionKind::Settle { hold, .. }
            | TransactionKind::Release { hold, .. } => Some(hold),
            _ => None,
        }
    }

    /// What was charged by a settle or a charge; `None` for every other kind.
    pub fn usage(&self) -> Option<Usage<'_>> {
        let (paid, counted_at) = match &self.kind {
            TransactionKind::Settle { paid, counted_at, .. } => (paid.clone(), *counted_at),
            TransactionKind::Charge => (self.draws(), self.recorded_at),
            _ => return None,
        };
        let amount = self.moved(&Account::Spent);
        Some(Usage { amount, counted_at, attribution: &self.attribution, paid })
    }
}

fn draw_of(entry: &Entry) -> Option<Draw> {
    match &entry.account {
        Account::Lot(lot) if entry.amount.is_negative() => {
            Some(Draw { lot: lot.clone(), amount: entry.amount.checked_neg()? })
        }
        _ => None,
    }
}
