//! The payments' background work: events as they come, unfinished purchases in their turn, and the
//! provider's list of events at start and every hour.

use std::time::Duration;

use crate::backend::payments::PaymentError;
use crate::backend::state::Backend;
use crate::backend::step::Step;
use crate::backend::store::StoreError;

/// Acts on one event that came in.
pub(super) async fn inbox(backend: &Backend) -> Result<Step, StoreError> {
    backend.payments.process_inbox_step(backend.now()).await
}

/// Asks about one purchase that nobody has reported on.
pub(super) async fn sweep(backend: &Backend) -> Result<Step, StoreError> {
    backend.payments.sweep_step(backend.now()).await
}

/// Reads the provider's list of events when it is time.
pub(super) async fn list(backend: &Backend) -> Result<Step, PaymentError> {
    backend.payments.catch_up_step(backend.now()).await
}

/// Waits until an event comes in, and no longer than `tick`.
pub(super) async fn event_or(tick: Duration, backend: &Backend) {
    tokio::select! {
        () = backend.payments.event_received() => {}
        () = tokio::time::sleep(tick) => {}
    }
}
