//! `scrip verify`: is every figure what the journal says it is?

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use scrip::backend::engine;
use scrip::backend::store::organisation;

use super::{Outcome, Place};

/// Replays the journal of every organisation and compares; changes nothing.
#[derive(Args)]
pub struct Verify {
    /// Only this organisation (`org_…`).
    #[arg(long)]
    organisation: Option<String>,
}

impl Verify {
    pub async fn run(self, place: Place) -> Outcome {
        let db = place.existing_database().await?;
        let all = organisation::list(&db).await.map_err(|error| error.to_string())?;
        let chosen: Vec<_> = all
            .into_iter()
            .filter(|it| self.organisation.as_ref().is_none_or(|id| it.id.as_str() == id))
            .collect();
        if chosen.is_empty() {
            return Err(
                "there is no such organisation in this database, so nothing was verified. \
                        Check SCRIP_DATABASE_URL and --organisation."
                    .to_owned(),
            );
        }
        let style = ProgressStyle::with_template("{bar:32} {pos}/{len} {msg}")
            .unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = ProgressBar::new(chosen.len() as u64).with_style(style);
        for organisation in chosen {
            bar.set_message(organisation.name.clone());
            let report =
                engine::verify(&db, &organisation.id).await.map_err(|error| error.to_string())?;
            bar.println(format!("{} ({}): {report}", organisation.name, organisation.id));
            if let Some(difference) = report.first_difference() {
                bar.abandon();
                return Err(format!("{}: {difference}", organisation.name));
            }
            bar.inc(1);
        }
        bar.finish_and_clear();
        println!("Every figure follows from the journal, and every chain is unbroken.");
        Ok(())
    }
}
