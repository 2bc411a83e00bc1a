//! The ledger as of any instant, exact to the microsecond: the journal replayed up to it.
//!
//! A replay begins at the last checkpoint before the instant, so that reading the past costs
//! [`EVERY`] transactions at most, however long the history is. Checkpoints are written by a job
//! ([`checkpoint_step`]), one at every multiple of [`EVERY`]; `scrip verify` compares them, and whoever
//! doubts them deletes the rows: they are made again.
//!
//! What a transaction concerns and the checkpoint left out (a hold that its deadline released and that
//! is settled late, usage that is reversed) is brought back before it is replayed.

use crate::backend::step::Step;
use crate::backend::store::{Db, StoreError, checkpoint, hold, journal, period};
use crate::ledger::{
    Hold, HoldId, HoldState, LedgerState, OrganisationId, Outflow, ReleaseCause, Timestamp,
    Transaction, TransactionKind, replay,
};

/// Transactions between two checkpoints.
pub const EVERY: u64 = 10_000;
/// Transactions that are read at once.
const STRETCH: u64 = 1000;

/// The ledger as it was at `instant`: with everything that took effect or fell due by then, and nothing
/// that came later. Before the first transaction it is empty.
///
/// # Errors
/// The database failed, or the journal does not hold: cure `scrip verify`.
pub async fn state_at(
    db: &Db,
    organisation: &OrganisationId,
    instant: Timestamp,
) -> Result<LedgerState, StoreError> {
    Ok(journal_at(db, organisation, instant).await?.caught_up(instant).into_owned())
}

/// The ledger as the journal had it at `instant`, without what fell due by then and was booked later.
///
/// # Errors
/// As [`state_at`].
pub async fn journal_at(
    db: &Db,
    organisation: &OrganisationId,
    instant: Timestamp,
) -> Result<LedgerState, StoreError> {
    let through = period::position(db, organisation, instant.plus(1)).await?;
    state_through(db, organisation, through).await
}

/// The ledger behind one transaction of its journal, every lot in it.
///
/// # Errors
/// As [`state_at`].
pub async fn state_through(
    db: &Db,
    organisation: &OrganisationId,
    through: u64,
) -> Result<LedgerState, StoreError> {
    let mut state = match checkpoint::before(db, organisation, through).await? {
        Some(parts) => LedgerState::restore(parts),
        None => LedgerState::new(organisation.clone()),
    };
    while state.head().sequence < through {
        let from = state.head().sequence + 1;
        let until = (from + STRETCH).min(through + 1);
        let stretch = journal::range(db, organisation, from, until).await?;
        if stretch.is_empty() {
            return Err(corrupt(from, "the transaction is missing"));
        }
        for transaction in &stretch {
            bring_back(db, &mut state, transaction).await?;
            replay::step(&mut state, transaction)
                .map_err(|error| corrupt(transaction.sequence, error))?;
        }
    }
    Ok(state)
}

/// Writes one checkpoint where one is due: every `every` transactions of a journal.
///
/// # Errors
/// As [`state_at`].
pub async fn checkpoint_step(db: &Db, every: u64) -> Result<Step, StoreError> {
    let Some(organisation) = checkpoint::wanted(db, every).await? else { return Ok(Step::Idle) };
    let last = checkpoint::before(db, &organisation, u64::MAX >> 1).await?;
    let place = last.map_or(0, |last| last.head.sequence) + every;
    let state = state_through(db, &organisation, place).await?;
    checkpoint::insert(db, &state.snapshot()).await?;
    Ok(Step::Done)
}

/// Puts back what the transaction moves and the state has forgotten.
async fn bring_back(
    db: &Db,
    state: &mut LedgerState,
    next: &Transaction,
) -> Result<(), StoreError> {
    match &next.kind {
        TransactionKind::Settle { hold, .. } if state.hold(hold).is_none() => {
            let hold = released_by_its_deadline(db, state, hold, next).await?;
            hold.into_iter().for_each(|hold| state.with_hold(hold));
        }
        TransactionKind::Reverse { of, .. } if state.outflow(*of).is_none() => {
            let made = journal::find(db, &state.head().organisation, *of).await?;
            let outflow = made.as_ref().and_then(Outflow::of);
            outflow.into_iter().for_each(|outflow| state.with_outflow(outflow));
        }
        _ => {}
    }
    Ok(())
}

/// The hold as its deadline left it; the settle names that release.
async fn released_by_its_deadline(
    db: &Db,
    state: &LedgerState,
    id: &HoldId,
    settle: &Transaction,
) -> Result<Option<Hold>, StoreError> {
    let organisation = &state.head().organisation;
    let Some(transaction) = settle.corrects else { return Ok(None) };
    let release = journal::find(db, organisation, transaction).await?;
    let (Some(release), Some(hold)) = (release, hold::find(db, organisation, id).await?) else {
        return Ok(None);
    };
    let (cause, at) = (ReleaseCause::Deadline, release.recorded_at);
    Ok(Some(Hold { state: HoldState::Released { cause, at, transaction }, ..hold }))
}

fn corrupt(sequence: u64, problem: impl ToString) -> StoreError {
    StoreError::corrupt("ledger_transaction", sequence, problem)
}
