//! States in memory: those of the organisations that were asked about last.

use crate::backend::zone::Zone;
use crate::ledger::{LedgerState, OrganisationId};
use std::collections::HashMap;

/// Organisations whose state is kept in memory, by each writer.
pub const STATES: usize = 10_000;
/// Of these, how many make room at once when there is none.
const MAKE_ROOM: usize = STATES / 10;
/// Closed holds and emptied lots that a state keeps before they are dropped together.
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
    used: u64,
}

impl Cached {
    /// A state as it was read.
    pub fn new(state: LedgerState, zone: Zone) -> Self {
        Cached { state, zone, booked: 0, used: 0 }
    }

    /// Drops what is over, now and then: looking for it costs as much as there is.
    pub fn forget_closed(&mut self, booked: usize) {
        self.booked += booked;
        if self.booked >= FORGET_AFTER {
            self.state.forget_closed();
            self.booked = 0;
        }
    }
}

/// The states of one writer.
#[derive(Debug, Default)]
pub struct Cache {
    states: HashMap<OrganisationId, Cached>,
    clock: u64,
}

impl Cache {
    /// Takes a state out, to change it. It is put back only when the change is durable.
    pub fn take(&mut self, organisation: &OrganisationId) -> Option<Cached> {
        self.states.remove(organisation)
    }

    /// Keeps a state that is as the database has it.
    pub fn put(&mut self, organisation: OrganisationId, mut cached: Cached) {
        if self.states.len() >= STATES {
            self.make_room();
        }
        self.clock += 1;
        cached.used = self.clock;
        self.states.insert(organisation, cached);
    }

    fn make_room(&mut self) {
        let mut used: Vec<u64> = self.states.values().map(|cached| cached.used).collect();
        used.sort_unstable();
        let newest_to_go = used.get(MAKE_ROOM).copied().unwrap_or(u64::MAX);
        self.states.retain(|_, cached| cached.used > newest_to_go);
    }
}
