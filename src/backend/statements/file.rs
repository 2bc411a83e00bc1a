//! A statement as CSV, and back: what `scrip verify-statement` reads.
//!
//! **Version 1.** UTF-8, RFC 4180, lines ended by CR LF, six columns: `Line, Part, Department, Name,
//! Credits, Transactions`. In this order: `format`, `organisation`, `month`, `time zone`, `from`, `until`,
//! `closed` or `as of`, `chain before`, every line of the statement, `chain after`, `digest`. Instants are
//! RFC 3339 to the microsecond; amounts are exact decimals, and what left is less than nothing. `Name` is
//! for people and nobody reads it back. The digest is SHA-256 of everything before its own line.

use sha2::{Digest, Sha256};

use crate::backend::exports::cell::Flat;
use crate::backend::exports::csv;
use crate::backend::zone::{Month, Zone};
use crate::ledger::period_statement::ChainPlace;
use crate::ledger::recount::End;
use crate::ledger::statement_line::{LineKind, StatementLine};
use crate::ledger::{Credits, Hash, OrganisationId, Span};
use crate::model::statements::{ChainEnd, MonthlyStatement, NamedLine};

/// What the first line calls the format.
const FORMAT: &str = "scrip-statement 1";
/// The heads of the columns.
const COLUMNS: [&str; 6] = ["Line", "Part", "Department", "Name", "Credits", "Transactions"];
const DIGEST: &str = "digest";

/// The rows of a statement, the heads of the columns first: the CSV's and the spreadsheet's.
pub fn rows(statement: &MonthlyStatement) -> Vec<Vec<Flat>> {
    let named = |kind: &str, part: &str, name: &str| row(kind, part, "", name);
    let mut rows = vec![
        COLUMNS.map(|title| Flat::Text(title.to_owned())).to_vec(),
        named("format", FORMAT, "Statement of credits"),
        named("organisation", &statement.organisation, &statement.organisation_name),
        named("month", &statement.month, &statement.label),
        named("time zone", &statement.time_zone, ""),
        named("from", &statement.from.exact, &statement.from.moment.text),
        named("until", &statement.until.exact, &statement.until.moment.text),
        match &statement.as_of {
            None => named("closed", "", "Nothing can be booked into it any more"),
            Some(at) => named("as of", &at.exact, &format!("Not yet closed, {}", at.moment.text)),
        },
        chain("chain before", &statement.opening),
    ];
    rows.extend(statement.lines.iter().map(line_row));
    rows.push(chain("chain after", &statement.closing));
    rows
}

/// The statement as CSV.
pub fn write(statement: &MonthlyStatement) -> String {
    let mut text = csv::lines(rows(statement));
    let digest = digest(text.as_bytes());
    text += &csv::lines([row(DIGEST, &digest, "", "SHA-256 of every line above")]);
    text
}

fn row(kind: &str, part: &str, department: &str, name: &str) -> Vec<Flat> {
    let text = |text: &str| Flat::Text(text.to_owned());
    vec![text(kind), text(part), text(department), text(name), Flat::Empty, Flat::Empty]
}

fn chain(kind: &str, end: &ChainEnd) -> Vec<Flat> {
    row(kind, &end.sequence.to_string(), "", &end.hash)
}

fn line_row(line: &NamedLine) -> Vec<Flat> {
    let mut cells = row(&line.kind, &line.part, &line.department, &line.name);
    cells[4] = Flat::Number(line.credits.to_string());
    cells[5] = line.transactions.map_or(Flat::Empty, |count| Flat::Number(count.to_string()));
    cells
}

fn digest(bytes: &[u8]) -> String {
    Hash(Sha256::digest(bytes).into()).to_string()
}

/// A statement that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadStatement {
    /// Whose it is.
    pub organisation: OrganisationId,
    /// Its month.
    pub month: Month,
    /// The zone that the month is counted in.
    pub zone: Zone,
    /// When it begins and ends, as it says.
    pub span: Span,
    /// Where it ends.
    pub end: End,
    /// The chain where it begins.
    pub opening: ChainPlace,
    /// The chain where it ends.
    pub closing: ChainPlace,
    /// Line by line.
    pub lines: Vec<StatementLine>,
    /// Whether the file is byte for byte as it was written.
    pub is_as_written: bool,
}

/// Why a file is no statement.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// The first lines are not those of a statement.
    #[error(
        "this is no statement that Scrip wrote: take the CSV of a month from Credits, Statements"
    )]
    NoStatement,
    /// A line is not what can stand there.
    #[error("line {line}: {problem}")]
    Line {
        /// The line, the first being 1.
        line: u64,
        /// What is wrong there.
        problem: String,
    },
    /// A line is not there, or not in its place.
    #[error("the line \"{0}\" is missing, or not in its place")]
    Missing(&'static str),
}

