//! Starting other programs, with a heading that says what is happening and how long it took.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

/// What every step returns: nothing, or one sentence that says what is wrong and what would cure it.
pub type Outcome<T = ()> = Result<T, String>;

/// The project's own folder, whatever folder the command was called from.
pub fn project() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().expect("xtask lies inside the project").to_owned()
}

/// Cargo's build folder: `CARGO_TARGET_DIR` or `target`.
pub fn target_folder() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| project().join("target"), PathBuf::from)
}

/// Runs `body` under a heading and prints how long it took.
pub fn step<T>(heading: &str, body: impl FnOnce() -> Outcome<T>) -> Outcome<T> {
    let started = Instant::now();
    eprintln!("\x1b[1m▸ {heading}\x1b[0m");
    let outcome = body();
    let mark = if outcome.is_ok() { "✓" } else { "✗" };
    eprintln!("  {mark} {heading} ({:.1} s)", started.elapsed().as_secs_f64());
    outcome
}

/// Runs `command` in the project's folder; its output goes straight to the terminal.
pub fn run(command: &mut Command) -> Outcome {
    let shown = shown(command);
    let status = command.status().map_err(|error| format!("{shown} did not start: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("{shown} failed ({status}).")) }
}

/// A command that starts in the project's folder.
pub fn command(program: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(project());
    command
}

/// Cargo itself, the very one that runs this.
///
/// What cargo told the xtask about *its* package is taken away again: some build scripts look at
/// those variables and would compile anew each time one changes between this and a plain `cargo`.
pub fn cargo(arguments: &[&str]) -> Command {
    let program = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let mut command = command(&program, arguments);
    for (name, _) in std::env::vars() {
        if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") {
            command.env_remove(name);
        }
    }
    command
}

/// True where `program` can be found on the path.
pub fn on_path(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

/// The command as one would type it.
pub fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}
