//! The lanes of one writer: those of the organisations that were asked about last.

use super::lane::Lane;
use crate::ledger::OrganisationId;
use std::collections::HashMap;

/// Organisations whose state is kept in memory, by each writer.
pub const STATES: usize = 10_000;
/// Of these, how many make room at once when there is none.
const MAKE_ROOM: usize = STATES / 10;

/// Lanes by organisation.
#[derive(Default)]
pub struct Lanes {
    lanes: HashMap<OrganisationId, Lane>,
    clock: u64,
}

impl Lanes {
    /// The lane of an organisation, new and empty if it has none.
    pub fn of(&mut self, organisation: &OrganisationId) -> &mut Lane {
        if self.lanes.len() >= STATES && !self.lanes.contains_key(organisation) {
            self.make_room();
        }
        self.clock += 1;
        let lane = self.lanes.entry(organisation.clone()).or_default();
        lane.used = self.clock;
        lane
    }

    /// Drops lanes in which nothing goes on, those unused the longest.
    fn make_room(&mut self) {
        let idle = self.lanes.values().filter(|lane| lane.is_idle());
        let mut used: Vec<u64> = idle.map(|lane| lane.used).collect();
        used.sort_unstable();
        let newest_to_go = used.get(MAKE_ROOM).copied().unwrap_or(u64::MAX);
        self.lanes.retain(|_, lane| !lane.is_idle() || lane.used > newest_to_go);
    }
}
