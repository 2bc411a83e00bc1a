//! A fresh, migrated database for one test.

use super::postgres;
use scrip::backend::store::Db;

/// A database of one test, with nothing in it but the tables.
pub struct TestDatabase {
    /// The open database.
    pub db: Db,
    /// Its address: a second [`Db::connect`] to it is another node.
    pub url: String,
    /// Removes the SQLite file with the test.
    _folder: Option<tempfile::TempDir>,
}

impl TestDatabase {
    /// An SQLite file in a temporary folder.
    pub async fn sqlite() -> TestDatabase {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let url = format!("sqlite://{}", folder.path().join("scrip.sqlite").display());
        let db = Db::connect(&url).await.expect("an SQLite file can be opened");
        db.migrate().await.expect("the SQLite migrations run");
        TestDatabase { db, url, _folder: Some(folder) }
    }

    /// A PostgreSQL database copied from a migrated template.
    pub async fn postgres() -> TestDatabase {
        let url = postgres::fresh_database().await;
        let db = Db::connect(&url).await.expect("the test's own PostgreSQL database can be opened");
        TestDatabase { db, url, _folder: None }
    }

    /// Another node: its own connections to the same database.
    pub async fn another_node(&self) -> Db {
        Db::connect(&self.url).await.expect("the database can be opened a second time")
    }
}
