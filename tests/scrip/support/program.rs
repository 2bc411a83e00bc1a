//! The real program in a process of its own, serving on a free port; and visitors to it.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{Response, StatusCode};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::visitor::{HOST, Visitor};

/// How soon it has to be gone.
pub const GONE: Duration = Duration::from_secs(10);
/// The largest request that is passed on, in bytes.
const LARGEST: usize = 1024 * 1024;

/// The program, serving.
pub struct Program {
    process: Child,
    pub address: String,
    _folder: tempfile::TempDir,
}

impl Program {
    /// Starts it on this database, with these settings beside the usual ones.
    pub async fn start(url: &str, settings: &[(&str, &str)]) -> Program {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_scrip"));
        command
            .arg("serve")
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .env("SCRIP_DATABASE_URL", url)
            .env("SCRIP_DATA_DIR", folder.path())
            .env("LEPTOS_SITE_ADDR", "127.0.0.1:0")
            .env("SCRIP_SANDBOX_ADDR", "127.0.0.1:0")
            .env_remove("STRIPE_SECRET_KEY")
            .env("RUST_LOG", "info")
            .envs(settings.iter().copied())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        let started = tokio::task::spawn_blocking(move || {
            let mut process = command.spawn().expect("the program starts");
            let mut log = BufReader::new(process.stderr.take().unwrap()).lines();
            let mut said = Vec::new();
            let address = log.by_ref().find_map(|line| {
                let line = line.ok()?;
                let address = line.split_once("it listens on ").map(|(_, it)| it.trim().to_owned());
                said.push(line);
                address
            });
            let address = address.unwrap_or_else(|| panic!("it does not serve: {said:?}"));
            // Whoever writes to a pipe that nobody reads stops.
            std::thread::spawn(move || log.for_each(drop));
            Program { process, address, _folder: folder }
        });
        started.await.unwrap()
    }

    /// The process, for whoever ends it.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    pub fn ask_to_stop(&self) {
        signal(self.id(), "-TERM");
    }

    /// Waits until it is gone.
    pub async fn end(mut self) -> ExitStatus {
        let ended = tokio::task::spawn_blocking(move || self.process.wait().unwrap());
        tokio::time::timeout(GONE, ended).await.expect("it is gone in time").unwrap()
    }

    /// Sends the head of a request, and keeps the connection.
    pub async fn begin(&self, head: &str, cookies: &str) -> TcpStream {
        let mut stream = TcpStream::connect(&self.address).await.unwrap();
        let address = &self.address;
        let head = format!(
            "{head}\r\nhost: {address}\r\ncookie: {cookies}\r\nsec-fetch-site: same-origin\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        stream
    }

    /// A browser in front of it. Where it does not answer, the visitor is told 502.
    pub fn visitor(&self) -> Visitor {
        Visitor::new(self.router())
    }

    /// Passes every request on to it.
    pub fn router(&self) -> Router {
        passing_on(&format!("http://{}", self.address))
    }
}

/// A story that fails leaves no program behind.
impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Ends a process with a signal of this name.
pub fn signal(process: u32, name: &str) {
    let done = Command::new("kill").args([name, &process.to_string()]).status();
    assert!(done.unwrap().success(), "{name} {process}");
}

/// A router that asks the server at `base` and gives its answer.
fn passing_on(base: &str) -> Router {
    Router::new().fallback(pass_on).with_state(Arc::from(base))
}

async fn pass_on(State(base): State<Arc<str>>, request: Request) -> Response<Body> {
    forward(&base, request).await
}

/// What the server at `base` answers; 502 where it does not.
pub async fn forward(base: &str, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, LARGEST).await.expect("a request of a test is small");
    let plain = reqwest::redirect::Policy::none();
    let client = reqwest::Client::builder().no_proxy().redirect(plain).build().unwrap();
    let path = parts.uri.path_and_query().map_or("/", |it| it.as_str());
    let mut headers = parts.headers;
    headers.remove("host");
    headers.insert("host", HOST.parse().unwrap());
    let asked = client.request(parts.method, format!("{base}{path}")).headers(headers).body(body);
    let Ok(answer) = asked.send().await else { return lost() };
    let mut passed_on = Response::new(Body::empty());
    *passed_on.status_mut() = answer.status();
    *passed_on.headers_mut() = answer.headers().clone();
    match answer.bytes().await {
        Ok(bytes) => *passed_on.body_mut() = bytes.into(),
        Err(_) => return lost(),
    }
    passed_on
}

fn lost() -> Response<Body> {
    let mut answer = Response::new(Body::empty());
    *answer.status_mut() = StatusCode::BAD_GATEWAY;
    answer
}
