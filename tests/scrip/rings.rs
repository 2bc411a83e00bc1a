//! Who may import whom: the part of the architecture that the two build targets do not already prove.

use std::fs;
use std::path::{Path, PathBuf};

/// A folder of `src`, and the parts of the crate that its code may not name.
const RULES: [(&str, &[&str]); 9] = [
    ("ledger", &["catalogue", "model", "server_fns", "app", "backend", "web", "stripe_sandbox"]),
    ("catalogue", &["model", "server_fns", "app", "backend", "web", "stripe_sandbox"]),
    ("model", &["server_fns", "app", "backend", "web", "stripe_sandbox"]),
    ("app", &["backend", "web", "stripe_sandbox"]),
    ("server_fns", &["backend::store", "stripe_sandbox"]),
    ("backend/store", &["backend::engine", "backend::payments", "backend::access", "backend::jobs", "backend::reports", "web", "app", "server_fns"]),
    ("backend/engine", &["backend::payments", "backend::access", "backend::jobs", "backend::reports", "web", "app", "server_fns"]),
    ("backend", &["web", "app", "server_fns", "stripe_sandbox"]),
    ("stripe_sandbox", &["ledger", "catalogue", "model", "server_fns", "app", "backend", "web"]),
];

/// The only folder whose code may name the database library.
const SQL: &str = "backend/store";
/// The only file that reads the machine's clock (the sandbox has hands of its own).
const CLOCK: &str = "backend/clock.rs";

fn sources(folder: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("the folder is there").flatten() {
            let path = entry.path();
            match path.is_dir() {
                true => folders.push(path),
                false if path.extension().is_some_and(|ending| ending == "rs") => found.push(path),
                false => {}
            }
        }
    }
    found
}

/// The code of a file without its comments and its tests.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).expect("a source file");
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    code.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
}

fn shown(path: &Path) -> String {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    path.strip_prefix(source).unwrap_or(path).display().to_string()
}

#[test]
fn arrows_point_down_only() {
    let mut upward = Vec::new();
    for (folder, forbidden) in RULES {
        for path in sources(folder) {
            let code = code(&path);
            for part in forbidden {
                let named = [format!("crate::{part}::"), format!("crate::{part};"), format!("scrip::{part}::")];
                if named.iter().any(|name| code.contains(name.as_str())) {
                    upward.push(format!("{} names {part}", shown(&path)));
                }
            }
        }
    }
    assert!(upward.is_empty(), "{upward:#?}");
}

#[test]
fn sql_is_written_in_the_store_and_in_the_sandbox_only() {
    let elsewhere: Vec<_> = ["ledger", "catalogue", "model", "app", "server_fns", "backend", "web"]
        .into_iter()
        .flat_map(sources)
        .filter(|path| !shown(path).starts_with(SQL) && code(path).contains("sqlx::"))
        .map(|path| shown(&path))
        .collect();
    assert!(elsewhere.is_empty(), "{elsewhere:#?}");
}

#[test]
fn only_the_clock_reads_the_time() {
    let readers: Vec<_> = ["ledger", "catalogue", "model", "app", "server_fns", "backend", "web"]
        .into_iter()
        .flat_map(sources)
        .filter(|path| shown(path) != CLOCK)
        .filter(|path| {
            let code = code(path);
            ["SystemTime::now", "Utc::now", "Local::now", "now_utc()"].iter().any(|call| code.contains(call))
        })
        .map(|path| shown(&path))
        .collect();
    assert!(readers.is_empty(), "{readers:#?}");
}
