//! Payments: purchases of credits, from the press of the button to the grant in the ledger.
//!
//! What is here: the [`port`] (the few things asked of a payment provider) and its adapter [`stripe`]
//! over our own [`transport`]; [`signature`] (is this webhook really from the provider?).
//!
//! What it never does: keep card data, book credits by itself (the engine does, through the ledger),
//! trust an amount that it did not freeze before the buyer left, or print a secret.
//!
//! To add an operation of the provider: a method of [`port::PaymentProvider`] in our words, its request
//! in [`stripe`], its narrow answer beside it.

pub mod config;
pub mod port;
pub mod signature;
pub mod stripe;
mod transport;
