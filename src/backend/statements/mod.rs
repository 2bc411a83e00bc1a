//! The statements of calendar months: opening + in − used − lapsed − withdrawn ± corrections = closing,
//! as a page, CSV, spreadsheet and PDF, all made from one [`MonthlyStatement`].
//!
//! [`make`] works a month out: both ends from the ledger as of their instants, what came in from the
//! journal's index of additions, usage from the roll-ups. [`words`] puts it into people's words. [`file`]
//! writes and reads the CSV and [`spreadsheet`] the XLSX; the PDF is of `documents::statement`. [`verify`]
//! holds a file against a journal, from which it reckons every figure anew.
//!
//! **Closed.** A month is closed when nothing can be booked into it any more: something was booked behind
//! its end, or [`GRACE`] has passed and nothing that fell due in it is unbooked. From then on its statement
//! never changes, and its file is always the same bytes but for names that people change. Until then it
//! says up to which instant it speaks.
//!
//! Nothing here writes to the ledger or reads a clock.

pub mod file;
mod make;
pub mod spreadsheet;
pub mod verify;
mod words;

use crate::backend::balance::ReadError;
use crate::backend::state::Backend;
use crate::backend::store::organisation::Organisation;
use crate::backend::store::{statement_parts, usage};
use crate::backend::zone::{Month, Zone};
use crate::ledger::time::MINUTE;
use crate::model::statements::{MonthlyStatement, StatementRow, StatementsPage};

/// After a month's end, how long what was accepted before it may take to be booked.
pub const GRACE: i64 = 5 * MINUTE;

/// The statement of a month such as `2026-11`; none where the organisation has none: before its first
/// transaction, and of months to come.
///
/// # Errors
/// The ledger cannot be read.
pub async fn find(
    backend: &Backend,
    organisation: &Organisation,
    text: &str,
) -> Result<Option<MonthlyStatement>, ReadError> {
    let zone = backend.zone(organisation)?;
    let Some((first, current)) = span(backend, organisation, zone).await? else { return Ok(None) };
    let asked = Month::parse(text).filter(|month| (first..=current).contains(month));
    let Some(month) = asked else { return Ok(None) };
    let made = make::month(backend, organisation, zone, month).await?;
    let words = words::Words::of(backend, organisation).await?;
    let name = |month: Month| (month.to_string(), month.label());
    let mut statement = words.statement(organisation, zone, month, &made);
    statement.before = (month > first).then(|| name(month.before()));
    statement.after = (month < current).then(|| name(month.plus(1)));
    Ok(Some(statement))
}

/// The months that have a statement, the newest first.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn page(
    backend: &Backend,
    organisation: &Organisation,
) -> Result<StatementsPage, ReadError> {
    let zone = backend.zone(organisation)?;
    let Some((first, current)) = span(backend, organisation, zone).await? else {
        return Ok(StatementsPage { months: Vec::new() });
    };
    let (from, to) = (first.to_string(), current.to_string());
    let sums = usage::by_month(&backend.db, &organisation.id, &from, &to).await?;
    let months =
        std::iter::successors(Some(current), |month| (*month > first).then(|| month.before()));
    let row = |month: Month| {
        let name = month.to_string();
        let sum = sums.iter().find(|sum| sum.of == name);
        StatementRow {
            label: month.label(),
            used: sum.map(|sum| sum.credits).unwrap_or_default(),
            transactions: sum.map_or(0, |sum| u64::try_from(sum.transactions).unwrap_or_default()),
            is_over: month < current,
            month: name,
        }
    };
    Ok(StatementsPage { months: months.map(row).collect() })
}

/// The month of the first transaction, and the one that is running.
async fn span(
    backend: &Backend,
    organisation: &Organisation,
    zone: Zone,
) -> Result<Option<(Month, Month)>, ReadError> {
    let first = statement_parts::first(&backend.db, &organisation.id).await?;
    Ok(first.map(|at| (zone.month(at), zone.month(backend.now().max(at)))))
}
