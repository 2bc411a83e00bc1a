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
    let doubts = flights.iter().filter_map(Flight::doubt).collect();
    match obstacle(context, doubts).await {
        Ok(None) => {}
        Ok(Some(end)) => return end,
        Err(error) => return End::Unknown(error),
    }
    let mut writes = Vec::with_capacity(flights.len());
    for Flight { organisation, group, write, .. } in flights.iter_mut() {
        let write = write.take();
        writes.extend(write.map(|write| rows::with_journal(write, organisation, &group.decided)));
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

/// What writing a group will not find out by itself.
struct Doubt {
    organisation: OrganisationId,
    /// The version that the group was decided on.
    expected: u64,
    /// Keys of orders that booked nothing: was one answered before?
    unbooked: Vec<IdempotencyKey>,
}

impl Flight {
    /// A group that writes nothing does not notice what others write.
    fn doubt(&self) -> Option<Doubt> {
        let unbooked = &self.group.decided.unbooked;
        (self.write.is_none() || !unbooked.is_empty()).then(|| Doubt {
            organisation: self.organisation.clone(),
            expected: self.group.expected,
            unbooked: unbooked.clone(),
        })
    }
}

/// Why groups cannot be believed, if they cannot. Those that only read are looked up in one statement.
async fn obstacle(context: &Context, doubts: Vec<Doubt>) -> Result<Option<End>, StoreError> {
    let (reading, refusing): (Vec<Doubt>, Vec<Doubt>) =
        doubts.into_iter().partition(|doubt| doubt.unbooked.is_empty());
    for Doubt { organisation, expected, unbooked } in refusing {
        let keys: Vec<&IdempotencyKey> = unbooked.iter().collect();
        let known = commit::known(&context.db, &organisation, &keys).await?;
        if known.version != expected {
            return Ok(Some(End::Moved));
        }
        if !known.keys.is_empty() {
            return Ok(Some(End::MetWhatWasThere));
        }
    }
    if reading.is_empty() {
        return Ok(None);
    }
    let named: Vec<&OrganisationId> = reading.iter().map(|doubt| &doubt.organisation).collect();
    let versions = commit::versions(&context.db, &named).await?;
    let is_same = |doubt: &Doubt| versions.get(&doubt.organisation) == Some(&doubt.expected);
    Ok((!reading.iter().all(is_same)).then_some(End::Moved))
}
