//! The file of a mass grant, read: pure, and strict about its first line.

use crate::model::Problem;

/// The most lines that a file may have, beside its first.
pub const MOST_LINES: usize = 1_000;
/// The most bytes of a file.
pub const MOST_BYTES: usize = 200 * 1024;
/// The columns, in whatever order the first line names them.
pub const COLUMNS: [&str; 5] = ["organisation", "amount", "source", "expires", "reason"];

/// What one line of the file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// Its number in the file, from 1.
    pub line: u64,
    /// The whole line, as it is shown again.
    pub text: String,
    /// The cells in the order of [`COLUMNS`]; or what is wrong with the line as a whole, and the cure.
    pub cells: Result<[String; 5], (String, String)>,
}

/// Reads a file.
///
/// # Errors
/// It is no such file at all: 422 that says why and what cures it.
pub fn read(bytes: &[u8]) -> Result<Vec<Written>, Problem> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if bytes.len() > MOST_BYTES {
        return Err(wrong(format!("The file has more than {} kB.", MOST_BYTES / 1024))
            .with_cure("Split it into several files."));
    }
    if std::str::from_utf8(bytes).is_err() {
        return Err(wrong("The file is not UTF-8 text.".to_owned())
            .with_cure("Save it as “CSV UTF-8”, with commas between the columns."));
    }
    let mut reader =
        csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(bytes);
    let head = reader.headers().map_err(|error| wrong(format!("{error}.")))?.clone();
    let places = places(&head)?;
    let mut lines = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| wrong(format!("{error}.")))?;
        if lines.len() == MOST_LINES {
            return Err(wrong(format!("The file has more than {MOST_LINES} lines."))
                .with_cure("Split it into several files."));
        }
        let line = line_of(&record, bytes);
        lines.push(written(line, &record, &places, head.len()));
    }
    if lines.is_empty() {
        return Err(wrong("The file has no line but its first.".to_owned())
            .with_cure("Add a line for each grant."));
    }
    Ok(lines)
}

fn wrong(message: String) -> Problem {
    Problem::invalid_field("file", message)
}

/// Where the columns stand.
fn places(head: &csv::StringRecord) -> Result<[usize; 5], Problem> {
    let place = |name: &str| head.iter().position(|cell| cell.eq_ignore_ascii_case(name));
    let cure = format!("Its first line must name the columns: {}", COLUMNS.join(","));
    if let Some(missing) = COLUMNS.iter().find(|name| place(name).is_none()) {
        return Err(wrong(format!("The file has no column “{missing}”.")).with_cure(cure));
    }
    Ok(COLUMNS.map(|name| place(name).unwrap_or_default()))
}

/// The number of the line that a record stands on: its position is where the record before it ended, be
/// there blank lines between them or not.
fn line_of(record: &csv::StringRecord, bytes: &[u8]) -> u64 {
    let Some(position) = record.position() else { return 0 };
    let start = usize::try_from(position.byte()).unwrap_or(usize::MAX);
    let rest = bytes.get(start..).unwrap_or_default();
    let blank = rest.iter().take_while(|byte| **byte == b'\n' || **byte == b'\r');
    position.line() + blank.filter(|byte| **byte == b'\n').count() as u64
}

fn written(line: u64, record: &csv::StringRecord, places: &[usize; 5], columns: usize) -> Written {
    let text = record.iter().collect::<Vec<_>>().join(", ");
    if record.len() != columns {
        let problem = format!("The line has {} columns, the first line {columns}.", record.len());
        let cure = "Put a text that has commas in it between quotation marks.".to_owned();
        return Written { line, text, cells: Err((problem, cure)) };
    }
    let cells = places.map(|place| record.get(place).unwrap_or_default().to_owned());
    Written { line, text, cells: Ok(cells) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_may_stand_in_any_order_and_texts_may_have_commas_in_them() {
        let file = "Reason,amount,organisation,source,expires\n\
                    \"Sorry, and thanks\",5,org_1,admin,\n\nA gift, 7 ,Northwind,trial,2027-01-01\n";
        let lines = read(file.as_bytes()).unwrap();
        let cells = |index: usize| lines[index].cells.clone().unwrap();
        assert_eq!(cells(0), ["org_1", "5", "admin", "", "Sorry, and thanks"]);
        assert_eq!(cells(1), ["Northwind", "7", "trial", "2027-01-01", "A gift"]);
        assert_eq!((lines[0].line, lines[1].line), (2, 4));
        let lines = read(file.replace('\n', "\r\n").as_bytes()).unwrap();
        assert_eq!((lines[0].line, lines[1].line), (2, 4), "as other systems end their lines");
    }

    #[test]
    fn a_line_with_a_column_too_many_is_told_from_the_others() {
        let file = "organisation,amount,source,expires,reason\norg_1,5,admin,,Sorry, and thanks\n";
        assert!(read(file.as_bytes()).unwrap()[0].cells.is_err());
    }

    #[test]
    fn what_is_no_such_file_is_refused_with_the_cure() {
        let refused = |bytes: &[u8]| read(bytes).unwrap_err();
        assert!(refused(b"").cure.unwrap().contains("organisation,amount"));
        assert!(refused(b"organisation;amount;source;expires;reason\n").cure.is_some());
        assert!(refused(b"organisation,amount,source,expires,reason\n").detail.contains("no line"));
        assert!(refused(b"\xff\xfe").cure.unwrap().contains("UTF-8"));
        let many = "x,1,admin,,y\n".repeat(MOST_LINES + 1);
        let many = format!("organisation,amount,source,expires,reason\n{many}");
        assert!(refused(many.as_bytes()).detail.contains("1000 lines"));
    }
}
