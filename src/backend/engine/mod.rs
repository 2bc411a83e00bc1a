//! Group commit: the only way anything is written to the ledger.
//!
//! **Steps.** Orders of an organisation go to one writer task, which has a lane for each organisation.
//! 1. An order is *decided* when it comes, on the state in memory: [`ledger::apply`] in order of arrival,
//!    later ones seeing earlier ones; a refusal leaves no trace. No timer: decided orders gather while
//!    the group before them is being written.
//! 2. The group is *written* at once, comparing and setting the head's sequence ([`store::commit`]). New
//!    keys, holds and lots are believed to be new: if one is there already, nothing is written.
//! 3. Everyone is *answered*, and the balance is published. Nobody is answered before the commit.
//!
//! **The careful way.** When memory does not have what an order needs, and whenever a write did not go
//! through (another node wrote, a key was there, the connection broke half-way), the states in memory are
//! thrown away where they may be wrong, and the group *fetches* first: which keys are known and which
//! version the ledger has (one statement), the state, and closed holds and empty lots that an order
//! names. Then it is decided and written as above. That also settles a commit whose outcome is unknown:
//! if it went through, the keys are known the second time.
//!
//! **What bounds it.** A queue of [`Limits::queue`] requests a writer; who finds it full is told to come
//! back. A group of [`Limits::group`] requests. [`STATES`](lanes::STATES) organisations in memory.
//!
//! **When it breaks.** A panic while a group is decided or written fails that group's requests, is
//! logged, and the writer goes on with the state as the database has it. [`Engine::is_alive`] is false
//! when a writer is gone for good.
//!
//! **What it promises.** Orders of one organisation that were submitted one after the other are
//! answered in that order. A key is booked once, however often and on however many nodes it is sent.
//!
//! **What it never does.** It holds no rule of credits (the ledger's), no SQL (the store's), and makes
//! no ids. It reads the clock once a group.
//!
//! To add a request that is no order, see [`request`]; a table to be written with the journal is added
//! in [`rows`] and in [`store::commit`], and compared in [`verify`].
//!
//! [`store::commit`]: crate::backend::store::commit
//! [`ledger::apply`]: crate::ledger::apply

mod answer;
mod as_of;
mod cache;
mod careful;
mod decide;
mod fetch;
mod figures;
mod flight;
mod lane;
mod lanes;
mod request;
mod rows;
mod verify;
mod writer;

pub use answer::{Receipt, SubmitError};
pub use as_of::{EVERY, checkpoint_step, journal_at, state_at, state_through};
pub use figures::Figures;
pub use verify::{Difference, Report, verify, verify_showing};

use crate::backend::clock::Clock;
use crate::backend::live::Live;
use crate::backend::step::Step;
use crate::backend::store::commit::Committer;
use crate::backend::store::{Db, head};
use crate::ledger::{LedgerState, Order, OrganisationId, Timestamp};
use crate::model::balance::BalanceView;
use figures::Counters;
use request::{Condition, Request, Taking, What};
use std::borrow::Borrow;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use writer::Writer;

/// Writer tasks on PostgreSQL; an organisation always has the same one.
const POSTGRES_WRITERS: usize = 2;
/// What a caller that finds the queue full is told to wait.
const RETRY_AFTER: Duration = Duration::from_secs(1);
/// Organisations that one sweeper step looks after.
const DUE_AT_ONCE: i64 = 100;

/// How much a writer takes.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Requests that may wait; one more is answered [`SubmitError::Busy`].
    pub queue: usize,
    /// Requests that are committed together at most.
    pub group: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { queue: 8192, group: 1024 }
    }
}

/// The engine of this node. Cheap to clone; clones are the same engine.
#[derive(Clone, Debug)]
pub struct Engine {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    db: Db,
    writers: Vec<mpsc::Sender<Request>>,
    counters: Arc<Counters>,
    draining: AtomicBool,
}

impl Engine {
    /// Starts the writer tasks on this runtime. They end when the last clone is dropped.
    pub fn start(db: Db, clock: Clock, live: Live) -> Engine {
        Engine::start_with(db, clock, live, Limits::default())
    }

    /// Like [`Engine::start`] with other limits.
    pub fn start_with(db: Db, clock: Clock, live: Live, limits: Limits) -> Engine {
        let counters = Arc::new(Counters::default());
        let committer = Arc::new(Committer::new(db.clone()));
        let count = match &db {
            Db::Sqlite { .. } => 1,
            Db::Postgres(_) => POSTGRES_WRITERS,
        };
        let writers = (0..count)
            .map(|_| {
                let (sender, queue) = mpsc::channel(limits.queue);
                let context = writer::Context {
                    db: db.clone(),
                    committer: committer.clone(),
                    clock: clock.clone(),
                    live: live.clone(),
                    counters: counters.clone(),
                };
                tokio::spawn(Writer::new(context, queue, limits).run());
                sender
            })
            .collect();
        let draining = AtomicBool::new(false);
        Engine { shared: Arc::new(Shared { db, writers, counters, draining }) }
    }

    /// Books an order, once, and answers when it is durable.
    ///
    /// # Errors
    /// See [`SubmitError`]: a refusal and a key conflict are answers; the others mean "send it again,
    /// with the same key".
    pub async fn submit(
        &self,
        organisation: impl Borrow<OrganisationId>,
        order: Order,
    ) -> Result<Receipt, SubmitError> {
        self.order(organisation.borrow(), order, None).await
    }

