//! The ledger kernel: the rules of credits as one pure function.
//!
//! [`apply`](apply::apply) takes the state of one organisation, an [`Order`] and an instant, and
//! either answers with transactions that are already part of the state or refuses and leaves the
//! state as it was. The same code runs in the server, in the tests, in `scrip verify` and
//! in the browser.
//!
//! **How it works.** A command is first *decided* on an unchanged state (every refusal comes from
//! there), which gives a draft transaction; the draft is then *recorded*, which must succeed.
//! Recording is the only code that changes a state, and [`replay`](replay::replay) uses the very
//! same code, so a state that was rebuilt from the journal cannot differ from the live one.
//! Whatever fell due before the command (a lot's expiry, a hold's deadline) is booked first, at the
//! instant it fell due, so a sweeper and a late command write the same journal.
//!
//! **Time.** Every interval is half open: a lot may be spent from `effective_at` up to, but not at,
//! `expires_at`; a hold stands until, but not at, its deadline. Time in a ledger never runs
//! backwards: an instant before the last transaction is read as that of the last transaction.
//!
//! **What it never does.** No clock, no randomness, no IO, no floats, no `async`, and it makes no
//! ids: they arrive in the command. It does not know idempotency keys that were used before (they
//! live in the database); it only gives the [`fingerprint`](command::Order::fingerprint).
//!
//! **How to add to it.** A new command: a variant in [`command`] (the fingerprint follows in
//! [`canonical`]), a variant of [`TransactionKind`] with all it takes to replay it, a decision in
//! `decide`, its recording in `record`, its refusals in [`refusal`], and the same rule written a
//! second time, naively, in `tests::naive`.

pub mod actor;
pub mod apply;
pub mod attribution;
pub mod balance;
pub mod budget;
pub mod calendar;
pub mod canonical;
pub mod chain;
pub mod command;
pub mod credits;
mod decide;
pub mod entry;
pub mod hash;
pub mod hold;
pub mod id;
mod index;
pub mod invariants;
pub mod journal_file;
pub mod key;
pub mod lot;
pub mod outflow;
pub mod period_statement;
pub mod plan;
mod record;
pub mod recount;
pub mod refusal;
pub mod replay;
mod snapshot;
pub mod source;
pub mod state;
pub mod statement;
pub mod statement_line;
pub mod terms;
pub mod time;
pub mod transaction;

#[cfg(test)]
mod tests;

pub use actor::Actor;
pub use apply::{Applied, Receipt, apply, book_due};
pub use attribution::{Attribution, Operation};
pub use balance::{Balance, NextExpiry, Shortfall};
pub use budget::{Budget, BudgetKind, Subject, Window};
pub use calendar::{Calendar, Every, OffsetChange, Period, Span};
pub use command::{Command, Grant, MakeHold, Order, SetBudget, SetTerms};
pub use credits::Credits;
pub use entry::{Account, Entry};
pub use hash::Hash;
pub use hold::{Draw, Hold, HoldState, OverSettle, ReleaseCause};
pub use id::{
    ApiKeyId, DepartmentId, HoldId, LotId, OrganisationId, PurchaseId, QuoteId, ReportId, UserId,
};
pub use index::ConsumptionOrder;
pub use key::IdempotencyKey;
pub use lot::{CarryOver, Currency, Lot, Money, Origin};
pub use outflow::{Cause, Outflow};
pub use period_statement::PeriodStatement;
pub use plan::{Allowance, Plan, Renewal, Rollover, StandingPlan};
pub use refusal::Refusal;
pub use replay::replay;
pub use source::Source;
pub use state::{Head, LedgerState, Parts};
pub use statement::{LotFigures, Statement, Totals};
pub use terms::Terms;
pub use time::Timestamp;
pub use transaction::{Repayment, Transaction, TransactionKind, Usage};
