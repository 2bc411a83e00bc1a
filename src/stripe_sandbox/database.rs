//! The SQLite file: opening it, its migrations, and the few settings that must outlive a restart.

use std::path::Path;
use std::time::Duration;

use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

use super::identifier;

/// How long a transaction waits for another one before it fails.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
/// Readers beside the one writer.
const CONNECTIONS: u32 = 4;

/// Every change of the tables, in order. A file's `user_version` says how many it has had.
const MIGRATIONS: [&str; 2] = [
    include_str!("migrations/0001_objects.sql"),
    include_str!("migrations/0002_trouble_and_saved_cards.sql"),
];

/// Opens or creates the file and brings its tables up.
pub(crate) async fn open(path: &Path) -> Result<SqlitePool, sqlx::Error> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(sqlx::Error::Io)?;
    }
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Normal)
        .busy_timeout(BUSY_TIMEOUT);
    let pool = SqlitePoolOptions::new().max_connections(CONNECTIONS).connect_with(options).await?;
    migrate(&pool).await?;
    Ok(pool)
}

async fn migrate(pool: &SqlitePool) -> Result<(), sqlx::Error> {
    let mut transaction = pool.begin_with("begin immediate").await?;
    let had: i64 = sqlx::query_scalar("pragma user_version").fetch_one(&mut *transaction).await?;
    let had = usize::try_from(had).unwrap_or(0);
    for migration in MIGRATIONS.iter().skip(had) {
        sqlx::raw_sql(*migration).execute(&mut *transaction).await?;
    }
    let version = format!("pragma user_version = {}", MIGRATIONS.len());
    sqlx::raw_sql(sqlx::AssertSqlSafe(version)).execute(&mut *transaction).await?;
    transaction.commit().await
}

/// How far the test clock is ahead of the machine's, in milliseconds.
pub(crate) async fn clock_ahead(pool: &SqlitePool) -> Result<i64, sqlx::Error> {
    let kept: Option<String> =
        sqlx::query_scalar("select value from settings where name = 'clock_ahead'")
            .fetch_optional(pool)
            .await?;
    Ok(kept.and_then(|text| text.parse().ok()).unwrap_or(0))
}

/// Keeps how far the test clock is ahead.
pub(crate) async fn keep_clock_ahead(pool: &SqlitePool, ahead: i64) -> Result<(), sqlx::Error> {
    sqlx::query("insert or replace into settings (name, value) values ('clock_ahead', $1)")
        .bind(ahead.to_string())
        .execute(pool)
        .await?;
    Ok(())
}

/// A setting that is made once and then kept.
async fn setting(
    pool: &SqlitePool,
    name: &str,
    make: fn() -> String,
) -> Result<String, sqlx::Error> {
    sqlx::query("insert into settings (name, value) values ($1, $2) on conflict do nothing")
        .bind(name)
        .bind(make())
        .execute(pool)
        .await?;
    sqlx::query_scalar("select value from settings where name = $1")
        .bind(name)
        .fetch_one(pool)
        .await
}

/// The keys of one sandbox. Made at its first start, the same ever after.
#[derive(Clone)]
pub struct SandboxKeys {
    /// `sk_test_…`, what API callers send.
    pub secret_key: String,
    /// `whsec_…`, what webhooks are signed with.
    pub webhook_secret: String,
}

impl SandboxKeys {
    /// Reads the keys kept in the sandbox's file, making file and keys when they are not there.
    pub async fn load_or_create(database: &Path) -> Result<Self, sqlx::Error> {
        let pool = open(database).await?;
        let secret_key = setting(&pool, "secret_key", identifier::new_secret_key).await?;
        let webhook_secret =
            setting(&pool, "webhook_secret", identifier::new_webhook_secret).await?;
        pool.close().await;
        Ok(SandboxKeys { secret_key, webhook_secret })
    }
}
