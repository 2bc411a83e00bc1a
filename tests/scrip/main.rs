//! Every story of Scrip through its public surfaces, on both databases.

mod access;
mod store;
mod support;
