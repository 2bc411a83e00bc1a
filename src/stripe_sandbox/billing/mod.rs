//! Subscriptions and their invoices, by the test clock.
//!
//! `subscriptions` begin and end, `changes` says what another plan costs, `renewal` is what happens
//! at the end of a period. `invoices` are made of `lines` and paid in `invoice_collection`; `preview`
//! shows one that does not exist. `period` is the calendar. Taxes are laid
//! over an invoice's lines by `taxes`; nothing here computes discounts.

pub(crate) mod changes;
pub(crate) mod checkout_bills;
pub(crate) mod invoice_api;
pub(crate) mod invoice_collection;
pub(crate) mod invoices;
pub(crate) mod items;
mod lines;
mod period;
pub(crate) mod preview;
pub(crate) mod renewal;
pub(crate) mod subscription_api;
pub(crate) mod subscription_creation;
pub(crate) mod subscriptions;
