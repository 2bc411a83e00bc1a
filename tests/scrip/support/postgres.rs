//! A PostgreSQL server for the tests: the one `SCRIP_TEST_POSTGRES_URL` names, or a cluster of our own.
//!
//! Our own cluster is started once per test process and ends with it. Where its folder lies and how the
//! server is set up is the includer's to say: the tests run it without `fsync`, because they never pull
//! a plug; what is measured runs with the server's defaults.

use super::{CLUSTERS_FOLDER, SERVER_OPTIONS};
use scrip::backend::simulation::Cluster;
use scrip::backend::store::Db;
use sqlx::{Connection, PgConnection};
use std::path::PathBuf;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// Names a running server to use instead of a cluster of our own; the account must be able to make
/// databases.
const URL_VARIABLE: &str = "SCRIP_TEST_POSTGRES_URL";
/// What to do when there is no server to start.
const CURE: &str = "These tests need PostgreSQL: run `cargo xtask test`, which installs it, or set \
     SCRIP_TEST_POSTGRES_URL to a server that may be used.";

static SERVER: OnceLock<Server> = OnceLock::new();
static TEMPLATE: OnceLock<String> = OnceLock::new();
static DATABASES: AtomicU32 = AtomicU32::new(0);

/// A server that takes connections.
struct Server {
    /// Address of its maintenance database.
    url: String,
    /// Our own cluster, which lives as long as this process.
    _cluster: Option<Cluster>,
}

/// The address of a new database with all tables, copied from a template.
pub async fn fresh_database() -> String {
    // Starting takes a second of blocking work, and happens once.
    let template = tokio::task::spawn_blocking(template).await.expect("the server starts");
    let name = unique_name("test");
    run(&format!("create database {name} template {template}")).await;
    with_database(&server().url, &name)
}

/// The name of a migrated database that nobody is connected to.
fn template() -> &'static str {
    TEMPLATE.get_or_init(|| {
        let name = unique_name("template");
        let url = with_database(&server().url, &name);
        let create = format!("create database {name}");
        in_runtime(async move {
            run(&create).await;
            let db = Db::connect(&url).await.expect("the template can be opened");
            db.migrate().await.expect("the PostgreSQL migrations run");
            db.close().await;
        });
        name
    })
}

/// Runs a future to its end on a thread with no runtime of its own.
fn in_runtime(future: impl Future<Output = ()> + Send + 'static) {
    let thread = std::thread::spawn(|| {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime can be made")
            .block_on(future);
    });
    thread.join().expect("the template is made");
}

async fn run(statement: &str) {
    let mut connection =
        PgConnection::connect(&server().url).await.expect("the PostgreSQL server answers");
    sqlx::raw_sql(sqlx::AssertSqlSafe(statement.to_owned()))
        .execute(&mut connection)
        .await
        .unwrap_or_else(|error| panic!("{statement}: {error}"));
    connection.close().await.expect("the connection closes");
}

fn unique_name(purpose: &str) -> String {
    let number = DATABASES.fetch_add(1, Ordering::Relaxed);
    format!("scrip_{purpose}_{}_{number}", std::process::id())
}

fn server() -> &'static Server {
    SERVER.get_or_init(|| match std::env::var(URL_VARIABLE) {
        Ok(url) => Server { url, _cluster: None },
        Err(_) => start(),
    })
}

fn start() -> Server {
    let parent = CLUSTERS_FOLDER.map_or_else(std::env::temp_dir, PathBuf::from);
    let cluster =
        Cluster::start(&parent, SERVER_OPTIONS).unwrap_or_else(|error| panic!("{error}\n{CURE}"));
    Server { url: cluster.url("postgres"), _cluster: Some(cluster) }
}

/// The same server's address for another database.
fn with_database(url: &str, database: &str) -> String {
    let (address, parameters) = url.split_once('?').map_or((url, None), |(a, p)| (a, Some(p)));
    let scheme = address.find("://").map_or(0, |at| at + 3);
    let host = address[scheme..].find('/').map_or(address, |at| &address[..scheme + at]);
    match parameters {
        Some(parameters) => format!("{host}/{database}?{parameters}"),
        None => format!("{host}/{database}"),
    }
}
