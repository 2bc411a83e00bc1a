//! Short texts from node to node, by PostgreSQL's `LISTEN` and `NOTIFY`. SQLite has one node.

use super::{Db, StoreError};
use sqlx::postgres::PgListener;

/// The channel's name.
const CHANNEL: &str = "scrip_live";
const SEND_ON_POSTGRES: &str =
    "select pg_notify('scrip_live', payload) from unnest($1::text[]) payload";

/// Sends texts of at most some thousand bytes to every node, this one among them.
///
/// # Errors
/// The database failed.
pub async fn send(db: &Db, payloads: Vec<String>) -> Result<(), StoreError> {
    if let Db::Postgres(pool) = db {
        sqlx::query(SEND_ON_POSTGRES).bind(payloads).execute(pool).await?;
    }
    Ok(())
}

/// What every node sends, from now on; `None` where there is one node only.
///
/// # Errors
/// The database failed.
pub async fn listen(db: &Db) -> Result<Option<Listener>, StoreError> {
    let Db::Postgres(pool) = db else { return Ok(None) };
    let mut listener = PgListener::connect_with(pool).await?;
    listener.listen(CHANNEL).await?;
    Ok(Some(Listener(listener)))
}

/// What a listener hears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// A text that a node sent.
    Text(String),
    /// The connection broke and is made anew: texts may have been missed.
    Broken,
    /// The program closed its connections.
    End,
}

/// Hears what nodes send.
pub struct Listener(PgListener);

impl Listener {
    /// The next thing that happens.
    ///
    /// # Errors
    /// The database cannot be reached: ask again later.
    pub async fn next(&mut self) -> Result<Heard, StoreError> {
        match self.0.try_recv().await {
            Ok(Some(notification)) => Ok(Heard::Text(notification.payload().to_owned())),
            Ok(None) => Ok(Heard::Broken),
            Err(sqlx::Error::PoolClosed) => Ok(Heard::End),
            Err(error) => Err(error.into()),
        }
    }
}
