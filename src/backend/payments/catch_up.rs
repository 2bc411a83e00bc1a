//! Events that never reached us: the provider's own list is read at start and every hour, from where it
//! was read last, and goes into the same inbox.
//!
//! The list goes back 30 days. After a longer absence refunds and disputes are looked up by themselves;
//! purchases that are older are still asked about by the sweep.

use std::sync::atomic::Ordering;

use super::inbox::{KINDS, Received};
use super::{PaymentError, Payments, Why};
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
/// The most kinds that the provider takes in one question.
const KINDS_AT_ONCE: usize = 20;
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
        if since > read_until {
            self.look_up_money_back(read_until, now).await?;
        }
        let mut missed = 0_u32;
        for kinds in KINDS.concat().chunks(KINDS_AT_ONCE) {
            missed += self.read_kinds(since, kinds, now).await?;
        }
        if missed > 0 {
            tracing::info!(missed, "caught up with events that never reached the webhook address");
        }
        Ok(())
    }

    /// Corrects every purchase of which money went back since then, without any event about it.
    async fn look_up_money_back(
        &self,
        read_until: Timestamp,
        now: Timestamp,
    ) -> Result<(), PaymentError> {
        let seconds = read_until.plus(-OVERLAP).0 / SECOND;
        for payment_ref in self.provider.payments_with_money_back(seconds).await? {
            if let Some((organisation, id)) = self.purchase_paid_by(&payment_ref).await? {
                self.settle(&organisation, &id, Why::MoneyBack, now).await?;
            }
        }
        Ok(())
    }

    /// How many events of these kinds were not known.
    async fn read_kinds(
        &self,
        since: Timestamp,
        kinds: &[&str],
        now: Timestamp,
    ) -> Result<u32, PaymentError> {
        let (seconds, mut after, mut missed) = (since.0 / SECOND, None, 0);
        for _ in 0..MAXIMUM_PAGES {
            let page = self.provider.list_events(seconds, kinds, after.as_deref()).await?;
            for event in page.events {
                let received = self.store_event(event, now).await?;
                missed += u32::from(received == Received::Stored);
            }
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        Ok(missed)
    }

    fn cursor_key(&self) -> String {
        let mode = if self.livemode { "live" } else { "test" };
        format!("payments.events_read_until.{}.{mode}", self.provider_name)
    }
}
