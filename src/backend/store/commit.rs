//! Writing a group: everything it booked, or nothing, and only if nobody else wrote meanwhile.
//!
//! The head's sequence is the version. PostgreSQL takes the whole group of one organisation as one
//! statement (one round trip, its own transaction): the head is compared and set in its first part, and
//! every insert asks whether that succeeded. SQLite takes the groups of several organisations in one
//! transaction, with a few statements a table.
//!
//! What is new (transactions, keys, new lots and holds) is inserted plainly: a key that is there already
//! fails the group ([`is_duplicate`]), so nobody has to ask first whether it is free.

use super::budget::BUDGET;
use super::dialect;
use super::hold::{HOLD, NEW_HOLD};
use super::journal::{ENTRY, KEY, TRANSACTION, stored};
use super::lot::{LOT, NEW_LOT};
use super::outflow::OUTFLOW;
use super::table::{Cells, Table, Value};
use super::terms::TERMS;
use super::usage::ROLLUP;
use super::{Db, StoreError, StoreRow, journal, statement};
use crate::ledger::{Hash, IdempotencyKey, OrganisationId};
use sqlx::postgres::{PgArguments, PgConnection, PgPool, Postgres};
use sqlx::query::Query;
use sqlx::sqlite::{SqliteConnection, SqlitePool};
use sqlx::{AssertSqlSafe, Connection, Executor};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// The tables that a group adds to, in the order of [`GroupWrite::rows`].
pub static TABLES: [&Table; 11] = [
    &KEY,
    &NEW_HOLD,
    &NEW_LOT,
    &TRANSACTION,
    &ENTRY,
    &HOLD,
    &LOT,
    &BUDGET,
    &OUTFLOW,
    &TERMS,
    &ROLLUP,
];

const KNOWN_ON_SQLITE: &str = "select h.sequence as version, k.key, k.fingerprint, k.sequence \
     from (select coalesce((select sequence from ledger_head where organisation = $1), 0) \
     as sequence) h left join ledger_key k on k.organisation = $1 \
     and k.key in (select value from json_each($2))";
const KNOWN_ON_POSTGRES: &str = "select h.sequence as version, k.key, k.fingerprint, k.sequence \
     from (select coalesce((select sequence from ledger_head where organisation = $1), 0) \
     as sequence) h left join ledger_key k on k.organisation = $1 and k.key = any($2::text[])";
const VERSIONS_ON_SQLITE: &str = "select o.value as organisation, \
     coalesce((select sequence from ledger_head h where h.organisation = o.value), 0) as version \
     from json_each($1) o";
const VERSIONS_ON_POSTGRES: &str = "select o as organisation, \
     coalesce((select sequence from ledger_head h where h.organisation = o), 0) as version \
     from unnest($1::text[]) o";
/// Planning the statement of a group takes as long as running it on a few rows.
const PLAN_ONCE: &str = "set plan_cache_mode = force_generic_plan";

/// What one organisation's part of a group writes.
#[derive(Clone, Debug)]
pub struct GroupWrite {
    /// The head's sequence that the group was decided on; 0 where there was no head.
    pub expected: u64,
    /// The head after it.
    pub head: Cells,
    /// The rows to add, table by table as in [`TABLES`].
    pub rows: [Vec<Cells>; TABLES.len()],
}

impl GroupWrite {
    /// Rows that it writes, the head among them.
    pub fn row_count(&self) -> usize {
        1 + self.rows.iter().map(Vec::len).sum::<usize>()
    }
}

/// What the database knows about the keys of a group.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// The head's sequence now; 0 where there is no head.
    pub version: u64,
    /// Fingerprint and first sequence of those keys that were used before.
    pub keys: HashMap<IdempotencyKey, (Hash, u64)>,
}

/// How writing a group ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// Everything is durable.
    Committed {
        /// Statements that it took.
        statements: u64,
    },
    /// Somebody else wrote first: nothing was written. Read again and decide again.
    Moved,
}

/// Which of these keys were used before, and the version of the ledger.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn known(
    db: &Db,
    organisation: &OrganisationId,
    keys: &[&IdempotencyKey],
) -> Result<Known, StoreError> {
    let keys: Vec<&str> = keys.iter().map(|key| key.as_str()).collect();
    match db {
        Db::Sqlite { reader, .. } => {
            let json = journal::json(&keys);
            let query = sqlx::query(KNOWN_ON_SQLITE).bind(organisation.as_str()).bind(json);
            known_of(query.fetch_all(reader).await?.iter())
        }
        Db::Postgres(pool) => {
            let query = sqlx::query(KNOWN_ON_POSTGRES).bind(organisation.as_str()).bind(keys);
            known_of(query.fetch_all(pool).await?.iter())
        }
    }
}

/// The versions of several ledgers, in one statement; 0 where there is no head.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn versions(
    db: &Db,
    organisations: &[&OrganisationId],
) -> Result<HashMap<OrganisationId, u64>, StoreError> {
    let names: Vec<&str> = organisations.iter().map(|organisation| organisation.as_str()).collect();
    match db {
        Db::Sqlite { reader, .. } => {
            let query = sqlx::query(VERSIONS_ON_SQLITE).bind(journal::json(&names));
            query.fetch_all(reader).await?.iter().map(version_of).collect()
        }
        Db::Postgres(pool) => {
            let query = sqlx::query(VERSIONS_ON_POSTGRES).bind(names);
            query.fetch_all(pool).await?.iter().map(version_of).collect()
        }
    }
}

