//! Rings when a balance that somebody watches falls below its mark: right after the commit that did it.
//!
//! Only a bell: which balance it was, and what is to be done, whoever hears it finds out for itself. A
//! ring that is lost (the program was restarted, another node committed) is made up by looking around
//! from time to time.

use crate::ledger::{Credits, OrganisationId};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// The marks of this node. Cheap to clone; clones are the same.
#[derive(Clone, Debug, Default)]
pub struct LowWater {
    marks: Arc<Mutex<HashMap<OrganisationId, Credits>>>,
    bell: Arc<Notify>,
}

impl LowWater {
    /// Watches exactly these from now on.
    pub fn watch(&self, marks: Vec<(OrganisationId, Credits)>) {
        *self.marks() = marks.into_iter().collect();
    }

    /// Looks at a balance that was just published.
    pub(super) fn see(&self, organisation: &OrganisationId, available: Credits) {
        if self.marks().get(organisation).is_some_and(|mark| available < *mark) {
            self.bell.notify_one();
        }
    }

    /// Has whoever waits look around now.
    pub fn ring(&self) {
        self.bell.notify_one();
    }

    /// Waits until the bell rings; one that rang while nobody waited is heard at once.
    pub async fn rung(&self) {
        self.bell.notified().await;
    }

    fn marks(&self) -> MutexGuard<'_, HashMap<OrganisationId, Credits>> {
        self.marks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn organisation(id: &str) -> OrganisationId {
        OrganisationId::parse(id).unwrap()
    }

    async fn rings(water: &LowWater) -> bool {
        tokio::time::timeout(Duration::ZERO, water.rung()).await.is_ok()
    }

    #[tokio::test]
    async fn it_rings_below_the_mark_and_not_at_it() {
        let water = LowWater::default();
        let mark = Credits::from_micro(100);
        water.watch(vec![(organisation("org_1"), mark)]);
        water.see(&organisation("org_1"), mark);
        water.see(&organisation("org_2"), Credits::ZERO);
        assert!(!rings(&water).await);
        water.see(&organisation("org_1"), Credits::from_micro(99));
        assert!(rings(&water).await);
        water.watch(Vec::new());
        water.see(&organisation("org_1"), Credits::ZERO);
        assert!(!rings(&water).await);
    }
}
