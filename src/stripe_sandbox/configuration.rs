//! What a sandbox is started with, and why it may not start.

use std::path::PathBuf;
use std::time::Duration;

use super::failure::Failure;

/// What a sandbox is started with.
#[derive(Clone)]
pub struct SandboxConfig {
    /// The key that API callers must send, `sk_test_…`.
    pub secret_key: String,
    /// What deliveries to `webhook_url` are signed with, `whsec_…`.
    pub webhook_secret: String,
    /// Where events go; none: they are only listed.
    pub webhook_url: Option<String>,
    /// The address at which browsers reach this server, such as `http://127.0.0.1:3001`.
    pub public_base: String,
    /// The SQLite file; its folder is made when missing.
    pub database: PathBuf,
    /// The name on the hosted page.
    pub merchant_name: String,
    /// How long a bank debit takes to succeed or fail.
    pub settlement_delay: Duration,
}

impl SandboxConfig {
    /// How long a bank debit takes unless configured otherwise.
    pub const SETTLEMENT_DELAY: Duration = Duration::from_secs(20);
}

/// Why a sandbox could not start.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// The SQLite file cannot be opened or written.
    #[error("the Stripe sandbox cannot use its database: {0}")]
    Database(#[from] sqlx::Error),
    /// The client that delivers webhooks cannot be made.
    #[error("the Stripe sandbox cannot send webhooks: {0}")]
    Client(#[from] reqwest::Error),
    /// The address is taken or not allowed.
    #[error("the Stripe sandbox cannot listen: {0}")]
    Listen(#[from] std::io::Error),
    /// Something could not be read or written while running; the cause is in the log.
    #[error("the Stripe sandbox could not do its work: {0}")]
    Broken(String),
    /// The configuration does not fit a test server; the text says how.
    #[error("{0}")]
    Configuration(&'static str),
}

impl From<Failure> for SandboxError {
    fn from(failure: Failure) -> Self {
        SandboxError::Broken(failure.message().to_owned())
    }
}

/// Refuses keys that no test server should have, a live key first of all.
pub(super) fn check(config: &SandboxConfig) -> Result<(), SandboxError> {
    if !config.secret_key.starts_with("sk_test_") || config.secret_key.len() < 16 {
        return Err(SandboxError::Configuration(
            "the sandbox's key must begin with sk_test_ and be at least 16 characters long",
        ));
    }
    if !config.webhook_secret.starts_with("whsec_") || config.webhook_secret.len() < 16 {
        return Err(SandboxError::Configuration(
            "the sandbox's webhook secret must begin with whsec_ and be at least 16 characters long",
        ));
    }
    Ok(())
}
