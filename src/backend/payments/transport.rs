//! One call to Stripe's HTTP interface: our key, the pinned version, one idempotency key for all tries,
//! an end after a few seconds whatever happens, and typed errors.
//!
//! It knows paths and bodies only as text; [`super::stripe`] says what they mean.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderMap};
use reqwest::{Method, Response, StatusCode, Url, redirect};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use stripe_client_core::{RequestBuilder, StripeMethod};
use tokio::time::Instant;

use super::port::ProviderError;

/// The version of Stripe's interface that this code was written and tested against.
pub const STRIPE_VERSION: &str = "2026-09-30.endive";

/// One call with all its tries ends after this long: a page that waits for it answers in five seconds.
const CALL_LIMIT: Duration = Duration::from_millis(4_500);
/// One try ends after this long, so that a second one fits into the call.
const TRY_LIMIT: Duration = Duration::from_millis(2_200);
/// Tries of one call.
const MAXIMUM_TRIES: u32 = 5;
/// The pause before the second try; it doubles before each further one.
const FIRST_PAUSE: Duration = Duration::from_millis(150);
/// A try shorter than this is not worth starting.
const SHORTEST_TRY: Duration = Duration::from_millis(250);
/// The largest answer that is read.
const MAXIMUM_ANSWER_BYTES: usize = 8 * 1024 * 1024;

/// A connection to Stripe, or to a server that speaks like it.
pub struct Transport {
    client: reqwest::Client,
    base: Url,
    key: SecretString,
}

/// One try that gave no usable answer.
struct Failed {
    error: ProviderError,
    may_retry: bool,
}

impl Transport {
    /// `base` without path, for example `https://api.stripe.com`.
    pub fn new(base: Url, key: SecretString) -> Result<Self, reqwest::Error> {
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("scrip/", env!("CARGO_PKG_VERSION")))
            .redirect(redirect::Policy::none())
            .connect_timeout(TRY_LIMIT);
        if is_loopback(&base) {
            builder = builder.no_proxy();
        }
        Ok(Transport { client: builder.build()?, base, key })
    }

    /// Sends a request until there is an answer or the time is up. `key` is required for a POST.
    pub async fn send<T: DeserializeOwned>(
        &self,
        request: RequestBuilder,
        key: Option<&str>,
    ) -> Result<T, ProviderError> {
        let end = Instant::now() + CALL_LIMIT;
        let mut pause = FIRST_PAUSE;
        for number in 1.. {
            let failed = match self.try_once(&request, key, end).await {
                Ok(body) => return read(&body),
                Err(failed) => failed,
            };
            let time_left = end.saturating_duration_since(Instant::now());
            if !failed.may_retry || number >= MAXIMUM_TRIES || time_left < pause + SHORTEST_TRY {
                return Err(failed.error);
            }
            tracing::debug!(path = request.path, number, error = %failed.error, "trying again");
            tokio::time::sleep(pause).await;
            pause *= 2;
        }
        unreachable!("the loop ends by returning")
    }

    async fn try_once(
        &self,
        request: &RequestBuilder,
        key: Option<&str>,
        end: Instant,
    ) -> Result<Vec<u8>, Failed> {
        let limit = TRY_LIMIT.min(end.saturating_duration_since(Instant::now()));
        let exchange = async {
            let response = self.prepared(request, key).send().await.map_err(not_reached)?;
            answer(response).await
        };
        tokio::time::timeout(limit, exchange).await.unwrap_or_else(|_| Err(too_slow(limit)))
    }

    fn prepared(&self, request: &RequestBuilder, key: Option<&str>) -> reqwest::RequestBuilder {
        let method = match request.method {
            StripeMethod::Get => Method::GET,
            StripeMethod::Post => Method::POST,
            StripeMethod::Delete => Method::DELETE,
        };
        let mut url = self.base.clone();
        url.set_path(&format!("/v1{}", request.path));
        url.set_query(request.query.as_deref().filter(|query| !query.is_empty()));
        let mut prepared = self
            .client
            .request(method, url)
            .bearer_auth(self.key.expose_secret())
            .header("Stripe-Version", STRIPE_VERSION);
        if let Some(key) = key {
            prepared = prepared.header("Idempotency-Key", key);
        }
        if let Some(body) = &request.body {
            prepared = prepared
                .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(body.clone());
        }
        prepared
    }
}

