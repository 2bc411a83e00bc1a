//! Tables that are written in bulk and compared row by row: each is described once, as data.
//!
//! The description gives the bulk insert of either database ([`super::dialect`]), the statement that
//! reads rows back, and what `scrip verify` compares.

use super::{StoreError, StoreRow};

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `text`.
    Text,
    /// `bigint`, or SQLite's 64-bit `integer`.
    Integer,
    /// `bytea` or `blob`.
    Bytes,
}

/// What a bulk insert does with a row whose key is there already.
#[derive(Clone, Copy, Debug)]
pub enum OnConflict {
    /// Fails: the table is append-only.
    Fail,
    /// Replaces every column that is not part of the key.
    Replace,
    /// Adds to these columns and leaves the others.
    Add(&'static [&'static str]),
}

/// A table as the store writes it.
#[derive(Debug)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// Its columns, those of the primary key first and the organisation before all.
    pub columns: &'static [(&'static str, Kind)],
    /// How many of the columns are the primary key.
    pub key: usize,
    /// What happens to a row that is there already.
    pub on_conflict: OnConflict,
}

/// One cell.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Value {
    /// Nothing.
    Null,
    /// A text.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// Bytes.
    Bytes(Vec<u8>),
}

/// The cells of one row, in the order of the table's columns.
pub type Cells = Vec<Value>;

impl Table {
    /// The names of the columns, with commas.
    pub fn column_list(&self) -> String {
        self.columns.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
    }

    /// Reads a row that was selected with [`Table::column_list`].
    ///
    /// # Errors
    /// A column is missing or of another kind.
    pub fn read(&self, row: &impl StoreRow) -> Result<Cells, StoreError> {
        self.columns.iter().map(|(name, kind)| cell(row, name, *kind)).collect()
    }

    /// The index of a column in a row of cells.
    pub fn index(&self, column: &str) -> Option<usize> {
        self.columns.iter().position(|(name, _)| *name == column)
    }
}

fn cell(row: &impl StoreRow, name: &'static str, kind: Kind) -> Result<Value, StoreError> {
    Ok(match kind {
        Kind::Text => row.text_or_none(name)?.map_or(Value::Null, Value::Text),
        Kind::Integer => row.integer_or_none(name)?.map_or(Value::Null, Value::Integer),
        Kind::Bytes => row.bytes_or_none(name)?.map_or(Value::Null, Value::Bytes),
    })
}

/// Cells that were read, as a row: so that one function turns rows and cells into types.
pub struct CellRow<'a> {
    /// The table they are of.
    pub table: &'static Table,
    /// Its cells.
    pub cells: &'a Cells,
}

impl CellRow<'_> {
    fn cell(&self, column: &'static str) -> Result<&Value, StoreError> {
        let cell = self.table.index(column).and_then(|index| self.cells.get(index));
        cell.ok_or_else(|| self.unexpected(column, "is missing"))
    }

    fn unexpected(&self, column: &'static str, problem: &str) -> StoreError {
        let key = self.cells.get(..self.table.key).unwrap_or_default();
        let key: Vec<String> = key.iter().map(ToString::to_string).collect();
        StoreError::corrupt(self.table.name, key.join(" "), format!("{column} {problem}"))
    }
}

impl StoreRow for CellRow<'_> {
    fn text(&self, column: &'static str) -> Result<String, StoreError> {
        self.text_or_none(column)?.ok_or_else(|| self.unexpected(column, "is null"))
    }
    fn text_or_none(&self, column: &'static str) -> Result<Option<String>, StoreError> {
        match self.cell(column)? {
            Value::Null => Ok(None),
            Value::Text(text) => Ok(Some(text.clone())),
            _ => Err(self.unexpected(column, "is no text")),
        }
    }
    fn integer(&self, column: &'static str) -> Result<i64, StoreError> {
        self.integer_or_none(column)?.ok_or_else(|| self.unexpected(column, "is null"))
    }
    fn integer_or_none(&self, column: &'static str) -> Result<Option<i64>, StoreError> {
        match self.cell(column)? {
            Value::Null => Ok(None),
            Value::Integer(number) => Ok(Some(*number)),
            _ => Err(self.unexpected(column, "is no whole number")),
        }
    }
    fn bytes(&self, column: &'static str) -> Result<Vec<u8>, StoreError> {
        self.bytes_or_none(column)?.ok_or_else(|| self.unexpected(column, "is null"))
    }
    fn bytes_or_none(&self, column: &'static str) -> Result<Option<Vec<u8>>, StoreError> {
        match self.cell(column)? {
            Value::Null => Ok(None),
            Value::Bytes(bytes) => Ok(Some(bytes.clone())),
            _ => Err(self.unexpected(column, "are no bytes")),
        }
    }
}

impl std::fmt::Display for Value {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Value::Null => formatter.write_str("nothing"),
            Value::Text(text) => write!(formatter, "{text:?}"),
            Value::Integer(number) => write!(formatter, "{number}"),
            Value::Bytes(bytes) => formatter.write_str(&hex::encode(bytes)),
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Value::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Value::Text(text)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Value::Integer(number)
    }
}

impl From<&[u8]> for Value {
    fn from(bytes: &[u8]) -> Self {
        Value::Bytes(bytes.to_vec())
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Value::Null, Into::into)
    }
}
