//! Installs what a step needs, only when it is missing, and says what it installs.
//!
//! Anything that needs more rights than the caller has is not skipped: the step fails with the one
//! line to type.

use std::path::PathBuf;

use crate::run::{Outcome, cargo, command, on_path, project, run, step};

/// The compiler's half for the browser.
pub fn wasm_target() -> Outcome {
    let sysroot = command("rustc", &["--print", "sysroot"])
        .output()
        .map_err(|error| format!("rustc did not start: {error}. Install Rust from rustup."))?;
    let folder = PathBuf::from(String::from_utf8_lossy(&sysroot.stdout).trim().to_owned());
    if folder.join("lib/rustlib/wasm32-unknown-unknown/lib").is_dir() {
        return Ok(());
    }
    step("Installing Rust's wasm32-unknown-unknown target", || {
        run(&mut command("rustup", &["target", "add", "wasm32-unknown-unknown"]))
    })
}

/// The formatter and the linter.
pub fn rust_components() -> Outcome {
    let present = ["fmt", "clippy"]
        .iter()
        .all(|name| cargo(&[name, "--version"]).output().is_ok_and(|out| out.status.success()));
    if present {
        return Ok(());
    }
    step("Installing rustfmt and clippy", || {
        run(&mut command("rustup", &["component", "add", "rustfmt", "clippy"]))
    })
}

/// Debian's PostgreSQL server, Chromium and Python's venv: what the tests drive.
pub fn debian_packages() -> Outcome {
    let mut missing = Vec::new();
    if std::env::var_os("SCRIP_TEST_POSTGRES_URL").is_none() && postgres_folder().is_none() {
        missing.push("postgresql");
    }
    if chromium().is_none() {
        missing.push("chromium");
    }
    if !command("python3", &["-c", "import venv, ensurepip"])
        .output()
        .is_ok_and(|out| out.status.success())
    {
        missing.push("python3-venv");
    }
    if !on_path("cc") {
        missing.push("gcc");
    }
    if missing.is_empty() { Ok(()) } else { install_debian(&missing) }
}

fn install_debian(packages: &[&str]) -> Outcome {
    let line = format!(
        "apt-get update && apt-get install --yes --no-install-recommends {}",
        packages.join(" ")
    );
    let root = command("id", &["-u"]).output().is_ok_and(|out| out.stdout == b"0\n");
    if !root || !on_path("apt-get") {
        return Err(format!(
            "Missing for the tests: {}. Install with:\n  sudo sh -c '{line}'",
            packages.join(", ")
        ));
    }
    step(&format!("Installing {}", packages.join(", ")), || {
        run(command("sh", &["-c", &line]).env("DEBIAN_FRONTEND", "noninteractive"))
    })
}

/// Where a PostgreSQL server's programs lie: on the path, or in Debian's versioned folder.
fn postgres_folder() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(versions.map(|version| version.path().join("bin")))
        .find(|folder| folder.join("initdb").is_file() && folder.join("postgres").is_file())
}

/// The browser that the tests drive: `CHROMIUM`, or Debian's.
pub fn chromium() -> Option<PathBuf> {
    let named = std::env::var_os("CHROMIUM").map(PathBuf::from);
    named
        .into_iter()
        .chain(["/usr/bin/chromium", "/usr/bin/google-chrome"].map(PathBuf::from))
        .find(|program| program.is_file())
}

/// The test packages of npm in `folder`, exactly as its lock file names them.
pub fn npm_packages(folder: &str) -> Outcome {
    let folder_path = project().join(folder);
    let lock = modified(folder_path.join("package-lock.json"));
    let installed = modified(folder_path.join("node_modules/.package-lock.json"));
    if lock.is_some() && installed >= lock {
        return Ok(());
    }
    if !on_path("npm") {
        return Err("npm is missing: install Node.js 20 or newer.".to_owned());
    }
    step(&format!("Installing the npm packages of {folder}"), || {
        run(command("npm", &["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
            .current_dir(&folder_path))
    })
}

/// A Python environment of its own in cargo's target folder with `requirements`; returns its interpreter.
pub fn python_environment(requirements: &str) -> Outcome<PathBuf> {
    let folder = crate::run::target_folder().join("python");
    let python = folder.join("bin/python");
    let wanted = project().join(requirements);
    let marker = folder.join("installed");
    if modified(marker.clone()) > modified(wanted.clone()) {
        return Ok(python);
    }
    step("Installing the Python packages of the tests", || {
        run(command("python3", &["-m", "venv"]).arg(&folder))?;
        run(command(&python.to_string_lossy(), &["-m", "pip", "install", "--quiet", "-r"])
            .arg(&wanted))?;
        std::fs::write(&marker, "").map_err(|error| format!("{}: {error}", marker.display()))
    })?;
    Ok(python)
}

fn modified(path: PathBuf) -> Option<std::time::SystemTime> {
    std::fs::metadata(path).and_then(|data| data.modified()).ok()
}
