//! What the engine has done, in numbers.

use super::request::What;
use crate::backend::store::commit::GroupWrite;
use std::sync::atomic::{AtomicU64, Ordering};

/// What the engine has done since it was started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Figures {
    /// Orders that were answered, refusals among them.
    pub orders: u64,
    /// Database transactions that were committed for them.
    pub commits: u64,
    /// Statements of these transactions.
    pub statements: u64,
    /// Rows that they wrote.
    pub rows: u64,
}

/// The same, being counted.
#[derive(Debug, Default)]
pub struct Counters {
    orders: AtomicU64,
    commits: AtomicU64,
    statements: AtomicU64,
    rows: AtomicU64,
}

impl Counters {
    /// A transaction of these groups went through.
    pub fn committed(&self, statements: u64, groups: &[GroupWrite]) {
        let rows: usize = groups.iter().map(GroupWrite::row_count).sum();
        self.commits.fetch_add(1, Ordering::Relaxed);
        self.statements.fetch_add(statements, Ordering::Relaxed);
        self.rows.fetch_add(rows as u64, Ordering::Relaxed);
    }

    /// These requests are answered.
    pub fn answered(&self, requests: &[What]) {
        let orders = requests.iter().filter_map(What::order).count();
        self.orders.fetch_add(orders as u64, Ordering::Relaxed);
    }

    /// What was counted so far.
    pub fn figures(&self) -> Figures {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Figures {
            orders: read(&self.orders),
            commits: read(&self.commits),
            statements: read(&self.statements),
            rows: read(&self.rows),
        }
    }
}
