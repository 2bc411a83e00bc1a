//! The one event stream of a page, and the islands that listen to it.
//!
//! The server sends `balance` (a `BalanceView` with a version that never goes back) and `changed`
//! (a topic such as `report:rep_…`). A hidden page closes its stream, so that many open tabs do not use
//! up the browser's connections, and catches up when it is shown again.

mod figures;
mod refresh;
#[cfg(feature = "hydrate")]
mod stream;

pub use figures::LiveFigures;
pub use refresh::{Refresh, RefreshFrom};
#[cfg(feature = "hydrate")]
pub use stream::{Signal, listen};
