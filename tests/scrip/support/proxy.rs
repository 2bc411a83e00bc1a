//! A wire between a program and its PostgreSQL that can be cut at the worst moment.
//!
//! Everything is passed on as it comes, until a message to the server contains what [`Proxy::cut`] was
//! told to wait for: then that connection is cut in the way that was asked for.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::sync::Notify;

/// What the server says when everything it was asked is done, and outside of any transaction.
const READY: &[u8] = b"Z\0\0\0\x05I";
/// The end of every message that asks the server to do something.
const SYNC: &[u8] = b"S\0\0\0\x04";

/// The moment at which a connection is cut.
pub enum Cut {
    /// The server never hears of it.
    BeforeTheServer,
    /// The server has done it, and its answer is lost.
    AfterTheCommit,
    /// The server hears of it only when [`Proxy::deliver`] is called, long after the program was cut
    /// off. What is given is done before that.
    Late(Box<dyn FnOnce() + Send>),
}

/// The wire.
pub struct Proxy {
    /// The database's address through it.
    pub url: String,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    cut: Mutex<Option<(Vec<u8>, Cut)>>,
    deliver: Notify,
    delivered: Notify,
}

/// Where the server listens.
#[derive(Clone)]
enum Server {
    Tcp(String),
    Unix(String),
}

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

impl Proxy {
    /// A wire to the database at `url`.
    pub async fn to(url: &str) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let port = listener.local_addr().unwrap().port();
        let (server, url) = through(url, port);
        let state = Arc::new(State::default());
        let shared = state.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (server, state) = (server.clone(), shared.clone());
                tokio::spawn(async move { pass_on(client, server, state).await });
            }
        });
        Proxy { url, state }
    }

    /// Cuts the next connection that says `words` to the server, once.
    pub fn cut(&self, words: &str, cut: Cut) {
        *self.state.cut.lock().unwrap() = Some((words.into(), cut));
    }

    /// Whether what was to be cut was cut.
    pub fn was_cut(&self) -> bool {
        self.state.cut.lock().unwrap().is_none()
    }

    /// Lets the server hear what came too late, and returns when it has done what it makes of it.
    pub async fn deliver(&self) {
        self.state.deliver.notify_one();
        self.state.delivered.notified().await;
    }
}

impl State {
    fn cut_by(&self, message: &[u8]) -> Option<Cut> {
        let mut waiting = self.cut.lock().unwrap();
        let (words, _) = waiting.as_ref()?;
        let said = message.windows(words.len()).any(|window| window == words);
        if said { waiting.take().map(|(_, cut)| cut) } else { None }
    }
}

async fn pass_on(mut client: TcpStream, server: Server, state: Arc<State>) {
    let mut server = connect(&server).await;
    let (mut up, mut down) = (vec![0; 1 << 20], vec![0; 1 << 16]);
    loop {
        tokio::select! {
            read = client.read(&mut up) => {
                let Ok(length @ 1..) = read else { return };
                let message = &up[..length];
                match state.cut_by(message) {
                    None if server.write_all(message).await.is_ok() => {}
                    None | Some(Cut::BeforeTheServer) => return,
                    Some(Cut::AfterTheCommit) => return tell(&mut *server, message).await,
                    Some(Cut::Late(before)) => {
                        before();
                        drop(client);
                        state.deliver.notified().await;
                        tell(&mut *server, message).await;
                        return state.delivered.notify_one();
                    }
                }
            }
            read = server.read(&mut down) => {
                let Ok(length @ 1..) = read else { return };
                if client.write_all(&down[..length]).await.is_err() {
                    return;
                }
            }
        }
    }
}

/// Says the whole message to the server, and hears that it is done.
async fn tell(server: &mut dyn Stream, message: &[u8]) {
    assert!(message.ends_with(SYNC), "the message came in pieces");
    server.write_all(message).await.expect("the server listens");
    let mut answer = Vec::new();
    while !answer.ends_with(READY) {
        let read = server.read_buf(&mut answer).await.expect("the server answers");
        assert!(read > 0, "the server hung up");
    }
}

async fn connect(server: &Server) -> Box<dyn Stream> {
    match server {
        Server::Tcp(address) => {
            Box::new(TcpStream::connect(address).await.expect("the server listens"))
        }
        Server::Unix(path) => {
            Box::new(UnixStream::connect(path).await.expect("the server listens"))
        }
    }
}

/// Where the server at `url` listens, and the address through a port of this machine.
fn through(url: &str, port: u16) -> (Server, String) {
    let (scheme, rest) = url.split_once("://").expect("an address");
    let (address, parameters) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, database) = address.split_once('/').expect("a database");
    let (account, host) = authority.rsplit_once('@').unwrap_or(("postgres", authority));
    let folder = parameters.split('&').find_map(|pair| pair.strip_prefix("host=/"));
    let server = match folder {
        Some(folder) => Server::Unix(format!("/{folder}/.s.PGSQL.5432")),
        None if host.contains(':') => Server::Tcp(host.to_owned()),
        None => Server::Tcp(format!("{host}:5432")),
    };
    (server, format!("{scheme}://{account}@127.0.0.1:{port}/{database}?sslmode=disable"))
}
