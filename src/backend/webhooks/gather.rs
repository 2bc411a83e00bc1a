//! From what happened to what endpoints are to be told. One step looks at some endpoints with news; what it
//! finds and how far it got are written in one transaction, so a node that dies, or two that look at the same
//! time, neither lose nor double anything.

use super::event::{self, Teller};
use super::{Shapes, send};
use crate::backend::state::Backend;
use crate::backend::step::Step;
use crate::backend::store::webhook_delivery::{self, NewDelivery, Reached};
use crate::backend::store::webhook_endpoint::Endpoint;
use crate::backend::store::{StoreError, journal, parked_hold, webhook_news};
use crate::ledger::time::DAY;
use crate::ledger::{Timestamp, Transaction, TransactionKind};
use crate::model::webhooks::EventKind;

/// Endpoints that one step looks at, of each source of news.
const ENDPOINTS: i64 = 20;
/// Transactions of one endpoint that one step reads.
const TRANSACTIONS: u64 = 200;
/// Alerts and expired holds of one endpoint that one step reads.
const OTHERS: i64 = 100;
/// What was told by alerts, and waited in vain, before that is no news any more.
const NEWS_FOR: i64 = 3 * DAY;

/// Writes down what some endpoints are to be told. One step of the job.
///
/// # Errors
/// The database failed; the next step finds the same.
pub async fn step(backend: &Backend, shapes: &Shapes) -> Result<Step, StoreError> {
    let gathering = Gathering { backend, shapes, now: backend.now() };
    let found =
        gathering.journal().await? | gathering.alerts().await? | gathering.expired().await?;
    if !found {
        return Ok(Step::Idle);
    }
    send::QUEUED.notify_waiters();
    Ok(Step::Done)
}

struct Gathering<'a> {
    backend: &'a Backend,
    shapes: &'a Shapes,
    now: Timestamp,
}

impl Gathering<'_> {
    fn teller<'a>(&'a self, endpoint: &'a Endpoint) -> Teller<'a> {
        Teller {
            organisation: &endpoint.organisation,
            shapes: self.shapes,
            site: &self.backend.installation.public_url,
        }
    }

    /// What the journal brought.
    async fn journal(&self) -> Result<bool, StoreError> {
        let mut found = false;
        for endpoint in webhook_news::behind(&self.backend.db, ENDPOINTS).await? {
            let from = endpoint.told_through + 1;
            let (db, organisation) = (&self.backend.db, &endpoint.organisation);
            let new = journal::range(db, organisation, from, from + TRANSACTIONS).await?;
            let Some(last) = new.last() else { continue };
            let mut told = Vec::new();
            for transaction in &new {
                self.of_transaction(&endpoint, transaction, &mut told).await?;
            }
            found |= self.write(&endpoint, last.sequence, &told).await?;
        }
        Ok(found)
    }

    async fn of_transaction(
        &self,
        endpoint: &Endpoint,
        transaction: &Transaction,
        told: &mut Vec<NewDelivery>,
    ) -> Result<(), StoreError> {
        let (teller, kinds) = (self.teller(endpoint), &endpoint.kinds);
        let kind = event::kind_of(transaction).filter(|kind| kinds.contains(*kind));
        told.extend(kind.map(|kind| teller.transaction(kind, transaction)));
        if let TransactionKind::Hold { hold, .. } = &transaction.kind
            && kinds.contains(EventKind::ParkedHoldAdmitted)
        {
            let parked = parked_hold::find(&self.backend.db, &endpoint.organisation, hold).await?;
            told.extend(parked.map(|parked| teller.admitted(&parked, transaction)));
        }
        Ok(())
    }

    /// Alerts that were told.
    async fn alerts(&self) -> Result<bool, StoreError> {
        let (db, since) = (&self.backend.db, self.now.plus(-NEWS_FOR));
        let mut found = false;
        for endpoint in webhook_news::with_alerts(db, since, ENDPOINTS).await? {
            let (organisation, id) = (&endpoint.organisation, endpoint.id.as_str());
            let alerts = webhook_news::alerts(db, organisation, id, since, OTHERS).await?;
            let teller = self.teller(&endpoint);
            let told: Vec<NewDelivery> = alerts.iter().map(|alert| teller.alert(alert)).collect();
            found |= self.write(&endpoint, endpoint.told_through, &told).await?;
        }
        Ok(found)
    }

    /// Holds that waited in vain.
    async fn expired(&self) -> Result<bool, StoreError> {
        let (db, since) = (&self.backend.db, self.now.plus(-NEWS_FOR));
        let mut found = false;
        for endpoint in webhook_news::with_expired(db, since, ENDPOINTS).await? {
            let (organisation, id) = (&endpoint.organisation, endpoint.id.as_str());
            let mut told = Vec::new();
            for expired in webhook_news::expired(db, organisation, id, since, OTHERS).await? {
                let parked = parked_hold::find(db, organisation, &expired.id).await?;
                let teller = self.teller(&endpoint);
                told.extend(parked.map(|parked| teller.expired(&parked, expired.closed_at)));
            }
            found |= self.write(&endpoint, endpoint.told_through, &told).await?;
        }
        Ok(found)
    }

    /// Whether it was written; if not, another node did so meanwhile.
    async fn write(
        &self,
        endpoint: &Endpoint,
        through: u64,
        told: &[NewDelivery],
    ) -> Result<bool, StoreError> {
        let reached = Reached {
            organisation: &endpoint.organisation,
            endpoint: &endpoint.id,
            place: endpoint.place,
            told_through: endpoint.told_through,
        };
        webhook_delivery::write(&self.backend.db, reached, through, told, self.now).await
    }
}
