//! The API through HTTP: balance, hold, and hold with settle, against empty routes in the same run.
//!
//! `cargo bench --bench api --features ssr` (`-- --quick`, `-- --seconds 10`). The real router serves over
//! real HTTP on loopback, on an SQLite file below `/var/tmp`; clients and server share the process and its
//! cores. The baseline is the same requests by the same client to routes that read the body and answer a few
//! fixed bytes. Prints a table, writes `target/bench/api.json`.

#[path = "support/arguments.rs"]
mod arguments;
#[path = "support/load.rs"]
mod load;
#[path = "support/table.rs"]
#[allow(dead_code, reason = "other benches have rows of other kinds")]
mod table;

use arguments::Arguments;
use axum::Router;
use axum::body::Bytes;
use axum::http::{Request, header};
use clap::Parser;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use load::{Client, Failure, drive};
use scrip::backend::access::api_keys::{Maker, Mode, NewApiKey};
use scrip::backend::access::{NewOrganisation, NewUser};
use scrip::backend::clock::Clock;
use scrip::backend::id;
use scrip::backend::payments::config::PaymentsConfig;
use scrip::backend::state::{Backend, Installation};
use scrip::backend::store::Db;
use scrip::catalogue::parse;
use scrip::ledger::command::Grant;
use scrip::ledger::{
    Actor, ApiKeyId, Command, Credits, IdempotencyKey, LotId, Order, OrganisationId, Origin, Source,
};
use scrip::model::api_keys::{Scope, Scopes};
use scrip::model::permission::Role;
use scrip::web::extract::TrustedProxies;
use scrip::web::router::router;
use scrip::web::security::SecurityPolicy;
use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroU32;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use table::Row;
use tokio::net::{TcpListener, TcpStream};

/// How many programs call at the same time.
const CLIENTS: [usize; 3] = [1, 64, 512];
/// Where the database lies: on a disk, which the temporary folder is not everywhere.
const FOLDER: &str = "/var/tmp";
/// Credits that nobody can use up in a run.
const PLENTY: i64 = 1_000_000_000;
/// No key waits here.
const RATE: NonZeroU32 = NonZeroU32::MIN.saturating_add(1_000_000);

/// What a call is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Call {
    Balance,
    Hold,
    HoldAndSettle,
}

const CALLS: [(Call, &str); 3] = [
    (Call::Balance, "GET /v1/balance"),
    (Call::Hold, "POST /v1/holds"),
    (Call::HoldAndSettle, "POST /v1/holds, then …/settle"),
];

#[derive(Parser)]
struct Benchmark {
    #[command(flatten)]
    measuring: Arguments,
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let time = Benchmark::parse().measuring.time();
    arguments::print_machine();
    let folder = tempfile::tempdir_in(FOLDER)?;
    let (site, secret) = serve_site(&folder.path().join("api.sqlite")).await?;
    let bare = Router::new().fallback(|_body: Bytes| async { r#"{"id":"hold_1"}"# });
    let bare = serve(bare).await?;
    let bar = arguments::progress(CLIENTS.len() * CALLS.len() * 2);
    let mut rows = Vec::new();
    for clients in CLIENTS {
        for (call, name) in CALLS {
            bar.set_message(format!("{name}, {clients} clients"));
            let empty = measure(bare, call, &secret, clients, time).await?;
            bar.inc(1);
            let row = measure(site, call, &secret, clients, time).await?;
            bar.inc(1);
            let row = Row { name: name.to_owned(), database: "SQLite", ..row };
            rows.push(row.against(empty.value));
        }
    }
    bar.finish_and_clear();
    table::publish("api", &rows)?;
    Ok(())
}

async fn measure(
    address: SocketAddr,
    call: Call,
    secret: &str,
    clients: usize,
    time: Duration,
) -> Result<Row, Failure> {
    static KEYS: AtomicU64 = AtomicU64::new(0);
    let mut programs = Vec::with_capacity(clients);
    for _ in 0..clients {
        programs.push(Program::connect(address, call, secret, &KEYS).await?);
    }
    programs[0].call().await?;
    Ok(Row { clients, ..Row::of(drive(programs, time).await?, "calls/s") })
}

/// One connection of a program that stays open.
struct Program {
    connection: SendRequest<Full<Bytes>>,
    call: Call,
    authorization: Arc<str>,
    keys: &'static AtomicU64,
}

impl Program {
    async fn connect(
        address: SocketAddr,
        call: Call,
        secret: &str,
        keys: &'static AtomicU64,
    ) -> Result<Program, Failure> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let (connection, driver) = handshake(TokioIo::new(stream)).await?;
        // It ends with the connection; a fault is seen by the request that meets it.
        tokio::spawn(async move { _ = driver.await });
        let authorization = format!("Bearer {secret}").into();
        Ok(Program { connection, call, authorization, keys })
    }

    async fn send(&mut self, method: &str, path: &str, body: &str) -> Result<Bytes, Failure> {
        let number = self.keys.fetch_add(1, Ordering::Relaxed);
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, "127.0.0.1")
            .header(header::AUTHORIZATION, self.authorization.as_ref())
            .header(header::CONTENT_TYPE, "application/json")
            .header("idempotency-key", format!("bench-{number}"))
            .body(Full::from(body.to_owned()))?;
        self.connection.ready().await?;
        let answer = self.connection.send_request(request).await?;
        let status = answer.status();
        let bytes = answer.collect().await?.to_bytes();
        if status.is_success() {
            return Ok(bytes);
        }
        Err(format!("{method} {path}: {status} {}", String::from_utf8_lossy(&bytes)).into())
    }

