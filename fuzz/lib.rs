//! Fuzzing of what comes from outside: amounts, orders and journals.
//!
//! `cargo fuzz run amount` (or `order`, `journal`) with a nightly compiler, `cargo fuzz run -s none …`
//! with the stable one; new inputs are kept in `corpus/`. The ordinary tests run the same bodies over
//! the corpus and over a fixed number of seeded mutations of it. To add a target: a function in
//! `bodies.rs`, its three lines in `fuzz_targets`, its folder in `corpus`, and its line in the test.

pub mod bodies;
#[path = "../src/ledger/mod.rs"]
pub mod ledger;
