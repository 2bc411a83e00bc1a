//! Events that never reached us: the provider's own list is read at start and every hour, from where it
//! was read last, and goes into the same inbox.
//!
//! The list goes back 30 days; purchases that are older are still asked about by the sweep.

use std::sync::atomic::Ordering;

use super::inbox::{Received, acted_on};
use super::{PaymentError, Payments};
use crate::backend::step::Step;
use crate::backend::store::setting;
use crate::ledger::Timestamp;
use crate::ledger::time::{DAY, HOUR, MINUTE, SECOND};

/// How often the list is read.
pub const CATCH_UP_EVERY: i64 = HOUR;
/// How soon it is read again after a failure.
const RETRY_AFTER: i64 = MINUTE;
/// How far before the last reading the next one begins: clocks differ, and lists lag.
const OVERLAP: i64 = HOUR;
/// How far back the provider's list goes.
const LIST_REACHES: i64 = 30 * DAY;
/// The most pages of one reading; the provider lists a hundred events a page.
const MAXIMUM_PAGES: usize = 1_000;

impl Payments {
    /// Reads the provider's list of events, when an hour has passed since the last time or at start.
    ///
    /// # Errors
    /// The provider or the database gave no answer; what was read is kept, the next try begins anew.
    pub async fn catch_up_step(&self, now: Timestamp) -> Result<Step, PaymentError> {
        let last = self.caught_up_at.load(Ordering::Acquire);
        if now.since(Timestamp(last)) < CATCH_UP_EVERY {
            return Ok(Step::Idle);
        }
        // A provider that does not answer is asked again in a while, not at once.
        self.caught_up_at.store(now.plus(RETRY_AFTER - CATCH_UP_EVERY).0, Ordering::Release);
        let cursor = self.cursor_key();
        match setting::find(&self.db, &cursor).await?.and_then(|text| text.parse().ok()) {
            Some(read_until) => self.read_since(Timestamp(read_until), now).await?,
            // A first start: nothing has been bought before it.
            None => tracing::debug!("the list of events is read from now on"),
        }
        setting::set(&self.db, &cursor, &now.0.to_string()).await?;
        self.caught_up_at.store(now.0, Ordering::Release);
        Ok(Step::Done)
    }

    async fn read_since(&self, read_until: Timestamp, now: Timestamp) -> Result<(), PaymentError> {
        let since = read_until.plus(-OVERLAP).max(now.plus(-LIST_REACHES));
        let mut after = None;
        let mut missed = 0_u32;
        for _ in 0..MAXIMUM_PAGES {
            let seconds = since.0 / SECOND;
            let page = self.provider.list_events(seconds, &acted_on(), after.as_deref()).await?;
            for event in page.events {
                let received = self.store_event(event, now).await?;
                missed += u32::from(received == Received::Stored);
            }
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        if missed > 0 {
            tracing::info!(missed, "caught up with events that never reached the webhook address");
        }
        Ok(())
    }

    fn cursor_key(&self) -> String {
        let mode = if self.livemode { "live" } else { "test" };
        format!("payments.events_read_until.{}.{mode}", self.provider_name)
    }
}
