//! What a caller is told.

use super::decide::{Decided, Outcome};
use super::request::{Reply, What};
use crate::backend::store::{Db, StoreError, journal};
use crate::ledger::{IdempotencyKey, OrganisationId, Refusal, Transaction};
use crate::model::Problem;
use crate::model::balance::BalanceView;
use std::collections::{BTreeSet, HashSet};
use std::time::Duration;

/// An order that is booked, durably.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The transaction that answers it, as the journal has it.
    pub transaction: Transaction,
    /// It was booked before, by the same key or by an equal order, and nothing changed now.
    pub replayed: bool,
    /// What the organisation has now.
    pub balance: BalanceView,
}

/// An order that is not booked, or of which that is not known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SubmitError {
    /// The ledger says no. Nothing was booked and the key is still free.
    #[error("{0}")]
    Refused(Refusal),
    /// The key was used for another order. Cure: a new key for a new order.
    #[error("This idempotency key was used for another request. Use a new key for a new request.")]
    KeyConflict,
    /// The condition that the caller put was not true. Nothing was booked and the key is still free.
    #[error("Something changed in the meantime. Look again and repeat the request.")]
    Unmet,
    /// Too much is waiting. Nothing was booked. Cure: send it again after this time.
    #[error("Too many requests are waiting. Try again in {} s.", retry_after.as_secs().max(1))]
    Busy {
        /// How long to wait.
        retry_after: Duration,
    },
    /// There is no such organisation. Nothing was booked.
    #[error("There is no such organisation.")]
    NoSuchOrganisation,
    /// Something broke. Whether the order was booked is not known; sent again with the same key it is
    /// booked once.
    #[error("The ledger cannot be reached at the moment. Send the same request again. ({reason})")]
    Unavailable {
        /// What broke, for the log.
        reason: String,
    },
}

impl SubmitError {
    /// The *no* to show, or `None` where something broke that belongs in the log.
    pub fn problem(&self) -> Option<Problem> {
        match self {
            SubmitError::Refused(refusal) => Some(refusal.clone().into()),
            SubmitError::KeyConflict => Some(
                Problem::conflict("key_conflict", "This form was sent before with another figure.")
                    .with_cure("Open the page again and repeat it."),
            ),
            SubmitError::Unmet => Some(Problem::conflict("changed_meanwhile", self.to_string())),
            SubmitError::Busy { retry_after } => Some(Problem::busy(retry_after.as_secs().max(1))),
            SubmitError::NoSuchOrganisation | SubmitError::Unavailable { .. } => None,
        }
    }

    /// The engine is stopping or has stopped.
    pub(super) fn stopped() -> Self {
        SubmitError::Unavailable { reason: "the engine is stopping".into() }
    }

    /// The engine lost this request by a fault of its own.
    pub(super) fn given_up() -> Self {
        SubmitError::Unavailable { reason: "the request was given up".into() }
    }
}

impl From<StoreError> for SubmitError {
    fn from(error: StoreError) -> Self {
        SubmitError::Unavailable { reason: error.to_string() }
    }
}

/// Order that a transaction of before the group answers: it is in the journal.
struct Early {
    sequence: u64,
    replayed: bool,
    balance: BalanceView,
    reply: Reply,
}

/// Orders of a durable group that are still to be answered.
pub struct Earlier {
    organisation: OrganisationId,
    orders: Vec<Early>,
}

/// Answers everyone in a group that is durable, except those whose transaction is older than the group.
///
/// A replay of what we wrote ourselves a moment ago, with a key `in_doubt`, is no replay to the caller.
pub(super) fn answer(
    organisation: OrganisationId,
    requests: Vec<What>,
    decided: Decided,
    in_doubt: &HashSet<IdempotencyKey>,
) -> Earlier {
    let Decided { booked, outcomes, .. } = decided;
    let mut orders = Vec::new();
    for (what, outcome) in requests.into_iter().zip(outcomes) {
        match (what, outcome) {
            (
                What::Order { order, reply, .. },
                Outcome::Answered { sequence, replayed, balance },
            ) => {
                let replayed = replayed && !in_doubt.contains(&order.key);
                match of_sequence(&booked, sequence) {
                    Some(transaction) => {
                        let transaction = transaction.clone();
                        // Nobody may be waiting any more.
                        let _ = reply.send(Ok(Receipt { transaction, replayed, balance }));
                    }
                    None => orders.push(Early { sequence, replayed, balance, reply }),
                }
            }
            (What::Order { order, reply, .. }, outcome) => {
                _ = reply.send(Err(unbooked(outcome, in_doubt.contains(&order.key))));
            }
            (What::Read(look), _) => look.answer(None),
            (What::Due { reply, .. }, Outcome::Due(count)) => _ = reply.send(Ok(count)),
            (What::Due { reply, .. }, _) => _ = reply.send(Ok(0)),
        }
    }
    Earlier { organisation, orders }
}

fn of_sequence(booked: &[Transaction], sequence: u64) -> Option<&Transaction> {
    let index = sequence.checked_sub(booked.first()?.sequence)?;
    booked.get(usize::try_from(index).ok()?)
}

fn unbooked(outcome: Outcome, in_doubt: bool) -> SubmitError {
    match outcome {
        // What we wrote may still be on its way to the database: a no could turn out to be wrong.
        Outcome::Refused(_) | Outcome::NotNow | Outcome::Unmet if in_doubt => {
            let reason = "the database did not say whether it is booked".into();
            SubmitError::Unavailable { reason }
        }
        Outcome::Refused(refusal) => SubmitError::Refused(refusal),
        Outcome::Conflict => SubmitError::KeyConflict,
        Outcome::Unmet => SubmitError::Unmet,
        Outcome::NotNow => SubmitError::Busy { retry_after: Duration::ZERO },
        _ => SubmitError::given_up(),
    }
}

impl Earlier {
    /// Whether everyone is answered.
    pub fn is_empty(&self) -> bool {
        self.orders.is_empty()
    }

    /// Answers them from the journal.
    pub async fn answer(self, db: &Db) {
        let sequences: BTreeSet<u64> = self.orders.iter().map(|early| early.sequence).collect();
        let found = journal::several(db, &self.organisation, sequences).await;
        for Early { sequence, replayed, balance, reply } in self.orders {
            let transaction = match &found {
                Err(error) => Err(SubmitError::Unavailable { reason: error.to_string() }),
                Ok(found) => {
                    found.iter().find(|it| it.sequence == sequence).cloned().ok_or_else(|| {
                        SubmitError::Unavailable {
                            reason: format!("transaction {sequence} is missing"),
                        }
                    })
                }
            };
            // Nobody may be waiting any more.
            let _ = reply.send(transaction.map(|transaction| Receipt {
                transaction,
                replayed,
                balance,
            }));
        }
    }
}
