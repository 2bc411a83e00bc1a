//! One pass through a journal: replayed, and compared on the way.

use super::super::rows::Rollups;
use super::figures::{few, strays};
use super::{Stop, found, same, unmade};
use crate::backend::store::checkpoint::{CHECKPOINT, checkpoint_cells};
use crate::backend::store::head::{self, HEAD, head_cells};
use crate::backend::store::hold::{HOLD, hold_cells};
use crate::backend::store::journal::{self, ENTRY, TRANSACTION, entry_cells, transaction_cells};
use crate::backend::store::snapshot::Snapshot;
use crate::backend::store::table::Cells;
use crate::backend::store::usage::ROLLUP;
use crate::backend::zone::Zone;
use crate::ledger::command::SetBudget;
use crate::ledger::{
    Credits, Hold, LedgerState, OrganisationId, Outflow, Transaction, TransactionKind, invariants,
    replay,
};
use std::collections::BTreeSet;

/// Transactions that are read at once.
const STRETCH: u64 = 1000;

/// Where a pass is.
pub struct Pass {
    of: OrganisationId,
    head: Cells,
    zone: Zone,
    state: LedgerState,
    /// The usage of the month that the pass is in, and the months it has come through.
    rollups: Rollups,
    months: BTreeSet<String>,
    /// Places of checkpoints that are still to come, the last first.
    checkpoints: Vec<u64>,
}

impl Pass {
    /// A pass at the beginning of a journal; none where the organisation has none.
    pub async fn begin(snapshot: &mut Snapshot, of: &OrganisationId) -> Result<Option<Pass>, Stop> {
        let Some(head) = snapshot.rows(&HEAD, of).await?.pop() else { return Ok(None) };
        let stored = head::parse(&head)?;
        let zone = Zone::of(&stored.time_zone)
            .map_err(|error| found(&HEAD, of.as_str(), error.to_string()))?;
        let mut checkpoints = snapshot.checkpoints(of).await?;
        checkpoints.reverse();
        Ok(Some(Pass {
            of: of.clone(),
            head,
            zone,
            state: LedgerState::new(of.clone()),
            rollups: Rollups::new(zone),
            months: BTreeSet::new(),
            checkpoints,
        }))
    }

    /// How many transactions were replayed.
    pub fn transactions(&self) -> u64 {
        self.state.head().sequence
    }

    /// Replays the next stretch; says whether there was one.
    pub async fn next_stretch(&mut self, snapshot: &mut Snapshot) -> Result<bool, Stop> {
        let from = self.transactions() + 1;
        let end = self.checkpoints.last().map_or(u64::MAX, |place| *place + 1);
        let until = (from + STRETCH).min(end.max(from + 1));
        let stretch = stretch(snapshot, &self.of, from, until).await?;
        for transaction in &stretch {
            self.take(snapshot, transaction).await?;
        }
        let ended = self.state.take_ended_holds();
        self.compare_holds(snapshot, &ended).await?;
        self.compare_checkpoint(snapshot).await?;
        self.state.forget_plain_outflows();
        Ok(!stretch.is_empty())
    }

    /// Compares what only the whole journal gives.
    pub async fn finish(mut self, snapshot: &mut Snapshot) -> Result<(), Stop> {
        if let Some(place) = self.checkpoints.last() {
            return Err(unmade(&CHECKPOINT, place.to_string()));
        }
        strays(snapshot, &self.of).await?;
        same(
            &HEAD,
            &[head_cells(&self.state, self.zone.name())],
            std::slice::from_ref(&self.head),
        )?;
        invariants::check(&self.state)
            .map_err(|broken| found(&HEAD, self.of.as_str(), broken.to_string()))?;
        let holds: Vec<Hold> = self.state.holds().cloned().collect();
        self.compare_holds(snapshot, &holds).await?;
        few(snapshot, &self.of, &self.state).await?;
        self.compare_month(snapshot).await?;
        let months = snapshot.months(&self.of).await?;
        match months.into_iter().find(|month| !self.months.contains(month)) {
            Some(month) => Err(unmade(&ROLLUP, month)),
            None => Ok(()),
        }
    }

