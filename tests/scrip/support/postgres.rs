//! A PostgreSQL server for the tests: the one `SCRIP_TEST_POSTGRES_URL` names, or a cluster of our own.
//!
//! Our own cluster is started once per test process, in a temporary folder, listening on a Unix socket
//! there and nowhere else. It ends by itself when the test process ends, however that ends: a shell
//! beside it waits for the end of its input, stops the server and removes the folder. Where the folder
//! lies and how the server is set up is the includer's to say: the tests run it without `fsync`, because
//! they never pull a plug; what is measured runs with the server's defaults.

use super::{CLUSTERS_FOLDER, SERVER_OPTIONS};
use scrip::backend::store::Db;
use sqlx::{Connection, PgConnection};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// Names a running server to use instead of a cluster of our own; the account must be able to make
/// databases.
const URL_VARIABLE: &str = "SCRIP_TEST_POSTGRES_URL";
/// What to do when there is no server to start.
const CURE: &str = "These tests need PostgreSQL: run `cargo xtask test`, which installs it, or \
     `apt-get install postgresql`, or set SCRIP_TEST_POSTGRES_URL to a server that may be used.";

/// Starts the server, tells when it is ready, and stops it when our end of the pipe closes.
const KEEPER: &str = r#"
trap '' INT TERM HUP
"$1/initdb" --pgdata "$2/data" --username postgres --auth trust --encoding UTF8 --no-locale \
    --no-sync >"$2/initdb.log" 2>&1 || { cat "$2/initdb.log" >&2; exit 1; }
"$1/pg_ctl" --pgdata "$2/data" --log "$2/server.log" --wait --silent --options \
    "-c listen_addresses='' -c unix_socket_directories='$2' -c max_connections=400 $3" start </dev/null >/dev/null 2>&1 \
    || { cat "$2/server.log" >&2; exit 1; }
echo ready
read -r nothing
"$1/pg_ctl" --pgdata "$2/data" --mode immediate --silent stop </dev/null >/dev/null 2>&1
rm -rf "$2"
"#;

static SERVER: OnceLock<Server> = OnceLock::new();
static TEMPLATE: OnceLock<String> = OnceLock::new();
static DATABASES: AtomicU32 = AtomicU32::new(0);

/// A server that takes connections.
struct Server {
    /// Address of its maintenance database.
    url: String,
    /// Our own cluster's keeper; its standard input stays open as long as this process lives.
    _keeper: Option<Child>,
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
        Ok(url) => Server { url, _keeper: None },
        Err(_) => start(),
    })
}

fn start() -> Server {
    let programs = programs().unwrap_or_else(|| panic!("no PostgreSQL server found. {CURE}"));
    let folder = folder();
    let mut keeper = command_as_server_account(&folder)
        .args(["sh", "-c", KEEPER, "keeper"])
        .arg(&programs)
        .arg(&folder)
        .arg(SERVER_OPTIONS)
        .current_dir(&folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("the PostgreSQL keeper does not start: {error}. {CURE}"));
    let output = keeper.stdout.take().expect("its output is piped");
    let mut line = String::new();
    BufReader::new(output).read_line(&mut line).expect("its output can be read");
    assert_eq!(line.trim(), "ready", "the PostgreSQL cluster did not start (see above). {CURE}");
    let url = format!("postgres://postgres@localhost/postgres?host={}", folder.display());
    Server { url, _keeper: Some(keeper) }
}

/// The folder of `initdb` and `pg_ctl`: in the path, or where Debian puts the newest version.
fn programs() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut debian: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .map(|versions| versions.flatten().map(|version| version.path().join("bin")).collect())
        .unwrap_or_default();
    debian.sort();
    std::env::split_paths(&path)
        .chain(debian.into_iter().rev())
        .find(|folder| folder.join("initdb").is_file() && folder.join("pg_ctl").is_file())
}

/// A new folder whose path is short enough for a Unix socket.
fn folder() -> PathBuf {
    let mut parent = CLUSTERS_FOLDER.map_or_else(std::env::temp_dir, PathBuf::from);
    if parent.as_os_str().len() > 60 {
        parent = PathBuf::from("/tmp");
    }
    tempfile::Builder::new()
        .prefix("scrip-postgres-")
        .tempdir_in(parent)
        .expect("a temporary folder can be made")
        .keep()
}

/// PostgreSQL refuses to run as root: there it runs under the account `postgres`, who gets the folder.
fn command_as_server_account(folder: &Path) -> Command {
    if output_of("id", &["-u"]) != "0" {
        return Command::new("env");
    }
    let owned = Command::new("chown").arg("postgres").arg(folder).status();
    assert!(owned.is_ok_and(|status| status.success()), "there is no account `postgres`. {CURE}");
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--init-groups"]);
    command
}

fn output_of(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    output.map(|it| String::from_utf8_lossy(&it.stdout).trim().to_owned()).unwrap_or_default()
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