    /// Books an order if `condition` is true of the very state that it is decided on, whichever node
    /// wrote that: for a rule that is not the ledger's own. An order that was booked before is answered
    /// without asking.
    ///
    /// # Errors
    /// [`SubmitError::Unmet`] when it is not; and as [`Engine::submit`].
    pub async fn submit_if(
        &self,
        organisation: impl Borrow<OrganisationId>,
        order: Order,
        condition: impl Fn(&LedgerState) -> bool + Send + 'static,
    ) -> Result<Receipt, SubmitError> {
        self.order(organisation.borrow(), order, Some(Box::new(condition))).await
    }

    async fn order(
        &self,
        organisation: &OrganisationId,
        order: Order,
        condition: Option<Condition>,
    ) -> Result<Receipt, SubmitError> {
        let (reply, answer) = oneshot::channel();
        let order = Box::new(order);
        self.send(organisation.clone(), What::Order { order, condition, reply })?;
        self.heard(answer.await)
    }

    /// Reads the state behind everything that was acknowledged. The closure should take what it needs
    /// and leave: it runs on the writer, and again where what it saw did not become durable.
    ///
    /// What fell due is not booked in it; `LedgerState::caught_up` and the methods that take an
    /// instant see to that. An organisation without a ledger has an empty state.
    ///
    /// # Errors
    /// The queue is full, the database failed, or there is no such organisation.
    pub async fn read<T: Send + 'static>(
        &self,
        organisation: impl Borrow<OrganisationId>,
        look: impl FnMut(&LedgerState) -> T + Send + 'static,
    ) -> Result<T, SubmitError> {
        let (reply, answer) = oneshot::channel();
        let look = Box::new(Taking::new(look, reply));
        self.send(organisation.borrow().clone(), What::Read(look))?;
        self.heard(answer.await)
    }

    /// A copy of the state behind everything that was acknowledged: see [`Engine::read`].
    ///
    /// # Errors
    /// As [`Engine::read`].
    pub async fn state(
        &self,
        organisation: impl Borrow<OrganisationId>,
    ) -> Result<LedgerState, SubmitError> {
        self.read(organisation, LedgerState::clone).await
    }

    /// The balance at `now` behind everything that was acknowledged.
    ///
    /// # Errors
    /// As [`Engine::read`]. A balance that cannot be read is unknown, never 0.
    pub async fn balance(
        &self,
        organisation: impl Borrow<OrganisationId>,
        now: Timestamp,
    ) -> Result<BalanceView, SubmitError> {
        self.read(organisation, move |state| head::balance_view(state, now)).await
    }

    /// Books what fell due by `now` for organisations that nobody has asked about: one step of the
    /// sweeper.
    ///
    /// # Errors
    /// The database failed or a queue is full; the next step tries again.
    pub async fn step_due(&self, now: Timestamp) -> Result<Step, SubmitError> {
        let due = head::due(&self.shared.db, now, DUE_AT_ONCE).await?;
        let mut answers = Vec::with_capacity(due.len());
        for (organisation, _) in due {
            let (reply, answer) = oneshot::channel();
            self.send(organisation, What::Due { now, reply })?;
            answers.push(answer);
        }
        let mut booked = 0;
        for answer in answers {
            booked += self.heard(answer.await)?;
        }
        Ok(if booked > 0 { Step::Done } else { Step::Idle })
    }

    /// Takes no more orders and returns when everything that was taken is answered.
    pub async fn drain(&self) {
        self.shared.draining.store(true, Ordering::SeqCst);
        for writer in &self.shared.writers {
            let (reply, answer) = oneshot::channel();
            if writer.send(Request::Flush(reply)).await.is_ok() {
                // An error means that the writer has ended, and with it what it was given.
                let _ = answer.await;
            }
        }
    }

    /// What the engine has done since it was started.
    pub fn figures(&self) -> Figures {
        self.shared.counters.figures()
    }

    /// What was answered; a request of which nothing is heard was lost with the writer or its group.
    fn heard<T>(
        &self,
        answer: Result<Result<T, SubmitError>, oneshot::error::RecvError>,
    ) -> Result<T, SubmitError> {
        let draining = self.shared.draining.load(Ordering::SeqCst);
        let silence = if draining { SubmitError::stopped } else { SubmitError::given_up };
        answer.unwrap_or_else(|_| Err(silence()))
    }

    /// Whether every writer is there. One that is gone never comes back: restart the program.
    pub fn is_alive(&self) -> bool {
        self.shared.writers.iter().all(|writer| !writer.is_closed())
    }

    fn send(&self, organisation: OrganisationId, what: What) -> Result<(), SubmitError> {
        if self.shared.draining.load(Ordering::SeqCst) {
            return Err(SubmitError::stopped());
        }
        let writer = self.writer_of(&organisation);
        writer.try_send(Request::Of { organisation, what }).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => SubmitError::Busy { retry_after: RETRY_AFTER },
            mpsc::error::TrySendError::Closed(_) => SubmitError::stopped(),
        })
    }

    fn writer_of(&self, organisation: &OrganisationId) -> &mpsc::Sender<Request> {
        let writers = &self.shared.writers;
        let mut hasher = DefaultHasher::new();
        organisation.hash(&mut hasher);
        let index = hasher.finish() % writers.len() as u64;
        &writers[index as usize]
    }
}