    async fn hold(&mut self) -> Result<String, Failure> {
        let body = r#"{"amount":"1","operation":"chat"}"#;
        let answer = self.send("POST", "/v1/holds", body).await?;
        let answer: serde_json::Value = serde_json::from_slice(&answer)?;
        Ok(answer["id"].as_str().ok_or("a hold without an id")?.to_owned())
    }
}

impl Client for Program {
    async fn call(&mut self) -> Result<Duration, Failure> {
        let begun = Instant::now();
        match self.call {
            Call::Balance => drop(self.send("GET", "/v1/balance", "").await?),
            Call::Hold => drop(self.hold().await?),
            Call::HoldAndSettle => {
                let path = format!("/v1/holds/{}/settle", self.hold().await?);
                self.send("POST", &path, r#"{"amount":"0.5"}"#).await?;
            }
        }
        Ok(begun.elapsed())
    }
}

async fn serve_site(file: &Path) -> Result<(SocketAddr, String), Failure> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    let db = Db::open_file(file).await?;
    db.migrate().await?;
    let installation = Installation {
        public_url: format!("http://{address}"),
        data_folder: file.parent().unwrap_or(file).to_owned(),
        demo: false,
    };
    // Nobody buys anything here: the address is never asked.
    let payments =
        PaymentsConfig::sandbox("http://127.0.0.1:9", "sk_test_bench", "whsec_YmVuY2g=")?;
    let backend = Backend::new(db, Clock::System, parse::built_in(), payments, installation)?;
    let secret = found(&backend).await?;
    let settings = concat!(env!("CARGO_MANIFEST_DIR"), "/Leptos.toml");
    let options = leptos::prelude::get_configuration(Some(settings))?.leptos_options;
    let policy = SecurityPolicy::new(&format!("http://{address}"), Vec::new());
    let backend = backend.called_at_most(RATE);
    run(listener, router(backend, options, policy, TrustedProxies::default()));
    Ok((address, secret))
}

/// An organisation with plenty of credits, and the secret of a key of it.
async fn found(backend: &Backend) -> Result<String, Failure> {
    let owner = NewUser {
        name: "Ada".into(),
        email: "ada@bench.test".into(),
        password: "a lamp in the harbour".into(),
    };
    let terms = NewOrganisation {
        name: "Bench".into(),
        currency: "USD".into(),
        time_zone: "UTC".into(),
        catalogue: backend.catalogue.code.clone(),
    };
    let now = backend.now();
    let (_, organisation) = backend.access.found_organisation(&owner, &terms, now).await?;
    grant(backend, &organisation).await?;
    let maker = Maker { organisation, user: None, role: Role::Superadmin, staff: false };
    let new = NewApiKey {
        id: id::fresh(now, ApiKeyId::from_uuid_simple),
        name: "Bench".into(),
        scopes: Scopes::of([Scope::Read, Scope::Spend]),
        department: None,
    };
    let made = backend.access.create_api_key(&maker, &new, Mode::Test, now).await?;
    Ok(made.secret.reveal().to_owned())
}

async fn grant(backend: &Backend, organisation: &OrganisationId) -> Result<(), Failure> {
    let amount = Credits::from_whole(PLENTY).ok_or("too many credits")?;
    let lot = LotId::parse("lot_bench")?;
    let order = Order {
        key: IdempotencyKey::parse("grant:bench")?,
        actor: Actor::System,
        occurred_at: backend.now(),
        command: Command::Grant(Box::new(Grant::plain(
            lot,
            Source::Purchased,
            amount,
            Origin::Signup,
        ))),
    };
    backend.engine.submit(organisation, order).await?;
    Ok(())
}

async fn serve(site: Router) -> Result<SocketAddr, Failure> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    run(listener, site);
    Ok(address)
}

fn run(listener: TcpListener, site: Router) {
    let site = site.into_make_service_with_connect_info::<SocketAddr>();
    // It ends with the process.
    tokio::spawn(async move { _ = axum::serve(listener, site).await });
}
