//! `scrip plan`: plans that are agreed on with people rather than bought.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use scrip::backend::clock::Clock;
use scrip::backend::engine::Engine;
use scrip::backend::live::Live;
use scrip::backend::payments::{PaymentError, Payments, PaymentsChoice, PaymentsConfig};
use scrip::backend::store::{Db, setting};
use scrip::ledger::{OrganisationId, Timestamp};

use super::{Outcome, Place, catalogue};

/// Where the test checkout answers, should it have to be asked.
const SANDBOX: &str = "http://127.0.0.1:3001";

/// Put an organisation on a plan that was agreed on, or end it.
#[derive(Subcommand)]
pub enum Plan {
    /// From now on: a plan of the catalogue, without a payment.
    Agree {
        #[command(flatten)]
        of: Of,
        /// The plan's code in the catalogue.
        #[arg(long)]
        plan: String,
        /// The catalogue of an installation that was never started; by default the built-in one.
        #[arg(long = "catalogue", env = "SCRIP_CATALOGUE")]
        file: Option<PathBuf>,
    },
    /// The plan that was agreed on stands no longer; what it granted stays until its period ends.
    End {
        #[command(flatten)]
        of: Of,
    },
}

/// Whose plan.
#[derive(Args)]
pub struct Of {
    /// The organisation's id: org_…
    #[arg(long)]
    organisation: String,
}

impl Of {
    fn id(&self) -> Outcome<OrganisationId> {
        OrganisationId::parse(&self.organisation).map_err(|error| error.to_string())
    }
}

impl Plan {
    pub async fn run(self, place: Place) -> Outcome {
        let db = place.database().await?;
        let payments = payments(&db).await?;
        let now = Timestamp(Clock::System.now_microseconds());
        match self {
            Plan::Agree { of, plan, file } => {
                let catalogues = catalogue::catalogues(&db, file.as_deref(), now).await?;
                let catalogue = catalogues.in_force(now).catalogue;
                let found = catalogue.plan(&plan);
                let found = found.ok_or_else(|| format!("the catalogue has no plan {plan}"))?;
                payments.agree_on_plan(&of.id()?, found, now).await.map_err(told)?;
                println!("{} has the plan {} from now on.", of.organisation, found.name);
            }
            Plan::End { of } => {
                payments.end_agreed_plan(&of.id()?, now).await.map_err(told)?;
                println!("The plan of {} has ended.", of.organisation);
            }
        }
        Ok(())
    }
}

fn told(error: PaymentError) -> String {
    match error.problem() {
        Some(problem) => format!("{} {}", problem.detail, problem.cure.unwrap_or_default()),
        None => error.to_string(),
    }
}

async fn payments(db: &Db) -> Outcome<Payments> {
    let choice = PaymentsConfig::from_environment().map_err(|error| error.to_string())?;
    let config = match choice {
        PaymentsChoice::Stripe(config) => config,
        PaymentsChoice::Sandbox => {
            let key = kept(db, "sandbox_secret_key", "sk_test_not_started_yet").await?;
            let secret = kept(db, "sandbox_webhook_secret", "whsec_not_started_yet").await?;
            PaymentsConfig::sandbox(SANDBOX, &key, &secret).map_err(|error| error.to_string())?
        }
    };
    let live = Live::new();
    let engine = Engine::start(db.clone(), Clock::System, live.clone());
    Payments::new(db.clone(), engine, live, config).map_err(|error| error.to_string())
}

async fn kept(db: &Db, name: &str, otherwise: &str) -> Outcome<String> {
    let known = setting::find(db, name).await.map_err(|error| error.to_string())?;
    Ok(known.unwrap_or_else(|| otherwise.to_owned()))
}