impl fmt::Debug for Transport {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Transport")
            .field("base", &self.base.as_str())
            .finish_non_exhaustive()
    }
}

/// Whether this address is this very machine.
pub fn is_loopback(base: &Url) -> bool {
    match base.host_str() {
        Some("localhost") => true,
        Some(host) => host
            .trim_matches(['[', ']'])
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback()),
        None => false,
    }
}

async fn answer(mut response: Response) -> Result<Vec<u8>, Failed> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(not_reached)? {
        if body.len() + chunk.len() > MAXIMUM_ANSWER_BYTES {
            let cause = format!("longer than {MAXIMUM_ANSWER_BYTES} bytes");
            return Err(Failed { error: ProviderError::Garbled { cause }, may_retry: false });
        }
        body.extend_from_slice(&chunk);
    }
    let status = response.status();
    if status.is_success() {
        return Ok(body);
    }
    Err(Failed { error: refused(status, &body), may_retry: may_retry(status, response.headers()) })
}

fn may_retry(status: StatusCode, headers: &HeaderMap) -> bool {
    match headers.get("stripe-should-retry").and_then(|value| value.to_str().ok()) {
        Some("false") => false,
        Some("true") => true,
        _ => {
            status.is_server_error()
                || matches!(status, StatusCode::CONFLICT | StatusCode::TOO_MANY_REQUESTS)
        }
    }
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, ProviderError> {
    serde_json::from_slice(body)
        .map_err(|cause| ProviderError::Garbled { cause: cause.to_string() })
}

fn not_reached(cause: reqwest::Error) -> Failed {
    let error =
        ProviderError::Unavailable { cause: with_sources(&cause.without_url()), answered: false };
    Failed { error, may_retry: true }
}

fn too_slow(limit: Duration) -> Failed {
    let cause = format!("no answer within {} ms", limit.as_millis());
    Failed { error: ProviderError::Unavailable { cause, answered: false }, may_retry: true }
}

fn with_sources(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(deeper) = source {
        text = format!("{text}: {deeper}");
        source = deeper.source();
    }
    text
}

#[derive(Deserialize)]
struct ErrorAnswer {
    error: ErrorBody,
}

#[derive(Deserialize, Default)]
struct ErrorBody {
    code: Option<String>,
    decline_code: Option<String>,
    param: Option<String>,
    message: Option<String>,
    payment_intent: Option<RefusedPayment>,
}

/// The payment that was refused: spelled out in the error.
#[derive(Deserialize)]
struct RefusedPayment {
    id: String,
}

fn refused(status: StatusCode, body: &[u8]) -> ProviderError {
    let parsed = serde_json::from_slice::<ErrorAnswer>(body).map(|answer| answer.error);
    if status.is_server_error() || status == StatusCode::CONFLICT {
        let message = parsed.ok().and_then(|error| error.message).unwrap_or_default();
        let cause = format!("HTTP {}: {message}", status.as_u16());
        return ProviderError::Unavailable { cause, answered: status.is_server_error() };
    }
    if status == StatusCode::TOO_MANY_REQUESTS {
        return ProviderError::RateLimited;
    }
    let Ok(ErrorBody { code, decline_code, param, message, payment_intent }) = parsed else {
        let cause = format!("HTTP {} without a readable reason", status.as_u16());
        return ProviderError::Garbled { cause };
    };
    let message = message.unwrap_or_else(|| format!("HTTP {}", status.as_u16()));
    match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            ProviderError::Authentication { message }
        }
        StatusCode::PAYMENT_REQUIRED => {
            let payment_ref = payment_intent.map(|payment| payment.id);
            ProviderError::Declined { code: decline_code.or(code), payment_ref, message }
        }
        _ => ProviderError::InvalidRequest { param, code, message },
    }
}
