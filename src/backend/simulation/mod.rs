//! The simulator: the real engine and the real store, many virtual clients, and everything that can go
//! wrong, from one seed.
//!
//! **What it does.** Nodes ([`node`]) are engines with a runtime, a pool and a clock of their own on one
//! database ([`ground`]). Clients ([`client`]) send them the orders of the [`script`]: once, twice at the
//! same time, again, under a key that was used for something else, or losing the answer on the way.
//! Meanwhile [`trouble`] kills nodes with all they were doing, stops the database, and moves clocks. The
//! [`oracle`] hears everything, one thing at a time, and says which answer cannot be; at the end it
//! reads the journals, and [`verify`] replays them.
//!
//! **What a seed reproduces.** Every decision of every client and the list of troubles, each at the
//! same number of steps done. How the answers interleave is the machine's; a seed that found a fault
//! asks for the same things again, and mostly finds it again.
//!
//! **What it never does.** It knows no rule of credits, touches no database but the one it made for
//! itself, and fakes nothing: the only thing it replaces is the clock.
//!
//! **How to add to it.** A command: in [`script`]. A way to send: in [`client`]. A trouble: in
//! [`trouble`]. A promise: in [`oracle`], with the planted fault that breaks it in its tests.
//!
//! [`worker`] is the same for a process that is to be killed by somebody else: it writes down what was
//! acknowledged, so that others can see what is left.

mod client;
pub mod cluster;
mod ground;
mod node;
mod oracle;
mod script;
mod trouble;
mod violation;
pub mod worker;

pub use cluster::{Cluster, ClusterError};
pub use ground::Ground;
pub use oracle::Tally;
pub use violation::Violation;

use crate::backend::engine::verify;
use crate::backend::store::organisation::{self, Organisation};
use crate::backend::store::{Db, StoreError, commit, journal};
use crate::ledger::OrganisationId;
use node::Nodes;
use oracle::Oracle;
use script::{BEGINNING, Script};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;
use tokio::task::JoinSet;

/// Organisations that the clients share.
const ORGANISATIONS: u64 = 3;
/// Engines on the one database.
const NODES: usize = 2;

/// One simulation.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// What every decision follows from.
    pub seed: u64,
    /// Virtual clients at the same time.
    pub clients: u64,
    /// Steps that each of them takes.
    pub steps: u64,
    /// How often something goes wrong.
    pub troubles: u64,
}

/// Why a simulation did not end well.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// A promise was broken.
    #[error("{0}")]
    Broken(#[from] Violation),
    /// The database could not be read in the end.
    #[error("the database: {0}")]
    Store(#[from] StoreError),
    /// The database could not be made, stopped or started.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// The database could not be opened.
    #[error("the database cannot be opened: {0}")]
    Closed(String),
}

/// What clients and troubles share.
struct World {
    plan: Plan,
    script: Script,
    nodes: Nodes,
    oracle: Mutex<Oracle>,
    done: AtomicU64,
    progress: Notify,
    broken: Mutex<Option<Violation>>,
}

/// Runs one simulation on a fresh database of `ground`; `at` hears how many steps are done.
///
/// # Errors
/// A promise was broken: the first one that was noticed. Or the machine gave way.
pub async fn run(
    plan: Plan,
    ground: &Ground,
    at: impl Fn(u64) + Send + Sync + 'static,
) -> Result<Tally, Failure> {
    let place = ground.fresh().await?;
    let script = Script { seed: plan.seed, clients: plan.clients, organisations: ORGANISATIONS };
    let db = open(&place.url).await?;
    db.migrate().await.map_err(|error| Failure::Closed(error.to_string()))?;
    for id in script.organisations() {
        organisation::insert(&db, &row(id)).await?;
    }
    db.close().await;
    let world = Arc::new(World {
        plan,
        script,
        nodes: Nodes::start(NODES, &place.url).await,
        oracle: Mutex::default(),
        done: AtomicU64::new(0),
        progress: Notify::new(),
        broken: Mutex::default(),
    });
    let watcher = tokio::spawn(watch(world.clone(), at));
    let outcome = tokio::join!(everyone(&world), trouble::run(&world, ground));
    watcher.abort();
    outcome.1?;
    world.nodes.stop().await;
    if let Some(violation) = world.broken().take() {
        return Err(violation.into());
    }
    let db = open(&place.url).await?;
    let judged = judge(&world, &db).await;
    db.close().await;
    judged
}

async fn open(url: &str) -> Result<Db, Failure> {
    Db::connect(url).await.map_err(|error| Failure::Closed(error.to_string()))
}

async fn everyone(world: &Arc<World>) {
    let mut clients = JoinSet::new();
    for number in 0..world.plan.clients {
        clients.spawn(client::live(world.clone(), number));
    }
    clients.join_all().await;
    // Whoever waits for more steps waits for nothing.
    world.progress.notify_waiters();
}

async fn watch(world: Arc<World>, at: impl Fn(u64)) {
    loop {
        world.progress.notified().await;
        at(world.done());
    }
}

/// Reads what is left, with nobody writing any more.
async fn judge(world: &World, db: &Db) -> Result<Tally, Failure> {
    for id in world.script.organisations() {
        let report = verify(db, &id).await?;
        if let Some(difference) = report.first_difference() {
            let what = format!("verify: {}", difference.problem);
            let at = format!("{} {}", difference.table, difference.row);
            return Err(Violation::of(&id, &at, what).into());
        }
        let journal = journal::range(db, &id, 1, u64::from(u32::MAX)).await?;
        let keys = world.oracle().keys(&id);
        let known = commit::known(db, &id, &keys.iter().collect::<Vec<_>>()).await?;
        world.oracle().judge(&id, &journal, &known.keys)?;
    }
    Ok(world.oracle().tally())
}

fn row(id: OrganisationId) -> Organisation {
    Organisation {
        id,
        name: "Simulated".to_owned(),
        currency: "USD".to_owned(),
        time_zone: "Europe/Berlin".to_owned(),
        catalogue: "ad-compliance".to_owned(),
        created_at: BEGINNING,
    }
}

impl World {
    fn oracle(&self) -> MutexGuard<'_, Oracle> {
        self.oracle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn broken(&self) -> MutexGuard<'_, Option<Violation>> {
        self.broken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps the first broken promise, which ends the simulation.
    fn note(&self, heard: Result<(), Violation>) {
        if let Err(violation) = heard {
            self.broken().get_or_insert(violation);
        }
    }

    fn is_broken(&self) -> bool {
        self.broken().is_some()
    }

    /// Steps done by all clients together.
    fn done(&self) -> u64 {
        self.done.load(Ordering::SeqCst)
    }

    fn step_done(&self) {
        self.done.fetch_add(1, Ordering::SeqCst);
        self.progress.notify_waiters();
    }

    /// Whether no step will follow.
    fn is_over(&self) -> bool {
        self.is_broken() || self.done() >= self.plan.clients * self.plan.steps
    }
}
