//! `scrip ledger`: the journal, taken out.

use std::fs::File;
use std::io::{BufWriter, Write, stdout};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use scrip::backend::clock::Clock;
use scrip::backend::journal_export::JournalExport;
use scrip::backend::store::organisation::{self, Organisation};
use scrip::ledger::Timestamp;

use super::{Outcome, Place, progress_bar};

/// The journal, taken out.
#[derive(Subcommand)]
pub enum Ledger {
    /// Write an organisation's journal as a file that `scrip verify --journal` reads.
    Export(Export),
}

/// Write an organisation's journal as a file: one JSON object a line.
#[derive(Args)]
pub struct Export {
    /// The organisation (`org_…`); may be left out where there is only one.
    #[arg(long)]
    organisation: Option<String>,
    /// Where to; without it to standard output.
    #[arg(long)]
    output: Option<PathBuf>,
}

impl Ledger {
    pub async fn run(self, place: Place) -> Outcome {
        match self {
            Ledger::Export(export) => export.run(place).await,
        }
    }
}

impl Export {
    async fn run(self, place: Place) -> Outcome {
        let db = place.existing_database().await?;
        let all = organisation::list(&db).await.map_err(|error| error.to_string())?;
        let of = self.chosen(&all)?;
        let now = Timestamp(Clock::System.now_microseconds());
        let export = JournalExport::open(&db, &of.id, None, now).await;
        let export = export.map_err(|error| error.to_string())?;
        let export = export.ok_or("the journal became shorter; run `scrip verify`")?;
        let count = export.transactions();
        match &self.output {
            Some(path) => {
                let file = File::create(path).map_err(|error| wrong_file(path, &error))?;
                write(export, BufWriter::new(file))
                    .await
                    .map_err(|error| wrong_file(path, &error))?;
                eprintln!("{}: {count} transactions in {}.", of.name, path.display());
            }
            None => write(export, stdout().lock()).await?,
        }
        Ok(())
    }

    fn chosen<'a>(&self, all: &'a [Organisation]) -> Outcome<&'a Organisation> {
        let found = match (&self.organisation, all) {
            (None, [only]) => Some(only),
            (None, _) => None,
            (Some(id), all) => all.iter().find(|one| one.id.as_str() == id),
        };
        found.ok_or_else(|| {
            let names: Vec<String> =
                all.iter().map(|one| format!("  {}  {}", one.id, one.name)).collect();
            format!("choose one organisation with --organisation:\n{}", names.join("\n"))
        })
    }
}

async fn write(mut export: JournalExport, mut to: impl Write) -> Outcome {
    let bar = progress_bar(export.transactions());
    while let Some(piece) = export.next().await.map_err(|error| error.to_string())? {
        to.write_all(piece.as_bytes()).map_err(|error| error.to_string())?;
        bar.set_position(export.written());
    }
    to.flush().map_err(|error| error.to_string())?;
    bar.finish_and_clear();
    Ok(())
}

fn wrong_file(path: &Path, error: &impl ToString) -> String {
    format!("{}: {}", path.display(), error.to_string())
}
