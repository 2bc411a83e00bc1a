//! A browser's side of one connection: sends a request, tells when the first byte of the page is there,
//! and reads the rest.

use super::load::{Client, Failure};
use axum::body::Bytes;
use axum::http::{HeaderMap, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::net::TcpStream;

/// What browsers say they can unpack.
pub const COMPRESSED: &str = "gzip, deflate, br";

/// One connection that stays open, and what is asked for on it.
pub struct Visitor {
    connection: SendRequest<Full<Bytes>>,
    address: SocketAddr,
    /// The page.
    pub path: &'static str,
    /// The session's cookie; empty for a stranger.
    pub cookie: String,
    /// Encodings that the answer may have; empty for none.
    pub encodings: &'static str,
    /// Bytes of the last answer as they crossed the wire.
    pub received: usize,
}

impl Visitor {
    /// Connects to `address`, as a stranger.
    ///
    /// # Errors
    /// Nobody listens there.
    pub async fn connect(address: SocketAddr, path: &'static str) -> Result<Visitor, Failure> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let (connection, driver) = handshake(TokioIo::new(stream)).await?;
        // It ends with the connection; a fault is seen by the request that meets it.
        tokio::spawn(async move { _ = driver.await });
        let (cookie, encodings) = (String::new(), "");
        Ok(Visitor { connection, address, path, cookie, encodings, received: 0 })
    }

    async fn send(
        &mut self,
        method: &str,
        form: &'static str,
    ) -> Result<Response<Incoming>, Failure> {
        let mut request = Request::builder().method(method).uri(self.path);
        request = request.header(header::HOST, self.address.to_string());
        request = request.header(header::ACCEPT, "text/html");
        for (name, value) in [
            (header::COOKIE, self.cookie.as_str()),
            (header::ACCEPT_ENCODING, self.encodings),
            (
                header::CONTENT_TYPE,
                if form.is_empty() { "" } else { "application/x-www-form-urlencoded" },
            ),
        ] {
            if !value.is_empty() {
                request = request.header(name, value);
            }
        }
        self.connection.ready().await?;
        Ok(self.connection.send_request(request.body(Full::from(form))?).await?)
    }

    /// Posts a form to the visitor's path and tells the cookie that the answer sets.
    ///
    /// # Errors
    /// The request failed, or no cookie was set.
    pub async fn sign_in(&mut self, form: &'static str) -> Result<String, Failure> {
        let answer = self.send("POST", form).await?;
        let status = answer.status();
        cookie(answer.headers())
            .ok_or_else(|| format!("{}: {status}, no session", self.path).into())
    }
}

impl Client for Visitor {
    /// The time to the first byte of the page.
    async fn call(&mut self) -> Result<Duration, Failure> {
        let begun = Instant::now();
        let mut answer = self.send("GET", "").await?;
        if answer.status() != StatusCode::OK {
            return Err(format!("GET {}: {}", self.path, answer.status()).into());
        }
        let first = answer.frame().await.transpose()?;
        let first_byte = begun.elapsed();
        let rest = answer.collect().await?.to_bytes();
        let first = first.and_then(|frame| frame.into_data().ok()).unwrap_or_default();
        self.received = first.len() + rest.len();
        Ok(first_byte)
    }
}

fn cookie(headers: &HeaderMap) -> Option<String> {
    let cookie = headers.get(header::SET_COOKIE)?.to_str().ok()?;
    cookie.split(';').next().map(str::to_owned)
}
