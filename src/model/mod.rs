//! What crosses the wire between server and browser: views, the one error shape, the permission table.

pub mod asset_limits;
pub mod auto_top_up;
pub mod balance;
pub mod billing;
pub mod billing_details;
pub mod billing_overview;
pub mod countries;
pub mod credits;
pub mod dashboard;
pub mod document;
pub mod findings;
pub mod format;
pub mod frame;
pub mod health;
pub mod mass_grant;
pub mod members;
pub mod moment;
pub mod notice;
pub mod page_request;
pub mod payments;
pub mod permission;
pub mod problem;
pub mod promotions;
pub mod proof;
pub mod reports;
pub mod session;
pub mod staff;
pub mod staff_console;
pub mod subscription;
pub mod team;
pub mod trend;
pub mod viewer;

pub use moment::Moment;
pub use page_request::PageRequest;
pub use problem::{FieldProblem, Problem};
pub use viewer::Viewer;
