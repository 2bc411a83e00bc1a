//! A read of many rows as of one moment, whatever is written meanwhile. For `scrip verify`.

use super::journal::{self, stored};
use super::table::{Cells, Table};
use super::{Db, StoreError, StoreRow, dialect, usage};
use crate::ledger::{Credits, OrganisationId, Span, Subject};
use sqlx::AssertSqlSafe;
use sqlx::postgres::Postgres;
use sqlx::sqlite::Sqlite;
use std::sync::Arc;

/// A transaction that only reads. It ends when it is dropped.
pub enum Snapshot {
    /// On SQLite.
    Sqlite(sqlx::Transaction<'static, Sqlite>),
    /// On PostgreSQL.
    Postgres(sqlx::Transaction<'static, Postgres>),
}

/// A transaction without its key, or whose key says another sequence.
const WITHOUT_KEY: &str = "select t.sequence as place from ledger_transaction t \
     left join ledger_key k on k.organisation = t.organisation and k.key = t.key \
     where t.organisation = $1 and (k.sequence is null or k.sequence <> t.sequence) \
     order by t.sequence limit 1";
/// A key whose transaction is not there or has another key.
const STRAY_KEY: &str = "select k.sequence as place from ledger_key k \
     left join ledger_transaction t on t.organisation = k.organisation \
     and t.sequence = k.sequence where k.organisation = $1 and (t.key is null or t.key <> k.key) \
     order by k.sequence limit 1";

/// An entry whose transaction is not there.
const STRAY_ENTRY: &str = "select e.sequence as place from ledger_entry e \
     left join ledger_transaction t on t.organisation = e.organisation \
     and t.sequence = e.sequence where e.organisation = $1 and t.sequence is null \
     order by e.sequence limit 1";

/// A hold that no transaction made.
const STRAY_HOLD: &str = "select h.id from ledger_hold h left join ledger_transaction t \
     on t.organisation = h.organisation and t.sequence = h.made_by and t.kind = 'hold' \
     and t.hold = h.id where h.organisation = $1 and t.sequence is null order by h.id limit 1";
const MONTHS: &str =
    "select distinct month from usage_rollup where organisation = $1 order by month";
const CHECKPOINTS: &str =
    "select sequence as place from ledger_checkpoint where organisation = $1 order by sequence";

/// Runs a body on the connection of either snapshot.
macro_rules! within {
    ($snapshot:expr, $connection:ident => $body:expr) => {
        match $snapshot {
            Snapshot::Sqlite(transaction) => {
                let $connection = &mut **transaction;
                $body
            }
            Snapshot::Postgres(transaction) => {
                let $connection = &mut **transaction;
                $body
            }
        }
    };
}

impl Snapshot {
    /// A snapshot of now.
    ///
    /// # Errors
    /// The database failed.
    pub async fn open(db: &Db) -> Result<Snapshot, StoreError> {
        Ok(match db {
            Db::Sqlite { reader, .. } => Snapshot::Sqlite(reader.begin().await?),
            Db::Postgres(pool) => {
                const BEGIN: &str = "begin isolation level repeatable read read only";
                Snapshot::Postgres(pool.begin_with(BEGIN).await?)
            }
        })
    }

    /// All rows of an organisation in a table, in the order of its key.
    ///
    /// # Errors
    /// The database failed, or a column is of another kind.
    pub async fn rows(
        &mut self,
        table: &'static Table,
        organisation: &OrganisationId,
    ) -> Result<Vec<Cells>, StoreError> {
        let text = text(table, "all", "");
        within!(self, connection => sqlx::query(AssertSqlSafe(text)).bind(organisation.as_str())
            .fetch_all(connection).await?.iter().map(|row| table.read(row)).collect())
    }

    /// The rows of an organisation in a table of the journal, from one sequence up to, but not with,
    /// another.
    ///
    /// # Errors
    /// The database failed, or a column is of another kind.
    pub async fn stretch(
        &mut self,
        table: &'static Table,
        organisation: &OrganisationId,
        from: u64,
        until: u64,
    ) -> Result<Vec<Cells>, StoreError> {
        let text = text(table, "stretch", " and sequence >= $2 and sequence < $3");
        within!(self, connection => sqlx::query(AssertSqlSafe(text)).bind(organisation.as_str())
            .bind(stored(from)).bind(stored(until))
            .fetch_all(connection).await?.iter().map(|row| table.read(row)).collect())
    }

    /// The first transaction that has no key of its own.
    ///
    /// # Errors
    /// The database failed.
    pub async fn without_key(&mut self, of: &OrganisationId) -> Result<Option<i64>, StoreError> {
        within!(self, connection => sqlx::query(WITHOUT_KEY).bind(of.as_str())
            .fetch_optional(connection).await?.map(|row| row.integer("place")).transpose())
    }

    /// The first sequence that a key names without being that transaction's.
    ///
    /// # Errors
    /// The database failed.
    pub async fn stray_key(&mut self, of: &OrganisationId) -> Result<Option<i64>, StoreError> {
        within!(self, connection => sqlx::query(STRAY_KEY).bind(of.as_str())
            .fetch_optional(connection).await?.map(|row| row.integer("place")).transpose())
    }

    /// The first sequence that an entry names without there being such a transaction.
    ///
    /// # Errors
    /// The database failed.
    pub async fn stray_entry(&mut self, of: &OrganisationId) -> Result<Option<i64>, StoreError> {
        within!(self, connection => sqlx::query(STRAY_ENTRY).bind(of.as_str())
            .fetch_optional(connection).await?.map(|row| row.integer("place")).transpose())
    }

    /// The first hold that no transaction made.
    ///
    /// # Errors
    /// The database failed.
    pub async fn stray_hold(&mut self, of: &OrganisationId) -> Result<Option<String>, StoreError> {
        within!(self, connection => sqlx::query(STRAY_HOLD).bind(of.as_str())
            .fetch_optional(connection).await?.map(|row| row.text("id")).transpose())
    }

    /// The months that have roll-ups, the earliest first.
    ///
    /// # Errors
    /// The database failed.
    pub async fn months(&mut self, of: &OrganisationId) -> Result<Vec<String>, StoreError> {
        within!(self, connection => sqlx::query(MONTHS).bind(of.as_str())
            .fetch_all(connection).await?.iter().map(|row| row.text("month")).collect())
    }

    /// The places of an organisation's checkpoints, the first first.
    ///
    /// # Errors
    /// The database failed.
    pub async fn checkpoints(&mut self, of: &OrganisationId) -> Result<Vec<u64>, StoreError> {
        within!(self, connection => sqlx::query(CHECKPOINTS).bind(of.as_str())
            .fetch_all(connection).await?.iter().map(|row| journal::sequence(row, "place"))
            .collect())
    }

    /// What a subject had used in a stretch of time before one transaction.
    ///
    /// # Errors
    /// The database failed.
    pub async fn used_before(
        &mut self,
        of: &OrganisationId,
        subject: &Subject,
        span: Span,
        before: u64,
    ) -> Result<Credits, StoreError> {
        let filter = usage::SpanFilter::of(subject, span);
        let places = usage::Places { after: 0, before };
        let amount = within!(self, connection => filter.bind(sqlx::query(usage::IN_SPAN), of, places)
            .fetch_one(connection).await?.integer("amount"))?;
        Ok(Credits::from_micro(-amount))
    }

    /// The rows of an organisation in a table whose second key column is one of `ids`.
    ///
    /// # Errors
    /// The database failed, or a column is of another kind.
    pub async fn named(
        &mut self,
        table: &'static Table,
        of: &OrganisationId,
        ids: Vec<String>,
    ) -> Result<Vec<Cells>, StoreError> {
        match self {
            Snapshot::Sqlite(transaction) => {
                let text = text(table, "named", " and id in (select value from json_each($2))");
                let query = sqlx::query(AssertSqlSafe(text)).bind(of.as_str());
                let rows = query.bind(journal::json(&ids)).fetch_all(&mut **transaction).await?;
                rows.iter().map(|row| table.read(row)).collect()
            }
            Snapshot::Postgres(transaction) => {
                let text = text(table, "any named", " and id = any($2::text[])");
                let query = sqlx::query(AssertSqlSafe(text)).bind(of.as_str());
                let rows = query.bind(ids).fetch_all(&mut **transaction).await?;
                rows.iter().map(|row| table.read(row)).collect()
            }
        }
    }

    /// The rows of an organisation in a table of roll-ups, of one month.
    ///
    /// # Errors
    /// The database failed, or a column is of another kind.
    pub async fn month(
        &mut self,
        table: &'static Table,
        of: &OrganisationId,
        month: &str,
    ) -> Result<Vec<Cells>, StoreError> {
        let text = text(table, "month", " and month = $2");
        within!(self, connection => sqlx::query(AssertSqlSafe(text)).bind(of.as_str()).bind(month)
            .fetch_all(connection).await?.iter().map(|row| table.read(row)).collect())
    }
}

fn text(table: &Table, what: &str, condition: &str) -> Arc<str> {
    dialect::text(&format!("{what} of {}", table.name), || {
        let key: Vec<&str> = table.columns[..table.key].iter().map(|(name, _)| *name).collect();
        format!(
            "select {} from {} where organisation = $1{condition} order by {}",
            table.column_list(),
            table.name,
            key.join(", ")
        )
    })
}
