//! What open pages hear: the newest balance of their organisation, and small notices of change.
//!
//! A balance is a state, so a slow listener gets the newest and never a backlog; a version that is not
//! higher than the last one is dropped here, so that no listener ever steps back. A notice names a
//! topic (`report:rep_…`, `purchase:pur_…`) whose reader then asks for what is new; a listener that
//! missed some is told so, and asks for everything.
//!
//! Nothing is kept for an organisation that nobody listens to. On PostgreSQL every node hears what any
//! node publishes, once it has [joined](Live::join) them ([`nodes`]).

mod low_water;
mod nodes;

pub use low_water::LowWater;

use crate::backend::store::{Db, StoreError};
use crate::ledger::OrganisationId;
use crate::model::balance::BalanceView;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{broadcast, watch};

/// Notices kept for a listener that is not quick enough.
const NOTICES: usize = 64;

/// Where balances and notices are published and heard. Cheap to clone; clones are the same.
#[derive(Clone, Debug, Default)]
pub struct Live {
    channels: Arc<Mutex<HashMap<OrganisationId, Channel>>>,
    outbox: Arc<nodes::Outbox>,
    low_water: LowWater,
}

#[derive(Debug)]
struct Channel {
    balance: watch::Sender<Option<BalanceView>>,
    changes: broadcast::Sender<Notice>,
}

#[derive(Clone, Debug)]
enum Notice {
    Changed(Changed),
    Missed,
}

/// A notice that something other than the balance is new.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// What: `report:rep_…`, `purchase:pur_…`.
    pub topic: String,
}

/// What a listener hears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LiveEvent {
    /// A newer balance than all before.
    Balance(BalanceView),
    /// Something changed.
    Changed(Changed),
    /// Notices were missed: ask for everything again.
    Missed,
}

impl Live {
    /// With no listeners yet.
    pub fn new() -> Self {
        Live::default()
    }

    /// Also tells the other nodes of this database, and hears them. On SQLite there are none.
    ///
    /// # Errors
    /// The database failed.
    pub async fn join(&self, db: &Db) -> Result<(), StoreError> {
        nodes::join(self, db).await
    }

    /// Tells all listeners of the organisation its balance, unless they know a newer one.
    pub fn publish_balance(&self, organisation: &OrganisationId, view: BalanceView) {
        self.outbox.balance(organisation, &view);
        self.low_water.see(organisation, view.available);
        self.deliver_balance(organisation, view);
    }

    /// The bell that rings when a watched balance falls below its mark.
    pub fn low_water(&self) -> &LowWater {
        &self.low_water
    }

    /// Tells all listeners of the organisation that `topic` is new.
    pub fn notify(&self, organisation: &OrganisationId, topic: impl Into<String>) {
        let topic = topic.into();
        self.outbox.change(organisation, &topic);
        self.deliver_change(organisation, Changed { topic });
    }

    /// Tells the listeners of this node.
    fn deliver_balance(&self, organisation: &OrganisationId, view: BalanceView) {
        let mut channels = self.channels();
        let Some(channel) = channels.get(organisation) else { return };
        if channel.is_deserted() {
            channels.remove(organisation);
            return;
        }
        channel.balance.send_if_modified(|known| {
            let newer = known.as_ref().is_none_or(|known| known.version < view.version);
            if newer {
                *known = Some(view);
            }
            newer
        });
    }

    /// Tells the listeners of this node.
    fn deliver_change(&self, organisation: &OrganisationId, changed: Changed) {
        if let Some(channel) = self.channels().get(organisation) {
            // Fails only when nobody listens.
            let _ = channel.changes.send(Notice::Changed(changed));
        }
    }

    /// Tells all listeners of this node that they may have missed something.
    fn missed(&self) {
        for channel in self.channels().values() {
            // Fails only when nobody listens.
            let _ = channel.changes.send(Notice::Missed);
        }
    }

    /// Listens from now on. Read the balance *after* this and hand it to [`Subscription::seen`], so
    /// that nothing falls between.
    pub fn subscribe(&self, organisation: &OrganisationId) -> Subscription {
        let mut channels = self.channels();
        let channel = channels.entry(organisation.clone()).or_insert_with(Channel::new);
        Subscription {
            balance: channel.balance.subscribe(),
            changes: channel.changes.subscribe(),
            seen: None,
        }
    }

