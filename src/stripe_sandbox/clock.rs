//! The sandbox's own reader of time, in milliseconds since the Unix epoch.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// A source of the current instant. Clones of a manual clock share their hands.
#[derive(Clone, Debug)]
pub enum SandboxClock {
    /// The machine's own clock.
    System,
    /// Hands that only a test moves.
    Manual(Arc<AtomicI64>),
}

impl SandboxClock {
    /// A clock that stands at `milliseconds` until it is moved.
    pub fn manual(milliseconds: i64) -> Self {
        SandboxClock::Manual(Arc::new(AtomicI64::new(milliseconds)))
    }

    /// Milliseconds since the Unix epoch.
    pub fn now_milliseconds(&self) -> i64 {
        match self {
            SandboxClock::System => SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .map(|since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
                .unwrap_or(0),
            SandboxClock::Manual(hands) => hands.load(Ordering::SeqCst),
        }
    }

    /// Moves a manual clock forward and says whether it could: the system clock stays as it is.
    pub fn advance(&self, milliseconds: i64) -> bool {
        match self {
            SandboxClock::System => false,
            SandboxClock::Manual(hands) => {
                hands.fetch_add(milliseconds, Ordering::SeqCst);
                true
            }
        }
    }
}
