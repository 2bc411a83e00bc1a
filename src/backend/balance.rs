//! What an organisation has right now, with what is behind the number: for the header, the live
//! stream and every page that prints a balance.
//!
//! Read through the engine, behind everything it acknowledged; nothing here writes. Whatever fell
//! due since the last transaction (an expiry, a deadline) is counted as if it were booked, by the
//! kernel's own code, so a page never offers credits that a hold would refuse.

use crate::backend::engine::SubmitError;
use crate::backend::state::Backend;
use crate::backend::store::organisation::Organisation;
use crate::backend::store::{self, Db, StoreError, period};
use crate::backend::zone::Zone;
use crate::ledger::time::DAY;
use crate::ledger::{Credits, LedgerState, OrganisationId, Source, Timestamp};
use crate::model::balance::BalanceView;
use crate::model::frame::{BalanceDetails, Expiring, SourceLine};

/// Days whose usage is the pace that forecasts go by.
pub const PACE_DAYS: i64 = 28;
/// Longest forecast, in days: beyond it a pace says nothing.
const LONGEST_FORECAST_DAYS: i64 = 9_999;

/// Why a page's figures could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The ledger could not be asked.
    #[error(transparent)]
    Ledger(#[from] SubmitError),
    /// The database failed, or a row does not parse.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Backend {
    /// The organisation of this id.
    ///
    /// # Errors
    /// The database failed, or the organisation that a session names is not there.
    pub async fn organisation(&self, id: &OrganisationId) -> Result<Organisation, ReadError> {
        let found = store::organisation::find(&self.db, id).await?;
        let found = found.ok_or_else(|| StoreError::corrupt("organisation", id, "not there"));
        Ok(found?)
    }

    /// The organisation's zone.
    ///
    /// # Errors
    /// The organisation's row names a zone that does not exist.
    pub fn zone(&self, organisation: &Organisation) -> Result<Zone, ReadError> {
        Zone::of(&organisation.time_zone)
            .map_err(|error| StoreError::corrupt("organisation", &organisation.id, error).into())
    }

    /// The ledger as it stands now, with everything that fell due counted.
    ///
    /// # Errors
    /// The database failed, or a row does not parse.
    pub async fn ledger(&self, id: &OrganisationId) -> Result<LedgerState, ReadError> {
        let state = self.stored_ledger(id).await?;
        Ok(state.caught_up(self.now()).into_owned())
    }

    /// The ledger as the journal has it, without what fell due since its last transaction.
    ///
    /// # Errors
    /// The ledger cannot be read.
    pub async fn stored_ledger(&self, id: &OrganisationId) -> Result<LedgerState, ReadError> {
        Ok(self.engine.state(id).await?)
    }

    /// The balance, with the version of the ledger it was read at.
    ///
    /// # Errors
    /// The database failed, or a row does not parse.
    pub async fn balance_view(&self, id: &OrganisationId) -> Result<BalanceView, ReadError> {
        Ok(self.engine.balance(id, self.now()).await?)
    }

    /// The balance with what is behind it, for the header's popover.
    ///
    /// # Errors
    /// The database failed, or a row does not parse.
    pub async fn balance_details(
        &self,
        organisation: &Organisation,
    ) -> Result<BalanceDetails, ReadError> {
        let (now, zone) = (self.now(), self.zone(organisation)?);
        let stored = self.stored_ledger(&organisation.id).await?;
        let view = store::head::balance_view(&stored, now);
        let state = stored.caught_up(now);
        let used = recent_usage(&self.db, &organisation.id, now).await?;
        let expiring = state.next_expiry(now);
        Ok(BalanceDetails {
            days_left: days_left(view.available, used),
            sources: source_lines(&state, now),
            expiring: expiring
                .map(|next| Expiring { credits: next.amount, at: zone.moment(next.at) }),
            view,
        })
    }
}

/// What was used in the last [`PACE_DAYS`] days.
///
/// # Errors
/// The database failed.
pub async fn recent_usage(
    db: &Db,
    organisation: &OrganisationId,
    now: Timestamp,
) -> Result<Credits, StoreError> {
    let after = period::position(db, organisation, now.plus(-PACE_DAYS * DAY)).await?;
    let through = period::last(db, organisation).await?;
    period::used(db, organisation, after, through).await
}

/// Whole days that `available` lasts when `used` goes in [`PACE_DAYS`] days; none without usage.
pub fn days_left(available: Credits, used: Credits) -> Option<u32> {
    if !used.is_positive() {
        return None;
    }
    let days =
        i128::from(available.micro().max(0)) * i128::from(PACE_DAYS) / i128::from(used.micro());
    u32::try_from(days.min(i128::from(LONGEST_FORECAST_DAYS))).ok()
}

/// What people call a source.
pub const fn source_label(source: Source) -> &'static str {
    match source {
        Source::Subscription => "Subscription",
        Source::Purchased => "Purchased",
        Source::Promotional => "Promotional",
        Source::Referral => "Referral",
        Source::Trial => "Free credits",
        Source::Admin => "Granted by staff",
    }
}

/// What is available by source, in the order in which the sources are first spent.
fn source_lines(state: &LedgerState, now: Timestamp) -> Vec<SourceLine> {
    let available = state.available_by_source(now);
    spending_sources(state, now)
        .into_iter()
        .map(|source| SourceLine {
            label: source_label(source).to_owned(),
            available: available.get(&source).copied().unwrap_or_default(),
        })
        .collect()
}

/// The sources that have something to spend, in the order in which they are first spent.
pub fn spending_sources(state: &LedgerState, now: Timestamp) -> Vec<Source> {
    let mut sources = Vec::new();
    for lot in state.spendable_lots(now).filter(|lot| lot.remaining.is_positive()) {
        if !sources.contains(&lot.source) {
            sources.push(lot.source);
        }
    }
    sources
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credits(text: &str) -> Credits {
        text.parse().expect("a decimal")
    }

    #[test]
    fn a_balance_lasts_as_long_as_the_pace_of_four_weeks_says() {
        assert_eq!(days_left(credits("100"), credits("28")), Some(100));
        assert_eq!(days_left(credits("0.5"), credits("28")), Some(0));
    }

    #[test]
    fn without_usage_there_is_no_forecast_and_a_long_one_ends_somewhere() {
        assert_eq!(days_left(credits("100"), Credits::ZERO), None);
        assert_eq!(days_left(Credits::MAX, credits("0.000001")), Some(9_999));
    }
}
