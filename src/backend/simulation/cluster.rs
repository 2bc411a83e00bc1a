//! A PostgreSQL cluster of our own, that may be stopped in the middle of anything.
//!
//! It lies in a new folder and listens on a Unix socket there and nowhere else. It ends with this
//! process, however that ends: a shell beside it waits for the end of its input, stops the server and
//! removes the folder.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, PoisonError};

/// What to do when there is no server to start.
const CURE: &str =
    "Install PostgreSQL: `apt-get install postgresql`, or put its programs in the PATH.";
/// Longest folder that a Unix socket's path leaves room for, in bytes.
const LONGEST_FOLDER: usize = 60;

/// Starts the server, then does what it is told, a word a line, and says when it is done.
const KEEPER: &str = r#"
trap '' INT TERM HUP
start() {
    "$1/pg_ctl" --pgdata "$2/data" --log "$2/server.log" --wait --silent --options \
        "-c listen_addresses='' -c unix_socket_directories='$2' -c max_connections=400 $3" start \
        </dev/null >/dev/null 2>&1 || { cat "$2/server.log" >&2; exit 1; }
}
stop() {
    "$1/pg_ctl" --pgdata "$2/data" --mode immediate --wait --silent stop </dev/null >/dev/null 2>&1
}
"$1/initdb" --pgdata "$2/data" --username postgres --auth trust --encoding UTF8 --no-locale \
    --no-sync >"$2/initdb.log" 2>&1 || { cat "$2/initdb.log" >&2; exit 1; }
start "$@"
echo ready
while read -r word; do
    case "$word" in
        stop) stop "$@" ;;
        start) start "$@" ;;
    esac
    echo ready
done
stop "$@"
rm -rf "$2"
"#;

/// Why there is no cluster, with what would cure it.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    /// There are no programs to start one with, or the machine refuses.
    #[error("no PostgreSQL server can be started here: {0}. {CURE}")]
    Missing(String),
    /// It stopped doing what it is told; its own words are on standard error.
    #[error("the PostgreSQL cluster does not go on ({0}), see above")]
    Broken(&'static str),
}

/// A server that runs, and its shell.
#[derive(Debug)]
pub struct Cluster {
    folder: PathBuf,
    keeper: Mutex<Keeper>,
}

#[derive(Debug)]
struct Keeper {
    words: ChildStdin,
    answers: BufReader<ChildStdout>,
    _process: Child,
}

impl Cluster {
    /// Makes and starts a cluster in a new folder below `parent`. `options` are for the server, such
    /// as `-c fsync=off`. Blocks for a second or two.
    ///
    /// # Errors
    /// There is no PostgreSQL here, or it does not start.
    pub fn start(parent: &Path, options: &str) -> Result<Cluster, ClusterError> {
        let programs = programs()
            .ok_or_else(|| ClusterError::Missing("its programs are not to be found".into()))?;
        let folder = new_folder(parent)
            .map_err(|error| ClusterError::Missing(format!("{}: {error}", parent.display())))?;
        let mut process = command_as_server_account(&folder)?
            .args(["sh", "-c", KEEPER, "keeper"])
            .arg(&programs)
            .arg(&folder)
            .arg(options)
            .current_dir(&folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| ClusterError::Missing(error.to_string()))?;
        let (Some(words), Some(answers)) = (process.stdin.take(), process.stdout.take()) else {
            return Err(ClusterError::Broken("no pipe"));
        };
        let mut keeper = Keeper { words, answers: BufReader::new(answers), _process: process };
        keeper.hear("start")?;
        Ok(Cluster { folder, keeper: Mutex::new(keeper) })
    }

    /// The address of a database of this cluster.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres@localhost/{database}?host={}", self.folder.display())
    }

    /// Stops the server at once, as a power cut of the process would: connections break, nothing is
    /// written any more, and the next start recovers from the log.
    ///
    /// # Errors
    /// The keeper is gone.
    pub fn crash(&self) -> Result<(), ClusterError> {
        self.tell("stop")
    }

    /// Starts the server again, and returns when it takes connections.
    ///
    /// # Errors
    /// It does not start.
    pub fn recover(&self) -> Result<(), ClusterError> {
        self.tell("start")
    }

    fn tell(&self, word: &'static str) -> Result<(), ClusterError> {
        let mut keeper = self.keeper.lock().unwrap_or_else(PoisonError::into_inner);
        writeln!(keeper.words, "{word}").map_err(|_| ClusterError::Broken(word))?;
        keeper.hear(word)
    }
}

impl Keeper {
    fn hear(&mut self, word: &'static str) -> Result<(), ClusterError> {
        let mut line = String::new();
        match self.answers.read_line(&mut line) {
            Ok(_) if line.trim() == "ready" => Ok(()),
            _ => Err(ClusterError::Broken(word)),
        }
    }
}

/// The folder of `initdb` and `pg_ctl`: in the path, or where Debian puts the newest version.
fn programs() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut debian: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .map(|versions| versions.flatten().map(|version| version.path().join("bin")).collect())
        .unwrap_or_default();
    debian.sort();
    std::env::split_paths(&path)
        .chain(debian.into_iter().rev())
        .find(|folder| folder.join("initdb").is_file() && folder.join("pg_ctl").is_file())
}

/// A new folder whose path is short enough for a Unix socket.
fn new_folder(parent: &Path) -> std::io::Result<PathBuf> {
    let short = parent.as_os_str().len() <= LONGEST_FOLDER;
    let parent = if short { parent } else { Path::new("/tmp") };
    let unique = uuid::Uuid::now_v7().simple().to_string();
    let folder = parent.join(format!("scrip-postgres-{}", &unique[12..]));
    std::fs::create_dir(&folder)?;
    Ok(folder)
}

/// PostgreSQL refuses to run as root: there it runs under the account `postgres`, who gets the folder.
fn command_as_server_account(folder: &Path) -> Result<Command, ClusterError> {
    if output_of("id", &["-u"]) != "0" {
        return Ok(Command::new("env"));
    }
    let owned = Command::new("chown").arg("postgres").arg(folder).status();
    if !owned.is_ok_and(|status| status.success()) {
        return Err(ClusterError::Missing("there is no account `postgres`".into()));
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--init-groups"]);
    Ok(command)
}

fn output_of(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    output.map(|it| String::from_utf8_lossy(&it.stdout).trim().to_owned()).unwrap_or_default()
}
