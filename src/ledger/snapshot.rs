//! A state in the parts that a journal can be replayed from: what a checkpoint holds.
//!
//! Left out is what the journal gives back by itself: holds that are over, and outflows that are no
//! more than their transaction says. A transaction may still concern one (a hold that its deadline
//! released is settled late, usage is reversed): whoever replays from a checkpoint brings it back before
//! that transaction ([`LedgerState::with_hold`], [`LedgerState::with_outflow`]). Whoever replays a long
//! journal drops the same things on the way.

use super::hold::{Hold, HoldState, ReleaseCause};
use super::state::{LedgerState, Parts};

impl LedgerState {
    /// The parts of a state that has every lot in memory.
    pub fn snapshot(&self) -> Parts {
        let mut parts = self.parts();
        parts.holds.retain(Hold::is_open);
        parts.outflows.retain(|outflow| !outflow.is_plain());
        parts
    }

    /// Takes out the holds that no transaction can move any more: settled, or released on request. One
    /// that its deadline released may still be settled.
    pub fn take_ended_holds(&mut self) -> Vec<Hold> {
        let ended = |hold: &Hold| match &hold.state {
            HoldState::Open | HoldState::Released { cause: ReleaseCause::Deadline, .. } => false,
            HoldState::Settled { .. } | HoldState::Released { .. } => true,
        };
        self.holds.extract_if(.., |_, hold| ended(hold)).map(|(_, hold)| hold).collect()
    }

    /// Drops the outflows that are no more than their transaction says.
    pub fn forget_plain_outflows(&mut self) {
        self.outflows.retain(|_, outflow| !outflow.is_plain());
    }
}
