//! Other nodes hear what is published here, and the other way round: PostgreSQL only.
//!
//! What waits to be sent is kept by what it is about, so a slow database gets the newest balance of
//! an organisation and never a backlog.

use super::{Changed, Live};
use crate::backend::store::notice::{self, Heard, Listener};
use crate::backend::store::{Db, StoreError};
use crate::ledger::OrganisationId;
use crate::model::balance::BalanceView;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;

/// The pause before a database that failed is asked again.
const PAUSE: Duration = Duration::from_secs(1);

/// What waits to be told to other nodes.
#[derive(Debug, Default)]
pub struct Outbox {
    waiting: Mutex<Waiting>,
    wake: Notify,
}

#[derive(Debug, Default)]
struct Waiting {
    /// Whether anybody will send it.
    joined: bool,
    balances: HashMap<OrganisationId, BalanceView>,
    changes: BTreeSet<(OrganisationId, String)>,
}

/// One text between nodes.
#[derive(Debug, Serialize, Deserialize)]
struct Message {
    node: u64,
    organisation: OrganisationId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    balance: Option<BalanceView>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    topic: Option<String>,
}

impl Outbox {
    /// Keeps a balance to be told, unless a newer one waits.
    pub fn balance(&self, organisation: &OrganisationId, view: &BalanceView) {
        self.add(|waiting| {
            let kept = waiting.balances.entry(organisation.clone()).or_insert_with(|| view.clone());
            if kept.version < view.version {
                *kept = view.clone();
            }
        });
    }

    /// Keeps a topic to be told.
    pub fn change(&self, organisation: &OrganisationId, topic: &str) {
        self.add(|waiting| _ = waiting.changes.insert((organisation.clone(), topic.to_owned())));
    }

    fn add(&self, put: impl FnOnce(&mut Waiting)) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.joined {
            put(&mut waiting);
            self.wake.notify_one();
        }
    }

    fn join(&self) {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).joined = true;
    }

    /// Everything that waits, as texts.
    fn take(&self, node: u64) -> Vec<String> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let balances = std::mem::take(&mut waiting.balances).into_iter();
        let changes = std::mem::take(&mut waiting.changes).into_iter();
        let balances = balances.map(|(organisation, view)| Message {
            node,
            organisation,
            balance: Some(view),
            topic: None,
        });
        let changes = changes.map(|(organisation, topic)| Message {
            node,
            organisation,
            balance: None,
            topic: Some(topic),
        });
        balances.chain(changes).filter_map(|it| serde_json::to_string(&it).ok()).collect()
    }
}

/// Begins to tell other nodes and to hear them. On SQLite there are none.
///
/// # Errors
/// The database failed.
pub async fn join(live: &Live, db: &Db) -> Result<(), StoreError> {
    let Some(listener) = notice::listen(db).await? else { return Ok(()) };
    let node = rand::random();
    live.outbox.join();
    tokio::spawn(tell(live.outbox.clone(), db.clone(), node));
    tokio::spawn(hear(live.clone(), listener, node));
    Ok(())
}

async fn tell(outbox: Arc<Outbox>, db: Db, node: u64) {
    loop {
        outbox.wake.notified().await;
        let texts = outbox.take(node);
        if let Err(error) = notice::send(&db, texts).await {
            // A balance that was not told is followed by a newer one.
            tracing::warn!(%error, "other nodes were not told");
        }
    }
}

async fn hear(live: Live, mut listener: Listener, node: u64) {
    loop {
        match listener.next().await {
            Ok(Heard::Text(text)) => match serde_json::from_str::<Message>(&text) {
                Ok(message) if message.node != node => deliver(&live, message),
                Ok(_) => {}
                Err(error) => tracing::warn!(%error, "another node's message does not parse"),
            },
            Ok(Heard::Broken) => live.missed(),
            Ok(Heard::End) => return,
            Err(error) => {
                tracing::warn!(%error, "other nodes are not heard");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

fn deliver(live: &Live, message: Message) {
    if let Some(view) = message.balance {
        live.deliver_balance(&message.organisation, view);
    }
    if let Some(topic) = message.topic {
        live.deliver_change(&message.organisation, Changed { topic });
    }
}
