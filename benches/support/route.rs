//! Holds through HTTP, by an API key, against an empty route in the same process.

use super::holds::{self, Pool};
use super::load::{Client, Failure, Measured, drive};
use super::table::Row;
use super::{CLIENTS, Subject};
use axum::Json;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Request, StatusCode, header};
use axum::routing::post;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use scrip::backend::engine::Engine;
use scrip::ledger::{Command, Credits, IdempotencyKey, Order};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::{TcpListener, TcpStream};

const SECRET: &str = "sk_test_0123456789abcdef0123456789abcdef";

/// What a caller sends.
#[derive(Serialize, Deserialize)]
struct Asked {
    credits: Credits,
    operation: String,
}

/// What it hears.
#[derive(Serialize)]
struct Answered {
    hold: String,
    sequence: u64,
    available: Credits,
}

/// What the route works with: the organisation of each API key, by the key's hash.
struct Office {
    engine: Engine,
    keys: HashMap<[u8; 32], Pool>,
}

/// The rows of all numbers of clients.
///
/// # Errors
/// A request failed.
pub async fn measure(subject: &Subject<'_>) -> Result<Vec<Row>, Failure> {
    let mut rows = Vec::new();
    for clients in CLIENTS {
        let pool = Pool::open(&subject.db, &subject.engine).await?;
        let keys = HashMap::from([(hash(SECRET), pool)]);
        let office = Arc::new(Office { engine: subject.engine.clone(), keys });
        let address = serve(office).await?;
        subject.begin(&format!("{clients} clients, an empty route"));
        let empty = asked(address, "/empty", clients, subject.time).await?;
        subject.begin(&format!("{clients} clients, POST /v1/holds"));
        let measured = asked(address, "/v1/holds", clients, subject.time).await?;
        let row = subject.row("POST /v1/holds", measured, clients, "holds/s");
        rows.push(row.against(empty.per_second));
        rows.push(subject.row("an empty route", empty, clients, "requests/s"));
    }
    Ok(rows)
}

async fn serve(office: Arc<Office>) -> Result<SocketAddr, Failure> {
    let router = Router::new()
        .route("/v1/holds", post(hold))
        .route("/empty", post(|| async {}))
        .with_state(office);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    // It ends with the process.
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(address)
}

async fn hold(
    State(office): State<Arc<Office>>,
    headers: HeaderMap,
    Json(asked): Json<Asked>,
) -> Result<Json<Answered>, StatusCode> {
    let secret = text(&headers, "authorization")?.strip_prefix("Bearer ");
    let pool = secret.and_then(|secret| office.keys.get(&hash(secret)));
    let pool = pool.ok_or(StatusCode::UNAUTHORIZED)?;
    let key = IdempotencyKey::scoped("api", text(&headers, "idempotency-key")?)
        .map_err(|_| StatusCode::BAD_REQUEST)?;
    let mut order = Order { key, ..pool.next_hold() };
    let Command::Hold(make) = &mut order.command else { return Err(StatusCode::BAD_REQUEST) };
    make.amount = asked.credits;
    let hold = make.hold.to_string();
    let receipt = office.engine.submit(&pool.organisation, order).await;
    let receipt = receipt.map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?;
    let (sequence, available) = (receipt.transaction.sequence, receipt.balance.available);
    Ok(Json(Answered { hold, sequence, available }))
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Result<&'a str, StatusCode> {
    let value = headers.get(name).and_then(|value| value.to_str().ok());
    value.ok_or(StatusCode::BAD_REQUEST)
}

fn hash(secret: &str) -> [u8; 32] {
    Sha256::digest(secret).into()
}

async fn asked(
    address: SocketAddr,
    path: &'static str,
    clients: usize,
    time: Duration,
) -> Result<Measured, Failure> {
    let mut callers = Vec::with_capacity(clients);
    for _ in 0..clients {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let (connection, driver) = handshake(TokioIo::new(stream)).await?;
        // It ends with the connection; a fault is seen by the request that meets it.
        tokio::spawn(async move { _ = driver.await });
        callers.push(Caller { connection, path });
    }
    drive(callers, time).await
}

/// A program with an API key.
struct Caller {
    connection: SendRequest<Full<Bytes>>,
    path: &'static str,
}

impl Client for Caller {
    async fn call(&mut self) -> Result<Duration, Failure> {
        let asked = Asked { credits: holds::held(1), operation: "analysis".to_owned() };
        let request = Request::post(self.path)
            .header(header::HOST, "localhost")
            .header(header::AUTHORIZATION, format!("Bearer {SECRET}"))
            .header(header::CONTENT_TYPE, "application/json")
            .header("idempotency-key", format!("{:032x}", rand::random::<u128>()))
            .body(Full::from(serde_json::to_vec(&asked)?))?;
        let begun = Instant::now();
        self.connection.ready().await?;
        let answer = self.connection.send_request(request).await?;
        let status = answer.status();
        answer.into_body().collect().await?;
        if status != StatusCode::OK {
            return Err(format!("POST {}: {status}", self.path).into());
        }
        Ok(begun.elapsed())
    }
}
