//! Checkout sessions: what is bought (or which card is kept), the payer's attempt, the end.
//!
//! `draft` (with `echoed`, `tax_wishes` and `templates`) reads what a request asks for, `creation` builds the session, `payment` is the payer's
//! attempt, `completion` what its intent makes of it, `sessions` the rest of the API.

pub(crate) mod completion;
pub(crate) mod creation;
mod draft;
mod echoed;
pub(crate) mod line_items;
pub(crate) mod payment;
pub(crate) mod sessions;
mod tax_wishes;
pub(crate) mod templates;

pub(crate) use echoed::take_enabled;
