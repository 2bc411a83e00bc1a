//! `scrip catalogue`: what is sold here and what work costs, from when on, and what a change would do.

use std::io::{BufRead, Write};
use std::path::{Path, PathBuf};

use clap::Subcommand;
use scrip::backend::catalogue::reprice::{Comparison, reprice};
use scrip::backend::catalogue::{APPLY_LEAD, Catalogues, InForce, read};
use scrip::backend::clock::Clock;
use scrip::backend::store::Db;
use scrip::backend::zone::Zone;
use scrip::catalogue::Catalogue;
use scrip::catalogue::diff::changes;
use scrip::ledger::Timestamp;
use scrip::model::format::{format_credits, format_signed_credits, grouped};

use super::{Outcome, Place};

/// Who a change from here comes from.
const BY: &str = "command line";

/// Change what is sold and what work costs, now or later.
#[derive(Subcommand)]
pub enum CatalogueCommand {
    /// Show what a file changes and what it would have made of last month, and apply it.
    Apply {
        /// The catalogue, TOML.
        file: PathBuf,
        /// From when on, in UTC: 2026-12-01T00:00. Without it in a few seconds.
        #[arg(long)]
        at: Option<String>,
        /// Do not ask.
        #[arg(long)]
        yes: bool,
    },
    /// Print a version as it was written: the one in force, or the one with this number.
    Show {
        /// Its number in the history.
        #[arg(long)]
        version: Option<i64>,
    },
    /// List all versions, the newest first.
    History,
    /// Take back a version that has not taken effect yet.
    Withdraw {
        /// Its number in the history.
        version: i64,
    },
    /// Price last month's usage by a file, and change nothing.
    Reprice {
        /// The catalogue, TOML.
        file: PathBuf,
    },
}

impl CatalogueCommand {
    pub async fn run(self, place: Place) -> Outcome {
        let db = place.database().await?;
        let now = Timestamp(Clock::System.now_microseconds());
        match self {
            CatalogueCommand::Apply { file, at, yes } => apply(&db, &file, at, yes, now).await,
            CatalogueCommand::Show { version } => show(&db, version, now).await,
            CatalogueCommand::History => history(&db, now).await,
            CatalogueCommand::Withdraw { version } => withdraw(&db, version, now).await,
            CatalogueCommand::Reprice { file } => {
                let (card, _) = read(Some(&file)).map_err(told)?;
                print_comparison(&compared(&db, &card, now).await?, now);
                Ok(())
            }
        }
    }
}

/// The versions of this installation; without one yet, the catalogue in `file` or the built-in one.
///
/// # Errors
/// The file or a version cannot be read; the database failed.
pub async fn catalogues(db: &Db, file: Option<&Path>, now: Timestamp) -> Outcome<Catalogues> {
    let (first, _) = read(file).map_err(told)?;
    let catalogues = Catalogues::new(db.clone(), first);
    catalogues.step(now).await.map_err(told)?;
    Ok(catalogues)
}

async fn apply(db: &Db, file: &Path, at: Option<String>, yes: bool, now: Timestamp) -> Outcome {
    let (card, text) = read(Some(file)).map_err(told)?;
    let catalogues = catalogues(db, None, now).await?;
    let chosen = at.as_deref().map(instant).transpose()?;
    // Until somebody has said yes, some time passes.
    let begins = |now: Timestamp| chosen.unwrap_or(now.plus(APPLY_LEAD));
    let before = catalogues.in_force(begins(now));
    let differs = print_changes(&before, &card);
    if !differs && before.number > 0 {
        println!("Version {} says the same already. Nothing was applied.", before.number);
        return Ok(());
    }
    print_comparison(&compared(db, &card, now).await?, now);
    match chosen {
        Some(at) => println!("\nIt takes effect at {}.", shown(at)),
        None => println!("\nIt takes effect in a few seconds, on every node at once."),
    }
    if !yes && !agreed("Apply it?")? {
        println!("Nothing was applied.");
        return Ok(());
    }
    let now = Timestamp(Clock::System.now_microseconds());
    let number = catalogues.apply(&text, begins(now), BY, now).await.map_err(told)?;
    println!("It is version {number}. Quotes that were given keep their price until they expire.");
    Ok(())
}

/// Prints what differs; whether anything does.
fn print_changes(before: &InForce, after: &Catalogue) -> bool {
    let changes = changes(&before.catalogue, after);
    let against = match before.number {
        0 => "the built-in catalogue".to_owned(),
        number => format!("version {number} ({})", before.catalogue.name),
    };
    println!("Changes against {against}: {}", if changes.is_empty() { "none" } else { "" });
    for change in &changes {
        println!("  {change}");
    }
    !changes.is_empty()
}