/// Reads a file.
///
/// # Errors
/// It is no statement, or a line of it cannot be read.
pub fn read(text: &str) -> Result<ReadStatement, Unreadable> {
    let records = records(text)?;
    let mut lines = Lines { rest: &records };
    if lines.next("format").ok().is_none_or(|part| part != FORMAT) {
        return Err(Unreadable::NoStatement);
    }
    let organisation = lines.parsed("organisation", |id| OrganisationId::parse(id).ok())?;
    let month = lines.parsed("month", Month::parse)?;
    let zone = lines.parsed("time zone", |name| Zone::of(name).ok())?;
    let from = lines.parsed("from", |text| zone.instant_of(text))?;
    let until = lines.parsed("until", |text| zone.instant_of(text))?;
    let as_of = match lines.next("closed") {
        Ok(_) => None,
        Err(_) => Some(lines.parsed("as of", |text| zone.instant_of(text))?),
    };
    let opening = lines.chain("chain before")?;
    let figures = lines.figures()?;
    let closing = lines.chain("chain after")?;
    let stated = lines.next(DIGEST)?;
    let before = text.rfind("\ndigest,").map_or("", |place| &text[..=place]);
    let end = as_of.map_or(End::WithThePeriod, |instant| {
        let sequence = closing.sequence;
        End::At { sequence, instant }
    });
    Ok(ReadStatement {
        organisation,
        month,
        zone,
        span: Span { from, until },
        end,
        opening,
        closing,
        lines: figures,
        is_as_written: lines.rest.is_empty() && stated == digest(before.as_bytes()),
    })
}

/// A line of the file: where it stands and its cells.
struct Record {
    line: u64,
    cells: Vec<String>,
}

/// Every line behind the heads of the columns.
fn records(text: &str) -> Result<Vec<Record>, Unreadable> {
    let mut reader = ::csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    let mut records = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| Unreadable::Line {
            line: error.position().map_or(0, ::csv::Position::line),
            problem: "it has not the six columns of a statement".to_owned(),
        })?;
        let line = record.position().map_or(0, ::csv::Position::line);
        records.push(Record { line, cells: record.iter().map(str::to_owned).collect() });
    }
    let heads = records.first().is_some_and(|record| record.cells == COLUMNS);
    if !heads {
        return Err(Unreadable::NoStatement);
    }
    records.remove(0);
    Ok(records)
}

/// The lines that are still to be read.
struct Lines<'a> {
    rest: &'a [Record],
}

impl<'a> Lines<'a> {
    /// The part of the next line, which is to be of this kind.
    fn next(&mut self, kind: &'static str) -> Result<&'a str, Unreadable> {
        Ok(&self.record(kind)?.cells[1])
    }

    fn record(&mut self, kind: &'static str) -> Result<&'a Record, Unreadable> {
        let (first, rest) = self.rest.split_first().ok_or(Unreadable::Missing(kind))?;
        if first.cells[0] != kind {
            return Err(Unreadable::Missing(kind));
        }
        self.rest = rest;
        Ok(first)
    }

    fn parsed<T>(
        &mut self,
        kind: &'static str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, Unreadable> {
        let record = self.record(kind)?;
        parse(&record.cells[1]).ok_or_else(|| wrong(record, 1))
    }

    fn chain(&mut self, kind: &'static str) -> Result<ChainPlace, Unreadable> {
        let record = self.record(kind)?;
        let sequence = record.cells[1].parse().map_err(|_| wrong(record, 1))?;
        let hash = record.cells[3].parse().map_err(|_| wrong(record, 3))?;
        Ok(ChainPlace { sequence, hash })
    }

    /// The lines of the statement, up to what is none.
    fn figures(&mut self) -> Result<Vec<StatementLine>, Unreadable> {
        let mut lines = Vec::new();
        while let Some((first, rest)) = self.rest.split_first() {
            let Some(kind) = LineKind::from_code(&first.cells[0]) else { break };
            lines.push(figure(kind, first)?);
            self.rest = rest;
        }
        Ok(lines)
    }
}

fn figure(kind: LineKind, record: &Record) -> Result<StatementLine, Unreadable> {
    let [_, part, department, _, credits, transactions] = &record.cells[..] else {
        return Err(wrong(record, 0));
    };
    let transactions = match transactions.as_str() {
        "" => None,
        text => Some(text.parse().map_err(|_| wrong(record, 5))?),
    };
    let credits = credits.parse::<Credits>().map_err(|_| wrong(record, 4))?;
    let (part, department) = (part.clone(), department.clone());
    Ok(StatementLine { kind, part, department, credits, transactions })
}

fn wrong(record: &Record, column: usize) -> Unreadable {
    let cell = record.cells.get(column).map_or("", String::as_str);
    let name = COLUMNS.get(column).copied().unwrap_or_default();
    let problem = format!("{cell:?} in the column {name} cannot be read");
    Unreadable::Line { line: record.line, problem }
}
