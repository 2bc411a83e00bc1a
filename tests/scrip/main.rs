//! Every story of Scrip through its public surfaces, on both databases.

mod access;
mod engine;
mod store;
mod support;
