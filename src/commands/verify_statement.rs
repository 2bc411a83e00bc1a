//! `scrip verify-statement`: does a month's statement say what the journal says?

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use clap::Args;
use scrip::backend::statements::file::{self, ReadStatement};
use scrip::backend::statements::verify::{recount, replay_database, with_itself, with_journal};
use scrip::backend::store::{Db, head};
use scrip::ledger::journal_file::JournalReader;
use scrip::ledger::statement_line::LineKind;
use scrip::model::format::{count_phrase, credits_phrase};

use super::{Outcome, Place, progress_bar};

/// Checks the CSV of a monthly statement; changes nothing. Alone, that its figures hold together and the
/// file is as it was written; with a journal or a database, that every figure follows from there.
#[derive(Args)]
pub struct VerifyStatement {
    /// The statement, as CSV.
    file: PathBuf,
    /// A file of `scrip ledger export` to hold it against; no database is opened.
    #[arg(long, value_name = "FILE")]
    journal: Option<PathBuf>,
}

impl VerifyStatement {
    pub async fn run(self, place: Place) -> Outcome {
        let wrong = |error: &dyn std::fmt::Display| format!("{}: {error}", self.file.display());
        let text = std::fs::read_to_string(&self.file).map_err(|error| wrong(&error))?;
        let statement = file::read(&text).map_err(|error| wrong(&error))?;
        println!("{}", described(&statement));
        let journal = match &self.journal {
            Some(journal) => Some(against_file(&statement, journal)),
            None if place.is_named() => {
                Some(against_database(&statement, &place.existing_database().await?).await)
            }
            None => None,
        };
        if let Some(outcome) = &journal {
            outcome.as_ref().map_err(|error| wrong(error))?;
        }
        with_itself(&statement).map_err(|error| wrong(&error))?;
        match journal {
            Some(_) => {
                println!("Every figure follows from the journal, and the chain is the same.")
            }
            None => println!(
                "Its figures hold together and the file is as it was written. To hold it against the \
                 journal, give --journal FILE (from `scrip ledger export`) or --database-url."
            ),
        }
        Ok(())
    }
}

/// What the statement says it is.
fn described(statement: &ReadStatement) -> String {
    let ReadStatement { organisation, month, zone, closing, lines, .. } = statement;
    let balance = lines.iter().find(|line| line.kind == LineKind::Closing);
    let balance = balance.map(|line| credits_phrase(line.credits)).unwrap_or_default();
    format!(
        "{organisation}, {} ({}): closing balance {balance}, up to transaction {} with the hash {}.",
        month.label(),
        zone.name(),
        closing.sequence,
        closing.hash
    )
}

/// Replays an export, and compares.
fn against_file(statement: &ReadStatement, path: &Path) -> Outcome {
    let wrong = |error: &dyn std::fmt::Display| format!("the journal {}: {error}", path.display());
    let file = File::open(path).map_err(|error| wrong(&error))?;
    let bar = progress_bar(file.metadata().map_or(0, |data| data.len()));
    let (mut lines, mut text) = (BufReader::new(file), String::new());
    let (mut reader, mut recount) = (JournalReader::new(), recount(statement));
    loop {
        text.clear();
        let read = lines.read_line(&mut text).map_err(|error| wrong(&error))?;
        if read == 0 {
            break;
        }
        let line = text.strip_suffix('\n').unwrap_or(&text);
        let shown = reader.read_showing(line, |state, next| recount.pass(state, next));
        shown.map_err(|error| wrong(&error))?;
        bar.inc(read as u64);
    }
    let journal = reader.finish().map_err(|error| wrong(&error))?;
    bar.finish_and_clear();
    with_journal(statement, recount, &journal.state).map_err(|error| error.to_string())?;
    told(journal.state.head().sequence);
    Ok(())
}

/// Replays the journal in a database, and compares.
async fn against_database(statement: &ReadStatement, db: &Db) -> Outcome {
    let id = &statement.organisation;
    let found = head::find(db, id).await.map_err(|error| error.to_string())?;
    let last = found.map_or(0, |stored| stored.head.sequence);
    if last == 0 {
        return Err(format!("this database has no journal of {id}. Check SCRIP_DATABASE_URL."));
    }
    let (bar, mut recount) = (progress_bar(last), recount(statement));
    let state = replay_database(db, id, &mut recount, |done| bar.set_position(done)).await;
    bar.finish_and_clear();
    let state = state.map_err(|error| format!("the journal: {error}"))?;
    with_journal(statement, recount, &state).map_err(|error| error.to_string())?;
    told(state.head().sequence);
    Ok(())
}

fn told(transactions: u64) {
    let count = count_phrase(transactions, "transaction", "transactions");
    println!("{count} replayed, every link of the chain holds.");
}
