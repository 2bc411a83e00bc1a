//! One way to read a column, whichever database the row came from.

use super::StoreError;
use crate::ledger::time::Timestamp;
use serde::de::DeserializeOwned;
use sqlx::Row;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;

/// A row of either database. Columns are named as in the statement.
pub trait StoreRow {
    /// A `text not null` column.
    fn text(&self, column: &'static str) -> Result<String, StoreError>;
    /// A `text` column that may be null.
    fn text_or_none(&self, column: &'static str) -> Result<Option<String>, StoreError>;
    /// A 64-bit integer column.
    fn integer(&self, column: &'static str) -> Result<i64, StoreError>;
    /// A 64-bit integer column that may be null.
    fn integer_or_none(&self, column: &'static str) -> Result<Option<i64>, StoreError>;
    /// A `blob`/`bytea not null` column.
    fn bytes(&self, column: &'static str) -> Result<Vec<u8>, StoreError>;
    /// A `blob`/`bytea` column that may be null.
    fn bytes_or_none(&self, column: &'static str) -> Result<Option<Vec<u8>>, StoreError>;

    /// An instant.
    fn time(&self, column: &'static str) -> Result<Timestamp, StoreError> {
        Ok(Timestamp::from_micros(self.integer(column)?))
    }

    /// An instant that may be null.
    fn time_or_none(&self, column: &'static str) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.integer_or_none(column)?.map(Timestamp::from_micros))
    }

    /// A text column parsed into its type; what does not parse is corrupt, with `table` and the text.
    fn parsed<T, E: ToString>(
        &self,
        table: &'static str,
        column: &'static str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<T, StoreError> {
        let text = self.text(column)?;
        parse(&text)
            .map_err(|problem| StoreError::corrupt(table, format!("{column} = {text:?}"), problem))
    }

    /// A text column that holds JSON, parsed into its type.
    fn json<T: DeserializeOwned>(
        &self,
        table: &'static str,
        column: &'static str,
    ) -> Result<T, StoreError> {
        self.parsed(table, column, |text| serde_json::from_str(text))
    }

    /// Like [`StoreRow::parsed`] for a column that may be null.
    fn parsed_or_none<T, E: ToString>(
        &self,
        table: &'static str,
        column: &'static str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<Option<T>, StoreError> {
        let Some(text) = self.text_or_none(column)? else { return Ok(None) };
        parse(&text)
            .map(Some)
            .map_err(|problem| StoreError::corrupt(table, format!("{column} = {text:?}"), problem))
    }
}

macro_rules! store_row {
    ($row:ty) => {
        impl StoreRow for $row {
            fn text(&self, column: &'static str) -> Result<String, StoreError> {
                Ok(self.try_get(column)?)
            }
            fn text_or_none(&self, column: &'static str) -> Result<Option<String>, StoreError> {
                Ok(self.try_get(column)?)
            }
            fn integer(&self, column: &'static str) -> Result<i64, StoreError> {
                Ok(self.try_get(column)?)
            }
            fn integer_or_none(&self, column: &'static str) -> Result<Option<i64>, StoreError> {
                Ok(self.try_get(column)?)
            }
            fn bytes(&self, column: &'static str) -> Result<Vec<u8>, StoreError> {
                Ok(self.try_get(column)?)
            }
            fn bytes_or_none(&self, column: &'static str) -> Result<Option<Vec<u8>>, StoreError> {
                Ok(self.try_get(column)?)
            }
        }
    };
}

store_row!(SqliteRow);
store_row!(PgRow);
