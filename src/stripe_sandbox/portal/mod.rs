//! The customer portal: a session made through the API, and the page it leads to, where a customer
//! looks after cards, subscriptions and invoices.

mod actions;
pub(crate) mod page;
pub(crate) mod sessions;
mod view;
