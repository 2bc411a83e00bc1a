//! What the command line does, one file a command. Each ends with a sentence where it fails.

pub mod api_key;
pub mod catalogue;
pub mod ledger;
pub mod plan;
pub mod sandbox;
pub mod serve;
pub mod simulate;
pub mod user;
pub mod verify;
pub mod verify_statement;

use std::path::PathBuf;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use scrip::backend::store::Db;
use tracing_subscriber::EnvFilter;

/// What every command returns: nothing, or what is wrong and what would cure it.
pub type Outcome<T = ()> = Result<T, String>;

/// Where the data lies.
#[derive(Args, Clone)]
pub struct Place {
    /// `sqlite://FILE` or `postgres://…`; without it a SQLite file in the data folder.
    #[arg(long, env = "SCRIP_DATABASE_URL", hide_env_values = true, global = true)]
    database_url: Option<String>,
    /// The folder for everything that is not in the database.
    #[arg(long, env = "SCRIP_DATA_DIR", default_value = "data", global = true)]
    data_dir: PathBuf,
}

impl Place {
    /// The data folder, made when it is not there.
    pub fn folder(&self) -> Outcome<PathBuf> {
        std::fs::create_dir_all(&self.data_dir).map_err(|error| {
            format!(
                "cannot make the data folder {}: {error}. Set SCRIP_DATA_DIR.",
                self.data_dir.display()
            )
        })?;
        Ok(self.data_dir.clone())
    }

    /// Whether a database was named, and not only taken for granted.
    pub fn is_named(&self) -> bool {
        self.database_url.is_some()
    }

    fn url(&self) -> String {
        match &self.database_url {
            Some(url) => url.clone(),
            None => format!("sqlite://{}", self.data_dir.join("scrip.db").display()),
        }
    }

    /// A database that is there already, exactly as it is: nothing is made and nothing migrated.
    pub async fn existing_database(&self) -> Outcome<Db> {
        let url = self.url();
        let file = url.strip_prefix("sqlite://").map(|rest| rest.split('?').next().unwrap_or(rest));
        if let Some(file) = file.filter(|file| !std::path::Path::new(file).is_file()) {
            return Err(format!(
                "there is no database {file}. Set SCRIP_DATABASE_URL or SCRIP_DATA_DIR."
            ));
        }
        Db::connect(&url).await.map_err(|error| format!("no database: {error}"))
    }

    /// The database, with its tables up to date; a missing SQLite file is made.
    pub async fn database(&self) -> Outcome<Db> {
        self.folder()?;
        let url = self.url();
        let cure = "Check SCRIP_DATABASE_URL and that the database runs.";
        let db =
            Db::connect(&url).await.map_err(|error| format!("no database: {error}. {cure}"))?;
        db.migrate()
            .await
            .map_err(|error| format!("the tables cannot be brought up to date: {error}"))?;
        Ok(db)
    }
}

/// A bar on standard error over something that has this many parts.
pub fn progress_bar(parts: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:32} {percent:>3} % {elapsed} {msg}");
    ProgressBar::new(parts).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// Logs to standard error: people read it in a terminal, programs as JSON with `SCRIP_LOG=json`.
///
/// What is logged is `RUST_LOG`'s to say, or else `filter`'s.
pub fn start_log(filter: &str) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(filter));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    if std::env::var("SCRIP_LOG").is_ok_and(|form| form == "json") {
        log.json().init();
    } else {
        log.with_target(false).compact().init();
    }
}
