//! The texts that differ between SQLite and PostgreSQL, and how their values are bound.
//!
//! Bulk inserts: SQLite takes one JSON array of rows, PostgreSQL one array a column. Both are one
//! statement a table, whatever the number of rows. Texts are made once from a [`Table`]'s description
//! and kept; no value of a person ever becomes part of a text.

use super::table::{Cells, Kind, OnConflict, Table, Value};
use sqlx::postgres::{PgArguments, Postgres};
use sqlx::query::Query;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

/// Texts by what they were made from: few, because a name is a table or a set of tables.
static TEXTS: Mutex<Option<HashMap<String, Arc<str>>>> = Mutex::new(None);

/// A text made once: `make` runs when `name` is asked for the first time.
pub fn text(name: &str, make: impl FnOnce() -> String) -> Arc<str> {
    let mut texts = TEXTS.lock().unwrap_or_else(PoisonError::into_inner);
    let texts = texts.get_or_insert_default();
    if let Some(text) = texts.get(name) {
        return text.clone();
    }
    let text: Arc<str> = make().into();
    texts.insert(name.to_owned(), text.clone());
    text
}

/// SQLite: rows from one JSON array of arrays, bound as `$1`.
pub fn sqlite_insert(table: &Table) -> String {
    let mut cells = String::new();
    for (index, (_, kind)) in table.columns.iter().enumerate() {
        let comma = if index == 0 { "" } else { ", " };
        match kind {
            Kind::Bytes => _ = write!(cells, "{comma}unhex(value ->> {index})"),
            Kind::Text | Kind::Integer => _ = write!(cells, "{comma}value ->> {index}"),
        }
    }
    // `where true` tells SQLite's parser that the `on` to come is no join's.
    format!(
        "insert into {} ({}) select {cells} from json_each($1) where true{}",
        table.name,
        table.column_list(),
        conflict_clause(table)
    )
}

/// PostgreSQL: rows from one array a column, bound from `$first` on; only where `condition` holds.
pub fn postgres_insert(table: &Table, first: usize, condition: &str) -> String {
    let mut arrays = String::new();
    for (index, (_, kind)) in table.columns.iter().enumerate() {
        let comma = if index == 0 { "" } else { ", " };
        let kind = match kind {
            Kind::Text => "text",
            Kind::Integer => "bigint",
            Kind::Bytes => "bytea",
        };
        _ = write!(arrays, "{comma}${}::{kind}[]", first + index);
    }
    format!(
        "insert into {} ({}) select * from unnest({arrays}) where {condition}{}",
        table.name,
        table.column_list(),
        conflict_clause(table)
    )
}

fn conflict_clause(table: &Table) -> String {
    let name = table.name;
    let rest = &table.columns[table.key..];
    let sets: Vec<String> = match table.on_conflict {
        OnConflict::Fail => return String::new(),
        OnConflict::Replace => {
            rest.iter().map(|(column, _)| format!("{column} = excluded.{column}")).collect()
        }
        OnConflict::Add(columns) => columns
            .iter()
            .map(|column| format!("{column} = {name}.{column} + excluded.{column}"))
            .collect(),
    };
    let key: Vec<&str> = table.columns[..table.key].iter().map(|(column, _)| *column).collect();
    format!(" on conflict ({}) do update set {}", key.join(", "), sets.join(", "))
}

/// The rows as the JSON text that [`sqlite_insert`] takes. Bytes travel as hexadecimal digits.
pub fn json_rows<'a>(rows: impl IntoIterator<Item = &'a Cells>) -> String {
    let rows: Vec<Vec<serde_json::Value>> =
        rows.into_iter().map(|cells| cells.iter().map(json_cell).collect()).collect();
    serde_json::Value::from_iter(rows).to_string()
}

fn json_cell(value: &Value) -> serde_json::Value {
    match value {
        Value::Null => serde_json::Value::Null,
        Value::Text(text) => text.as_str().into(),
        Value::Integer(number) => (*number).into(),
        Value::Bytes(bytes) => hex::encode(bytes).into(),
    }
}

/// Binds the rows as the arrays that [`postgres_insert`] takes.
pub fn bind_columns<'q>(
    mut query: Query<'q, Postgres, PgArguments>,
    table: &Table,
    rows: &[Cells],
) -> Query<'q, Postgres, PgArguments> {
    for (index, (_, kind)) in table.columns.iter().enumerate() {
        let column = rows.iter().map(|cells| &cells[index]);
        query = match kind {
            Kind::Text => query.bind(column.map(as_text).collect::<Vec<_>>()),
            Kind::Integer => query.bind(column.map(as_integer).collect::<Vec<_>>()),
            Kind::Bytes => query.bind(column.map(as_bytes).collect::<Vec<_>>()),
        };
    }
    query
}

fn as_text(value: &Value) -> Option<String> {
    if let Value::Text(text) = value { Some(text.clone()) } else { None }
}

fn as_integer(value: &Value) -> Option<i64> {
    if let Value::Integer(number) = value { Some(*number) } else { None }
}

fn as_bytes(value: &Value) -> Option<Vec<u8>> {
    if let Value::Bytes(bytes) = value { Some(bytes.clone()) } else { None }
}