fn version_of(row: &impl StoreRow) -> Result<(OrganisationId, u64), StoreError> {
    let organisation = row.parsed("ledger_head", "organisation", OrganisationId::parse)?;
    Ok((organisation, journal::sequence(row, "version")?))
}

fn known_of<'r, R: StoreRow + 'r>(rows: impl Iterator<Item = &'r R>) -> Result<Known, StoreError> {
    let mut known = Known::default();
    for row in rows {
        known.version = journal::sequence(row, "version")?;
        if let Some(key) = row.parsed_or_none("ledger_key", "key", IdempotencyKey::parse)? {
            let fingerprint = journal::hash(row, "ledger_key", "fingerprint")?;
            known.keys.insert(key, (fingerprint, journal::sequence(row, "sequence")?));
        }
    }
    Ok(known)
}

/// Whether a write failed because something that should be new is there already: nothing was written.
pub fn is_duplicate(error: &StoreError) -> bool {
    let StoreError::Database(sqlx::Error::Database(inner)) = error else { return false };
    inner.is_unique_violation()
}

/// Writes groups, on connections of its own: on PostgreSQL they keep the plans of their statements.
#[derive(Debug)]
pub struct Committer {
    db: Db,
    idle: Mutex<Vec<PgConnection>>,
}

impl Committer {
    /// A committer without connections yet.
    pub fn new(db: Db) -> Committer {
        Committer { db, idle: Mutex::default() }
    }

    /// Writes groups: those of several organisations on SQLite, exactly one on PostgreSQL.
    ///
    /// # Errors
    /// The database failed; whether the group was written is then unknown until its keys are read
    /// again, unless [`is_duplicate`].
    pub async fn write(&self, groups: &[GroupWrite]) -> Result<Written, StoreError> {
        match &self.db {
            Db::Sqlite { writer, .. } => write_to_sqlite(writer, groups).await,
            Db::Postgres(pool) => {
                let mut written = Written::Committed { statements: 0 };
                for group in groups {
                    let mut connection = self.connection(pool).await?;
                    let result = write_to_postgres(&mut connection, group).await;
                    match &result {
                        // Where one broke, the others are likely to be broken too.
                        Err(error) if !is_duplicate(error) => self.idle().clear(),
                        _ => self.idle().push(connection),
                    }
                    written = result?;
                }
                Ok(written)
            }
        }
    }

    /// A connection that is not in use. A broken one is found out by using it.
    async fn connection(&self, pool: &PgPool) -> Result<PgConnection, StoreError> {
        if pool.is_closed() {
            return Err(sqlx::Error::PoolClosed.into());
        }
        let idle = self.idle().pop();
        if let Some(connection) = idle {
            return Ok(connection);
        }
        let mut connection = PgConnection::connect_with(&pool.connect_options()).await?;
        connection.execute(PLAN_ONCE).await?;
        Ok(connection)
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<PgConnection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn write_to_sqlite(pool: &SqlitePool, groups: &[GroupWrite]) -> Result<Written, StoreError> {
    let mut transaction = pool.begin_with("begin immediate").await?;
    let mut statements = 0;
    for group in groups {
        statements += 1;
        if !set_head(&mut transaction, group).await? {
            transaction.rollback().await?;
            return Ok(Written::Moved);
        }
    }
    for (index, table) in TABLES.iter().enumerate() {
        let rows: Vec<&Cells> = groups.iter().flat_map(|group| &group.rows[index]).collect();
        let mut rest = rows.as_slice();
        while !rest.is_empty() {
            let (chunk, after) = rest.split_at(dialect::sqlite_chunk(rest.len()));
            dialect::sqlite_insert(&mut transaction, table, chunk).await?;
            statements += 1;
            rest = after;
        }
    }
    transaction.commit().await?;
    Ok(Written::Committed { statements })
}

async fn set_head(
    connection: &mut SqliteConnection,
    group: &GroupWrite,
) -> Result<bool, StoreError> {
    let text = dialect::text(statement::head_name(group), || statement::head(group));
    let mut query = sqlx::query(AssertSqlSafe(text));
    for value in &group.head {
        query = dialect::bind(query, value);
    }
    if group.expected > 0 {
        query = query.bind(stored(group.expected));
    }
    Ok(query.execute(connection).await?.rows_affected() == 1)
}

async fn write_to_postgres(
    connection: &mut PgConnection,
    group: &GroupWrite,
) -> Result<Written, StoreError> {
    let text = dialect::text(&statement::postgres_name(group), || statement::postgres(group));
    let mut query = bind_head(sqlx::query(AssertSqlSafe(text)), group);
    for (table, rows) in TABLES.iter().zip(&group.rows) {
        if !rows.is_empty() {
            query = dialect::bind_columns(query, table, rows);
        }
    }
    let written = query.fetch_one(connection).await?.integer("written")?;
    Ok(if written == 1 { Written::Committed { statements: 1 } } else { Written::Moved })
}

fn bind_head<'q>(
    mut query: Query<'q, Postgres, PgArguments>,
    group: &GroupWrite,
) -> Query<'q, Postgres, PgArguments> {
    for value in &group.head {
        query = match value {
            Value::Null => query.bind(None::<i64>),
            Value::Text(text) => query.bind(text.clone()),
            Value::Integer(number) => query.bind(*number),
            Value::Bytes(bytes) => query.bind(bytes.clone()),
        };
    }
    if group.expected > 0 { query.bind(stored(group.expected)) } else { query }
}
