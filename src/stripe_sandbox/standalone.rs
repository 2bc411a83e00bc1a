//! The sandbox as a program of its own.

use std::net::SocketAddr;
use std::path::PathBuf;

use tokio::net::TcpListener;

use super::{Sandbox, SandboxConfig, SandboxError, SandboxKeys};

/// What the command line may say.
#[derive(Clone)]
pub struct StandaloneOptions {
    /// Where to listen; port 0 takes any free one.
    pub address: SocketAddr,
    /// The SQLite file.
    pub database: PathBuf,
    /// Where events go; none: they are only listed.
    pub webhook_url: Option<String>,
    /// A key to use instead of the file's own.
    pub secret_key: Option<String>,
    /// A webhook secret to use instead of the file's own.
    pub webhook_secret: Option<String>,
}

/// Serves until the process ends. Prints address, key and webhook secret, each on a line of its own.
pub async fn serve_alone(options: StandaloneOptions) -> Result<(), SandboxError> {
    let keys = SandboxKeys::load_or_create(&options.database).await?;
    let listener = TcpListener::bind(options.address).await?;
    let public_base = format!("http://{}", listener.local_addr()?);
    let config = SandboxConfig {
        secret_key: options.secret_key.unwrap_or(keys.secret_key),
        webhook_secret: options.webhook_secret.unwrap_or(keys.webhook_secret),
        webhook_url: options.webhook_url,
        public_base: public_base.clone(),
        database: options.database,
        merchant_name: "Sandbox merchant".to_owned(),
        settlement_delay: SandboxConfig::SETTLEMENT_DELAY,
    };
    println!("Stripe sandbox (test mode, no money moves): {public_base}");
    println!("STRIPE_API_BASE={public_base}");
    println!("STRIPE_SECRET_KEY={}", config.secret_key);
    println!("STRIPE_WEBHOOK_SECRET={}", config.webhook_secret);
    let sandbox = Sandbox::open(config).await?;
    let running = sandbox.spawn(listener)?;
    running.wait().await;
    Ok(())
}
