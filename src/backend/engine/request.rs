//! What the writer is asked. To add something: a variant of [`What`], what it takes from the state in
//! [`decide`](super::decide), and its answer when the group is durable in [`answer`](super::answer).

use super::answer::{Receipt, SubmitError};
use crate::ledger::{LedgerState, Order, OrganisationId, Timestamp};
use std::panic::{AssertUnwindSafe, catch_unwind};
use tokio::sync::oneshot;

/// Who waits for an order's answer.
pub type Reply = oneshot::Sender<Result<Receipt, SubmitError>>;

/// Looks at a state when its turn comes, and tells what it saw when everything before is durable.
pub trait Look: Send {
    /// Takes what is wanted. What was taken before no longer counts.
    fn look(&mut self, state: &LedgerState);
    /// Tells it, or why there was nothing to look at.
    fn answer(self: Box<Self>, failed: Option<SubmitError>);
}

/// What must be true of the state on which an order is decided. Asked again when the group begins
/// again, so it never leaves what it captured.
pub type Condition = Box<dyn Fn(&LedgerState) -> bool + Send>;

/// One place in the queue.
pub enum Request {
    /// Something about one organisation.
    Of {
        /// Which.
        organisation: OrganisationId,
        /// What.
        what: What,
    },
    /// Answer when everything before is answered.
    Flush(oneshot::Sender<()>),
}

/// Something about one organisation.
pub enum What {
    /// Book this.
    Order {
        /// The order; its `used_so_far` is the engine's to fill in.
        order: Box<Order>,
        /// What must be true for it, beside the ledger's own rules.
        condition: Option<Condition>,
        /// Who waits.
        reply: Reply,
    },
    /// Look at the state.
    Read(Box<dyn Look>),
    /// Book what fell due by `now`, and say how much that was.
    Due {
        /// By when.
        now: Timestamp,
        /// Who waits.
        reply: oneshot::Sender<Result<usize, SubmitError>>,
    },
}

impl What {
    /// The order, where it is one.
    pub fn order(&self) -> Option<&Order> {
        match self {
            What::Order { order, .. } => Some(order),
            What::Read(_) | What::Due { .. } => None,
        }
    }

    /// Tells whoever waits that there is no answer.
    pub fn fail(self, error: SubmitError) {
        match self {
            // Nobody may be waiting any more.
            What::Order { reply, .. } => _ = reply.send(Err(error)),
            What::Read(look) => look.answer(Some(error)),
            What::Due { reply, .. } => _ = reply.send(Err(error)),
        }
    }
}

/// A [`Look`] that takes what a closure makes of the state.
pub struct Taking<T, F> {
    make: F,
    taken: Option<T>,
    reply: oneshot::Sender<Result<T, SubmitError>>,
}

impl<T, F: FnMut(&LedgerState) -> T> Taking<T, F> {
    /// Nothing is taken yet.
    pub fn new(make: F, reply: oneshot::Sender<Result<T, SubmitError>>) -> Self {
        Taking { make, taken: None, reply }
    }
}

impl<T: Send, F: FnMut(&LedgerState) -> T + Send> Look for Taking<T, F> {
    fn look(&mut self, state: &LedgerState) {
        let taken = catch_unwind(AssertUnwindSafe(|| (self.make)(state)));
        if taken.is_err() {
            tracing::error!("a look at a state panicked");
        }
        self.taken = taken.ok();
    }

    fn answer(self: Box<Self>, failed: Option<SubmitError>) {
        let taken = match (failed, self.taken) {
            (Some(error), _) => Err(error),
            (None, Some(taken)) => Ok(taken),
            (None, None) => Err(SubmitError::given_up()),
        };
        // Nobody may be waiting any more.
        let _ = self.reply.send(taken);
    }
}
