//! One file a page. Each asks one server function for its view and prints it; nothing is decided here.

pub mod account;
pub mod billing_overview;
pub mod buy;
mod credit_additions;
mod credit_history;
mod credit_parts;
pub mod credits;
pub mod dashboard;
pub mod departments;
pub mod invitation;
pub mod login;
mod member_invitations;
pub mod members;
mod pace_chart;
pub mod problem;
pub mod proof;
mod proof_recompute;
pub mod purchase_return;
pub mod report;
mod report_cost;
pub mod report_list;
pub mod report_new;
mod report_receipt;
mod role_table;
pub mod setup;
pub mod team;
pub mod transaction;
