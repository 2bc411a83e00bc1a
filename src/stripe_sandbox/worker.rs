//! What the sandbox does by itself: sessions expire, banks answer, webhooks are sent and retried.

use std::time::Duration;

use super::delivery::{self, Step};
use super::failure::Failure;
use super::work::Cause;
use super::{Sandbox, SandboxClock, SandboxError, overdue};

/// The longest the worker sleeps when nothing is due.
const LONGEST_SLEEP: Duration = Duration::from_secs(30);
/// How long the worker waits before it tries again what it could not do.
const PAUSE_AFTER_ERROR: Duration = Duration::from_secs(2);
/// How often the worker looks at a manual clock, which cannot wake it.
const MANUAL_CLOCK_PERIOD: Duration = Duration::from_millis(25);

impl Sandbox {
    pub(super) async fn run_worker(&self) {
        loop {
            let pause = match self.step().await {
                Ok(Step::Done) => continue,
                Ok(Step::Idle) => self.pause().await,
                Err(error) => {
                    tracing::error!(%error, "the Stripe sandbox will try again");
                    PAUSE_AFTER_ERROR
                }
            };
            tokio::select! {
                () = self.0.wake.notified() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    async fn pause(&self) -> Duration {
        if matches!(self.0.clock, SandboxClock::Manual(_)) {
            return MANUAL_CLOCK_PERIOD;
        }
        let wait = self.wait().await.unwrap_or(0).max(1);
        Duration::from_millis(wait.unsigned_abs()).min(LONGEST_SLEEP)
    }

    /// Milliseconds until something is due; none or less: it is due now.
    async fn wait(&self) -> Result<i64, SandboxError> {
        let webhook = delivery::next_due(&self.0.pool).await?;
        let own = overdue::next(&self.0.pool).await?;
        let until_webhook = webhook.map_or(i64::MAX, |at| at.saturating_sub(self.now()));
        let until_own = own.map_or(i64::MAX, |at| at.saturating_sub(self.moment()));
        Ok(until_webhook.min(until_own))
    }

    /// Does one overdue thing: a session expires, a bank answers, a subscription renews, or a
    /// webhook is sent.
    pub async fn step(&self) -> Result<Step, SandboxError> {
        if self.wait().await? > 0 {
            return Ok(Step::Idle);
        }
        if self.act_on_overdue().await? {
            return Ok(Step::Done);
        }
        self.deliver_due(self.now()).await
    }

    /// Does the most overdue thing; false when nothing is.
    pub(super) async fn act_on_overdue(&self) -> Result<bool, Failure> {
        let mut transaction = self.begin_writing().await?;
        let mut work = self.work(&mut transaction, Cause::default());
        let acted = overdue::act(&mut work).await?;
        if acted {
            self.commit(transaction).await?;
        }
        Ok(acted)
    }

    /// Sends the most overdue webhook, if one is due at `now` (milliseconds).
    pub async fn deliver_due(&self, now: i64) -> Result<Step, SandboxError> {
        let _one_at_a_time = self.0.stepping.lock().await;
        Ok(delivery::attempt_next(&self.0.pool, &self.0.client, now).await?)
    }
}
