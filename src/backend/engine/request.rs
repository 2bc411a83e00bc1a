//! What the writer is asked. To add something: a variant of [`What`], what it takes from the state in
//! [`decide`](super::decide), and its answer when the group is durable.

use super::answer::{Receipt, SubmitError};
use crate::ledger::{LedgerState, Order, OrganisationId, Timestamp};
use tokio::sync::oneshot;

/// Who waits for an order's answer.
pub type Reply = oneshot::Sender<Result<Receipt, SubmitError>>;

/// Looks at a state, or hears why there is none to look at.
pub type Look = Box<dyn FnOnce(Result<&LedgerState, SubmitError>) + Send>;

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
    Read(Look),
    /// Book what fell due by `now`, and say how much that was.
    Due {
        /// By when.
        now: Timestamp,
        /// Who waits.
        reply: oneshot::Sender<Result<usize, SubmitError>>,
    },
}
