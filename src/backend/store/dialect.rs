//! The texts that differ between SQLite and PostgreSQL, and how their values are bound.
//!
//! Bulk inserts: SQLite takes rows of parameters, PostgreSQL one array a column. Texts are made once
//! from a [`Table`]'s description and kept; no value of a person ever becomes part of a text.

use super::StoreError;
use super::table::{Cells, Kind, OnConflict, Table, Value};
use sqlx::AssertSqlSafe;
use sqlx::postgres::{PgArguments, Postgres};
use sqlx::query::Query;
use sqlx::sqlite::{Sqlite, SqliteArguments, SqliteConnection};
use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

/// Rows of one insert on SQLite: each number is a statement of its own, so there are few.
const CHUNKS: [usize; 3] = [64, 8, 1];

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

/// How many of that many rows the next insert on SQLite takes.
pub fn sqlite_chunk(rows: usize) -> usize {
    CHUNKS.into_iter().find(|chunk| *chunk <= rows).unwrap_or(1)
}

/// SQLite: inserts as many rows as [`sqlite_chunk`] says.
///
/// # Errors
/// The database failed.
pub async fn sqlite_insert(
    connection: &mut SqliteConnection,
    table: &Table,
    rows: &[&Cells],
) -> Result<(), StoreError> {
    let name = format!("{} {} {:?}", rows.len(), table.name, table.on_conflict);
    let mut query = sqlx::query(AssertSqlSafe(text(&name, || sqlite_text(table, rows.len()))));
    for value in rows.iter().copied().flatten() {
        query = bind(query, value);
    }
    query.execute(connection).await?;
    Ok(())
}

fn sqlite_text(table: &Table, rows: usize) -> String {
    let row = format!("({})", vec!["?"; table.columns.len()].join(", "));
    let (name, columns) = (table.name, table.column_list());
    let rows = vec![row.as_str(); rows].join(", ");
    format!("insert into {name} ({columns}) values {rows}{}", conflict_clause(table))
}

/// Binds a cell on SQLite.
pub fn bind<'q>(
    query: Query<'q, Sqlite, SqliteArguments>,
    value: &Value,
) -> Query<'q, Sqlite, SqliteArguments> {
    match value {
        Value::Null => query.bind(None::<i64>),
        Value::Text(text) => query.bind(text.clone()),
        Value::Integer(number) => query.bind(*number),
        Value::Bytes(bytes) => query.bind(bytes.clone()),
    }
}

/// PostgreSQL: rows of the organisation `$1` from one array for each other column, bound from `$first`
/// on; only where `condition` holds.
pub fn postgres_insert(table: &Table, first: usize, condition: &str) -> String {
    let mut arrays = String::new();
    for (index, (_, kind)) in table.columns[1..].iter().enumerate() {
        let comma = if index == 0 { "" } else { ", " };
        let kind = match kind {
            Kind::Text => "text",
            Kind::Integer => "bigint",
            Kind::Bytes => "bytea",
        };
        _ = write!(arrays, "{comma}${}::{kind}[]", first + index);
    }
    format!(
        "insert into {} ({}) select $1, * from unnest({arrays}) where {condition}{}",
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

/// Binds the rows as the arrays that [`postgres_insert`] takes.
pub fn bind_columns<'q>(
    mut query: Query<'q, Postgres, PgArguments>,
    table: &Table,
    rows: &[Cells],
) -> Query<'q, Postgres, PgArguments> {
    for (index, (_, kind)) in table.columns.iter().enumerate().skip(1) {
        let column = rows.iter().map(|cells| &cells[index]);
        query = match kind {
            Kind::Text => query.bind(column.map(as_text).collect::<Vec<_>>()),
            Kind::Integer => query.bind(column.map(as_integer).collect::<Vec<_>>()),
            Kind::Bytes => query.bind(column.map(as_bytes).collect::<Vec<_>>()),
        };
    }
    query
}

fn as_text(value: &Value) -> Option<&str> {
    if let Value::Text(text) = value { Some(text) } else { None }
}

fn as_integer(value: &Value) -> Option<i64> {
    if let Value::Integer(number) = value { Some(*number) } else { None }
}

fn as_bytes(value: &Value) -> Option<&[u8]> {
    if let Value::Bytes(bytes) = value { Some(bytes) } else { None }
}
