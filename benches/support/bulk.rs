//! Rows a second of the journal, against the database's own bulk insert of the same rows.
//!
//! The rows are those that the engine wrote: transactions, entries, keys and holds. They are inserted
//! into the same tables of another database, a thousand holds a durable transaction.

use super::holds::Pool;
use super::load::{Failure, drive};
use super::table::Row;
use super::{CLIENTS, Subject, holds};
use scrip::backend::store::Db;
use scrip::backend::store::hold::HOLD;
use scrip::backend::store::journal::{ENTRY, KEY, TRANSACTION};
use scrip::backend::store::snapshot::Snapshot;
use scrip::backend::store::table::{Cells, Kind, Table, Value};
use sqlx::AssertSqlSafe;
use std::time::Instant;

/// Holds of one transaction.
const HOLDS: usize = 1000;
/// Rows of one statement on SQLite, which takes 32,766 parameters at most.
const SQLITE_ROWS: usize = 500;
static TABLES: [&Table; 4] = [&TRANSACTION, &ENTRY, &KEY, &HOLD];

/// The row of the journal.
///
/// # Errors
/// A hold or an insert failed.
pub async fn measure(subject: &Subject<'_>, other: &Db) -> Result<Vec<Row>, Failure> {
    let Subject { db, engine, time, .. } = subject;
    subject.begin("the journal's rows");
    let clients = CLIENTS[2];
    let pools = Pool::open_many(db, engine, 1).await?;
    let client = |place| holds::Holding { engine: engine.clone(), pools: pools.clone(), place };
    let measured = drive((0..clients).map(client), *time).await?;
    let mut snapshot = Snapshot::open(db).await?;
    let mut rows = Vec::new();
    for table in TABLES {
        rows.push(snapshot.rows(table, &pools[0].organisation).await?);
    }
    drop(snapshot);
    let count: usize = rows.iter().map(Vec::len).sum();
    let a_hold = count as f64 / rows[3].len() as f64;
    subject.begin("the same rows in bulk");
    let begun = Instant::now();
    insert(other, &rows).await?;
    let bulk = count as f64 / begun.elapsed().as_secs_f64();
    let row = subject.row("journal, engine", measured, clients, "rows/s");
    let row = Row { value: measured.per_second * a_hold, ..row }.against(bulk);
    Ok(vec![row, Row::plain("journal, bulk insert", subject.name, bulk, "rows/s")])
}

async fn insert(db: &Db, rows: &[Vec<Cells>]) -> Result<(), Failure> {
    for chunk in 0..rows[3].len().div_ceil(HOLDS) {
        let part = |table: usize| {
            let rows = &rows[table];
            let size = if table == 1 { 2 * HOLDS } else { HOLDS };
            &rows[(chunk * size).min(rows.len())..((chunk + 1) * size).min(rows.len())]
        };
        match db {
            Db::Postgres(pool) => {
                let mut transaction = pool.begin().await?;
                for (index, table) in TABLES.iter().enumerate() {
                    into_postgres(&mut transaction, table, part(index)).await?;
                }
                transaction.commit().await?;
            }
            Db::Sqlite { writer, .. } => {
                let mut transaction = writer.begin_with("begin immediate").await?;
                for (index, table) in TABLES.iter().enumerate() {
                    for rows in part(index).chunks(SQLITE_ROWS) {
                        into_sqlite(&mut transaction, table, rows).await?;
                    }
                }
                transaction.commit().await?;
            }
        }
    }
    Ok(())
}

async fn into_postgres(
    connection: &mut sqlx::PgConnection,
    table: &Table,
    rows: &[Cells],
) -> Result<(), Failure> {
    let arrays: Vec<String> = (1..)
        .zip(table.columns)
        .map(|(n, (_, kind))| match kind {
            Kind::Text => format!("${n}::text[]"),
            Kind::Integer => format!("${n}::bigint[]"),
            Kind::Bytes => format!("${n}::bytea[]"),
        })
        .collect();
    let (name, columns) = (table.name, table.column_list());
    let text =
        format!("insert into {name} ({columns}) select * from unnest({})", arrays.join(", "));
    let mut query = sqlx::query(AssertSqlSafe(text));
    for (index, (_, kind)) in table.columns.iter().enumerate() {
        let cells = rows.iter().map(|row| &row[index]);
        query = match kind {
            Kind::Text => query.bind(
                cells
                    .map(
                        |cell| {
                            if let Value::Text(text) = cell { Some(text.as_str()) } else { None }
                        },
                    )
                    .collect::<Vec<_>>(),
            ),
            Kind::Integer => query.bind(
                cells
                    .map(
                        |cell| if let Value::Integer(number) = cell { Some(*number) } else { None },
                    )
                    .collect::<Vec<_>>(),
            ),
            Kind::Bytes => {
                query.bind(
                    cells
                        .map(|cell| {
                            if let Value::Bytes(bytes) = cell {
                                Some(bytes.as_slice())
                            } else {
                                None
                            }
                        })
                        .collect::<Vec<_>>(),
                )
            }
        };
    }
    query.execute(connection).await?;
    Ok(())
}

async fn into_sqlite(
    connection: &mut sqlx::SqliteConnection,
    table: &Table,
    rows: &[Cells],
) -> Result<(), Failure> {
    let row = format!("({})", vec!["?"; table.columns.len()].join(", "));
    let (name, columns) = (table.name, table.column_list());
    let values = vec![row; rows.len()].join(", ");
    let mut query =
        sqlx::query(AssertSqlSafe(format!("insert into {name} ({columns}) values {values}")));
    for cell in rows.iter().flatten() {
        query = match cell {
            Value::Null => query.bind(None::<i64>),
            Value::Text(text) => query.bind(text.as_str()),
            Value::Integer(number) => query.bind(*number),
            Value::Bytes(bytes) => query.bind(bytes.as_slice()),
        };
    }
    query.execute(connection).await?;
    Ok(())
}
