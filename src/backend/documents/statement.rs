//! A month's statement on paper: the lines of the page and of the files, the same figures, and the chain.

use super::layout::{Flow, MARGIN, PLAIN, Page, Part, RIGHT, SOFT, STRONG, SUM, TITLE, WIDTH};
use super::pdf::{About, PdfError, write_pages};
use super::typeface::Typeface;
use crate::model::format::grouped;
use crate::model::statements::{ChainEnd, Level, MonthlyStatement, NamedLine};

/// The heads of the columns.
const COLUMNS: [&str; 3] = ["What moved", "Transactions", "Credits"];
/// The right edge of the column of transactions.
const TRANSACTIONS: f32 = MARGIN + 370.0;
/// How wide a name may be.
const NAME: f32 = 280.0;
/// How far a part stands in.
const STEP: f32 = 14.0;

/// The statement as a file.
///
/// # Errors
/// It would not be a valid PDF/A.
pub fn write(statement: &MonthlyStatement) -> Result<Vec<u8>, PdfError> {
    let end = statement.as_of.as_ref().unwrap_or(&statement.until);
    let about = About {
        title: format!("Statement of credits, {}", statement.label),
        author: statement.organisation_name.clone(),
        name: format!("{}-{}", statement.file_name(), statement.closing.sequence),
        made: end.moment.machine.clone(),
        test: false,
    };
    write_pages(&about, |typeface| pages(statement, typeface))
}

/// Every text on its pages, as the file has it.
///
/// # Errors
/// The typeface cannot be read.
pub fn words(statement: &MonthlyStatement) -> Result<Vec<String>, PdfError> {
    let typeface = Typeface::load()?;
    let pages = pages(statement, &typeface);
    Ok(pages.into_iter().flat_map(|page| page.texts).map(|text| text.text).collect())
}

fn pages(statement: &MonthlyStatement, typeface: &Typeface) -> Vec<Page> {
    let mut flow = Flow::new(typeface);
    flow.line(MARGIN, TITLE, Part::Title, "Statement of credits");
    flow.skip(12.0);
    flow.facts(&facts(statement));
    flow.skip(20.0);
    flow.statement_lines(&statement.lines);
    flow.skip(24.0);
    for note in notes(statement) {
        flow.block(MARGIN, WIDTH, SOFT, &note);
        flow.skip(6.0);
    }
    flow.say_what_lacks();
    flow.numbered(&format!("{}, {}", statement.organisation_name, statement.label))
}

fn facts(statement: &MonthlyStatement) -> Vec<(&'static str, String)> {
    let state = match &statement.as_of {
        None => "Closed: nothing can be booked into it any more".to_owned(),
        Some(at) => format!("Not yet closed; as of {}", at.moment.text),
    };
    vec![
        ("Organisation", statement.organisation_name.clone()),
        ("Id", statement.organisation.clone()),
        ("Month", format!("{} ({})", statement.label, statement.time_zone)),
        ("From", statement.from.moment.text.clone()),
        ("Until", statement.until.moment.text.clone()),
        ("State", state),
    ]
}

fn notes(statement: &MonthlyStatement) -> [String; 3] {
    let place = |end: &ChainEnd| match end.sequence {
        0 => format!("before the first transaction, hash {}", end.hash),
        sequence => format!("transaction {}, hash {}", grouped(sequence), end.hash),
    };
    [
        format!("The chain where it begins: {}.", place(&statement.opening)),
        format!("The chain where it ends: {}.", place(&statement.closing)),
        "Who has the CSV of this statement and the journal can recompute every figure without \
         asking anybody: scrip verify-statement FILE --journal FILE."
            .to_owned(),
    ]
}

