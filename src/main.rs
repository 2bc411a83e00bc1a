//! The command line of Scrip.

mod commands;

use clap::{Parser, Subcommand};

/// A self-hosted credits office for AI products.
#[derive(Parser)]
#[command(name = "scrip", version)]
struct Arguments {
    #[command(flatten)]
    place: commands::Place,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the site (and, without a Stripe key, the test checkout on the next port).
    Serve(commands::serve::Serve),
    /// Replay the journal and compare every figure with it; changes nothing.
    Verify(commands::verify::Verify),
    /// Check a month's statement, alone or against the journal; changes nothing.
    VerifyStatement(commands::verify_statement::VerifyStatement),
    /// Change what is sold and what work costs, now or later; list and show what was.
    #[command(subcommand)]
    Catalogue(commands::catalogue::CatalogueCommand),
    /// Take the journal out.
    #[command(subcommand)]
    Ledger(commands::ledger::Ledger),
    /// Create accounts and set passwords.
    User(commands::user::User),
    /// Make and end API keys for programs.
    #[command(subcommand)]
    ApiKey(commands::api_key::ApiKey),
    /// Put an organisation on a plan that was agreed on, or end it.
    #[command(subcommand)]
    Plan(commands::plan::Plan),
    /// Run the Stripe-compatible test server alone.
    Sandbox(commands::sandbox::Sandbox),
    /// Prove the engine: virtual clients, killed nodes, stopped databases, and every answer checked.
    Simulate(commands::simulate::Simulate),
}

impl Command {
    /// What is logged unless `RUST_LOG` says otherwise. A simulation breaks things on purpose.
    fn log_filter(&self) -> &'static str {
        match self {
            Command::Simulate(_) => "off",
            _ => "info,sqlx=warn,hyper=warn",
        }
    }
}

#[tokio::main]
async fn main() -> std::process::ExitCode {
    let arguments = Arguments::parse();
    commands::start_log(arguments.command.log_filter());
    let outcome = match arguments.command {
        Command::Serve(serve) => serve.run(arguments.place).await,
        Command::Verify(verify) => verify.run(arguments.place).await,
        Command::VerifyStatement(statement) => statement.run(arguments.place).await,
        Command::Catalogue(catalogue) => catalogue.run(arguments.place).await,
        Command::Ledger(ledger) => ledger.run(arguments.place).await,
        Command::User(user) => user.run(arguments.place).await,
        Command::ApiKey(api_key) => api_key.run(arguments.place).await,
        Command::Plan(plan) => plan.run(arguments.place).await,
        Command::Sandbox(sandbox) => sandbox.run(arguments.place).await,
        Command::Simulate(simulate) => simulate.run(arguments.place).await,
    };
    match outcome {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(sentence) => {
            eprintln!("scrip: {sentence}");
            std::process::ExitCode::FAILURE
        }
    }
}
