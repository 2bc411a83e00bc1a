//! What people do to deliveries: send a test event, send one again, send again what was given up.

use super::endpoints::{Endpoints, WebhookError, is_id};
use super::event::Teller;
use super::{Shapes, send};
use crate::backend::state::Backend;
use crate::backend::store::StoreError;
use crate::backend::store::webhook_delivery::{self, Delivery, Reached};
use crate::backend::zone::Zone;
use crate::ledger::{OrganisationId, Timestamp};
use crate::model::Problem;

/// How often a test event is put into the log while others are, before we give up.
const ROUNDS: usize = 5;
/// The most bytes of a form's key that are kept.
const FORM_KEY: usize = 80;

/// The deliveries of one organisation's endpoint.
#[derive(Clone, Copy)]
pub struct Deliveries<'a> {
    /// Everything with IO.
    pub backend: &'a Backend,
    /// Whose endpoint it is.
    pub organisation: &'a OrganisationId,
    /// Its id.
    pub endpoint: &'a str,
}

impl Deliveries<'_> {
    /// The delivery with this id.
    ///
    /// # Errors
    /// 404 where this endpoint has none; or the database failed.
    pub async fn find(&self, id: &str) -> Result<Delivery, WebhookError> {
        if !is_id(id) {
            return Err(Problem::not_found("delivery").into());
        }
        let db = &self.backend.db;
        let found = webhook_delivery::find(db, self.organisation, self.endpoint, id).await?;
        Ok(found.ok_or_else(|| Problem::not_found("delivery"))?)
    }

    /// Sends a test event now, once for each form, also where the endpoint is off: the delivery's id.
    ///
    /// # Errors
    /// 404 where there is no such endpoint, 503 where others write into its log all the time; or the
    /// database failed. What the endpoint answers stands in the log.
    pub async fn send_test(&self, shapes: &Shapes, form_key: &str) -> Result<String, WebhookError> {
        let key: String = form_key.chars().filter(char::is_ascii_graphic).take(FORM_KEY).collect();
        let site = &self.backend.installation.public_url;
        let teller = Teller { organisation: self.organisation, shapes, site };
        let test = teller.test(self.endpoint, &key, self.backend.now());
        for _ in 0..ROUNDS {
            let endpoint =
                Endpoints::of(self.backend, self.organisation).find(self.endpoint).await?;
            let reached = Reached {
                organisation: self.organisation,
                endpoint: self.endpoint,
                place: endpoint.place,
                told_through: endpoint.told_through,
            };
            let (db, now) = (&self.backend.db, self.backend.now());
            let new = std::slice::from_ref(&test);
            if webhook_delivery::write(db, reached, endpoint.told_through, new, now).await? {
                self.now(&test.id).await?;
                return Ok(test.id);
            }
        }
        Err(Problem::unavailable("Too much is written into this webhook's log right now.").into())
    }

    /// Sends one again that is over, now where the endpoint is told nothing else, once for what the reader
    /// has seen of it.
    ///
    /// # Errors
    /// 404, 409 where the endpoint is off; or the database failed.
    pub async fn replay(&self, id: &str, attempts: i64) -> Result<(), WebhookError> {
        self.find(id).await?;
        self.require_on().await?;
        let (db, now) = (&self.backend.db, self.backend.now());
        let of = (self.endpoint, id);
        if webhook_delivery::replay(db, self.organisation, of, attempts, now).await? {
            self.now(id).await?;
        }
        Ok(())
    }

    /// Sends everything again that was given up and was written down since an instant: how much that is.
    ///
    /// # Errors
    /// 404 where there is no such endpoint, 409 where it is off; or the database failed.
    pub async fn replay_failed(&self, since: Timestamp) -> Result<u64, WebhookError> {
        self.require_on().await?;
        let (db, now) = (&self.backend.db, self.backend.now());
        let of = self.organisation;
        let count = webhook_delivery::replay_failed(db, of, self.endpoint, since, now).await?;
        send::QUEUED.notify_waiters();
        Ok(count)
    }

    async fn require_on(&self) -> Result<(), WebhookError> {
        let endpoint = Endpoints::of(self.backend, self.organisation).find(self.endpoint).await?;
        if endpoint.state.is_on() {
            return Ok(());
        }
        let problem = Problem::conflict("webhook_off", "Nothing is sent to a webhook that is off.");
        Err(problem.with_cure("Switch it on first.").into())
    }

    async fn now(&self, id: &str) -> Result<(), StoreError> {
        send::send_now(self.backend, self.organisation, self.endpoint, id).await.map(drop)
    }
}

/// The instant from which *since* counts: a clock reading in the organisation's zone.
///
/// # Errors
/// 422: it is none.
pub fn since(zone: Zone, text: &str) -> Result<Timestamp, Problem> {
    let wrong = || Problem::invalid_field("since", "Choose a day and a time.");
    zone.instant_of(text.trim()).ok_or_else(wrong)
}
