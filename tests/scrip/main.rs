//! Every story of Scrip through its public surfaces, on both databases.

mod access;
mod credit_pages;
mod engine;
mod permissions;
mod reports;
mod sandbox;
mod payments;
mod store;
mod support;
