//! Webhooks: telling an organisation's programs what happens, as the "Standard Webhooks" specification
//! says, so that ready-made libraries verify it.
//!
//! **Nothing is lost.** The journal itself is the outbox: each endpoint remembers how far it was told
//! ([`gather`]), and that moves in the same transaction that writes the deliveries down. Alerts and holds
//! that waited in vain are found by what is not among the deliveries yet.
//!
//! **At least once, under one id.** A delivery's id is made from what it tells of ([`event`]). A program that
//! dies between sending and noting it sends it again, with the same id and the same body to the letter.
//!
//! **In order, as far as that goes.** An endpoint is told one thing after the other, by one node at a time
//! ([`send`]). What is not taken holds the others back for its first two retries, about a minute; then they
//! pass it. [`schedule`] (pure) says when it is sent again, for about three days.
//!
//! **Never inwards.** Where a name leads is looked at when the connection is made ([`address`], [`courier`]),
//! redirects are not followed, and of answers only the beginning is read.
//!
//! [`endpoints`] is what people do to endpoints, [`deliveries`] what they do to deliveries, [`views`] the
//! pages. How events look to programs comes from above, because the API's bodies do: [`Shapes`].

pub mod address;
pub mod courier;
pub mod deliveries;
pub mod endpoints;
pub mod event;
pub mod gather;
pub mod notice;
pub mod schedule;
pub mod secret;
pub mod send;
pub mod views;

use crate::backend::store::parked_hold::ParkedHold;
use crate::backend::store::webhook_news::ToldAlert;
use crate::ledger::{Timestamp, Transaction};

/// How things look to programs: the API's own bodies, as JSON texts.
#[derive(Clone, Copy, Debug)]
pub struct Shapes {
    /// An instant.
    pub instant: fn(Timestamp) -> String,
    /// A transaction, as the API lists it.
    pub transaction: fn(&Transaction) -> String,
    /// A hold that waited and was made by this transaction.
    pub admitted: fn(&ParkedHold, &Transaction) -> String,
    /// A hold that waited in vain.
    pub parked: fn(&ParkedHold) -> String,
    /// An alert; the site's address, without a slash at its end, goes before paths.
    pub alert: fn(&ToldAlert, &str) -> String,
}
