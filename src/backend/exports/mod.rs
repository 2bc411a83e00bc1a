//! A list as one sees it, as a file: the very rows of the page, all pages of them, and their totals.
//!
//! An [`Export`] is what a page shows, stretch by stretch: it asks the same functions as the page, with
//! the same filter and the same eyes, so a file never says more or other than the page. [`csv`] and
//! [`xlsx`] write it down. What is booked while it is being written is left out.
//!
//! To add a list: a variant of [`List`], its columns and its rows in [`lists`].

pub mod cell;
pub mod csv;
mod lists;
mod usage_days;
pub mod xlsx;

use crate::backend::access::Caller;
use crate::backend::analytics::question::Question;
use crate::backend::balance::ReadError;
use crate::backend::credits::HistoryQuery;
use crate::backend::payments::PaymentError;
use crate::backend::reports::ReportError;
use crate::backend::state::Backend;
use crate::backend::store::StoreError;
use crate::backend::store::organisation::Organisation;
use crate::model::payments::PaymentFilter;
use crate::model::reports::{ReportFilter, ReportSort};
use cell::{Cell, Column, Total};

/// Rows that are read at a time.
const STRETCH: usize = 500;

/// Which list, and what it is narrowed to.
#[derive(Clone, Debug)]
pub enum List {
    /// Usage, or what came in.
    Credits(HistoryQuery),
    /// Reports: everyone's, or one's own.
    Reports(ReportFilter, ReportSort),
    /// The organisation's payments.
    Payments(PaymentFilter),
    /// Usage by day and by everything that it was for.
    Usage(Box<Question>),
}

/// Why a list could not be read to its end.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Report(#[from] ReportError),
    #[error(transparent)]
    Payment(#[from] PaymentError),
    /// The spreadsheet could not be written.
    #[error("the spreadsheet: {0}")]
    Spreadsheet(#[from] rust_xlsxwriter::XlsxError),
    /// There are more rows than a spreadsheet is made of.
    #[error("the list has more than {} rows", xlsx::MOST_ROWS)]
    TooLong,
}

/// A list that is being written down.
pub struct Export {
    backend: Backend,
    caller: Caller,
    organisation: Organisation,
    list: List,
    columns: Vec<Column>,
    total: Total,
    place: Place,
}

#[derive(Clone)]
enum Place {
    First,
    /// The cursor of the next page.
    Below(String),
    End,
}

impl Export {
    /// The list as this caller sees it. Whether they may see it is for who asks to have asked.
    pub fn of(backend: Backend, caller: Caller, organisation: Organisation, list: List) -> Export {
        let columns = lists::columns(&backend, &caller, &list);
        let total = Total::of(&columns);
        Export { backend, caller, organisation, list, columns, total, place: Place::First }
    }

    /// What stands above the rows.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// Where times are told.
    pub fn time_zone(&self) -> &str {
        &self.organisation.time_zone
    }

    /// What the file is called, without its ending: the list, whose it is, the filter and the day.
    pub fn name(&self) -> String {
        let zone = self.backend.zone(&self.organisation);
        let day = zone.map(|zone| zone.day(self.backend.now()).to_string());
        let parts = [lists::name(&self.list), self.organisation.name.clone()];
        let parts = parts.into_iter().chain(lists::filter_words(&self.list)).chain(day.ok());
        parts.map(|part| plain(&part)).filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-")
    }

    /// The next rows; none behind the last.
    ///
    /// # Errors
    /// The database failed.
    pub async fn next(&mut self) -> Result<Option<Vec<Vec<Cell>>>, ExportError> {
        let below = match &self.place {
            Place::End => return Ok(None),
            Place::First => None,
            Place::Below(cursor) => Some(cursor.clone()),
        };
        let (rows, next) = self.stretch(below.as_deref()).await?;
        self.place = next.map_or(Place::End, Place::Below);
        rows.iter().for_each(|row| self.total.add(row));
        Ok(Some(rows))
    }

    /// The row below all others: the sums of what was read so far.
    pub fn total(&self) -> Vec<Cell> {
        self.total.row()
    }
}

/// Letters, digits and dashes of a text, for a file's name.
fn plain(text: &str) -> String {
    let letters = text.chars().map(|letter| if letter.is_alphanumeric() { letter } else { '-' });
    let text: String = letters.filter(char::is_ascii).flat_map(char::to_lowercase).collect();
    text.split('-').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_files_name_has_nothing_that_a_system_stumbles_over() {
        assert_eq!(plain("Halden & Vale: \"ads\"/Q4"), "halden-vale-ads-q4");
        assert_eq!(plain("../..\r\n"), "");
    }
}
