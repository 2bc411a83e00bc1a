//! States in memory.

use crate::backend::zone::Zone;
use crate::ledger::LedgerState;

/// Closed holds and emptied lots that a state keeps at least before they are dropped together.
const FORGET_AFTER: usize = 512;

/// A state with what belongs to it.
#[derive(Clone, Debug)]
pub struct Cached {
    /// The state, at some version.
    pub state: LedgerState,
    /// The zone in which the roll-ups' months are counted.
    pub zone: Zone,
    /// Transactions since the last [`LedgerState::forget_closed`].
    booked: usize,
    /// Holds that it left.
    left: usize,
}

impl Cached {
    /// A state as it was read.
    pub fn new(state: LedgerState, zone: Zone) -> Self {
        Cached { state, zone, booked: 0, left: 0 }
    }

    /// Drops what is over, now and then: looking for it costs as much as there is, so as much must
    /// have happened.
    pub fn forget_closed(&mut self, booked: usize) {
        self.booked += booked;
        if self.booked >= FORGET_AFTER.max(self.left) {
            self.state.forget_closed();
            self.booked = 0;
            self.left = self.state.holds().count();
        }
    }
}
