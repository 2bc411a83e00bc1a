//! Alerts: what people want to be told of before it hurts.
//!
//! [`decide`] (pure) says whether a limit was crossed; [`look`] reads what it needs to know of one
//! organisation, asks it, and writes what comes of it in one transaction: how every limit stands now, the
//! alerts, the inboxes, the letters. [`rules`] are what admins and people have set, [`words`] what is said,
//! [`past`] how often a rule would have told, [`views`] the inbox, the banner and the page.
//!
//! **Once, on however many nodes.** A look carries the version of the one before it; of two nodes that look
//! at the same time, one finds the version taken and writes nothing. A node that dies in between has
//! written nothing, and the next look sees all that it would have seen: the journal since the last one.
//!
//! Rules that only time can break (days left, unusual days, expiries) are looked at every
//! [`look::SLOW_EVERY`]; the balance and budgets whenever something was booked.

pub mod decide;
pub mod inbox;
pub mod look;
mod organisation_facts;
pub mod past;
pub mod rules;
pub mod views;
mod watches;
pub mod words;
