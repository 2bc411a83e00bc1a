//! The hash chain: every transaction's hash covers its content and the hash before it, so a silent
//! edit of the journal shows at the first line it touched.
//!
//! `hash = SHA-256(previous hash ‖ canonical bytes)`, the bytes as [`canonical`]
//! writes them. The first one's previous hash is [`genesis`].

use sha2::{Digest, Sha256};
use thiserror::Error;

use super::canonical;
use super::hash::Hash;
use super::id::OrganisationId;
use super::transaction::Transaction;

/// What the first transaction's hash is chained to: no journal fits another organisation.
pub fn genesis(organisation: &OrganisationId) -> Hash {
    Hash(Sha256::digest(format!("scrip ledger 1\n{organisation}")).into())
}

/// The hash of a transaction that follows the one with hash `previous`. The transaction's own hash
/// is not read.
pub fn link(previous: Hash, transaction: &Transaction) -> Hash {
    let hasher = Sha256::new_with_prefix(previous.0);
    Hash(hasher.chain_update(canonical::transaction(transaction)).finalize().into())
}

/// Where a chain does not hold.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum BrokenLink {
    /// A transaction is missing, twice there or out of place.
    #[error("transaction {expected} should follow, and {found} does")]
    OutOfSequence {
        /// The sequence that should follow.
        expected: u64,
        /// The one that does.
        found: u64,
    },
    /// A transaction's content or the one before it was changed.
    #[error("transaction {sequence} has the hash {found}, and its content gives {expected}")]
    WrongHash {
        /// Which one.
        sequence: u64,
        /// What its content gives.
        expected: Hash,
        /// What it has.
        found: Hash,
    },
}

/// Follows a journal from its beginning; gives the last hash, or the first place that does not hold.
pub fn verify<'a>(
    organisation: &OrganisationId,
    transactions: impl IntoIterator<Item = &'a Transaction>,
) -> Result<Hash, BrokenLink> {
    let mut previous = genesis(organisation);
    for (transaction, expected) in transactions.into_iter().zip(1_u64..) {
        check_link(expected, previous, transaction)?;
        previous = transaction.hash;
    }
    Ok(previous)
}

/// Whether `transaction` is the one with sequence `expected`, chained to `previous`.
pub(super) fn check_link(
    expected: u64,
    previous: Hash,
    transaction: &Transaction,
) -> Result<(), BrokenLink> {
    let sequence = transaction.sequence;
    if sequence != expected {
        return Err(BrokenLink::OutOfSequence { expected, found: sequence });
    }
    let hash = link(previous, transaction);
    if hash != transaction.hash {
        return Err(BrokenLink::WrongHash { sequence, expected: hash, found: transaction.hash });
    }
    Ok(())
}