async fn show(db: &Db, version: Option<i64>, now: Timestamp) -> Outcome {
    let catalogues = catalogues(db, None, now).await?;
    let number = version.unwrap_or_else(|| catalogues.in_force(now).number);
    if number == 0 {
        print!("{}", scrip::catalogue::parse::BUILT_IN_TEXT);
        return Ok(());
    }
    let found = catalogues.version(number).await.map_err(told)?;
    let found = found.ok_or_else(|| format!("there is no version {number}. See the history."))?;
    print!("{}", found.body);
    Ok(())
}

async fn history(db: &Db, now: Timestamp) -> Outcome {
    let catalogues = catalogues(db, None, now).await?;
    let in_force = catalogues.in_force(now).number;
    let versions = catalogues.history().await.map_err(told)?;
    if versions.is_empty() {
        println!("No version was written down yet: the first start of `scrip serve` does that.");
    }
    for version in versions {
        let standing = match (version.withdrawn_at, version.number == in_force) {
            (Some(at), _) => format!("withdrawn at {}", shown(at)),
            (None, true) => "in force".to_owned(),
            (None, false) if version.effective_at > now => "to come".to_owned(),
            (None, false) => "past".to_owned(),
        };
        let from = match version.effective_at {
            Timestamp(0) => "the beginning".to_owned(),
            at => shown(at),
        };
        let (number, code, by) = (version.number, version.code, version.applied_by);
        let applied = shown(version.applied_at);
        println!("{number:>4}  {code:<20} from {from:<22} {standing:<10} by {by} at {applied}");
    }
    Ok(())
}

async fn withdraw(db: &Db, number: i64, now: Timestamp) -> Outcome {
    let catalogues = catalogues(db, None, now).await?;
    if catalogues.withdraw(number, BY, now).await.map_err(told)? {
        println!("Version {number} will not take effect.");
        return Ok(());
    }
    Err(format!(
        "version {number} cannot be taken back: it is not there, or has taken effect. Apply an older \
         file again instead."
    ))
}

/// Last month, by the calendar in UTC.
fn last_month(now: Timestamp) -> (Timestamp, Timestamp) {
    let month = Zone::UTC.month(now);
    (Zone::UTC.start_of(month.before()), Zone::UTC.start_of(month))
}

async fn compared(db: &Db, card: &Catalogue, now: Timestamp) -> Outcome<Comparison> {
    reprice(db, card, last_month(now)).await.map_err(told)
}

fn print_comparison(comparison: &Comparison, now: Timestamp) {
    let month = Zone::UTC.month(now).before().label();
    println!("\nUsage of {month}, priced by this card:");
    if comparison.rows.is_empty() {
        println!("  nothing was charged under a quote");
    }
    for row in &comparison.rows {
        let unpriced = row.runs - row.priced;
        let rest = match unpriced {
            0 => String::new(),
            count => format!(" ({} of them have no price on it)", grouped(count)),
        };
        println!(
            "  {:<28} {:>8} runs{rest}: {} charged, {} by this card, {}",
            row.name,
            grouped(row.runs),
            format_credits(row.charged_of_priced),
            format_credits(row.would_be),
            format_signed_credits(row.difference()),
        );
    }
    let (runs, charged) = comparison.unknown;
    if runs > 0 {
        let charged = format_credits(charged);
        println!("  {runs} runs without a quote came to {charged}: their inputs are not known");
    }
    if comparison.rows.len() > 1 {
        println!("  in all: {}", format_signed_credits(comparison.difference()));
    }
}

fn instant(text: &str) -> Outcome<Timestamp> {
    Zone::UTC.instant_of(text).ok_or_else(|| {
        format!("“{text}” is no time. Write it in UTC as 2026-12-01T00:00, or with an offset.")
    })
}

fn shown(at: Timestamp) -> String {
    format!("{} UTC", Zone::UTC.moment(at).text)
}

/// Asks on the terminal; anything but yes is no.
fn agreed(question: &str) -> Outcome<bool> {
    print!("{question} Type yes: ");
    std::io::stdout().flush().map_err(told)?;
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer).map_err(told)?;
    Ok(answer.trim() == "yes")
}

fn told(error: impl std::fmt::Display) -> String {
    error.to_string()
}
