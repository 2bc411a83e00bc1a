//! What one step of background work came to. Every worker exposes steps, so that a test drives it
//! without sleeping.

/// Whether a step found something to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing was due: wait before asking again.
    Idle,
    /// Something was done: ask again at once.
    Done,
}
