//! Everything with IO and nothing of HTTP pages: engine, store, payments, access, jobs, analysis.

pub mod access;
pub mod analysis;
pub mod catalogue;
pub mod clock;
pub mod engine;
pub mod id;
pub mod jobs;
pub mod live;
pub mod payments;
pub mod step;
pub mod store;
pub mod zone;
