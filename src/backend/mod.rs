//! Everything with IO and nothing of HTTP pages: engine, store, payments, access, jobs, analysis.

pub mod access;
pub mod allowance;
pub mod analysis;
pub mod balance;
pub mod billing_overview;
pub mod catalogue;
pub mod chance;
pub mod clock;
pub mod credits;
pub mod dashboard;
pub mod demo;
pub mod departments;
pub mod engine;
pub mod forecast;
pub mod id;
pub mod jobs;
pub mod live;
pub mod payments;
pub mod reports;
pub mod simulation;
pub mod state;
pub mod step;
pub mod store;
pub mod team;
pub mod zone;
