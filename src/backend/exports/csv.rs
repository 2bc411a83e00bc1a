//! As CSV (RFC 4180, UTF-8), piece by piece, so that a long list needs no memory.
//!
//! A text that a spreadsheet would take for a formula gets an apostrophe before it, as OWASP advises
//! ("CSV Injection"): whoever names a report `=HYPERLINK(…)` names a report and no more.

use super::cell::{Flat, flat, headings};
use super::{Export, ExportError};

/// The type of the file.
pub const MEDIA_TYPE: &str = "text/csv; charset=utf-8";
/// How a text begins that a spreadsheet would reckon with.
const FORMULAS: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// The file that is being written.
pub struct Csv {
    export: Export,
    place: Place,
}

enum Place {
    Beginning,
    Rows,
    End,
}

impl Csv {
    pub fn of(export: Export) -> Csv {
        Csv { export, place: Place::Beginning }
    }

    /// The next piece, of whole lines; none behind the last.
    ///
    /// # Errors
    /// The database failed.
    pub async fn next(&mut self) -> Result<Option<String>, ExportError> {
        match self.place {
            Place::End => Ok(None),
            Place::Beginning => {
                self.place = Place::Rows;
                let headings = headings(self.export.columns(), self.export.time_zone());
                Ok(Some(lines([headings.into_iter().map(Flat::Text).collect()])))
            }
            Place::Rows => {
                let Some(rows) = self.export.next().await? else {
                    self.place = Place::End;
                    let total = flat(self.export.columns(), &self.export.total());
                    return Ok(Some(lines([total])));
                };
                let columns = self.export.columns();
                Ok(Some(lines(rows.iter().map(|row| flat(columns, row)))))
            }
        }
    }
}

/// Rows as lines of a file, each text made harmless.
pub(in crate::backend) fn lines(rows: impl IntoIterator<Item = Vec<Flat>>) -> String {
    let mut writer =
        ::csv::WriterBuilder::new().terminator(::csv::Terminator::CRLF).from_writer(Vec::new());
    for row in rows {
        // Into memory: nothing that can fail.
        _ = writer.write_record(row.into_iter().map(field));
    }
    let bytes = writer.into_inner().unwrap_or_default();
    String::from_utf8(bytes).unwrap_or_default()
}

fn field(cell: Flat) -> String {
    match cell {
        Flat::Empty => String::new(),
        Flat::Number(text) | Flat::Clock(text) => text,
        Flat::Text(text) if text.starts_with(FORMULAS) => format!("'{text}"),
        Flat::Text(text) => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_never_a_formula_and_a_number_always_a_number() {
        let text = |text: &str| Flat::Text(text.to_owned());
        let row = vec![
            text("=1+1"),
            text("@sum"),
            text("-minus"),
            Flat::Number("-3.5".to_owned()),
            text("says \"a, b\"\nand more"),
            Flat::Empty,
        ];
        let expected = "'=1+1,'@sum,'-minus,-3.5,\"says \"\"a, b\"\"\nand more\",\r\n";
        assert_eq!(lines([row]), expected);
    }
}
