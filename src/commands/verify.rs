//! `scrip verify`: is every figure what the journal says it is?

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use clap::Args;
use scrip::backend::engine;
use scrip::backend::store::organisation::{self, Organisation};
use scrip::backend::store::{Db, head};
use scrip::ledger::journal_file::JournalReader;
use scrip::model::format::{count_phrase, credits_phrase};

use super::{Outcome, Place, progress_bar};

/// Replays the journal of every organisation and compares; changes nothing.
#[derive(Args)]
pub struct Verify {
    /// Only this organisation (`org_…`).
    #[arg(long, conflicts_with = "journal")]
    organisation: Option<String>,
    /// A file of `scrip ledger export` in the place of the database.
    #[arg(long, value_name = "FILE")]
    journal: Option<PathBuf>,
}

impl Verify {
    pub async fn run(self, place: Place) -> Outcome {
        match &self.journal {
            Some(file) => verify_file(file),
            None => self.verify_database(&place.existing_database().await?).await,
        }
    }

    async fn verify_database(&self, db: &Db) -> Outcome {
        let all = organisation::list(db).await.map_err(|error| error.to_string())?;
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
        let bar = progress_bar(transactions(db, &chosen).await?);
        let mut before = 0;
        for organisation in chosen {
            bar.set_message(organisation.name.clone());
            let showing = |done| bar.set_position(before + done);
            let report = engine::verify_showing(db, &organisation.id, showing).await;
            let report = report.map_err(|error| error.to_string())?;
            let line = format!("{} ({}): {report}", organisation.name, organisation.id);
            bar.suspend(|| println!("{line}"));
            if let Some(difference) = report.first_difference() {
                bar.abandon();
                return Err(format!("{}: {difference}", organisation.name));
            }
            before += report.transactions;
        }
        bar.finish_and_clear();
        println!("Every figure follows from the journal, and every chain is unbroken.");
        Ok(())
    }
}

/// How many transactions these organisations have.
async fn transactions(db: &Db, of: &[Organisation]) -> Outcome<u64> {
    let mut sum = 0;
    for organisation in of {
        let head = head::find(db, &organisation.id).await.map_err(|error| error.to_string())?;
        sum += head.map_or(0, |stored| stored.head.sequence);
    }
    Ok(sum)
}

/// Replays an export: no database is opened.
fn verify_file(path: &Path) -> Outcome {
    let wrong = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let file = File::open(path).map_err(|error| wrong(&error))?;
    let bar = progress_bar(file.metadata().map_or(0, |data| data.len()));
    let (mut lines, mut text) = (BufReader::new(file), String::new());
    let mut reader = JournalReader::new();
    loop {
        text.clear();
        let read = lines.read_line(&mut text).map_err(|error| wrong(&error))?;
        if read == 0 {
            break;
        }
        reader.read(text.strip_suffix('\n').unwrap_or(&text)).map_err(|error| wrong(&error))?;
        bar.inc(read as u64);
    }
    let journal = reader.finish().map_err(|error| wrong(&error))?;
    bar.finish_and_clear();
    let head = journal.state.head();
    let count = count_phrase(head.sequence, "transaction", "transactions");
    let available = credits_phrase(journal.state.balance(journal.header.exported_at).available);
    println!("{}: {count}, the last with the hash {}.", head.organisation, head.hash);
    println!(
        "The chain is unbroken and every figure follows. Available when it was written: {available}."
    );
    Ok(())
}
