//! Outflows: credits that left the lots for good, so that they can be given back to the very lots
//! that paid.
//!
//! A settle, a charge and a revocation each make one, named by their transaction. What no lot paid is
//! *owed*: the debt. The next grant pays what is owed, oldest first, and from then on it is that
//! grant's lot which paid.

use serde::{Deserialize, Serialize};

use super::attribution::Attribution;
use super::credits::Credits;
use super::entry::Account;
use super::hold::Draw;
use super::id::LotId;
use super::index::{difference, sum};
use super::time::Timestamp;
use super::transaction::{Transaction, TransactionKind};

/// Credits that left for good. `amount` = what lots bear + what is owed + what was given back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outflow {
    /// The transaction that made it.
    pub transaction: u64,
    /// Where the credits went.
    pub cause: Cause,
    /// What it was for.
    pub attribution: Attribution,
    /// The instant whose budget windows it counts in.
    pub counted_at: Timestamp,
    /// All that left, at the time.
    pub amount: Credits,
    /// What lots bear of it now, in the order in which they paid.
    pub paid: Vec<Draw>,
    /// What no lot had paid at the time.
    pub borrowed: Credits,
    /// What no lot has paid yet.
    pub owed: Credits,
    /// What was given back.
    pub reversed: Credits,
}

/// Where credits went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// They were used.
    Usage,
    /// Their money went back.
    Revocation {
        /// The lot that the money was paid for.
        lot: LotId,
    },
}

impl Cause {
    /// Where the credits are now.
    pub fn account(&self) -> Account {
        match self {
            Cause::Usage => Account::Spent,
            Cause::Revocation { .. } => Account::Revoked,
        }
    }
}

impl Outflow {
    /// The outflow that a transaction made, as it was then; `None` for every other transaction.
    pub fn of(transaction: &Transaction) -> Option<Outflow> {
        let (cause, amount, paid, counted_at) = match &transaction.kind {
            TransactionKind::Revoke { lot } => {
                let amount = transaction.moved(&Account::Revoked);
                let cause = Cause::Revocation { lot: lot.clone() };
                (cause, amount, transaction.draws(), transaction.recorded_at)
            }
            TransactionKind::Settle { .. } | TransactionKind::Charge => {
                let usage = transaction.usage()?;
                (Cause::Usage, usage.amount, usage.paid, usage.counted_at)
            }
            _ => return None,
        };
        let owed = difference(Credits::ZERO, transaction.moved(&Account::Debt));
        Some(Outflow {
            transaction: transaction.sequence,
            cause,
            attribution: transaction.attribution.clone(),
            counted_at,
            amount,
            paid,
            borrowed: owed,
            owed,
            reversed: Credits::ZERO,
        })
    }

    /// What can still be given back.
    pub fn left(&self) -> Credits {
        difference(self.amount, self.reversed)
    }

    /// The lot that this was revoked from, whoever paid.
    pub fn revoked_lot(&self) -> Option<&LotId> {
        match &self.cause {
            Cause::Usage => None,
            Cause::Revocation { lot } => Some(lot),
        }
    }

    /// The lots that must be there to give it back.
    pub fn lots(&self) -> impl Iterator<Item = &LotId> {
        self.paid.iter().map(|draw| &draw.lot).chain(self.revoked_lot())
    }

    /// Whether it says no more than its transaction does.
    pub fn is_plain(&self) -> bool {
        self.reversed.is_zero() && self.borrowed.is_zero()
    }

    /// The parts of giving `amount` back: what lowers the debt, and what lots get, the last that
    /// paid first.
    pub fn giving_back(&self, amount: Credits) -> (Credits, Vec<Draw>) {
        let owed = self.owed.min(amount);
        let mut missing = difference(amount, owed);
        let mut returned = Vec::new();
        for draw in self.paid.iter().rev() {
            let part = draw.amount.min(missing);
            if part.is_positive() {
                returned.push(Draw { lot: draw.lot.clone(), amount: part });
                missing = difference(missing, part);
            }
        }
        (owed, returned)
    }

    pub(super) fn give_back(&mut self, amount: Credits) {
        let (owed, returned) = self.giving_back(amount);
        self.owed = difference(self.owed, owed);
        self.reversed = sum(self.reversed, amount);
        for part in returned {
            let last = self.paid.iter_mut().rev().find(|draw| draw.lot == part.lot);
            if let Some(draw) = last {
                draw.amount = difference(draw.amount, part.amount);
            }
        }
        self.paid.retain(|draw| draw.amount.is_positive());
    }

    pub(super) fn repay(&mut self, draw: Draw) {
        self.owed = difference(self.owed, draw.amount);
        self.paid.push(draw);
    }
}
