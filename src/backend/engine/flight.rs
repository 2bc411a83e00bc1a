//! A decided group on its way into the database.

use super::decide::Decided;
use super::request::What;
use super::rows;
use super::writer::Context;
use crate::backend::store::StoreError;
use crate::backend::store::commit::{self, GroupWrite, Written};
use crate::ledger::{IdempotencyKey, OrganisationId, Timestamp};
use crate::model::balance::BalanceView;

/// Requests with what they came to.
#[derive(Default)]
pub struct Group {
    /// The sequence of the state before.
    pub expected: u64,
    /// The requests, in order of arrival.
    pub requests: Vec<What>,
    /// What they came to.
    pub decided: Decided,
    /// When the last of them was decided.
    pub now: Timestamp,
}

/// A group of one organisation, under way.
pub struct Flight {
    /// The organisation.
    pub organisation: OrganisationId,
    /// The group.
    pub group: Group,
    /// The figures that it moved; none where it booked nothing.
    pub write: Option<GroupWrite>,
    /// The balance behind it.
    pub view: BalanceView,
}

/// How writing groups ended.
pub enum End {
    /// They are durable, and nobody else wrote meanwhile.
    Durable,
    /// Another node wrote first: nothing was written.
    Moved,
    /// A key, a hold or a lot was there already: nothing was written.
    MetWhatWasThere,
    /// Not known.
    Unknown(StoreError),
}

/// Writes groups: those of several organisations on SQLite, exactly one on PostgreSQL. A group that
/// booked nothing is durable if nobody else wrote. An order that booked nothing is believed only if its
/// key was never used.
pub async fn fly(context: &Context, flights: &mut [Flight]) -> End {
    let mut writes = Vec::with_capacity(flights.len());
    for flight in flights.iter_mut() {
        let (organisation, decided) = (&flight.organisation, &flight.group.decided);
        if flight.write.is_none() || !decided.unbooked.is_empty() {
            let keys: Vec<&IdempotencyKey> = decided.unbooked.iter().collect();
            match commit::known(&context.db, organisation, &keys).await {
                Ok(known) if known.version != flight.group.expected => return End::Moved,
                Ok(known) if !known.keys.is_empty() => return End::MetWhatWasThere,
                Ok(_) => {}
                Err(error) => return End::Unknown(error),
            }
        }
        let write = flight.write.take();
        writes.extend(write.map(|write| rows::with_journal(write, organisation, decided)));
    }
    if writes.is_empty() {
        return End::Durable;
    }
    match context.committer.write(&writes).await {
        Ok(Written::Committed { statements }) => {
            context.counters.committed(statements, &writes);
            End::Durable
        }
        Ok(Written::Moved) => End::Moved,
        Err(error) if commit::is_duplicate(&error) => End::MetWhatWasThere,
        Err(error) => End::Unknown(error),
    }
}
