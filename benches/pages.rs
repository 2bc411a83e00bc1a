//! Pages a second and the time to their first byte, on the demo organisation.
//!
//! `cargo bench --bench pages --features ssr` (`-- --quick`, `-- --seconds 10`). The real router serves
//! over real HTTP on loopback, on an SQLite file below `/var/tmp`; clients and server share the process
//! and its cores. Every page is compared with a bare axum route in the same process. Pages are asked for
//! compressed, as browsers do; one row shows what that costs. Prints a table, writes
//! `target/bench/pages.json`.

#[path = "support/arguments.rs"]
mod arguments;
#[path = "support/load.rs"]
mod load;
#[path = "support/table.rs"]
mod table;
#[path = "support/visitor.rs"]
mod visitor;

use arguments::Arguments;
use axum::Router;
use axum::routing::get;
use clap::Parser;
use load::{Client, Failure, drive};
use scrip::backend::clock::Clock;
use scrip::backend::demo;
use scrip::backend::payments::config::PaymentsConfig;
use scrip::backend::state::{Backend, Installation};
use scrip::backend::store::Db;
use scrip::catalogue::parse;
use scrip::web::extract::TrustedProxies;
use scrip::web::router::router;
use scrip::web::security::SecurityPolicy;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;
use table::Row;
use tokio::net::TcpListener;
use visitor::{COMPRESSED, Visitor};

/// How many visitors ask at the same time.
const CLIENTS: [usize; 2] = [1, 64];
/// Who the signed-in pages are asked for by.
const SIGN_IN: &str = "email=superadmin%40example.com";
/// Where the database lies: on a disk, which the temporary folder is not everywhere.
const FOLDER: &str = "/var/tmp";

/// What is asked for, how, and by whom.
struct Page {
    name: &'static str,
    path: &'static str,
    signed_in: bool,
    encodings: &'static str,
}

const PAGES: [Page; 6] = [
    Page { name: "/healthz", path: "/healthz", signed_in: false, encodings: "" },
    Page { name: "/login", path: "/login", signed_in: false, encodings: COMPRESSED },
    Page { name: "/", path: "/", signed_in: true, encodings: COMPRESSED },
    Page { name: "/ uncompressed", path: "/", signed_in: true, encodings: "" },
    Page { name: "/credits", path: "/credits", signed_in: true, encodings: COMPRESSED },
    Page { name: "/reports", path: "/reports", signed_in: true, encodings: COMPRESSED },
];

#[derive(Parser)]
struct Command {
    #[command(flatten)]
    measuring: Arguments,
    /// Only fills this database with the demo: in a process of its own, whose memory is not measured.
    #[arg(long, hide = true)]
    fill: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let command = Command::parse();
    if let Some(file) = command.fill {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 3000));
        return Ok(demo::fill_when_empty(&backend(&file, address).await?).await?);
    }
    arguments::print_machine();
    let folder = tempfile::tempdir_in(FOLDER)?;
    let file = folder.path().join("pages.sqlite");
    fill(&file)?;
    let site = serve_site(&file).await?;
    let bare = serve(Router::new().route("/", get(|| async { "ok" }))).await?;
    let cookie = Visitor::connect(site, "/api/sign_in_to_demo").await?.sign_in(SIGN_IN).await?;
    let mut rows = vec![memory("idle")?];
    rows.extend(measure(site, bare, &cookie, command.measuring.time()).await?);
    rows.push(memory("after all this")?);
    table::publish("pages", &rows)?;
    Ok(())
}

/// Makes the demo in another process.
fn fill(file: &Path) -> Result<(), Failure> {
    let mut filling = std::process::Command::new(std::env::current_exe()?);
    let status = filling.arg("--fill").arg(file).status()?;
    if status.success() { Ok(()) } else { Err("the demo could not be made (see above)".into()) }
}

async fn backend(file: &Path, address: SocketAddr) -> Result<Backend, Failure> {
    let db = Db::open_file(file).await?;
    db.migrate().await?;
    let installation = Installation {
        public_url: format!("http://{address}"),
        data_folder: file.parent().unwrap_or(file).to_owned(),
        demo: true,
    };
    // Nobody buys anything here: the address is never asked.
    let payments =
        PaymentsConfig::sandbox("http://127.0.0.1:9", "sk_test_bench", "whsec_YmVuY2g=")?;
    Ok(Backend::new(db, Clock::System, parse::built_in(), payments, installation)?)
}

async fn serve_site(file: &Path) -> Result<SocketAddr, Failure> {
    let listener = listen().await?;
    let address = listener.local_addr()?;
    let settings = concat!(env!("CARGO_MANIFEST_DIR"), "/Leptos.toml");
    let options = leptos::prelude::get_configuration(Some(settings))?.leptos_options;
    let policy = SecurityPolicy::new(&format!("http://{address}"), Vec::new());
    let site = router(backend(file, address).await?, options, policy, TrustedProxies::default());
    run(listener, site);
    Ok(address)
}

async fn serve(site: Router) -> Result<SocketAddr, Failure> {
    let listener = listen().await?;
    let address = listener.local_addr()?;
    run(listener, site);
    Ok(address)
}

async fn listen() -> std::io::Result<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await
}

fn run(listener: TcpListener, site: Router) {
    let site = site.into_make_service_with_connect_info::<SocketAddr>();
    // It ends with the process.
    tokio::spawn(async move { _ = axum::serve(listener, site).await });
}

async fn measure(
    site: SocketAddr,
    bare: SocketAddr,
    cookie: &str,
    time: Duration,
) -> Result<Vec<Row>, Failure> {
    let bar = arguments::progress(CLIENTS.len() * (PAGES.len() + 1));
    let nothing = Page { name: "a bare axum route", path: "/", signed_in: false, encodings: "" };
    let mut rows = Vec::new();
    for clients in CLIENTS {
        let baseline = page(bare, &nothing, "", clients, time).await?;
        let value = baseline.value;
        rows.push(baseline);
        bar.inc(1);
        for asked in &PAGES {
            bar.set_message(format!("{}, {clients} clients", asked.name));
            rows.push(page(site, asked, cookie, clients, time).await?.against(value));
            bar.inc(1);
        }
    }
    bar.finish_and_clear();
    Ok(rows)
}

async fn page(
    address: SocketAddr,
    page: &Page,
    cookie: &str,
    clients: usize,
    time: Duration,
) -> Result<Row, Failure> {
    let mut visitors = Vec::with_capacity(clients);
    for _ in 0..clients {
        let mut visitor = Visitor::connect(address, page.path).await?;
        visitor.encodings = page.encodings;
        if page.signed_in {
            visitor.cookie = cookie.to_owned();
        }
        visitors.push(visitor);
    }
    visitors[0].call().await?;
    let note = format!("{} bytes", visitors[0].received);
    let row = Row::of(drive(visitors, time).await?, "requests/s");
    Ok(Row { name: page.name.to_owned(), database: "SQLite", clients, note, ..row })
}

/// Resident memory of this process, clients included.
fn memory(when: &str) -> Result<Row, Failure> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB")).unwrap_or("0");
    let megabytes = kilobytes.trim().parse::<f64>()? / 1024.0;
    Ok(Row::plain(&format!("resident memory, {when}"), "SQLite", megabytes, "MB"))
}
