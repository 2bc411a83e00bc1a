//! Nodes: engines that can be killed with everything they are doing.
//!
//! A node has a runtime of its own. Killing it drops all its tasks where they stand, and its connections
//! with them, in the middle of whatever they were saying, as the end of a process does.

use crate::backend::clock::Clock;
use crate::backend::engine::{Engine, Limits};
use crate::backend::live::Live;
use crate::backend::store::Db;
use crate::ledger::Timestamp;
use std::sync::{PoisonError, RwLock};
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};

/// Small, so that a queue is full now and then.
const LIMITS: Limits = Limits { queue: 24, group: 16 };
/// How long a node that finds no database waits before it looks again.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// One node.
struct Node {
    runtime: Runtime,
    engine: Engine,
    db: Db,
}

/// All nodes of a simulation, each in its place or, for a moment, not.
pub struct Nodes {
    url: String,
    places: Vec<RwLock<Option<Node>>>,
    clocks: Vec<Clock>,
}

impl Nodes {
    /// Starts so many nodes on the database at `url`.
    pub async fn start(count: usize, url: &str) -> Nodes {
        let nodes = Nodes {
            url: url.to_owned(),
            places: (0..count).map(|_| RwLock::new(None)).collect(),
            clocks: (0..count).map(|_| Clock::manual(super::BEGINNING.micros())).collect(),
        };
        for at in 0..count {
            nodes.open(at).await;
        }
        nodes
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.places.len()
    }

    /// The engine in this place, unless there is none right now.
    pub fn engine(&self, at: usize) -> Option<Engine> {
        let node = self.places[at].read().unwrap_or_else(PoisonError::into_inner);
        node.as_ref().map(|node| node.engine.clone())
    }

    /// The clock in this place, which outlives its node.
    pub fn clock(&self, at: usize) -> &Clock {
        &self.clocks[at]
    }

    /// The instant in this place.
    pub fn now(&self, at: usize) -> Timestamp {
        Timestamp(self.clocks[at].now_microseconds())
    }

    /// Kills the node in this place and starts another.
    pub async fn kill(&self, at: usize) {
        self.close(at);
        self.open(at).await;
    }

    /// Kills all nodes.
    pub fn kill_all(&self) {
        (0..self.count()).for_each(|at| self.close(at));
    }

    /// Starts a node in every place that has none.
    pub async fn open_all(&self) {
        for at in 0..self.count() {
            if self.engine(at).is_none() {
                self.open(at).await;
            }
        }
    }

    /// Lets all nodes end in peace.
    pub async fn stop(&self) {
        for at in 0..self.count() {
            if let Some(node) = self.take(at) {
                node.engine.drain().await;
                node.db.close().await;
                node.runtime.shutdown_background();
            }
        }
    }

    fn close(&self, at: usize) {
        if let Some(node) = self.take(at) {
            node.runtime.shutdown_background();
        }
    }

    fn take(&self, at: usize) -> Option<Node> {
        self.places[at].write().unwrap_or_else(PoisonError::into_inner).take()
    }

    async fn open(&self, at: usize) {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("this machine has room for a thread more");
        let (url, clock) = (self.url.clone(), self.clocks[at].clone());
        let started = runtime.spawn(async move {
            let db = connect(&url).await;
            (Engine::start_with(db.clone(), clock, Live::new(), LIMITS), db)
        });
        let (engine, db) = started.await.expect("a node that was just started is not killed");
        let node = Node { runtime, engine, db };
        *self.places[at].write().unwrap_or_else(PoisonError::into_inner) = Some(node);
    }
}

async fn connect(url: &str) -> Db {
    loop {
        match Db::connect(url).await {
            Ok(db) => return db,
            Err(error) => tracing::debug!(%error, "a node finds no database yet"),
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}