    fn channels(&self) -> MutexGuard<'_, HashMap<OrganisationId, Channel>> {
        self.channels.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Channel {
    fn new() -> Self {
        Channel { balance: watch::Sender::new(None), changes: broadcast::Sender::new(NOTICES) }
    }

    fn is_deserted(&self) -> bool {
        self.balance.receiver_count() == 0 && self.changes.receiver_count() == 0
    }
}

/// One listener.
#[derive(Debug)]
pub struct Subscription {
    balance: watch::Receiver<Option<BalanceView>>,
    changes: broadcast::Receiver<Notice>,
    seen: Option<u64>,
}

impl Subscription {
    /// Tells that the listener knows this version, so that only higher ones are news.
    pub fn seen(&mut self, version: u64) {
        self.seen = self.seen.max(Some(version));
    }

    /// The newest balance that was published, if it is news.
    pub fn newest_balance(&mut self) -> Option<BalanceView> {
        let view = self.balance.borrow_and_update().clone()?;
        if self.seen >= Some(view.version) {
            return None;
        }
        self.seen = Some(view.version);
        Some(view)
    }

    /// Waits for the next event; `None` when the program is ending.
    pub async fn next(&mut self) -> Option<LiveEvent> {
        loop {
            if let Some(view) = self.newest_balance() {
                return Some(LiveEvent::Balance(view));
            }
            tokio::select! {
                changed = self.balance.changed() => changed.ok()?,
                notice = self.changes.recv() => return match notice {
                    Ok(Notice::Changed(changed)) => Some(LiveEvent::Changed(changed)),
                    Ok(Notice::Missed) | Err(broadcast::error::RecvError::Lagged(_)) => {
                        Some(LiveEvent::Missed)
                    }
                    Err(broadcast::error::RecvError::Closed) => None,
                },
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::{Credits, Timestamp};

    fn organisation() -> OrganisationId {
        OrganisationId::parse("org_1").unwrap()
    }

    fn view(version: u64) -> BalanceView {
        let amount = Credits::from_micro(version as i64);
        BalanceView {
            version,
            available: amount,
            held: Credits::ZERO,
            balance: amount,
            as_of: Timestamp(0),
        }
    }

    #[tokio::test]
    async fn a_slow_listener_hears_the_newest_balance_and_no_backlog() {
        let live = Live::new();
        let mut listener = live.subscribe(&organisation());
        for version in 1..=5 {
            live.publish_balance(&organisation(), view(version));
        }
        assert_eq!(listener.next().await, Some(LiveEvent::Balance(view(5))));
        assert_eq!(listener.newest_balance(), None);
    }

    #[tokio::test]
    async fn a_lower_version_is_never_heard() {
        let live = Live::new();
        let mut listener = live.subscribe(&organisation());
        live.publish_balance(&organisation(), view(5));
        live.publish_balance(&organisation(), view(4));
        assert_eq!(listener.next().await, Some(LiveEvent::Balance(view(5))));
        listener.seen(9);
        live.publish_balance(&organisation(), view(8));
        assert_eq!(listener.newest_balance(), None);
    }

    #[tokio::test]
    async fn a_notice_reaches_the_listeners_of_its_organisation_only() {
        let live = Live::new();
        let mut here = live.subscribe(&organisation());
        let mut elsewhere = live.subscribe(&OrganisationId::parse("org_2").unwrap());
        live.notify(&organisation(), "report:rep_1");
        live.notify(&OrganisationId::parse("org_2").unwrap(), "report:rep_2");
        let topic = |event| match event {
            Some(LiveEvent::Changed(changed)) => changed.topic,
            other => panic!("{other:?}"),
        };
        assert_eq!(topic(here.next().await), "report:rep_1");
        assert_eq!(topic(elsewhere.next().await), "report:rep_2");
    }

    #[tokio::test]
    async fn who_missed_notices_is_told_so() {
        let live = Live::new();
        let mut listener = live.subscribe(&organisation());
        for number in 0..=NOTICES {
            live.notify(&organisation(), format!("report:rep_{number}"));
        }
        assert_eq!(listener.next().await, Some(LiveEvent::Missed));
    }

    #[test]
    fn nothing_is_kept_for_an_organisation_nobody_listens_to() {
        let live = Live::new();
        drop(live.subscribe(&organisation()));
        live.publish_balance(&organisation(), view(1));
        assert!(live.channels().is_empty());
    }
}
