//! `scrip simulate`: the engine under everything that can go wrong, from seeds.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};
use scrip::backend::clock::Clock;
use scrip::backend::engine::Engine;
use scrip::backend::live::Live;
use scrip::backend::simulation::worker::{self, Work};
use scrip::backend::simulation::{Ground, Plan, Tally, run};
use scrip::ledger::{OrganisationId, Timestamp};

use super::{Outcome, Place};

/// Run virtual clients against engines and databases that are killed, and check every answer.
///
/// Each seed is a simulation of its own on a database of its own; a seed that fails asks for the same
/// again with `--seed`. Without `--minutes` one seed is run, with it as many as there is time for.
#[derive(Args)]
pub struct Simulate {
    /// The first seed.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Go on with the following seeds for this long.
    #[arg(long, default_value_t = 0.0)]
    minutes: f64,
    /// Which database.
    #[arg(long, value_enum, default_value_t = Kind::Both)]
    database: Kind,
    /// Clients at the same time.
    #[arg(long, default_value_t = 64)]
    clients: u64,
    /// Steps that each client takes.
    #[arg(long, default_value_t = 100)]
    steps: u64,
    /// How often something goes wrong in each simulation.
    #[arg(long, default_value_t = 24)]
    troubles: u64,
    /// Where the databases lie; they are removed afterwards. A disk makes them as slow as they are.
    #[arg(long, default_value = "/var/tmp")]
    folder: PathBuf,
    #[command(subcommand)]
    part: Option<Part>,
}

#[derive(Subcommand)]
enum Part {
    /// Make holds on an organisation that is there, and print what is acknowledged.
    #[command(hide = true)]
    Worker(Worker),
}

/// What the crash tests start and kill.
#[derive(Args)]
struct Worker {
    #[arg(long)]
    organisation: String,
    /// Part of every key.
    #[arg(long)]
    name: String,
    #[arg(long)]
    parallel: u64,
    #[arg(long)]
    holds: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    Sqlite,
    Postgres,
    Both,
}

impl Simulate {
    /// Simulates, or does what a crash test asks for.
    ///
    /// # Errors
    /// A promise was broken, said with the seed that broke it.
    pub async fn run(self, place: Place) -> Outcome {
        match &self.part {
            None => self.seeds().await,
            Some(Part::Worker(worker)) => worker.run(place).await,
        }
    }

    async fn seeds(&self) -> Outcome {
        let mut grounds = Vec::new();
        if self.database != Kind::Postgres {
            let ground = Ground::sqlite(&self.folder).map_err(|error| error.to_string())?;
            grounds.push(("sqlite", ground));
        }
        if self.database != Kind::Sqlite {
            let ground = Ground::postgres(&self.folder).await.map_err(|error| error.to_string())?;
            grounds.push(("postgres", ground));
        }
        let limit = Duration::from_secs_f64(self.minutes.clamp(0.0, 1e6) * 60.0);
        let bar = ProgressBar::new(self.clients * self.steps).with_style(style());
        for seed in self.seed.. {
            for (name, ground) in &grounds {
                let tally = self.one(seed, name, ground, &bar).await?;
                // Also where nobody sees a bar.
                bar.suspend(|| println!("{}", told(seed, name, tally)));
            }
            if bar.elapsed() >= limit {
                break;
            }
        }
        bar.finish_and_clear();
        println!("Every answer could be, and every journal is what was answered.");
        Ok(())
    }

    async fn one(
        &self,
        seed: u64,
        name: &str,
        ground: &Ground,
        bar: &ProgressBar,
    ) -> Outcome<Tally> {
        let Simulate { clients, steps, troubles, .. } = *self;
        let plan = Plan { seed, clients, steps, troubles };
        bar.set_position(0);
        bar.set_message(format!("seed {seed}, {name}"));
        let shown = bar.clone();
        run(plan, ground, move |done| shown.set_position(done)).await.map_err(|failure| {
            bar.abandon();
            format!(
                "seed {seed} on {name}: {failure}\nAsk for the same again: scrip simulate --seed {seed} \
                 --database {name} --clients {clients} --steps {steps} --troubles {troubles}"
            )
        })
    }
}

impl Worker {
    async fn run(&self, place: Place) -> Outcome {
        let organisation =
            OrganisationId::parse(&self.organisation).map_err(|error| error.to_string())?;
        let db = place.existing_database().await?;
        let engine = Engine::start(db, Clock::System, Live::new());
        let now = Timestamp(Clock::System.now_microseconds());
        let work = Work {
            organisation,
            name: self.name.clone(),
            clients: self.parallel,
            holds: self.holds,
        };
        worker::work(&engine, &work, now, Arc::new(Mutex::new(std::io::stdout()))).await?;
        engine.drain().await;
        Ok(())
    }
}

fn style() -> ProgressStyle {
    ProgressStyle::with_template("{bar:32} {pos}/{len} steps, {msg}")
        .unwrap_or_else(|_| ProgressStyle::default_bar())
}

fn told(seed: u64, name: &str, tally: Tally) -> String {
    let Tally { acknowledged, replayed, refused, conflicts, unanswered, booked } = tally;
    format!(
        "seed {seed}, {name}: {booked} transactions; {acknowledged} acknowledged ({replayed} again), \
         {refused} refused, {conflicts} conflicts, {unanswered} unanswered and sent again"
    )
}
