//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use scrip::stripe_sandbox::{StandaloneOptions, serve_alone};

#[derive(Parser)]
#[command(name = "scrip", version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Runs the Stripe-compatible test server alone. No money moves.
    Sandbox(SandboxArguments),
}

#[derive(clap::Args)]
struct SandboxArguments {
    /// Where to listen; port 0 takes any free one.
    #[arg(long, default_value = "127.0.0.1:3001")]
    addr: SocketAddr,
    /// The sandbox's own SQLite file.
    #[arg(long, default_value = "data/stripe-sandbox.sqlite")]
    database: PathBuf,
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

#[tokio::main]
async fn main() -> ExitCode {
    let Command::Sandbox(sandbox) = Arguments::parse().command;
    let options = StandaloneOptions {
        address: sandbox.addr,
        database: sandbox.database,
        webhook_url: sandbox.webhook_url,
        secret_key: sandbox.secret_key,
        webhook_secret: sandbox.webhook_secret,
    };
    match serve_alone(options).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("scrip sandbox: {error}");
            ExitCode::FAILURE
        }
    }
}
