//! A pool on either database, and the macro that runs one SQL text on it.

use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

/// Connections that read an SQLite file at the same time.
const SQLITE_READERS: u32 = 8;
/// Connections to PostgreSQL.
const POSTGRES_CONNECTIONS: u32 = 16;
/// How long a writer of another process may hold the SQLite file before we give up.
const SQLITE_BUSY_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a request waits for a free connection before it is told that the database is busy.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);
/// A connection idle for longer is asked whether it still lives before it is used.
const PING_AFTER: Duration = Duration::from_secs(2);

static SQLITE_MIGRATIONS: Migrator = sqlx::migrate!("migrations/sqlite");
static POSTGRES_MIGRATIONS: Migrator = sqlx::migrate!("migrations/postgres");

/// A migration that did not go through.
pub use sqlx::migrate::MigrateError;

/// The database, on either engine. Cheap to clone.
#[derive(Clone, Debug)]
pub enum Db {
    /// One file. SQLite has one writer at a time: a pool of one connection makes writers of this
    /// process queue in memory instead of hitting `SQLITE_BUSY`, while readers go on beside it.
    Sqlite {
        /// Connections that only read.
        reader: SqlitePool,
        /// The one connection that writes.
        writer: SqlitePool,
    },
    /// A PostgreSQL database.
    Postgres(PgPool),
}

/// Runs one body on either database: `on!(db, read pool => sqlx::query(SQL).bind(id).fetch_one(pool))`.
///
/// `read` may land on a connection that cannot see an uncommitted write of ours; `write` takes the one
/// writer of SQLite. On PostgreSQL both are the same pool. `pool` is a `&Pool`, an sqlx executor.
#[macro_export]
macro_rules! on {
    ($db:expr, read $pool:ident => $body:expr) => {
        match $db {
            $crate::backend::store::Db::Sqlite { reader: $pool, .. } => $body,
            $crate::backend::store::Db::Postgres($pool) => $body,
        }
    };
    ($db:expr, write $pool:ident => $body:expr) => {
        match $db {
            $crate::backend::store::Db::Sqlite { writer: $pool, .. } => $body,
            $crate::backend::store::Db::Postgres($pool) => $body,
        }
    };
}

impl Db {
    /// Opens `sqlite://path/to/file`, made when missing, or `postgres://…`.
    ///
    /// # Errors
    /// The address is of neither kind, or the database cannot be reached.
    pub async fn connect(url: &str) -> Result<Db, sqlx::Error> {
        if url.starts_with("sqlite:") {
            Db::connect_sqlite(SqliteConnectOptions::from_str(url)?).await
        } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            Db::connect_postgres(PgConnectOptions::from_str(url)?).await
        } else {
            Err(sqlx::Error::Configuration(
                "the database address must begin with sqlite:// or postgres://".into(),
            ))
        }
    }

    /// Opens the SQLite file at `path`, made when missing.
    ///
    /// # Errors
    /// The file cannot be opened or made.
    pub async fn open_file(path: &Path) -> Result<Db, sqlx::Error> {
        Db::connect_sqlite(SqliteConnectOptions::new().filename(path)).await
    }

    async fn connect_sqlite(options: SqliteConnectOptions) -> Result<Db, sqlx::Error> {
        let options = options
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(SQLITE_BUSY_TIMEOUT)
            .statement_cache_capacity(256);
        // The writer first: it makes the file and turns on the write-ahead log.
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_with(options.clone())
            .await?;
        let reader = SqlitePoolOptions::new()
            .max_connections(SQLITE_READERS)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .connect_lazy_with(options.pragma("query_only", "on"));
        Ok(Db::Sqlite { reader, writer })
    }

    async fn connect_postgres(options: PgConnectOptions) -> Result<Db, sqlx::Error> {
        let pool = PgPoolOptions::new()
            .max_connections(POSTGRES_CONNECTIONS)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            // Asking a connection that was busy a moment ago whether it lives costs a round trip a group.
            .test_before_acquire(false)
            .before_acquire(|connection, meta| {
                Box::pin(async move {
                    if meta.idle_for < PING_AFTER {
                        return Ok(true);
                    }
                    Ok(sqlx::Connection::ping(connection).await.is_ok())
                })
            })
            .connect_with(options.application_name("scrip").statement_cache_capacity(256))
            .await?;
        Ok(Db::Postgres(pool))
    }

    /// Brings the tables up to what this program expects; safe to call at every start, on every node.
    ///
    /// # Errors
    /// A migration failed, or the database is newer than this program.
    pub async fn migrate(&self) -> Result<(), MigrateError> {
        match self {
            Db::Sqlite { writer, .. } => SQLITE_MIGRATIONS.run(writer).await,
            Db::Postgres(pool) => POSTGRES_MIGRATIONS.run(pool).await,
        }
    }

    /// Makes an empty database beside this one. `name` is a plain word of ours; SQLite has no server
    /// that could be asked.
    ///
    /// # Errors
    /// The server refuses, or there is none.
    pub async fn create_database(&self, name: &str) -> Result<(), sqlx::Error> {
        let Db::Postgres(pool) = self else {
            return Err(sqlx::Error::Configuration("SQLite has one database a file".into()));
        };
        let statement = format!("create database \"{name}\"");
        sqlx::query(sqlx::AssertSqlSafe(statement)).execute(pool).await.map(|_| ())
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// It does not.
    pub async fn ping(&self) -> Result<(), sqlx::Error> {
        on!(self, read pool => sqlx::query("select 1").execute(pool).await.map(|_| ()))
    }

    /// Closes all connections after what they are doing.
    pub async fn close(&self) {
        match self {
            Db::Sqlite { reader, writer } => {
                reader.close().await;
                writer.close().await;
            }
            Db::Postgres(pool) => pool.close().await,
        }
    }
}
