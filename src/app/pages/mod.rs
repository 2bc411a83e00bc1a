//! One file a page. Each asks one server function for its view and prints it; nothing is decided here.

pub mod billing_overview;
mod credit_history;
mod credit_parts;
pub mod credits;
pub mod dashboard;
pub mod departments;
mod pace_chart;
pub mod buy;
pub mod login;
pub mod problem;
pub mod purchase_return;
pub mod report;
mod report_cost;
pub mod report_list;
pub mod report_new;
mod report_receipt;
pub mod team;
pub mod transaction;
