//! Purchases that nobody reported on: each unfinished one is asked about from time to time, often at
//! first and seldom later, so that a lost webhook loses nothing. Credited ones are looked at once for
//! refunds and disputes, and again while one of these goes on.

use super::{Payments, Why};
use crate::backend::step::Step;
use crate::backend::store::{StoreError, purchase};
use crate::ledger::Timestamp;
use crate::ledger::time::{DAY, HOUR, MINUTE};

impl Payments {
    /// Asks about the purchase whose turn has come.
    ///
    /// # Errors
    /// The database failed. A provider that does not answer is asked again at the next turn.
    pub async fn sweep_step(&self, now: Timestamp) -> Result<Step, StoreError> {
        let (provider, live) = (self.provider_name, self.livemode);
        let Some(due) = purchase::due_for_check(&self.db, provider, live, now).await? else {
            return Ok(Step::Idle);
        };
        let next = now.plus(pause_at_age(now.since(due.created_at)));
        if !purchase::claim_check(&self.db, &due, next).await? {
            return Ok(Step::Done);
        }
        if let Err(error) = self.settle(&due.organisation, &due.id, Why::Sweep, now).await {
            tracing::warn!(purchase = %due.id, %error, "could not be settled; asked again later");
        }
        Ok(Step::Done)
    }
}

/// How long until the next turn of a purchase that is `age` microseconds old.
const fn pause_at_age(age: i64) -> i64 {
    match age {
        ..0 => MINUTE,
        age if age < HOUR => 2 * MINUTE,
        age if age < DAY => 15 * MINUTE,
        age if age < 14 * DAY => 2 * HOUR,
        _ => DAY,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_purchase_is_asked_about_less_often_but_never_forgotten() {
        let pauses = [MINUTE, 2 * HOUR, 2 * DAY, 365 * DAY].map(pause_at_age);
        assert_eq!(pauses, [2 * MINUTE, 15 * MINUTE, 2 * HOUR, DAY]);
    }
}