    async fn take(&mut self, snapshot: &mut Snapshot, next: &Transaction) -> Result<(), Stop> {
        self.prove_limit(snapshot, next).await?;
        let month = self.zone.month(next.recorded_at).to_string();
        if !self.months.contains(&month) {
            self.compare_month(snapshot).await?;
            self.months.insert(month);
        }
        self.rollups.add(next);
        self.bring_back(snapshot, next).await?;
        replay::step(&mut self.state, next)
            .map_err(|error| found(&TRANSACTION, next.sequence.to_string(), error.to_string()))
    }

    /// What a limit says was used before it must be what the rows before it say.
    async fn prove_limit(
        &mut self,
        snapshot: &mut Snapshot,
        next: &Transaction,
    ) -> Result<(), Stop> {
        let TransactionKind::SetBudget { subject, budget, window, limit, used } = &next.kind else {
            return Ok(());
        };
        let set = SetBudget {
            subject: subject.clone(),
            kind: *budget,
            window: *window,
            limit: *limit,
            used_so_far: Credits::ZERO,
        };
        let (state, at) = (&self.state, next.recorded_at);
        let expected = match state.usage_wanted(&set, at) {
            Some((subject, span)) => {
                snapshot.used_before(&self.of, subject, span, next.sequence).await?
            }
            None => {
                let span = window.span(state.terms(), at);
                let present = state.budget_at(subject, at);
                let known = present.filter(|it| it.window == *window && it.span == span);
                known.map_or(Credits::ZERO, |known| known.used)
            }
        };
        if *used == expected {
            return Ok(());
        }
        let problem = format!(
            "the limit of {subject} starts from {used} used before, and the rows before give {expected}"
        );
        Err(found(&TRANSACTION, next.sequence.to_string(), problem))
    }

    /// Puts back an outflow that was dropped and is given back now.
    async fn bring_back(
        &mut self,
        snapshot: &mut Snapshot,
        next: &Transaction,
    ) -> Result<(), Stop> {
        let TransactionKind::Reverse { of, .. } = &next.kind else { return Ok(()) };
        if self.state.outflow(*of).is_none() {
            let made = stretch(snapshot, &self.of, *of, *of + 1).await?;
            let outflow = made.first().and_then(Outflow::of);
            outflow.into_iter().for_each(|outflow| self.state.with_outflow(outflow));
        }
        Ok(())
    }

    async fn compare_holds(&self, snapshot: &mut Snapshot, holds: &[Hold]) -> Result<(), Stop> {
        if holds.is_empty() {
            return Ok(());
        }
        let expected: Vec<Cells> = holds.iter().map(|hold| hold_cells(&self.of, hold)).collect();
        let ids = holds.iter().map(|hold| hold.id.to_string()).collect();
        same(&HOLD, &expected, &snapshot.named(&HOLD, &self.of, ids).await?)
    }

    /// Compares the roll-ups of the month that is over, and begins another.
    async fn compare_month(&mut self, snapshot: &mut Snapshot) -> Result<(), Stop> {
        let Some(month) = self.months.last() else { return Ok(()) };
        let there = snapshot.month(&ROLLUP, &self.of, month).await?;
        let over = std::mem::replace(&mut self.rollups, Rollups::new(self.zone));
        same(&ROLLUP, &over.rows(&self.of), &there)
    }

    async fn compare_checkpoint(&mut self, snapshot: &mut Snapshot) -> Result<(), Stop> {
        let place = self.transactions();
        if self.checkpoints.pop_if(|next| *next == place).is_none() {
            return Ok(());
        }
        let there = snapshot.stretch(&CHECKPOINT, &self.of, place, place + 1).await?;
        let expected = checkpoint_cells(&self.state.snapshot());
        same(&CHECKPOINT, &[expected], &there)
    }
}

/// The next transactions, their rows being compared; none behind the end.
async fn stretch(
    snapshot: &mut Snapshot,
    of: &OrganisationId,
    from: u64,
    until: u64,
) -> Result<Vec<Transaction>, Stop> {
    let rows = snapshot.stretch(&TRANSACTION, of, from, until).await?;
    let entries = snapshot.stretch(&ENTRY, of, from, until).await?;
    let transactions = journal::parse(&rows, &entries)?;
    let expected: Vec<Cells> = transactions.iter().map(|it| transaction_cells(of, it)).collect();
    same(&TRANSACTION, &expected, &rows)?;
    let expected: Vec<Cells> = transactions.iter().flat_map(|it| entry_cells(of, it)).collect();
    same(&ENTRY, &expected, &entries)?;
    Ok(transactions)
}
