//! The statement of a period: the way from its opening to its closing balance, what came in by source,
//! what was used by operation and department, and the places of the chain at both ends.
//!
//! The sums are those of [`Statement`]; the parts are those of [`Breakdown`]. Whoever writes a statement
//! down (a page, a file) writes [`PeriodStatement::lines`], so that all of them say the same, and whoever
//! verifies one compares line by line.

use std::collections::BTreeMap;

use super::attribution::Operation;
use super::credits::Credits;
use super::entry::Account;
use super::hash::Hash;
use super::id::DepartmentId;
use super::index::{difference, sum};
use super::source::Source;
use super::state::Head;
use super::statement::Statement;
use super::statement_line::{LineKind, StatementLine};
use super::transaction::{Transaction, TransactionKind};

/// What the part of [`LineKind::CameInFrom`] is called that unlimited lots gave, as it was used.
pub const UNLIMITED: &str = "unlimited";

/// A place of the chain: nobody can change what stands before it without changing its hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChainPlace {
    /// The last transaction; 0 before the first.
    pub sequence: u64,
    /// Its hash; before the first, that of the organisation's id.
    pub hash: Hash,
}

impl From<&Head> for ChainPlace {
    fn from(head: &Head) -> Self {
        ChainPlace { sequence: head.sequence, hash: head.hash }
    }
}

/// What usage was for.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct UsedFor {
    /// The operation, where one was named.
    pub operation: Option<Operation>,
    /// The department that paid, where one did.
    pub department: Option<DepartmentId>,
}

/// How much was used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Used {
    /// What was charged and not given back; less than nothing where more was given back.
    pub credits: Credits,
    /// In how many transactions; what gave back counts as none.
    pub transactions: u64,
}

/// What moved in a period, by its parts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Breakdown {
    /// What lots were granted.
    pub granted: BTreeMap<Source, Credits>,
    /// By how much grants were corrected; less than nothing where they were lowered.
    pub corrected: Credits,
    /// What was used.
    pub used: BTreeMap<UsedFor, Used>,
}

impl Breakdown {
    /// Counts one more transaction of the period.
    pub fn add(&mut self, done: &Transaction) {
        match &done.kind {
            TransactionKind::Grant { lot, .. } if !lot.amount.is_zero() => {
                let all = self.granted.entry(lot.source).or_default();
                *all = sum(*all, lot.amount);
            }
            TransactionKind::Adjust { lot, .. } => {
                let change = done.moved(&Account::Lot(lot.clone()));
                self.corrected = sum(self.corrected, change);
            }
            _ => self.add_usage(done),
        }
    }

    fn add_usage(&mut self, done: &Transaction) {
        let Some(usage) = done.usage() else { return };
        let of = UsedFor {
            operation: usage.attribution.operation.clone(),
            department: usage.attribution.department.clone(),
        };
        let used = self.used.entry(of).or_default();
        used.credits = sum(used.credits, usage.amount);
        used.transactions += u64::from(!usage.amount.is_negative());
    }
}

/// The statement of one period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeriodStatement {
    /// The chain where it begins.
    pub opening: ChainPlace,
    /// The chain where it ends.
    pub closing: ChainPlace,
    /// The way from one to the other.
    pub sums: Statement,
    /// The same by parts.
    pub parts: Breakdown,
}

impl PeriodStatement {
    /// What unlimited lots gave, as it was used.
    pub fn unlimited(&self) -> Credits {
        let granted = self.parts.granted.values().copied().fold(Credits::ZERO, sum);
        difference(self.came_in(), granted)
    }

    /// What came in, corrections apart.
    fn came_in(&self) -> Credits {
        difference(self.sums.came_in, self.parts.corrected)
    }

    /// Every line, in the order of a statement; of the parts, the largest first.
    pub fn lines(&self) -> Vec<StatementLine> {
        use LineKind as Kind;
        let sums = &self.sums;
        let used = self.parts.used.values();
        let transactions = used.map(|used| used.transactions).sum();
        let line = StatementLine::plain;
        let mut lines = vec![line(Kind::Opening, sums.opening), line(Kind::CameIn, self.came_in())];
        lines.extend(self.came_in_lines());
        let all = line(Kind::Used, minus(sums.used));
        lines.push(StatementLine { transactions: Some(transactions), ..all });
        lines.extend(self.used_lines());
        lines.extend([
            line(Kind::Lapsed, minus(sums.expired)),
            line(Kind::Withdrawn, minus(sums.revoked)),
            line(Kind::Corrected, self.parts.corrected),
            line(Kind::Owed, sums.borrowed),
            line(Kind::Closing, sums.closing),
            line(Kind::Held, sums.held),
            line(Kind::Frozen, sums.frozen),
            line(Kind::Later, sums.later),
            line(Kind::Available, sums.available),
        ]);
        lines
    }

    fn came_in_lines(&self) -> impl Iterator<Item = StatementLine> {
        let granted = self.parts.granted.iter();
        let granted = granted.map(|(source, credits)| StatementLine::from(source.code(), *credits));
        let unlimited = Some(self.unlimited()).filter(|credits| !credits.is_zero());
        granted.chain(unlimited.map(|credits| StatementLine::from(UNLIMITED, credits)))
    }

    fn used_lines(&self) -> Vec<StatementLine> {
        let used = self.parts.used.iter();
        let mut lines: Vec<_> = used.map(|(of, used)| used_line(of, used)).collect();
        // What left is less than nothing, so the largest use stands first; equal ones by their names.
        lines.sort_by_key(|line| line.credits);
        lines
    }
}

fn used_line(of: &UsedFor, used: &Used) -> StatementLine {
    StatementLine {
        part: of.operation.as_ref().map(Operation::to_string).unwrap_or_default(),
        department: of.department.as_ref().map(DepartmentId::to_string).unwrap_or_default(),
        transactions: Some(used.transactions),
        ..StatementLine::plain(LineKind::UsedFor, minus(used.credits))
    }
}

fn minus(credits: Credits) -> Credits {
    difference(Credits::ZERO, credits)
}
