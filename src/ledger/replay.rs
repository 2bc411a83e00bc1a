//! From the journal back to the state it comes to.

use thiserror::Error;

use super::chain::{self, BrokenLink};
use super::credits::Credits;
use super::record::{self, Misfit};
use super::state::LedgerState;
use super::transaction::Transaction;

/// The first place where a journal does not hold.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ReplayError {
    /// The chain of hashes is broken.
    #[error(transparent)]
    Chain(#[from] BrokenLink),
    /// A transaction does not fit what came before it.
    #[error("transaction {sequence} does not fit what came before it: {misfit}")]
    Misfit {
        /// Which one.
        sequence: u64,
        /// Why.
        misfit: Misfit,
    },
    /// The balance that a transaction states is not what the journal comes to.
    #[error("after transaction {sequence}, {found} is stated as available, and it is {expected}")]
    Available {
        /// Which one.
        sequence: u64,
        /// What the journal comes to.
        expected: Credits,
        /// What the transaction states.
        found: Credits,
    },
}

/// The state that `transactions` lead to from `state`, which is a new ledger for a whole journal.
///
/// Everything is checked on the way: the chain, the sums, that no account has less than nothing, and
/// the balance that every transaction states.
pub fn replay<'a>(
    state: LedgerState,
    transactions: impl IntoIterator<Item = &'a Transaction>,
) -> Result<LedgerState, ReplayError> {
    transactions.into_iter().try_fold(state, |mut state, transaction| {
        step(&mut state, transaction)?;
        Ok(state)
    })
}

/// Takes the next transaction of a journal into a state, checked as [`replay`] checks.
///
/// # Errors
/// It does not follow; the state is of no more use then.
pub fn step(state: &mut LedgerState, transaction: &Transaction) -> Result<(), ReplayError> {
    let sequence = transaction.sequence;
    chain::check_link(state.head.sequence + 1, state.head.hash, transaction)?;
    record::take_effect(state, transaction)
        .map_err(|misfit| ReplayError::Misfit { sequence, misfit })?;
    let expected = state.standing(transaction.recorded_at).available;
    let found = transaction.available_after;
    if expected != found {
        return Err(ReplayError::Available { sequence, expected, found });
    }
    record::advance(state, transaction);
    Ok(())
}
