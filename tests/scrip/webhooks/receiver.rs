//! A program that listens for events over real HTTP, believes only what is signed, and behaves as it is told
//! to.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, Response, StatusCode, header};
use axum::routing::any;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;
use tokio::net::TcpListener;
use tokio::sync::Notify;

/// How the receiver answers, one request after the other; without any it takes what comes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mood {
    /// With this status.
    Answers(u16),
    /// With a status, a header and a body.
    Says(u16, &'static str, String),
    /// Not at all.
    Hangs,
}

/// An event as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Got {
    pub path: String,
    pub id: String,
    pub seconds: String,
    pub signatures: String,
    pub text: String,
}

impl Got {
    pub fn body(&self) -> Value {
        serde_json::from_str(&self.text).expect("an event is JSON")
    }

    pub fn kind(&self) -> String {
        self.body()["type"].as_str().expect("an event has a type").to_owned()
    }

    /// The transaction that it tells of.
    pub fn transaction(&self) -> u64 {
        self.body()["data"]["transaction"].as_u64().expect("it tells of a transaction")
    }

    /// How many of its signatures are of this secret.
    pub fn signed_by(&self, secret: &str) -> usize {
        let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
        mac.update(format!("{}.{}.{}", self.id, self.seconds, self.text).as_bytes());
        let own = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
        self.signatures.split(' ').filter(|signature| *signature == own).count()
    }
}

#[derive(Default)]
struct Desk {
    got: Vec<Got>,
    moods: VecDeque<Mood>,
}

#[derive(Clone, Default)]
struct Shared {
    desk: Arc<Mutex<Desk>>,
    came: Arc<Notify>,
}

/// The receiver. It ends with the test's runtime.
pub struct Receiver {
    pub url: String,
    shared: Shared,
}

impl Receiver {
    pub async fn open() -> Receiver {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let shared = Shared::default();
        let router = Router::new().fallback(any(take)).with_state(shared.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Receiver { url, shared }
    }

    /// What it does to the next requests.
    pub fn will(&self, moods: impl IntoIterator<Item = Mood>) {
        self.shared.desk.lock().unwrap().moods.extend(moods);
    }

    /// Everything that came, also what it did not take.
    pub fn got(&self) -> Vec<Got> {
        self.shared.desk.lock().unwrap().got.clone()
    }

    /// The types of what came.
    pub fn kinds(&self) -> Vec<String> {
        self.got().iter().map(Got::kind).collect()
    }

    /// Returns once so many requests have come.
    pub async fn has_got(&self, count: usize) {
        loop {
            let came = self.shared.came.notified();
            if self.got().len() >= count {
                return;
            }
            came.await;
        }
    }
}

async fn take(
    State(shared): State<Shared>,
    uri: axum::http::Uri,
    headers: HeaderMap,
    text: String,
) -> Response<Body> {
    let header = |name: &str| {
        headers.get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
    };
    let got = Got {
        path: uri.path().to_owned(),
        id: header("webhook-id"),
        seconds: header("webhook-timestamp"),
        signatures: header("webhook-signature"),
        text,
    };
    let mood = {
        let mut desk = shared.desk.lock().unwrap();
        desk.got.push(got);
        desk.moods.pop_front()
    };
    shared.came.notify_waiters();
    let answer = |status: u16| Response::builder().status(StatusCode::from_u16(status).unwrap());
    match mood {
        None => answer(204).body(Body::empty()).unwrap(),
        Some(Mood::Answers(status)) => answer(status).body(Body::from("as told")).unwrap(),
        Some(Mood::Says(status, "body", value)) => answer(status).body(Body::from(value)).unwrap(),
        Some(Mood::Says(status, name, value)) => {
            let name = header::HeaderName::from_static(name);
            answer(status).header(name, value).body(Body::empty()).unwrap()
        }
        Some(Mood::Hangs) => std::future::pending().await,
    }
}
