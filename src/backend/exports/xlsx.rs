//! As a spreadsheet (Office Open XML): numbers are numbers, clock readings are clock readings.
//!
//! It is written in memory, so it has a limit; a longer list is to be had as CSV.

use chrono::NaiveDateTime;
use rust_xlsxwriter::{Format, Workbook, Worksheet, XlsxError};

use super::cell::{Flat, flat, headings};
use super::{Export, ExportError};

/// The type of the file.
pub const MEDIA_TYPE: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
/// Rows that a spreadsheet may have.
pub const MOST_ROWS: usize = 100_000;
/// Widest column, in letters.
const WIDEST: usize = 48;
/// Credits with their places, where they have any.
const NUMBER: &str = "#,##0.######";
const CLOCK: &str = "yyyy-mm-dd hh:mm:ss";

/// The whole file.
///
/// # Errors
/// The database failed, or the list has more than [`MOST_ROWS`] rows.
pub async fn write(mut export: Export) -> Result<Vec<u8>, ExportError> {
    let headings = headings(export.columns(), export.time_zone());
    let mut rows = Vec::new();
    while let Some(stretch) = export.next().await? {
        rows.extend(stretch.iter().map(|row| flat(export.columns(), row)));
        if rows.len() > MOST_ROWS {
            return Err(ExportError::TooLong);
        }
    }
    let total = flat(export.columns(), &export.total());
    // A second of reckoning for the longest list: not on the threads that serve.
    let written = tokio::task::spawn_blocking(move || workbook(&headings, &rows, &total)).await;
    Ok(written.unwrap_or_else(|_| Err(XlsxError::CustomError("it was given up".to_owned())))?)
}

fn workbook(headings: &[String], rows: &[Vec<Flat>], total: &[Flat]) -> Result<Vec<u8>, XlsxError> {
    let bold = Format::new().set_bold();
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    for (place, heading) in (0..).zip(headings) {
        sheet.write_string_with_format(0, place, heading, &bold)?;
    }
    for (place, row) in (1..).zip(rows.iter().map(Vec::as_slice).chain([total])) {
        write_row(sheet, place, row)?;
    }
    for (place, heading) in (0..).zip(headings) {
        let longest = rows.iter().filter_map(|row| row.get(usize::from(place))).map(width).max();
        let width = longest.unwrap_or_default().max(heading.chars().count()).min(WIDEST) + 2;
        sheet.set_column_width(place, u32::try_from(width).unwrap_or_default())?;
    }
    sheet.set_freeze_panes(1, 0)?;
    workbook.save_to_buffer()
}

/// Writes one row, each value with its kind.
pub(in crate::backend) fn write_row(
    sheet: &mut Worksheet,
    place: u32,
    row: &[Flat],
) -> Result<(), XlsxError> {
    for (column, cell) in (0..).zip(row) {
        match cell {
            Flat::Empty => {}
            Flat::Text(text) => _ = sheet.write_string(place, column, text)?,
            Flat::Number(text) => match text.parse::<f64>() {
                Ok(number) => {
                    let format = Format::new().set_num_format(NUMBER);
                    sheet.write_number_with_format(place, column, number, &format)?;
                }
                Err(_) => _ = sheet.write_string(place, column, text)?,
            },
            Flat::Clock(text) => match NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S") {
                Ok(clock) => {
                    let format = Format::new().set_num_format(CLOCK);
                    sheet.write_datetime_with_format(place, column, clock, &format)?;
                }
                Err(_) => _ = sheet.write_string(place, column, text)?,
            },
        }
    }
    Ok(())
}

fn width(cell: &Flat) -> usize {
    match cell {
        Flat::Empty => 0,
        Flat::Text(text) | Flat::Number(text) | Flat::Clock(text) => text.chars().count(),
    }
}
