//! A period's statement made anew from nothing but the journal: what `scrip verify-statement` holds a
//! statement against. Every transaction is shown once, in order, with the state before it.

use super::apply::book_due;
use super::calendar::Span;
use super::period_statement::{Breakdown, ChainPlace, PeriodStatement};
use super::state::LedgerState;
use super::statement::{Statement, Totals};
use super::time::Timestamp;
use super::transaction::Transaction;

/// Where a statement ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// With the period, which is over.
    WithThePeriod,
    /// Before the period does: with the transaction that was the last at this instant.
    At {
        /// The transaction.
        sequence: u64,
        /// The instant.
        instant: Timestamp,
    },
}

/// A statement that is being made.
#[derive(Clone, Debug)]
pub struct Recount {
    span: Span,
    end: End,
    opening: Option<(ChainPlace, Totals)>,
    closing: Option<(ChainPlace, Totals)>,
    parts: Breakdown,
    /// Counted when the next one comes: by then it was found to follow on those before.
    waiting: Option<Transaction>,
}

impl Recount {
    /// Of the transactions that took effect in `span`, up to `end`.
    pub fn new(span: Span, end: End) -> Recount {
        let parts = Breakdown::default();
        Recount { span, end, opening: None, closing: None, parts, waiting: None }
    }

    /// Takes in `next`, which is said to follow on the state `before`.
    pub fn pass(&mut self, before: &LedgerState, next: &Transaction) {
        self.count_waiting();
        let is_over = match self.end {
            End::WithThePeriod => next.recorded_at >= self.span.until,
            End::At { sequence, .. } => before.head.sequence >= sequence,
        };
        if self.opening.is_none() && (is_over || next.recorded_at >= self.span.from) {
            self.open(before);
        }
        if self.closing.is_none() && is_over {
            self.close(before);
        }
        if self.opening.is_some() && self.closing.is_none() {
            self.waiting = Some(next.clone());
        }
    }

    /// The statement, when `last` is the state after every transaction that was shown.
    pub fn finish(mut self, last: &LedgerState) -> PeriodStatement {
        self.count_waiting();
        if self.opening.is_none() {
            self.open(last);
        }
        if self.closing.is_none() {
            self.close(last);
        }
        let (opening, from) = self.opening.unwrap_or_else(|| place(last, self.span.from));
        let (closing, to) = self.closing.unwrap_or_else(|| place(last, self.span.until));
        let sums = Statement::between(&from, &to);
        PeriodStatement { opening, closing, sums, parts: self.parts }
    }

    fn count_waiting(&mut self) {
        if let Some(waiting) = self.waiting.take() {
            self.parts.add(&waiting);
        }
    }

    fn open(&mut self, state: &LedgerState) {
        self.opening = Some(place(state, self.span.from.plus(-1)));
    }

    fn close(&mut self, state: &LedgerState) {
        let last = match self.end {
            End::WithThePeriod => self.span.until.plus(-1),
            End::At { instant, .. } => instant,
        };
        self.closing = Some(place(state, last));
        add_unbooked(&mut self.parts, state, self.span.from, last);
    }
}

fn place(state: &LedgerState, at: Timestamp) -> (ChainPlace, Totals) {
    (ChainPlace::from(state.head()), state.totals(at))
}

/// Counts what fell due from `from` to `last` and the journal of this state does not have yet: the figures
/// of a state count it already.
pub fn add_unbooked(parts: &mut Breakdown, state: &LedgerState, from: Timestamp, last: Timestamp) {
    if state.next_due().is_none_or(|at| at > last) {
        return;
    }
    let booked = book_due(&mut state.clone(), last);
    booked.iter().filter(|due| due.recorded_at >= from).for_each(|due| parts.add(due));
}
