//! Binding quotes: a price that was told holds for a while, whatever the catalogue becomes; and what
//! became of it.

use thiserror::Error;

use crate::backend::id;
use crate::backend::state::Backend;
use crate::backend::store::StoreError;
pub use crate::backend::store::quote::KeptQuote;
use crate::backend::store::{history, quote};
use crate::catalogue::{QuoteRefusal, QuoteRequest, RateQuote, quote_operation};
use crate::ledger::time::{DAY, MINUTE};
use crate::ledger::{Actor, Credits, Operation, OrganisationId, QuoteId, Timestamp};
use crate::model::Problem;
use crate::model::prices::Learned;

/// How long a price that was told holds, in microseconds.
pub const QUOTE_BINDS: i64 = 30 * MINUTE;
/// How long a quote that nothing was charged under is kept after it stopped binding, in microseconds.
pub const QUOTE_KEPT: i64 = 30 * DAY;
/// Runs of an operation from which its usual cost is learned.
const LEARNED_FROM: i64 = 200;
/// Runs that are needed before anything is said of them.
const ENOUGH_RUNS: usize = 5;

/// Why there is no quote.
#[derive(Debug, Error)]
pub enum QuoteError {
    /// The rate card says no: what is wrong, and the cure.
    #[error(transparent)]
    Refused(#[from] QuoteRefusal),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl QuoteError {
    /// The problem to show; none where something broke.
    pub fn problem(&self) -> Option<Problem> {
        match self {
            QuoteError::Refused(refusal) => Some(Problem::from(refusal)),
            QuoteError::Store(_) => None,
        }
    }
}

impl Backend {
    /// Prices a request by the catalogue in force and keeps the answer: its `most` is never exceeded by
    /// a hold that names it before it expires.
    ///
    /// # Errors
    /// The rate card refuses the request, or the database failed.
    pub async fn make_quote(
        &self,
        organisation: &OrganisationId,
        asked_by: Actor,
        request: &QuoteRequest,
    ) -> Result<KeptQuote, QuoteError> {
        let now = self.now();
        let version = self.catalogues.in_force(now);
        let answer = quote_operation(&version.catalogue, request)?;
        let id = id::fresh(now, QuoteId::from_uuid_simple);
        let kept = kept(organisation, id, asked_by, request, answer, version.number, now);
        quote::insert(&self.db, &kept).await?;
        Ok(kept)
    }

    /// The organisation's quote with this id, binding or not.
    ///
    /// # Errors
    /// The database failed.
    pub async fn find_quote(
        &self,
        organisation: &OrganisationId,
        id: &QuoteId,
    ) -> Result<Option<KeptQuote>, StoreError> {
        quote::find(&self.db, organisation, id).await
    }

    /// What the organisation's own runs of this operation came to, where there were enough of them.
    ///
    /// # Errors
    /// The database failed.
    pub async fn learned(
        &self,
        organisation: &OrganisationId,
        operation: &str,
    ) -> Result<Option<Learned>, StoreError> {
        let Ok(operation) = Operation::parse(operation) else { return Ok(None) };
        let filter =
            history::UsageFilter { operation: Some(operation), ..history::UsageFilter::default() };
        let rows = history::usage(&self.db, organisation, &filter, None, LEARNED_FROM).await?;
        let charged = rows.iter().filter_map(|row| row.amount.checked_neg()).collect();
        Ok(learned_from(charged))
    }

    /// Forgets quotes that stopped binding long ago and that nothing was charged under.
    ///
    /// # Errors
    /// The database failed.
    pub async fn purge_quotes(&self) -> Result<(), StoreError> {
        let gone = quote::purge(&self.db, self.now().plus(-QUOTE_KEPT)).await?;
        if gone > 0 {
            tracing::info!(gone, "quotes that were never used are forgotten");
        }
        Ok(())
    }
}

/// A quote to be written down, binding from `now` on.
pub fn kept(
    organisation: &OrganisationId,
    id: QuoteId,
    asked_by: Actor,
    request: &QuoteRequest,
    answer: RateQuote,
    catalogue: i64,
    now: Timestamp,
) -> KeptQuote {
    KeptQuote {
        organisation: organisation.clone(),
        id,
        asked_by,
        inputs: request.inputs.clone(),
        quote: answer,
        catalogue,
        created_at: now,
        expires_at: now.plus(QUOTE_BINDS),
    }
}

/// Least, median, nine tenths and most of these; of an even number the lower of the two in the middle.
fn learned_from(mut charged: Vec<Credits>) -> Option<Learned> {
    if charged.len() < ENOUGH_RUNS {
        return None;
    }
    charged.sort_unstable();
    // The smallest number that at least so many tenths of the runs do not exceed.
    let tenths = |tenths: usize| {
        let place = (charged.len() * tenths).div_ceil(10);
        charged.get(place.saturating_sub(1)).copied()
    };
    Some(Learned {
        runs: charged.len(),
        least: *charged.first()?,
        median: tenths(5)?,
        usual: tenths(9)?,
        most: *charged.last()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credits(whole: i64) -> Credits {
        Credits::from_whole(whole).expect("credits")
    }

    #[test]
    fn nine_of_ten_runs_come_to_no_more_than_is_said() {
        let learned = learned_from((1..=10).rev().map(credits).collect()).expect("enough");
        assert_eq!((learned.runs, learned.least, learned.most), (10, credits(1), credits(10)));
        assert_eq!((learned.median, learned.usual), (credits(5), credits(9)));
        let same = learned_from(vec![credits(3); 7]).expect("enough");
        assert_eq!((same.median, same.usual), (credits(3), credits(3)));
    }

    #[test]
    fn of_a_few_runs_nothing_is_said() {
        assert_eq!(learned_from(vec![credits(3); 4]), None);
    }
}
