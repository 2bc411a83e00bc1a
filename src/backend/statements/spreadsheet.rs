//! A statement as a spreadsheet: the rows of the CSV, with numbers as numbers.

use rust_xlsxwriter::{Format, Workbook, XlsxError};

use super::file;
use crate::backend::exports::cell::Flat;
use crate::backend::exports::xlsx::write_row;
use crate::model::statements::MonthlyStatement;

/// Widths of the columns, in letters.
const WIDTHS: [u16; 6] = [16, 34, 34, 56, 18, 14];

/// The whole file.
///
/// # Errors
/// It cannot be written.
pub fn write(statement: &MonthlyStatement) -> Result<Vec<u8>, XlsxError> {
    let bold = Format::new().set_bold();
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    sheet.set_name(&statement.month)?;
    let rows = file::rows(statement);
    for (place, row) in (0..).zip(&rows) {
        write_row(sheet, place, row)?;
    }
    let heads = rows.first().map(Vec::as_slice).unwrap_or_default();
    for (place, head) in (0..).zip(heads) {
        if let Flat::Text(title) = head {
            sheet.write_string_with_format(0, place, title, &bold)?;
        }
    }
    for (place, width) in (0..).zip(WIDTHS) {
        sheet.set_column_width(place, width)?;
    }
    sheet.set_freeze_panes(1, 0)?;
    workbook.save_to_buffer()
}
