//! The kernel's tests: every rule and trap as a sentence, and random command sequences against a
//! second ledger that is written in another way (`naive`).
//!
//! All of them go through [`desk::Desk`], which checks the promises of the ledger after every
//! command: zero sums, invariants, a refusal that leaves nothing, and a journal that replays.

mod budgets;
mod desk;
mod files;
mod holds;
mod journal;
mod lots;
mod model;
mod naive;
mod outflows;
mod plans;
mod script;
mod traps;
