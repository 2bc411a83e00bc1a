//! The only reader of time. Everything below takes the instant as an argument.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// A source of the current instant, in microseconds since the Unix epoch.
///
/// Cheap to clone; clones of a manual clock share their hands.
#[derive(Clone, Debug)]
pub enum Clock {
    /// The machine's own clock.
    System,
    /// Hands that only a test, the demo history or a sandbox organisation moves.
    Manual(Arc<AtomicI64>),
}

impl Clock {
    /// A clock that stands at `microseconds` until it is moved.
    pub fn manual(microseconds: i64) -> Self {
        Clock::Manual(Arc::new(AtomicI64::new(microseconds)))
    }

    /// Microseconds since the Unix epoch.
    pub fn now_microseconds(&self) -> i64 {
        match self {
            Clock::System => SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .map(|since| since.as_micros() as i64)
                .unwrap_or(0),
            Clock::Manual(hands) => hands.load(Ordering::SeqCst),
        }
    }

    /// Moves a manual clock to `microseconds`; the system clock ignores it.
    pub fn set(&self, microseconds: i64) {
        if let Clock::Manual(hands) = self {
            hands.store(microseconds, Ordering::SeqCst);
        }
    }

    /// Moves a manual clock forward; the system clock ignores it.
    pub fn advance(&self, microseconds: i64) {
        if let Clock::Manual(hands) = self {
            hands.fetch_add(microseconds, Ordering::SeqCst);
        }
    }
}
