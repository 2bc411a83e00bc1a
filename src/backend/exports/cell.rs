//! What stands in a list, with its kind kept: a number stays a number in a spreadsheet.

use std::collections::BTreeSet;

use crate::ledger::{Credits, Currency, Money};
use crate::model::Moment;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Text,
    Credits,
    /// How many.
    Count,
    /// Takes two columns of the file: the amount and its currency.
    Money,
    /// Takes two columns of the file: in the organisation's time zone, and in UTC.
    Instant,
}

/// A column of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    pub title: String,
    pub kind: Kind,
}

impl Column {
    pub fn new(title: impl Into<String>, kind: Kind) -> Column {
        Column { title: title.into(), kind }
    }
}

/// One value of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    Empty,
    Text(String),
    Credits(Credits),
    Count(u64),
    Money(Money),
    Instant(Moment),
}

impl Cell {
    pub fn text(text: impl Into<String>) -> Cell {
        Cell::Text(text.into())
    }

    /// The text, or nothing.
    pub fn maybe(text: Option<String>) -> Cell {
        text.map_or(Cell::Empty, Cell::Text)
    }
}

/// A value as a file has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Flat {
    Empty,
    Text(String),
    /// A decimal number, exact.
    Number(String),
    /// `2026-11-27 14:05:09`, a clock reading without a zone: its column names the zone.
    Clock(String),
}

/// The columns of the file.
pub fn headings(columns: &[Column], time_zone: &str) -> Vec<String> {
    let of = |column: &Column| {
        let title = &column.title;
        match column.kind {
            Kind::Text | Kind::Credits | Kind::Count => vec![title.clone()],
            Kind::Money => vec![title.clone(), format!("{title} currency")],
            Kind::Instant => vec![format!("{title} ({time_zone})"), format!("{title} (UTC)")],
        }
    };
    columns.iter().flat_map(of).collect()
}

/// A row of the file.
pub fn flat(columns: &[Column], row: &[Cell]) -> Vec<Flat> {
    let places = columns.iter().map(|column| match column.kind {
        Kind::Text | Kind::Credits | Kind::Count => 1,
        Kind::Money | Kind::Instant => 2,
    });
    row.iter().zip(places).flat_map(|(cell, places)| flat_cell(cell, places)).collect()
}

fn flat_cell(cell: &Cell, places: usize) -> Vec<Flat> {
    let mut flat = match cell {
        Cell::Empty => Vec::new(),
        Cell::Text(text) => vec![Flat::Text(text.clone())],
        Cell::Credits(credits) => vec![Flat::Number(credits.to_string())],
        Cell::Count(count) => vec![Flat::Number(count.to_string())],
        Cell::Money(money) => {
            vec![Flat::Number(decimal(money)), Flat::Text(money.currency.to_string())]
        }
        Cell::Instant(moment) => clocks(&moment.machine),
    };
    flat.resize(places, Flat::Empty);
    flat
}

/// An instant with its offset as two clock readings: there, and in UTC.
fn clocks(machine: &str) -> Vec<Flat> {
    const CLOCK: &str = "%Y-%m-%d %H:%M:%S";
    let Ok(there) = chrono::DateTime::parse_from_rfc3339(machine) else {
        return vec![Flat::Text(machine.to_owned())];
    };
    let clock = |text: chrono::NaiveDateTime| Flat::Clock(text.format(CLOCK).to_string());
    vec![clock(there.naive_local()), clock(there.naive_utc())]
}

/// "60.00" of 6,000 cents.
fn decimal(money: &Money) -> String {
    let places = crate::catalogue::price::decimal_places(money.currency);
    let sign = if money.minor < 0 { "-" } else { "" };
    let digits = format!("{:0>width$}", money.minor.unsigned_abs(), width = places + 1);
    let (whole, fraction) = digits.split_at(digits.len() - places);
    if places == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

/// The sums of a list's columns, as far as they can be added.
#[derive(Clone, Debug)]
pub struct Total {
    sums: Vec<Sum>,
    rows: u64,
}

#[derive(Clone, Debug)]
enum Sum {
    /// No number.
    None,
    Credits(Option<Credits>),
    Count(u64),
    /// The amount so far, and its currencies: amounts of two are not added.
    Money(Option<i64>, BTreeSet<String>, Option<Currency>),
}

impl Total {
    /// Nothing yet.
    pub fn of(columns: &[Column]) -> Total {
        let sum = |column: &Column| match column.kind {
            Kind::Text | Kind::Instant => Sum::None,
            Kind::Credits => Sum::Credits(Some(Credits::ZERO)),
            Kind::Count => Sum::Count(0),
            Kind::Money => Sum::Money(Some(0), BTreeSet::new(), None),
        };
        Total { sums: columns.iter().map(sum).collect(), rows: 0 }
    }

    /// Adds a row.
    pub fn add(&mut self, row: &[Cell]) {
        self.rows += 1;
        for (sum, cell) in self.sums.iter_mut().zip(row) {
            match (sum, cell) {
                (Sum::Credits(sum), Cell::Credits(credits)) => {
                    *sum = sum.and_then(|sum| sum.checked_add(*credits));
                }
                (Sum::Count(sum), Cell::Count(count)) => *sum = sum.saturating_add(*count),
                (Sum::Money(sum, currencies, currency), Cell::Money(money)) => {
                    *sum = sum.and_then(|sum| sum.checked_add(money.minor));
                    currencies.insert(money.currency.to_string());
                    *currency = Some(money.currency);
                }
                _ => {}
            }
        }
    }

    /// The row: how many there are, and the sums that there can be.
    pub fn row(&self) -> Vec<Cell> {
        let rows = if self.rows == 1 { "row" } else { "rows" };
        let first = Cell::Text(format!("Total of {} {rows}", self.rows));
        let sums = self.sums.iter().skip(1).map(|sum| match sum {
            Sum::Credits(Some(credits)) => Cell::Credits(*credits),
            Sum::Count(count) => Cell::Count(*count),
            Sum::Money(Some(minor), currencies, Some(currency)) if currencies.len() == 1 => {
                Cell::Money(Money { minor: *minor, currency: *currency })
            }
            _ => Cell::Empty,
        });
        std::iter::once(first).chain(sums).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn money(minor: i64, currency: &str) -> Money {
        Money { minor, currency: Currency::parse(currency).expect("a currency") }
    }

    #[test]
    fn money_is_told_with_the_places_of_its_currency() {
        assert_eq!(decimal(&money(6_000, "USD")), "60.00");
        assert_eq!(decimal(&money(-5, "USD")), "-0.05");
        assert_eq!(decimal(&money(1_200, "JPY")), "1200");
        assert_eq!(decimal(&money(1_234, "KWD")), "1.234");
    }

    #[test]
    fn an_instant_is_told_there_and_in_utc() {
        let told = clocks("2026-10-25T02:30:00+02:00");
        let clock = |text: &str| Flat::Clock(text.to_owned());
        assert_eq!(told, [clock("2026-10-25 02:30:00"), clock("2026-10-25 00:30:00")]);
    }

    #[test]
    fn amounts_of_two_currencies_are_not_added() {
        let columns = [Column::new("What", Kind::Text), Column::new("Amount", Kind::Money)];
        let mut total = Total::of(&columns);
        total.add(&[Cell::text("a"), Cell::Money(money(100, "USD"))]);
        assert_eq!(total.row()[1], Cell::Money(money(100, "USD")));
        total.add(&[Cell::text("b"), Cell::Money(money(100, "EUR"))]);
        assert_eq!(total.row(), [Cell::text("Total of 2 rows"), Cell::Empty]);
    }
}
