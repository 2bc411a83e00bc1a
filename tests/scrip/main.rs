//! Every story of Scrip through its public surfaces, on both databases.

mod store;
mod support;
