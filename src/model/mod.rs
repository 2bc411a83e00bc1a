//! What crosses the wire between server and browser: views, the one error shape, the permission table.

pub mod balance;
pub mod findings;
pub mod format;
pub mod frame;
pub mod moment;
pub mod page_request;
pub mod permission;
pub mod problem;
pub mod viewer;

pub use moment::Moment;
pub use page_request::PageRequest;
pub use problem::{FieldProblem, Problem};
pub use viewer::Viewer;