impl Flow<'_> {
    fn statement_lines(&mut self, lines: &[NamedLine]) {
        self.make_room(SOFT);
        self.put(MARGIN, SOFT, Part::Head(0), COLUMNS[0]);
        self.put_right(TRANSACTIONS, SOFT, Part::Head(1), COLUMNS[1]);
        self.put_right(RIGHT, SOFT, Part::Head(2), COLUMNS[2]);
        self.advance(SOFT);
        self.rule();
        let shown = lines.iter().filter(|line| line.says_something());
        for (row, line) in shown.enumerate() {
            let is_end = line.kind == "closing";
            if is_end {
                self.rule();
            }
            self.statement_line(row, line);
            if is_end || row == 0 {
                self.rule();
            }
        }
    }

    fn statement_line(&mut self, row: usize, line: &NamedLine) {
        let (look, step) = match line.level {
            Level::Balance => (SUM, 0.0),
            Level::Line if line.is_amount => (PLAIN, 0.0),
            Level::Line => (STRONG, 0.0),
            Level::Part => (SOFT, STEP),
        };
        let mut first = true;
        for text in self.wrapped(&line.name, NAME - step, look) {
            self.make_room(look);
            self.put(MARGIN + step, look, Part::Cell(row, 0), &text);
            if std::mem::take(&mut first) {
                if let Some(count) = line.transactions {
                    self.put_right(TRANSACTIONS, SOFT, Part::Cell(row, 1), &grouped(count));
                }
                self.put_right(RIGHT, look, Part::Cell(row, 2), &line.figure());
            }
            self.advance(look);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::Credits;
    use crate::model::Moment;
    use crate::model::statements::ExactMoment;

    fn line(kind: &str, level: Level, micro: i64) -> NamedLine {
        NamedLine {
            kind: kind.into(),
            part: String::new(),
            department: String::new(),
            name: format!("Line {kind}"),
            level,
            is_amount: level == Level::Balance,
            credits: Credits::from_micro(micro),
            transactions: (level == Level::Part).then_some(1_200),
        }
    }

    fn statement(parts: usize) -> MonthlyStatement {
        let moment = Moment {
            machine: "2026-11-01T00:00:00+01:00".into(),
            text: "1 Nov 2026, 00:00".into(),
            day: "1 Nov 2026".into(),
        };
        let at = ExactMoment { moment, exact: "2026-11-01T00:00:00.000000+01:00".into() };
        let end = ChainEnd { sequence: 1_812, hash: "ab".repeat(32) };
        let part = line("used for", Level::Part, -1_500_000);
        let mut lines = vec![line("opening", Level::Balance, 2_000_000)];
        lines.extend(std::iter::repeat_n(part, parts));
        lines.push(line("closing", Level::Balance, 500_000));
        MonthlyStatement {
            organisation: "org_1".into(),
            organisation_name: "Nordwind 山".into(),
            month: "2026-11".into(),
            label: "November 2026".into(),
            time_zone: "Europe/Vienna".into(),
            from: at.clone(),
            until: at.clone(),
            as_of: None,
            is_over: true,
            opening: end.clone(),
            closing: end,
            lines,
            adds_up: true,
            before: None,
            after: None,
        }
    }

    #[test]
    fn the_same_statement_is_always_the_same_archive_file() {
        let bytes = write(&statement(1)).unwrap();
        assert!(bytes.starts_with(b"%PDF-1.7"));
        assert_eq!(write(&statement(1)).unwrap(), bytes);
    }

    #[test]
    fn every_line_stands_on_its_pages_with_its_sign() {
        let texts = words(&statement(100)).unwrap();
        assert!(texts.iter().any(|text| text.ends_with("page 2 of 3")), "{:?}", texts.last());
        assert_eq!(texts.iter().filter(|text| *text == "−1.5").count(), 100);
        assert!(texts.contains(&"0.5".to_owned()) && texts.contains(&"1,200".to_owned()));
        assert!(texts.iter().any(|text| text.starts_with("□ stands for")), "山 is not in the font");
        write(&statement(100)).unwrap();
    }
}
