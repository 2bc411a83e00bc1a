//! The way to an endpoint: one POST, with an end after a few seconds whatever happens, and what was
//! answered. Where a name leads is looked at when the connection is made, so that a name that leads
//! somewhere else by then is refused too.

use std::error::Error;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use reqwest::{Client, Response, Url, redirect};
use tokio::time::Instant;

use super::address::{self, NOT_PUBLIC, Reach};
use super::schedule::Went;
use crate::backend::store::webhook_sending::Answer;
use crate::ledger::time::SECOND;

/// One attempt ends after so long.
pub const PATIENCE: Duration = Duration::from_secs(15);
/// A connection that is not made by then fails.
const CONNECTING: Duration = Duration::from_secs(5);
/// So much of an answer is read and kept, in bytes.
pub const ANSWER_BYTES: usize = 2 * 1024;
/// What a problem says at most, in characters.
const PROBLEM: usize = 300;

/// What is sent to an endpoint.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    /// Where to.
    pub url: &'a str,
    /// What receivers know it by.
    pub id: &'a str,
    /// When it is sent, in seconds since 1970.
    pub seconds: i64,
    /// The signatures.
    pub signatures: &'a str,
    /// The body.
    pub body: &'a str,
}

/// Sends. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Courier {
    client: Client,
    /// How far it goes.
    pub reach: Reach,
    patience: Duration,
}

impl Courier {
    /// One that goes so far and waits so long for an answer.
    ///
    /// # Errors
    /// The TLS library could not be set up.
    pub fn new(reach: Reach, patience: Duration) -> Result<Self, reqwest::Error> {
        let builder = Client::builder()
            .user_agent(concat!("Scrip-Webhooks/", env!("CARGO_PKG_VERSION")))
            .redirect(redirect::Policy::none())
            .connect_timeout(CONNECTING.min(patience))
            // A proxy would look names up by itself.
            .no_proxy();
        let builder = match reach {
            Reach::Public => builder.dns_resolver(Arc::new(PublicOnly)),
            Reach::Anywhere => builder,
        };
        Ok(Courier { client: builder.build()?, reach, patience })
    }

    /// Sends a message: how that went, and what is written down of it.
    pub async fn send(&self, message: Message<'_>) -> (Went, Answer) {
        let began = Instant::now();
        let sent = match self.checked(message.url) {
            Ok(url) => self.exchange(url, message, began).await,
            Err(problem) => Err(problem),
        };
        let milliseconds = i64::try_from(began.elapsed().as_millis()).unwrap_or(i64::MAX);
        match sent {
            Ok((went, answer)) => (went, Answer { milliseconds, ..answer }),
            Err(problem) => {
                let problem = Some(problem.chars().take(PROBLEM).collect());
                (
                    Went::Failed { asked: None },
                    Answer { milliseconds, problem, ..Answer::default() },
                )
            }
        }
    }

    fn checked(&self, url: &str) -> Result<Url, String> {
        let url =
            Url::parse(url).map_err(|error| format!("The address cannot be read: {error}."))?;
        address::allowed(&url, self.reach)?;
        Ok(url)
    }

    async fn exchange(
        &self,
        url: Url,
        message: Message<'_>,
        began: Instant,
    ) -> Result<(Went, Answer), String> {
        let end = began + self.patience;
        let request = self
            .client
            .post(url)
            .header(CONTENT_TYPE, "application/json")
            .header("webhook-id", message.id)
            .header("webhook-timestamp", message.seconds)
            .header("webhook-signature", message.signatures)
            .body(message.body.to_owned())
            .send();
        let response = tokio::time::timeout_at(end, request)
            .await
            .map_err(|_| self.too_slow())?
            .map_err(|error| self.plain(&error))?;
        let (status, asked) = (response.status(), asked(&response));
        // The status decides; a body that does not end changes nothing.
        let beginning = tokio::time::timeout_at(end, beginning(response)).await.unwrap_or_default();
        let went = match status.as_u16() {
            200..=299 => Went::Taken,
            410 => Went::Gone,
            _ => Went::Failed { asked },
        };
        let status = Some(i64::from(status.as_u16()));
        Ok((went, Answer { status, beginning: Some(beginning), ..Answer::default() }))
    }

    fn too_slow(&self) -> String {
        format!("No answer within {}.", in_words(self.patience))
    }

    /// What went wrong, in a sentence: the innermost cause, which says most.
    fn plain(&self, error: &reqwest::Error) -> String {
        if error.is_timeout() {
            return if error.is_connect() {
                "No connection in time.".to_owned()
            } else {
                self.too_slow()
            };
        }
        let mut cause: &dyn Error = error;
        while let Some(inner) = cause.source() {
            cause = inner;
        }
        if cause.is::<NotPublic>() {
            return NOT_PUBLIC.to_owned();
        }
        let what = if error.is_connect() { "No connection" } else { "No answer" };
        format!("{what}: {cause}.")
    }
}

fn in_words(time: Duration) -> String {
    match time.as_secs() {
        0 => format!("{} ms", time.as_millis()),
        seconds => format!("{seconds} s"),
    }
}

/// How long the answer asks us to wait, in microseconds.
fn asked(response: &Response) -> Option<i64> {
    let seconds: i64 = response.headers().get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    seconds.checked_mul(SECOND)
}

/// How the body begins, as text; the rest is not read.
async fn beginning(mut response: Response) -> String {
    let mut bytes = Vec::new();
    while bytes.len() < ANSWER_BYTES {
        match response.chunk().await {
            Ok(Some(chunk)) => bytes.extend_from_slice(&chunk[..chunk.len().min(ANSWER_BYTES)]),
            Ok(None) | Err(_) => break,
        }
    }
    bytes.truncate(ANSWER_BYTES);
    // No database keeps the character NUL in a text.
    String::from_utf8_lossy(&bytes).replace('\0', "\u{fffd}")
}

/// A name leads into a private network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{NOT_PUBLIC}")]
struct NotPublic;

/// Looks names up and refuses those that lead inside, if only with one of their addresses.
#[derive(Clone, Copy, Debug)]
struct PublicOnly;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let found: Vec<SocketAddr> = found.collect();
            if found.iter().any(|one| !address::is_public(one.ip())) {
                return Err(NotPublic.into());
            }
            let addresses: Addrs = Box::new(found.into_iter());
            Ok(addresses)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_name_that_leads_inside_is_refused_when_it_is_looked_up() {
        let found = PublicOnly.resolve("localhost".parse().unwrap()).await;
        let refused = found.err().expect("it leads to this very machine");
        assert!(refused.is::<NotPublic>(), "{refused}");
    }
}
