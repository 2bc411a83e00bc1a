//! What crosses the wire between server and browser: views, the one error shape, the permission table.

pub mod permission;
pub mod problem;
pub mod viewer;

pub use problem::{FieldProblem, Problem};
pub use viewer::Viewer;
