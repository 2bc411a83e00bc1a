//! What a rate card would have made of usage that is settled: told before it is applied.
//!
//! Only usage that had a quote is priced anew, because only a quote keeps the inputs; the rest is counted
//! beside it. What a run would have been charged is what it was charged, in the proportion of the new
//! price to the one that was quoted: a run that came to half its quote comes to half of the new one.

use std::collections::BTreeMap;

use crate::backend::store::quote::{self, Place, QuotedUsage};
use crate::backend::store::{Db, StoreError};
use crate::catalogue::{Catalogue, QuoteRequest, quote_operation};
use crate::ledger::{Credits, Timestamp};

/// Runs that are read at a time.
const PAGE: i64 = 1_000;
/// Runs that are priced at most; more are told as such.
pub const MOST_RUNS: usize = 500_000;

/// The comparison over a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// One row an operation, by its code.
    pub rows: Vec<Repriced>,
    /// Usage that had no quote, or came after [`MOST_RUNS`]: how often, and what was charged for it.
    pub unknown: (i64, Credits),
}

/// One operation before and after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repriced {
    /// Its code.
    pub operation: String,
    /// Its name when it was quoted.
    pub name: String,
    /// How often it ran.
    pub runs: u64,
    /// What was charged.
    pub charged: Credits,
    /// How many of the runs the new card has a price for.
    pub priced: u64,
    /// What was charged for those.
    pub charged_of_priced: Credits,
    /// What would have been charged for those.
    pub would_be: Credits,
}

impl Repriced {
    /// What the new card would have charged more, or less.
    pub fn difference(&self) -> Credits {
        self.would_be.checked_sub(self.charged_of_priced).unwrap_or(Credits::ZERO)
    }
}

impl Comparison {
    /// What the new card would have charged more, or less, in all.
    pub fn difference(&self) -> Credits {
        Credits::checked_sum(self.rows.iter().map(Repriced::difference)).unwrap_or(Credits::ZERO)
    }
}

/// Usage of every organisation from `from` to before `until`, priced by this card.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn reprice(
    db: &Db,
    card: &Catalogue,
    time: (Timestamp, Timestamp),
) -> Result<Comparison, StoreError> {
    let (mut rows, mut seen) = (BTreeMap::<String, Repriced>::new(), 0);
    let mut place: Place = (String::new(), 0);
    while seen < MOST_RUNS {
        let page = quote::quoted_usage(db, time, &place, PAGE).await?;
        let Some((last, _)) = page.last() else { break };
        place = last.clone();
        seen += page.len();
        for (_, usage) in &page {
            let row = rows.entry(usage.operation.clone()).or_insert_with(|| empty(usage));
            count(row, usage, card);
        }
    }
    let (runs, charged) = quote::all_usage(db, time).await?;
    let rows: Vec<Repriced> = rows.into_values().collect();
    let known = Credits::checked_sum(rows.iter().map(|row| row.charged)).unwrap_or(Credits::ZERO);
    let unknown = charged.checked_sub(known).unwrap_or(Credits::ZERO);
    let counted = i64::try_from(seen).unwrap_or(i64::MAX);
    Ok(Comparison { rows, unknown: (runs - counted, unknown) })
}

fn empty(usage: &QuotedUsage) -> Repriced {
    Repriced {
        operation: usage.operation.clone(),
        name: usage.name.clone(),
        runs: 0,
        charged: Credits::ZERO,
        priced: 0,
        charged_of_priced: Credits::ZERO,
        would_be: Credits::ZERO,
    }
}

fn count(row: &mut Repriced, usage: &QuotedUsage, card: &Catalogue) {
    let add = |sum: Credits, more: Credits| sum.checked_add(more).unwrap_or(Credits::MAX);
    row.runs += 1;
    row.charged = add(row.charged, usage.charged);
    let request = QuoteRequest { operation: usage.operation.clone(), inputs: usage.inputs.clone() };
    let Ok(quote) = quote_operation(card, &request) else { return };
    row.priced += 1;
    row.charged_of_priced = add(row.charged_of_priced, usage.charged);
    row.would_be = add(row.would_be, in_proportion(usage.charged, usage.quoted.1, quote.most));
}

/// What a run would have been charged that came to `charged` where it was quoted at `before`.
fn in_proportion(charged: Credits, before: Credits, after: Credits) -> Credits {
    let (charged, before, after) = (charged.micro(), before.micro(), after.micro());
    if before <= 0 {
        return Credits::from_micro(after);
    }
    let twice = 2 * i128::from(charged) * i128::from(after) + i128::from(before);
    let micro = twice / (2 * i128::from(before));
    i64::try_from(micro).map_or(Credits::MAX, Credits::from_micro)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_that_came_to_half_its_quote_comes_to_half_of_the_new_one() {
        let credits = |text: &str| text.parse::<Credits>().expect("credits");
        let would = |charged, before, after| {
            in_proportion(credits(charged), credits(before), credits(after)).to_string()
        };
        assert_eq!(would("2", "4", "6"), "3");
        assert_eq!(would("3", "3", "6"), "6");
        assert_eq!(would("1", "3", "1"), "0.333333");
        assert_eq!(would("0", "0", "2"), "2", "what was free has a price now");
    }
}
