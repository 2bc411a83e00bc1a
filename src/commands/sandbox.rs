//! `scrip sandbox`: the Stripe-compatible test server alone.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use scrip::stripe_sandbox::{StandaloneOptions, serve_alone};

use super::{Outcome, Place};

/// Run the test server alone. It prints its key and webhook secret; no money moves.
#[derive(Args)]
pub struct Sandbox {
    /// Where to listen; port 0 takes any free one.
    #[arg(long, default_value = "127.0.0.1:3001")]
    addr: SocketAddr,
    /// The sandbox's own SQLite file; by default one in the data folder.
    #[arg(long)]
    database: Option<PathBuf>,
    /// Where events are sent; without it they are only listed.
    #[arg(long)]
    webhook_url: Option<String>,
    /// A key of your own, `sk_test_…`; otherwise the one kept in the database.
    #[arg(long)]
    secret_key: Option<String>,
    /// A webhook secret of your own, `whsec_…`; otherwise the one kept in the database.
    #[arg(long)]
    webhook_secret: Option<String>,
}

impl Sandbox {
    pub async fn run(self, place: Place) -> Outcome {
        let database = match self.database {
            Some(database) => database,
            None => place.folder()?.join("stripe-sandbox.db"),
        };
        let options = StandaloneOptions {
            address: self.addr,
            database,
            webhook_url: self.webhook_url,
            secret_key: self.secret_key,
            webhook_secret: self.webhook_secret,
        };
        serve_alone(options).await.map_err(|error| error.to_string())
    }
}
